"""A raw table to a usable one: what cannot be used is set aside with its reason, and what is disputed goes whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import ibis
import ibis.expr.types as ir

from monitor.core.tables import TABLES, Table
from monitor.errors import DataError
from monitor.facts.cells import identity
from monitor.facts.grouping import COMPANY, Grouping
from monitor.facts.quality import FILE, HELPERS, LINE, Tally
from monitor.facts.reading import ODD, Rules, no_rules, read_table

Shape = Callable[[ir.Table], ir.Table]

_KEYS = {"fx_rates": ("currency", "month"), "reps": tuple(column.name for column in TABLES["reps"].columns)}
"""Keys beyond those of the contract: two rates for one month are a dispute, a person twice the same is there once."""


def canonical(tables: Mapping[str, ir.Table], tally: Tally, grouping: Grouping) -> dict[str, ir.Table]:
    """The tables with column names as the contract has them, and `company`.

    Raises DataError where one or a column is missing.
    """
    if "opportunities" not in tables:
        raise DataError(
            "There is no table opportunities, which everything stands on: "
            f"the source has {', '.join(sorted(tables)) or 'no table at all'}."
        )
    return {name: _canonical(table, TABLES[name], tally, grouping) for name, table in tables.items() if name in TABLES}


def _canonical(raw: ir.Table, spec: Table, tally: Tally, grouping: Grouping) -> ir.Table:
    wanted = {column.name for column in spec.columns} | set(HELPERS)
    known = {name.lower(): name for name in reversed(raw.columns)}
    missing = [name for name in spec.required if name not in known]
    theirs = [name for name in raw.columns if name.lower() not in wanted and name != grouping.own(raw)]
    if missing:
        there = ", ".join(name for name in raw.columns if name not in HELPERS) or "none"
        raise DataError(
            f"Table {spec.name} has no column {' and no column '.join(missing)} (its columns: {there}): "
            f"name yours in the source's `columns:`, as in `{missing[0]}: YOUR_COLUMN`."
        )
    if theirs:
        tally.ignored[spec.name] = tuple(sorted(theirs))
    return grouping.mark(raw, {name: raw[known[name]] for name in known if name in wanted})


def usable(
    tally: Tally,
    raw: ir.Table,
    name: str,
    columns: Sequence[str] | None = None,
    rules: Rules = no_rules,
    shape: Shape | None = None,
) -> ir.Table:
    """The usable rows of a table, kept, with the named columns (None: all) and `company`; the others counted by reason.

    All rows of a disputed key go, since choosing one would depend on their order; of equal rows one stays. `shape` is
    what becomes of the rows before they are kept; the key, `company` and `fine` have to survive it.
    """
    work, spec = tally.work, TABLES[name]
    key = _KEYS.get(name, spec.key)
    whole = [column.name for column in spec.columns]

    def every() -> ir.Table:
        return read_table(raw, spec, whole, rules).diagnosed()

    rows = read_table(raw, spec, columns or whole, rules).table
    kept = work.keep(name, shape(rows) if shape else rows)
    odd = {column: kept[column].sum() for column in kept.columns if column.startswith("odd_")}
    counted = work.dicts(kept.group_by(COMPANY).agg(rows=kept.count(), fine=kept.fine.sum(), **odd))
    tally.rows[name] = Counter({row[COMPANY]: row["rows"] for row in counted})
    good, has_bad = kept.drop("fine"), any(row["rows"] > row["fine"] for row in counted)
    if has_bad:
        good = kept.filter(kept.fine).drop("fine")
        tally.set_aside(name, _keyed(_bad(every()), key))
    if key:
        good = without_disputed(tally, good, every, name, key, has_bad=has_bad)
    _count_odd(tally, name, good, key, [flag for flag in odd if any(row[flag] for row in counted)])
    return good


def _bad(every: ir.Table) -> ir.Table:
    return every.filter(every.reason.notnull())


def _count_odd(tally: Tally, name: str, good: ir.Table, key: Sequence[str], flags: Sequence[str]) -> None:
    """Counts the cells that were read as missing because they made no sense; `flags` are those that any row has."""
    if not flags:
        return
    found = tally.work.dicts(good.agg(**{flag: good[flag].sum() for flag in flags}))[0]
    for flag in flags:
        if found[flag]:
            reason = ibis.literal(ODD[name, flag.removeprefix("odd_")])
            tally.suspect(name, _keyed(good.filter(good[flag]), key).select(COMPANY, "key", reason=reason))


def _keyed(rows: ir.Table, key: Sequence[str]) -> ir.Table:
    """The rows with what a person would look for, as `key`."""
    column = key[0] if key else next(name for name in rows.columns if name not in HELPERS)
    return rows.mutate(key=rows[column].cast("string"))


def without_disputed(
    tally: Tally, good: ir.Table, every: Callable[[], ir.Table], name: str, key: Sequence[str], *, has_bad: bool
) -> ir.Table:
    """`good` without the rows whose key another, different row has too, and with one of each set of equal rows.

    `every` gives all rows of the table, diagnosed.
    """
    work, plain = tally.work, good
    columns, good = good.columns, _identified(good, key)
    twice = _repeated(good)
    if has_bad:
        bad = _identified(_bad(every()), key).select("ident").distinct()
        twice = twice.union(good.select("ident").semi_join(bad, "ident")).distinct()
    if not work.count(twice):  # as it mostly is: nothing has to be kept then
        return plain
    twice = work.keep("twice", twice)
    again = _identified(every(), key).semi_join(twice, "ident")
    disputed, equal = _kinds(tally, again)
    again = again.filter(again.reason.isnull())
    tally.set_aside(name, _keyed(again.semi_join(disputed, "ident").mutate(reason=ibis.literal("duplicate_id")), key))
    copies = _copies(again.semi_join(equal, "ident"))
    tally.suspect(name, _keyed(copies.mutate(reason=ibis.literal("duplicate_row")), key))
    single = good.semi_join(equal, "ident").distinct()
    settled = work.keep(f"{name}_settled", good.anti_join(twice, "ident").union(single).select(columns))
    work.forget("twice", "kinds", name)
    return settled


def _identified(rows: ir.Table, key: Sequence[str]) -> ir.Table:
    """The rows with their key as one number, `ident`; what is missing in a key equals what is missing in another."""
    if len(key) == 1:
        return rows.mutate(ident=identity(rows[key[0]], rows[COMPANY]))
    texts = [rows[name].cast("string").fill_null("") for name in key]
    return rows.mutate(ident=identity(ibis.literal("|").join(texts), rows[COMPANY]))


def _repeated(good: ir.Table) -> ir.Table:
    """Keys that stand in more than one row."""
    counted = good.group_by("ident").agg(rows=good.count())
    return counted.filter(counted.rows > 1).select("ident")


def _kinds(tally: Tally, again: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Of keys that stand in several rows, those whose rows differ, and those whose rows are all the same."""
    values = [column for column in again.columns if column not in HELPERS]
    variants = again.group_by(values).agg(copies=again.count())
    kinds = tally.work.keep("kinds", variants.group_by("ident").agg(kinds=variants.count()))
    return kinds.filter(kinds.kinds > 1), kinds.filter(kinds.kinds == 1)


def _copies(rows: ir.Table) -> ir.Table:
    """All but the first row of each key."""
    order = [name for name in (FILE, LINE) if name in rows.columns]
    nth = ibis.row_number().over(ibis.window(group_by="ident", order_by=order or None))
    return rows.mutate(nth=nth).filter(lambda t: t.nth > 0).drop("nth")
