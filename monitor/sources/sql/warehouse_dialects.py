"""What warehouses are told where Ibis' own SQL would fail or mean something else; tests compile it, no more."""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as dt
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.bigquery import BigQueryCompiler
from ibis.backends.sql.compilers.databricks import DatabricksCompiler
from ibis.backends.sql.compilers.duckdb import DuckDBCompiler
from ibis.backends.sql.compilers.snowflake import SnowflakeCompiler
from ibis.backends.sql.compilers.trino import TrinoCompiler
from ibis.backends.sql.datatypes import BigQueryType

from monitor.sources.sql.spark_dialect import SparkWords, Words, grouped, simple, whole

_WHOLE = 9_223_372_036_854_774_784
"""The largest double that is a whole number of 64 bits."""


class Inline(Words):  # type: ignore[misc]
    """Small tables of ours stand in the statement itself, so that no file is uploaded for them."""

    __slots__ = ()

    def visit_InMemoryTable(self, op: Any, *, name: str, schema: Any, data: Any) -> Any:  # noqa: N802
        rows = data.to_pyarrow(schema).to_pylist()
        parts = [sg.select(*(self._cell(row[each], schema[each], each) for each in schema)) for row in rows]
        if not parts:
            nothing = sg.select(*(self._cell(None, schema[each], each) for each in schema))
            parts = [nothing.where(sge.false())]
        return sge.union(*parts, distinct=False).subquery() if len(parts) > 1 else parts[0].subquery()

    def _joined(self, text: Any, *numbers: Any) -> Any:
        """One text of several cells, for a hash that takes no more than one."""
        for number in numbers:
            text = self.f.concat(text, sge.convert("|"), self.cast(number, dt.string))
        return text

    def _cell(self, value: Any, kind: dt.DataType, name: str) -> Any:
        text = sge.null() if value is None else sge.Literal.string(str(value))
        return self.cast(text, kind).as_(name, quoted=self.quoted)


class SnowflakeWords(Inline):
    """Snowflake: moments in the session's zone, and casts that give null, of what is no text too."""

    __slots__ = ()

    def visit_ScalarUDF(self, op: Any, **kw: Any) -> Any:  # noqa: N802
        if op.__func_name__ == "id_hash":
            return self.f.anon.hash(*kw.values())
        return super().visit_ScalarUDF(op, **kw)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:  # noqa: N802
        """Anywhere in the text; REGEXP_LIKE wants the whole of it."""
        return self.f.anon.regexp_instr(arg, pattern) > 0

    def visit_TryCast(self, op: Any, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802
        """TRY_CAST is for texts alone."""
        if op.arg.dtype.is_string():
            return sge.TryCast(this=arg, to=self._type(to), requires_string=True)
        if to.is_decimal():
            return self.if_(self.f.abs(arg) < sge.Literal.number(10 ** (to.precision - to.scale)), self.cast(arg, to))
        return self.if_(self.f.abs(arg) <= sge.Literal.number(_WHOLE), self.cast(arg, to))

    def visit_Cast(self, op: Any, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802
        """The day of a moment is the one in the session's zone, not the one where the moment was written."""
        if op.arg.dtype.is_timestamp() and op.arg.dtype.timezone and to.is_date():
            arg = sge.cast(arg, sge.DataType.Type.TIMESTAMPLTZ)
        return super().visit_Cast(op, arg=arg, to=to)

    def _type(self, to: dt.DataType) -> Any:
        if to.is_timestamp():
            return sge.DataType(this=sge.DataType.Type.TIMESTAMPLTZ)
        return self.type_mapper.from_ibis(to)


class _BigQueryType(BigQueryType):  # type: ignore[misc]
    """Decimals of any size: NUMERIC where they fit, BIGNUMERIC elsewhere."""

    @classmethod
    def from_ibis(cls, dtype: dt.DataType) -> Any:
        if not dtype.is_decimal() or (dtype.precision, dtype.scale) in ((38, 9), (76, 38), (None, None)):
            return super().from_ibis(dtype)
        fits = dtype.scale <= 9 and dtype.precision <= 29 + dtype.scale
        kind = sge.DataType.Type.DECIMAL if fits else sge.DataType.Type.BIGDECIMAL
        sizes = [sge.DataTypeParam(this=sge.convert(size)) for size in (dtype.precision, dtype.scale)]
        return sge.DataType(this=kind, expressions=sizes)


class BigQueryWords(Inline):
    """BigQuery: decimals of every size."""

    __slots__ = ()

    def visit_ScalarUDF(self, op: Any, **kw: Any) -> Any:  # noqa: N802
        if op.__func_name__ == "id_hash":
            return self.f.anon.farm_fingerprint(self._joined(*kw.values()))
        return super().visit_ScalarUDF(op, **kw)

    def visit_TryCast(self, op: Any, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802
        """BigQuery reads no more of a second than millionths."""
        if op.arg.dtype.is_string() and to.is_timestamp():
            arg = self.f.anon.regexp_replace(arg, r"(\.[0-9]{6})[0-9]+", r"\1")
        return super().visit_TryCast(op, arg=arg, to=to)


class TrinoWords(Inline):
    """Trino: moments with a T between day and time, and the day of a moment in the session's zone."""

    __slots__ = ()

    def visit_ScalarUDF(self, op: Any, **kw: Any) -> Any:  # noqa: N802
        if op.__func_name__ == "id_hash":
            hashed = self.f.anon.xxhash64(self.f.anon.to_utf8(self._joined(*kw.values())))
            return self.f.anon.from_big_endian_64(hashed)
        return super().visit_ScalarUDF(op, **kw)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:  # noqa: N802
        return sge.RegexpLike(this=arg, expression=whole(pattern))

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:  # noqa: N802
        return self.f.anon.regexp_replace(arg, whole(pattern), grouped(replacement))

    def visit_IntervalFromInteger(self, op: Any, *, arg: Any, unit: Any) -> Any:  # noqa: N802
        """The number itself, for `visit_DateAdd`; nothing here asks for another unit than days."""
        return arg

    def visit_DateAdd(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        return self.f.anon.date_add("day", right, left)

    def visit_TryCast(self, op: Any, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802
        if op.arg.dtype.is_string() and to.is_timestamp():
            spaced = self.f.anon.regexp_replace(arg, "^([0-9]{4}-[0-9]{2}-[0-9]{2})T", "$1 ")
            return sge.TryCast(this=spaced, to=_TO_THE_MICROSECOND)
        return super().visit_TryCast(op, arg=arg, to=to)

    def visit_Cast(self, op: Any, *, arg: Any, to: dt.DataType) -> Any:  # noqa: N802
        if op.arg.dtype.is_timestamp() and op.arg.dtype.timezone and to.is_date():
            arg = sge.AtTimeZone(this=sge.paren(arg), zone=self.f.anon.current_timezone())
        return super().visit_Cast(op, arg=arg, to=to)


_TO_THE_MICROSECOND = sge.DataType(
    this=sge.DataType.Type.TIMESTAMPTZ, expressions=[sge.DataTypeParam(this=sge.Literal.number(6))]
)


class SnowflakeDialect(SnowflakeWords, SnowflakeCompiler):  # type: ignore[misc]
    __slots__ = ()
    SIMPLE_OPS = simple(SnowflakeCompiler, SnowflakeWords)


class BigQueryDialect(BigQueryWords, BigQueryCompiler):  # type: ignore[misc]
    __slots__ = ()
    SIMPLE_OPS = simple(BigQueryCompiler, BigQueryWords)
    type_mapper = _BigQueryType


class TrinoDialect(TrinoWords, TrinoCompiler):  # type: ignore[misc]
    __slots__ = ()
    SIMPLE_OPS = simple(TrinoCompiler, TrinoWords)


class MotherDuckWords(Words):  # type: ignore[misc]
    """MotherDuck: the hash of a text alone; that of an id in a company is the macro of the facts (`facts.engines`)."""

    __slots__ = ()

    def visit_ScalarUDF(self, op: Any, **kw: Any) -> Any:  # noqa: N802
        if op.__func_name__ == "id_hash" and len(kw) == 1:
            (text,) = kw.values()
            return self.f.anon.hash(text, self.f.concat(sge.convert("0000"), text))
        return super().visit_ScalarUDF(op, **kw)


class MotherDuckDialect(MotherDuckWords, DuckDBCompiler):  # type: ignore[misc]
    __slots__ = ()
    SIMPLE_OPS = simple(DuckDBCompiler, MotherDuckWords)


class DatabricksDialect(SparkWords, Inline, DatabricksCompiler):  # type: ignore[misc]
    __slots__ = ()
    SIMPLE_OPS = simple(DatabricksCompiler, SparkWords)
