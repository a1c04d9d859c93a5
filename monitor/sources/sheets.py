"""What people leave in a spreadsheet: the example row of a template, amounts that can be read in two ways."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import ColumnExpression, ConstantExpression, DuckDBPyRelation, Expression, FunctionExpression

from monitor.core.tables import EXAMPLE, ON_SHEETS, Kind, Table
from monitor.errors import DataError
from monitor.sources.number_format import ONE_WAY, TWO_WAYS
from monitor.sources.source import FILE, LINE


def without_examples(rows: pa.Table, table: str) -> tuple[pa.Table, list[str]]:
    """The rows without those in which a cell says EXAMPLE, and where those stand, as `quotas.csv, line 2`.

    Only of tables that there are templates for.
    """
    if table not in ON_SHEETS:
        return rows, []
    is_example = pa.array([False] * rows.num_rows)
    for name in rows.column_names:
        if pa.types.is_string(rows.schema.field(name).type):
            is_example = pc.or_(is_example, pc.fill_null(pc.equal(rows[name], EXAMPLE), fill_value=False))
    places = rows.filter(is_example).select([FILE, LINE]).to_pylist()
    return rows.filter(pc.invert(is_example)), [f"{place[FILE]}, line {place[LINE]}" for place in places]


def refuse_two_ways(rows: DuckDBPyRelation, columns: Iterable[str], key: str) -> None:
    """Raises DataError where an amount such as 120.000 may be 120 or 120,000, no other in its column telling which.

    `columns` hold the amounts, under their own names; `key` is the table's in the configuration.
    """
    for name in columns:
        cell = ColumnExpression(name)
        if _first(rows, cell, ONE_WAY):
            continue
        found = _first(rows, cell, TWO_WAYS)
        if found:
            text, file, line = found
            raise DataError(
                f"{file}, line {line}: '{text}' under {name} can be read in two ways: set {key}.number_format to "
                "'1.234,50' if the point separates thousands, or to '1,234.50' if decimals follow it."
            )


def _first(rows: DuckDBPyRelation, cell: Expression, pattern: str) -> tuple[str, str, int] | None:
    """The first cell of the pattern, and where it stands."""
    fits = FunctionExpression("regexp_matches", cell, ConstantExpression(pattern))
    found: tuple[str, str, int] | None = rows.filter(fits).select(cell, FILE, LINE).limit(1).fetchone()
    return found


def amounts(table: Table) -> tuple[str, ...]:
    """The columns that hold amounts; a rate has decimals, whatever stands there."""
    return tuple(column.name for column in table.columns if column.kind is Kind.MONEY and column.name != "rate")
