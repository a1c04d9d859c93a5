"""A raw table to a usable one: every cell read, every row that cannot be used set aside with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import ibis
import ibis.expr.types as ir

from monitor.core.tables import TABLES, Column, Kind, Table
from monitor.errors import DataError
from monitor.facts import days
from monitor.facts.cells import Cell, read, read_day, stripped
from monitor.facts.quality import BAD, FILE, HELPERS, LINE, Tally
from monitor.facts.workspace import Workspace

Rule = tuple[str, ir.BooleanValue]
Rules = Callable[[ir.Table], Sequence[Rule]]
Shape = Callable[[ir.Table], ir.Table]

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
_MISSING = {Kind.DATE: "missing_date", Kind.INSTANT: "missing_date", Kind.FLAG: "missing_flag"}
_KEYS = {"fx_rates": ("currency", "month"), "reps": tuple(column.name for column in TABLES["reps"].columns)}


def canonical(tables: Mapping[str, ir.Table], tally: Tally) -> dict[str, ir.Table]:
    """The tables with column names as the contract has them. Raises DataError where one or a column is missing."""
    if "opportunities" not in tables:
        raise DataError(
            "There is no table opportunities, which everything stands on: "
            f"the source has {', '.join(sorted(tables)) or 'no table at all'}."
        )
    return {name: _canonical(table, TABLES[name], tally) for name, table in tables.items() if name in TABLES}


def _canonical(raw: ir.Table, spec: Table, tally: Tally) -> ir.Table:
    wanted = {column.name for column in spec.columns} | set(HELPERS)
    known = {name.lower(): name for name in reversed(raw.columns)}
    missing = [name for name in spec.required if name not in known]
    theirs = [name for name in raw.columns if name.lower() not in wanted]
    if missing:
        there = ", ".join(name for name in raw.columns if name not in HELPERS) or "none"
        raise DataError(
            f"Table {spec.name} has no column {' and no column '.join(missing)} (its columns: {there}): "
            f"name yours in the source's `columns:`, as in `{missing[0]}: YOUR_COLUMN`."
        )
    if theirs:
        tally.ignored[spec.name] = tuple(sorted(theirs))
    return raw.select(**{name: raw[known[name]] for name in known if name in wanted})


def read_table(raw: ir.Table, spec: Table, names: Sequence[str], rules: Rules | None = None) -> ir.Table:
    """The named columns read, `reason` (the first thing wrong, or null), one `odd_` flag for each soft column.

    Days are numbers (`days.py`); an instant has its day beside it (`changed_at_day`).
    """
    values: dict[str, ir.Value] = {name: raw[name] for name in (FILE, LINE) if name in raw.columns}
    faults: list[Rule] = [("", raw[BAD].notnull())] if BAD in raw.columns else []
    for column in (spec.column(name) for name in names):
        cell = _cell(raw, column)
        values |= _values(raw, column, cell)
        if column.required:
            faults.append((_missing(spec, column), stripped(raw[column.name]).isnull()))
        if (spec.name, column.name) in ODD:
            values[f"odd_{column.name}"] = _any(cell.faults)
        else:
            faults += cell.faults
    typed = raw.select(**values, reason=_first(faults, raw))
    if rules is None:
        return typed
    return typed.mutate(reason=ibis.coalesce(typed.reason, _first(rules(typed), raw)))


def _cell(raw: ir.Table, column: Column) -> Cell:
    if column.name in raw.columns:
        return read(raw[column.name], column)
    return Cell(ibis.null(_TYPES.get(column.kind, "string")))


def _values(raw: ir.Table, column: Column, cell: Cell) -> dict[str, ir.Value]:
    value = cell.value
    if column.kind is Kind.DATE and isinstance(value, ir.DateValue):
        value = days.number(value)
    if column.default is not None:
        blank = stripped(raw[column.name]).isnull() if column.name in raw.columns else ibis.literal(True)
        value = ibis.ifelse(blank, column.default, value)
    values = {column.name: value}
    if column.kind is Kind.INSTANT:
        values[f"{column.name}_day"] = days.number(read_day(raw[column.name]))
    return values


def _missing(spec: Table, column: Column) -> str:
    if column.name in spec.key and column.kind is Kind.TEXT or column.name.endswith("_id"):
        return "missing_id"
    return _MISSING.get(column.kind, "missing_value")


def _any(faults: Sequence[Rule]) -> ir.BooleanValue:
    conditions = [condition for _, condition in faults]
    return cast(ir.BooleanValue, ibis.or_(*conditions) if conditions else ibis.literal(False))


def _first(faults: Sequence[Rule], raw: ir.Table) -> ir.StringValue:
    """The reason whose condition holds first; the source's own words where it says why a row is bad."""
    if not faults:
        return cast(ir.StringValue, ibis.null("string"))
    cases = [(condition, raw[BAD] if reason == "" else ibis.literal(reason)) for reason, condition in faults]
    return cast(ir.StringValue, ibis.cases(*cases))


def usable(
    tally: Tally,
    raw: ir.Table,
    name: str,
    columns: Sequence[str] | None = None,
    rules: Rules | None = None,
    shape: Shape | None = None,
) -> ir.Table:
    """The usable rows of a table, kept, with the named columns (None: all); the others counted by reason.

    All rows of a disputed key go, since choosing one would depend on their order; of equal rows one stays. `shape` is
    what becomes of the usable rows before they are kept; the key has to survive it.
    """
    work, spec = tally.work, TABLES[name]
    key = _KEYS.get(name, spec.key)
    every = read_table(raw, spec, [column.name for column in spec.columns], rules)
    some = every if columns is None else read_table(raw, spec, columns, rules)
    good = some.filter(some.reason.isnull()).drop("reason", *_places(some))
    good = work.keep(name, shape(good) if shape else good)
    tally.rows[name] = tally.rows.get(name, work.count(raw))
    set_aside = tally.rows[name] - work.count(good)
    if set_aside:
        tally.set_aside(name, _keyed(every.filter(every.reason.notnull()), key))
    if key:
        good = without_disputed(tally, good, every, name, key, had_bad=set_aside > 0)
    _count_odd(tally, name, good, key)
    return good


def _count_odd(tally: Tally, name: str, good: ir.Table, key: Sequence[str]) -> None:
    """Counts the cells that were read as missing because they made no sense."""
    flags = [column for column in good.columns if column.startswith("odd_")]
    if not flags:
        return
    found = tally.work.dicts(good.agg(**{flag: good[flag].sum() for flag in flags}))[0]
    for flag in flags:
        if found[flag]:
            reason = ibis.literal(ODD[name, flag.removeprefix("odd_")])
            tally.suspect(name, _keyed(good.filter(good[flag]), key).select("key", reason=reason))


def _places(rows: ir.Table) -> list[str]:
    return [name for name in (FILE, LINE) if name in rows.columns]


def _keyed(rows: ir.Table, key: Sequence[str]) -> ir.Table:
    """The rows with what a person would look for, as `key`."""
    named = [rows[name].cast("string").fill_null("") for name in key[:1]] or [_first_column(rows)]
    return rows.mutate(key=named[0])


def _first_column(rows: ir.Table) -> ir.Value:
    return rows[next(name for name in rows.columns if name not in HELPERS)].cast("string")


def without_disputed(
    tally: Tally, good: ir.Table, every: ir.Table, name: str, key: Sequence[str], *, had_bad: bool
) -> ir.Table:
    """`good` without the rows whose key another, different row has too, and with one of each set of equal rows."""
    work = tally.work
    columns, good, every = good.columns, _identified(good, key), _identified(every, key)
    twice = work.keep("twice", _repeated(good, every, had_bad=had_bad))
    if not work.count(twice):
        work.drop(twice)
        return good.select(columns)
    again = every.semi_join(twice, "ident")
    values = [column for column in every.columns if column not in HELPERS]
    variants = again.group_by(values).agg(copies=again.count())
    kinds = work.keep("kinds", variants.group_by("ident").agg(kinds=variants.count(), copies=variants.copies.sum()))
    disputed, equal = kinds.filter(kinds.kinds > 1), kinds.filter(kinds.kinds == 1)
    again = again.filter(again.reason.isnull())
    out = again.semi_join(disputed, "ident").mutate(reason=ibis.literal("duplicate_id"))
    if work.count(disputed):
        tally.set_aside(name, _keyed(out, key))
    if work.count(equal):
        copies = _copies(again.semi_join(equal, "ident"))
        tally.suspect(name, _keyed(copies.mutate(reason=ibis.literal("duplicate_row")), key))
    single = good.semi_join(equal, "ident").distinct()
    return work.keep(name, good.anti_join(twice, "ident").union(single).select(columns))


def _identified(rows: ir.Table, key: Sequence[str]) -> ir.Table:
    """The rows with the key as one text, `ident`; what is missing in a key is equal to what is missing in another."""
    if len(key) == 1:
        return rows.mutate(ident=rows[key[0]])
    texts = [rows[name].cast("string").fill_null("") for name in key]
    return rows.mutate(ident=ibis.literal("|").join(texts))


def _repeated(good: ir.Table, every: ir.Table, *, had_bad: bool) -> ir.Table:
    """Keys that stand in more than one row, and keys that a bad row claims too."""
    counted = good.group_by("ident").agg(rows=good.count())
    repeated = counted.filter(counted.rows > 1).select("ident")
    if not had_bad:
        return repeated
    bad = every.filter(every.reason.notnull()).select("ident").distinct()
    return repeated.union(good.select("ident").semi_join(bad, "ident")).distinct()


def _copies(rows: ir.Table) -> ir.Table:
    """All but the first row of each key."""
    order = [name for name in (FILE, LINE) if name in rows.columns]
    nth = ibis.row_number().over(ibis.window(group_by="ident", order_by=order or None))
    return rows.mutate(nth=nth).filter(lambda t: t.nth > 0).drop("nth")
