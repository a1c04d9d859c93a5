"""Changes from what a CRM keeps of the past: values with a moment, or whole snapshots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
from ibis.expr.types import Value

from monitor.sources.presets.cells import ident, moment, order, text
from monitor.sources.presets.preset import Raw

COLUMNS = ("opportunity_id", "field", "old_value", "new_value", "changed_at")


def change(deal: Value, field: Value, old: Value, new: Value, at: Value) -> dict[str, Value]:
    """One row of the canonical history, as columns to select."""
    return dict(zip(COLUMNS, (ident(deal), field, old, new, moment(at)), strict=True))


def from_values(rows: ibis.Table, *, first_is_change: bool) -> ibis.Table:
    """Changes from rows of `opportunity_id`, `field`, `new_value`, `changed_at`: the old value is the one before.

    `first_is_change`: the first value was set then, there was none before; otherwise it was so from the start.
    """
    placed = rows.mutate(place=order(rows.changed_at))
    by = ibis.window(group_by=["opportunity_id", "field"], order_by=[placed.place, placed.new_value])
    told = placed.mutate(old_value=placed.new_value.lag().over(by), nth=ibis.row_number().over(by))
    differs = told.old_value.fill_null("") != told.new_value.fill_null("")
    return told.filter(differs if first_is_change else differs & (told.nth > 0)).select(*COLUMNS)


def from_snapshots(raw: Raw, deal: str, at: str, fields: Mapping[str, Value | None]) -> ibis.Table | None:
    """Changes from rows that each hold several fields as they were from a moment on, None without any."""
    deal_id, moment_of = raw.cell(deal), raw.cell(at)
    if deal_id is None or moment_of is None:
        return None
    parts = [
        raw.table.select(
            opportunity_id=ident(deal_id), field=ibis.literal(name), new_value=text(cell), changed_at=moment(moment_of)
        )
        for name, cell in fields.items()
        if cell is not None
    ]
    return from_values(ibis.union(*parts), first_is_change=False) if parts else None


def best_of(sources: Sequence[ibis.Table | None]) -> ibis.Table | None:
    """The changes of each deal's field from the first source that has any of it, and from the others the older ones.

    Every source begins at some time or forgets what is old: what it tells first is not where the deal began.
    """
    found: ibis.Table | None = None
    for changes in sources:
        if changes is None or found is None:
            found = changes if found is None else found
            continue
        found, older = _alike(found, changes)
        told = found.group_by(deal="opportunity_id", what="field").agg(since=_minute(found.changed_at).min()).view()
        both = older.left_join(told, (older.opportunity_id == told.deal) & (older.field == told.what))
        older = both.filter(both.since.isnull() | (_minute(both.changed_at) < both.since)).select(*COLUMNS)
        found = ibis.union(found, older)
    return found


def _minute(moment: Value) -> Value:
    """A moment to the minute: two sources tell one change a little apart."""
    if isinstance(moment, ir.TimestampValue):
        return moment.truncate("m")
    return moment.cast("string").substr(0, 16).replace("T", " ")  # no pattern, which takes long in millions of rows


def _alike(one: ibis.Table, other: ibis.Table) -> tuple[ibis.Table, ibis.Table]:
    """Both with moments of one type."""
    if one.changed_at.type() == other.changed_at.type():
        return one, other
    return tuple(rows.mutate(changed_at=rows.changed_at.cast("string")) for rows in (one, other))
