"""The SQL that PostgreSQL is told, where Ibis' own would fail, or would differ from DuckDB in the last digit."""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.postgres import PostgresCompiler

_MONTH = r"(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])"
_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
_DATE = rf"^([0-9]{{4}}-({_MONTH})|{_LEAP})"
"""A day of the calendar, from `_FIRST` on: before version 16, PostgreSQL cannot be asked whether a text is one."""
_FIRST = "0001"
"""There is no year 0. Compared for itself: to look ahead takes a pattern half as long again."""
_CLOCK = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?"
_ZONE = "( ?UTC|Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?"
_MOMENT = rf"{_DATE}({_CLOCK}{_ZONE})?$"
_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_LONGEST = 1000
"""Characters of a number; what is longer is none."""
_BOUNDS = {8: "127", 16: "32767", 32: "2147483647", 64: "9223372036854774784"}
"""The largest double below the end of a whole number's range, by its bits."""


class Dialect(PostgresCompiler):  # type: ignore[misc]
    """Casts that give null where they cannot, texts in the order of their bytes, sums of their own type."""

    __slots__ = ()

    def visit_Select(self, op: Any, **parts: Any) -> Any:  # noqa: N802
        """PostgreSQL writes what a layer works out into every place above that reads it, and works it out in each;
        an offset, of nothing, keeps the layer a layer.
        """
        made = super().visit_Select(op, **parts)
        costly = any(each.find(sge.RegexpLike, sge.Trim) for each in parts["selections"].values())
        return made.offset(0, copy=False) if costly else made

    def visit_TryCast(self, op: Any, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802
        given = op.arg.dtype
        if given.is_string():
            return self._from_text(arg, to)
        if to.is_decimal() and given.is_numeric():
            return self.cast(arg, to) if _holds(to, given) else self._decimal(self._exact(arg), to)
        if to.is_integer() and given.is_floating():
            most = sge.Literal.number(_BOUNDS[to.nbytes * 8])
            return self._if(sge.Between(this=arg, low=-most, high=most), self.cast(arg, to))
        return self.cast(arg, to)

    def _from_text(self, text: Any, to: dt.DataType) -> Any:
        if to.is_string():
            return text
        if to.is_date():
            return self._if(self._like_day(text, _DATE + "$"), self.cast(text, to))
        if to.is_timestamp():
            micros = self.f.regexp_replace(text, r"(\.[0-9]{6})[0-9]+", r"\1")
            return self._if(self._like_day(text, _MOMENT), self.cast(micros, to))
        is_number = sg.and_(self.f.length(text) <= _LONGEST, self._like(text, _NUMBER))
        if to.is_decimal():
            return self._if(is_number, self._decimal(self._exact(text), to))
        if to.is_integer():
            most = sge.Literal.number(_BOUNDS[to.nbytes * 8])
            exact = self._exact(text)
            return self._if(is_number, self._if(sge.Between(this=exact, low=-most, high=most), self.cast(exact, to)))
        return self._if(is_number, self.cast(text, to))

    def _decimal(self, exact: Any, to: Any) -> Any:
        """Rounded to the type, null where it has too few digits."""
        rounded = self.f.round(exact, to.scale)
        fits = self.f.abs(rounded) < sge.Literal.number("1" + "0" * (to.precision - to.scale))
        return self._if(fits, self.cast(rounded, to))

    def _exact(self, value: Any) -> Any:
        return sge.cast(value, sge.DataType(this=sge.DataType.Type.DECIMAL))

    def _if(self, holds: Any, then: Any) -> Any:
        return sge.Case(ifs=[sge.If(this=holds, true=then)])

    def _like(self, text: Any, pattern: str) -> Any:
        return sge.RegexpLike(this=text, expression=sge.Literal.string(pattern))

    def _like_day(self, text: Any, pattern: str) -> Any:
        return sg.and_(sge.GTE(this=_bytes(text), expression=sge.Literal.string(_FIRST)), self._like(text, pattern))

    def visit_Cast(self, op: Any, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802
        """A decimal that is shortened through a double (`money.py`), which is quick in DuckDB, is so without it."""
        if to.is_decimal() and _is_double_of_decimal(op.arg):
            return self.cast(arg.this, to)
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_IfElse(self, op: Any, *, bool_expr: Any, true_expr: Any, false_null_expr: Any) -> Any:  # noqa: N802
        """Both ways may have become one (`visit_Cast`)."""
        if op.dtype.is_decimal() and true_expr == false_null_expr:
            return true_expr
        return super().visit_IfElse(op, bool_expr=bool_expr, true_expr=true_expr, false_null_expr=false_null_expr)

    def visit_EndsWith(self, op: Any, *, arg: Any, end: Any) -> Any:  # noqa: N802
        """A pattern, which copies nothing; `right` copies the end of every text."""
        plain = op.end.value.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        return sge.Like(this=_bytes(arg), expression=sge.Literal.string("%" + plain))

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:  # noqa: N802
        """The operator, which every version has; `regexp_like` came with 15."""
        return sge.RegexpLike(this=arg, expression=pattern)

    def visit_ScalarUDF(self, op: Any, **kw: Any) -> Any:  # noqa: N802
        """The engine's hash of a text and a number."""
        if op.__func_name__ == "id_hash":
            return self.f.hashtextextended(*kw.values())
        return super().visit_ScalarUDF(op, **kw)

    def visit_Sum(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        """PostgreSQL sums whole numbers to decimals."""
        total = super().visit_Sum(op, arg=arg, where=where)
        return self.cast(total, op.dtype) if op.dtype.is_integer() else total

    def visit_DateDelta(self, op: Any, *, part: Any, left: Any, right: Any) -> Any:  # noqa: N802
        """Days between two dates; nothing here asks for another part."""
        return sge.paren(left - right, copy=False)

    def visit_SortKey(self, op: Any, *, arg: Any, ascending: bool, nulls_first: bool) -> Any:  # noqa: N802
        return super().visit_SortKey(op, arg=_plain(op.arg, arg), ascending=ascending, nulls_first=nulls_first)

    def visit_Min(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        return super().visit_Min(op, arg=_plain(op.arg, arg), where=where)

    def visit_Max(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        return super().visit_Max(op, arg=_plain(op.arg, arg), where=where)

    def visit_Less(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        return sge.LT(this=_plain(op.left, left), expression=right)

    def visit_LessEqual(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        return sge.LTE(this=_plain(op.left, left), expression=right)

    def visit_Greater(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        return sge.GT(this=_plain(op.left, left), expression=right)

    def visit_GreaterEqual(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        return sge.GTE(this=_plain(op.left, left), expression=right)

    def visit_Between(self, op: Any, *, arg: Any, lower_bound: Any, upper_bound: Any) -> Any:  # noqa: N802
        return sge.Between(this=_plain(op.arg, arg), low=lower_bound, high=upper_bound)


def _plain(op: Any, value: Any) -> Any:
    """A text to be compared by its bytes, as DuckDB does it, whatever language the database sorts in."""
    return _bytes(value) if op.dtype.is_string() else value


def _bytes(text: Any) -> Any:
    return sge.Collate(this=sge.paren(text), expression=sge.to_identifier("C", quoted=True))


def _is_double_of_decimal(op: Any) -> bool:
    return isinstance(op, ops.Cast) and op.to.is_floating() and op.arg.dtype.is_decimal()


def _holds(wide: Any, narrow: Any) -> bool:
    """Whether every value of one type is one of the other."""
    if not narrow.is_decimal() or narrow.precision is None:
        return False
    return bool(narrow.scale <= wide.scale and narrow.precision - narrow.scale <= wide.precision - wide.scale)
