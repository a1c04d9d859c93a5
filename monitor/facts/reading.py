"""A raw table read: every cell as its kind, and whether the row can be used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir

from monitor.core.tables import Column, Kind, Table
from monitor.facts import days
from monitor.facts.cells import Fault, read, read_day, stripped
from monitor.facts.grouping import COMPANY
from monitor.facts.quality import BAD, FILE, HELPERS, LINE
from monitor.facts.rates import RATED_FROM

Rules = Callable[[ir.Table], Sequence[Fault]]
"""What is wrong with a row as a whole, told from its values."""

ODD = {
    ("opportunities", "type"): "unknown_type",
    ("opportunities", "segment"): "unknown_segment",
    ("opportunities", "source"): "unknown_source",
    ("accounts", "employees"): "bad_number",
    ("accounts", "annual_revenue"): "bad_amount",
    ("accounts", "fit_segment"): "unknown_segment",
    ("accounts", "created_date"): "bad_date",
    ("leads", "segment"): "unknown_segment",
    ("revenue", "segment"): "unknown_segment",
}
"""Cells without which their row is still worth having: read as missing, the row counted as suspicious."""
_TYPES = {Kind.DATE: "int32", Kind.MONEY: "decimal(38, 9)", Kind.NUMBER: "decimal(38, 9)", Kind.FLAG: "boolean"}
_CARRIED = (COMPANY, RATED_FROM)
"""Columns of ours beside the raw ones, which go with their row as they are."""
_MISSING = {Kind.DATE: "missing_date", Kind.INSTANT: "missing_date", Kind.FLAG: "missing_flag"}


@dataclass(frozen=True)
class Reading:
    """A raw table as it is read, layer on layer, so that no engine works anything out twice."""

    table: ir.Table
    """Every wanted column read, `company`, `fine` (the row can be used), and one `odd_` flag for each soft column."""
    layers: ir.Table
    """The same rows with the raw cells, stripped, as `raw_` columns beside them."""
    spec: Table
    names: tuple[str, ...]
    rules: Rules

    def good(self) -> ir.Table:
        """The rows that can be used, without `fine`."""
        return self.table.filter(self.table.fine).drop("fine")

    def diagnosed(self) -> ir.Table:
        """All rows with `reason`, the first thing wrong with them, null where they are fine; and where they stand."""
        rows = self.layers
        reason = ibis.ifelse(rows.fine, ibis.null("string"), ibis.cases(*self._reasons()))
        places = {name: rows[f"raw_{name}"] for name in (FILE, LINE) if f"raw_{name}" in rows.columns}
        return rows.select(*(name for name in self.table.columns if name != "fine"), reason=reason, **places)

    def _reasons(self) -> list[tuple[ir.BooleanValue, ir.Value]]:
        rows = self.layers
        found: list[tuple[ir.BooleanValue, ir.Value]] = []
        if f"raw_{BAD}" in rows.columns:
            found.append((rows[f"raw_{BAD}"].notnull(), rows[f"raw_{BAD}"]))
        for column in (self.spec.column(name) for name in self.names):
            if f"raw_{column.name}" in rows.columns:
                found += [(holds, ibis.literal(why)) for why, holds in self._faults(column)]
        return found + [(holds, ibis.literal(why)) for why, holds in self.rules(rows)]

    def _faults(self, column: Column) -> list[Fault]:
        cell = self.layers[f"raw_{column.name}"]
        missing = [(_missing(column), cell.isnull())] if column.required else []
        if (self.spec.name, column.name) in ODD:
            return missing
        is_bad = _is_bad(self.layers, column)
        return missing + [(why, is_bad & holds) for why, holds in read(cell, column).faults]


def no_rules(rows: ir.Table) -> Sequence[Fault]:
    """Of tables whose rows can only be wrong in their cells."""
    del rows
    return ()


def read_table(raw: ir.Table, spec: Table, names: Sequence[str], rules: Rules = no_rules) -> Reading:
    """Reads the named columns. Days are numbers (`days.py`); an instant has its day beside it (`changed_at_day`)."""
    there = [name for name in names if name in raw.columns]
    helpers = {f"raw_{name}": raw[name] for name in HELPERS if name in raw.columns}
    carried = [name for name in _CARRIED if name in raw.columns]
    cells = raw.select(*carried, **helpers, **{f"raw_{name}": stripped(raw[name]) for name in there})
    values: dict[str, ir.Value] = {}
    for column in (spec.column(name) for name in names):
        values |= _values(cells, column)
    typed = cells.mutate(**values)
    flags = {
        f"odd_{name}": _is_bad(typed, spec.column(name)) if name in there else ibis.literal(False)
        for name in names
        if (spec.name, name) in ODD
    }
    typed = typed.mutate(**flags)
    fine = [_is_fine(typed, spec, spec.column(name)) for name in there]
    fine += [~holds.fill_null(False) for _, holds in rules(typed)]
    if f"raw_{BAD}" in helpers:
        fine.append(typed[f"raw_{BAD}"].isnull())
    typed = typed.mutate(fine=ibis.and_(*fine))
    return Reading(typed.select(*values, *flags, *carried, "fine"), typed, spec, tuple(names), rules)


def _values(cells: ir.Table, column: Column) -> dict[str, ir.Value]:
    if f"raw_{column.name}" not in cells.columns:
        kind = _TYPES.get(column.kind, "string")
        return {column.name: ibis.null(kind) if column.default is None else ibis.literal(column.default)}
    cell = cells[f"raw_{column.name}"]
    value = read(cell, column).value
    if column.default is not None:
        value = ibis.ifelse(cell.isnull(), column.default, value)
    values = {column.name: value}
    if column.kind is Kind.INSTANT:
        values[f"{column.name}_day"] = days.number(read_day(cell))
    return values


def _value(typed: ir.Table, column: Column) -> ir.Value:
    """What has to be there for the cell to be good."""
    return typed[f"{column.name}_day" if column.kind is Kind.INSTANT else column.name]


def _is_bad(typed: ir.Table, column: Column) -> ir.BooleanValue:
    return cast(ir.BooleanValue, typed[f"raw_{column.name}"].notnull() & _value(typed, column).isnull())


def _is_fine(typed: ir.Table, spec: Table, column: Column) -> ir.BooleanValue:
    if column.required:
        return cast(ir.BooleanValue, _value(typed, column).notnull())
    if column.kind is Kind.TEXT or (spec.name, column.name) in ODD:
        return cast(ir.BooleanValue, ibis.literal(True))
    return ~_is_bad(typed, column)


def _missing(column: Column) -> str:
    return "missing_id" if column.name.endswith("_id") else _MISSING.get(column.kind, "missing_value")
