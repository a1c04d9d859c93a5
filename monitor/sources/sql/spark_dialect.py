"""The SQL that Spark and Databricks are told, where Ibis' own would fail, or would differ in the last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

if TYPE_CHECKING:
    from ibis.backends.sql.compilers.base import SQLGlotCompiler

    Words: TypeAlias = SQLGlotCompiler
else:
    Words = object  # Ibis writes its simple functions over the methods of every compiler that has them

_DIGITS = 38
"""No decimal has more; a product of more loses decimals without a word."""


def simple(compiler: type[Words], *words: type) -> dict[Any, str]:
    """The functions that the compiler translates by name alone, without those for which there are words of ours."""
    ours = {name for each in words for name in vars(each)}
    return {op: name for op, name in compiler.SIMPLE_OPS.items() if f"visit_{op.__name__}" not in ours}


class SparkWords(Words):  # type: ignore[misc]
    """Java's regular expressions, products that keep all their decimals, NaN that is no null."""

    __slots__ = ()

    def visit_ScalarUDF(self, op: Any, **kw: Any) -> Any:  # noqa: N802
        """The engine's hash of a text; signed here, which nothing sees."""
        if op.__func_name__ == "id_hash":
            return self.f.xxhash64(*kw.values())
        return super().visit_ScalarUDF(op, **kw)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:  # noqa: N802
        return sge.RegexpLike(this=arg, expression=whole(pattern))

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:  # noqa: N802
        return self.f.regexp_replace(arg, whole(pattern), grouped(replacement))

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Spark's own literals have no escape for the last two, and take the letters v and f instead."""
        spaces = self.f.concat(sge.Literal.string(" \t\r\n"), self.f.anon.char(11), self.f.anon.char(12))
        return sge.Trim(this=arg, expression=spaces, position="BOTH")

    def visit_Multiply(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        """A product of decimals in no more digits than there are: the left one gives up those it cannot need.

        It is null where it needs them: an amount that is rounded up to the one (`TOO_MUCH`) that none may have.
        """
        one, other = op.left.dtype, op.right.dtype
        if one.is_decimal() and other.is_decimal() and one.precision + other.precision >= _DIGITS:
            narrow = dt.Decimal(_DIGITS - 1 - other.precision, one.scale)
            left = sge.TryCast(this=left, to=self.type_mapper.from_ibis(narrow), safe=True)
        return self.binop(sge.Mul, left, right)

    def visit_Field(self, op: Any, *, rel: Any, name: str) -> Any:  # noqa: N802
        """Ibis' own makes NaN null where an option says so; no other engine does."""
        return sg.column(name, table=rel.alias_or_name, quoted=self.quoted)

    def visit_NonNullLiteral(self, op: Any, *, value: Any, dtype: dt.DataType) -> Any:  # noqa: N802
        """The same of a fraction, which is a double: Spark takes 0.5 for a decimal."""
        if dtype.is_floating():
            return self.cast(sge.convert(value), dtype)
        return super().visit_NonNullLiteral(op, value=value, dtype=dtype)

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        return arg.is_(sge.null())

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        return arg.is_(sg.not_(sge.null()))

    def visit_CountStar(self, op: Any, *, arg: Any, where: Any) -> Any:  # noqa: N802
        return self.f.count(sge.Star()) if where is None else self.f.count_if(where)

    def visit_DateDelta(self, op: Any, *, part: Any, left: Any, right: Any) -> Any:  # noqa: N802
        """Days between two dates; nothing here asks for another part."""
        return self.f.anon.datediff(left, right)

    def visit_DateAdd(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        if isinstance(op.right, ops.IntervalFromInteger):
            return self.f.anon.date_add(left, right)
        return super().visit_DateAdd(op, left=left, right=right)

    def visit_IntervalFromInteger(self, op: Any, *, arg: Any, unit: Any) -> Any:  # noqa: N802
        """The number itself, for `visit_DateAdd`; nothing here asks for another unit than days."""
        return self.cast(arg, dt.int32)


class SparkDialect(SparkWords, PySparkCompiler):  # type: ignore[misc]
    """What a Spark is told."""

    __slots__ = ()
    SIMPLE_OPS = simple(PySparkCompiler, SparkWords)


def whole(pattern: Any) -> Any:
    """Java's `$` also stands before a last line break, that of the other engines only at the very end."""
    if isinstance(pattern, sge.Literal) and pattern.this.endswith("$"):
        return sge.Literal.string(pattern.this[:-1] + r"\z")
    return pattern


def grouped(replacement: Any) -> Any:
    """A group is $1 in Java, and has a backslash elsewhere."""
    return sge.Literal.string(replacement.this.replace("\\", "$"))
