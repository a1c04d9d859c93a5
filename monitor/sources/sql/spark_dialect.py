"""The SQL that Spark and Databricks are told, where Ibis' own would fail, or would differ in the last digit."""

from __future__ import annotations

from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import sqlglot.expressions as sge
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.backends.sql.compilers.databricks import DatabricksCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler

_DIGITS = 38
"""No decimal has more; a product of more loses decimals without a word."""


class SparkWords(SQLGlotCompiler):  # type: ignore[misc]
    """Java's regular expressions, products that keep all their decimals, NaN that is no null."""

    __slots__ = ()

    def visit_ScalarUDF(self, op: Any, **kw: Any) -> Any:  # noqa: N802
        """The engine's hash of a text under the name that DuckDB has for it; signed here, which nothing sees."""
        if op.__func_name__ == "hash":
            return self.f.xxhash64(*kw.values())
        return super().visit_ScalarUDF(op, **kw)

    def visit_RegexSearch(self, op: Any, *, arg: Any, pattern: Any) -> Any:  # noqa: N802
        return sge.RegexpLike(this=arg, expression=_whole(pattern))

    def visit_RegexReplace(self, op: Any, *, arg: Any, pattern: Any, replacement: Any) -> Any:  # noqa: N802
        taken = sge.Literal.string(replacement.this.replace("\\", "$"))
        return self.f.regexp_replace(arg, _whole(pattern), taken)

    def visit_Strip(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        """Spark's own literals have no escape for the last two, and take the letters v and f instead."""
        spaces = self.f.concat(sge.Literal.string(" \t\r\n"), self.f.anon.char(11), self.f.anon.char(12))
        return sge.Trim(this=arg, expression=spaces, position="BOTH")

    def visit_Multiply(self, op: Any, *, left: Any, right: Any) -> Any:  # noqa: N802
        """A product of decimals in no more digits than there are: the left one gives up those it cannot need."""
        one, other = op.left.dtype, op.right.dtype
        product = super().visit_Multiply
        if one.is_decimal() and other.is_decimal() and one.precision + other.precision >= _DIGITS:
            narrow = dt.Decimal(_DIGITS - 1 - other.precision, one.scale)
            left = sge.TryCast(this=left, to=self.type_mapper.from_ibis(narrow))
        return product(op, left=left, right=right)

    def visit_Field(self, op: Any, *, rel: Any, name: str) -> Any:  # noqa: N802
        """As every other engine: the option that makes NaN null here stands in Ibis' own."""
        return SQLGlotCompiler.visit_Field(self, op, rel=rel, name=name)

    def visit_IsNull(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        return SQLGlotCompiler.visit_IsNull(self, op, arg=arg)

    def visit_NotNull(self, op: Any, *, arg: Any) -> Any:  # noqa: N802
        return SQLGlotCompiler.visit_NotNull(self, op, arg=arg)

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


class DatabricksDialect(SparkWords, DatabricksCompiler):  # type: ignore[misc]
    """What Databricks is told: the words of Spark."""

    __slots__ = ()


def _whole(pattern: Any) -> Any:
    """Java's `$` also stands before a last line break, that of the other engines only at the very end."""
    if isinstance(pattern, sge.Literal) and pattern.this.endswith("$"):
        return sge.Literal.string(pattern.this[:-1] + r"\z")
    return pattern
