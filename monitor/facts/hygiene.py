"""Tidying before a reading: close dates pushed and amounts rounded up in bulk, and the deals of people who left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from monitor.core.facts import OWNER_LEFT, PUSHED, ROUNDED_UP, Finding
from monitor.core.policy import FactsPolicy
from monitor.facts import days
from monitor.facts.cells import identity
from monitor.facts.history import History
from monitor.facts.quality import LISTED, Tally

_ROUND = (1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000)
_OFFSETS = timedelta(days=2)
"""A moment may be written as another day than the company's."""
_BULKS = {"owner_id": "string", "day": "int32"}


@dataclass(frozen=True)
class Suspicion:
    """A kind of change that is suspicious in bulk: by which share of the open deals, and what is said of each deal."""

    reason: str
    share: Decimal
    told: Callable[[Mapping[str, Any]], str]


def count_bulk_changes(
    tally: Tally, history: History, deals: ir.Table, amounts: ir.Table | None, policy: FactsPolicy, as_of: date
) -> None:
    """Counts open deals that were pushed or rounded up in bulk in the last days; `amounts` are all changes of amount.

    A bulk is `policy.bulk.deals` open deals or more, and at least a share of them all, of one owner or of everybody, on
    one day.
    """
    today, recent = days.number_of(as_of), _recent(history, as_of - timedelta(days=policy.bulk.days))
    since = today - policy.bulk.days
    held = _open(deals.filter(deals.counts), today).select("deal", "opportunity_id", "owner_id")
    if history.has("close_date"):
        pushed = _within(recent.of("close_date").good(), since, today)
        _count(tally, Suspicion(PUSHED, policy.bulk.pushed, _told_pushed), _net(pushed), held, policy)
    if amounts is not None:
        rounded = _rounded(amounts.filter((amounts.day > since) & (amounts.day <= today)))
        if history.has("stage"):
            rounded = rounded.anti_join(_within(recent.of("stage").good(), since, today), ["deal", "day"])
        _count(tally, Suspicion(ROUNDED_UP, policy.bulk.rounded, _told_rounded), rounded, held, policy)


def find_orphans(tally: Tally, orphans: ir.Table, left: ir.Table) -> None:
    """Says of the open deals of people who left (`rep_id`, and `until`, their last day) whose they are."""
    work = tally.work
    found = work.dicts(orphans.agg(deals=orphans.count(), owners=orphans.owner_id.nunique()))[0]
    if not found["deals"]:
        return
    tally.findings.append(Finding(OWNER_LEFT, found["deals"], found["owners"]))
    left = left.view()
    named = orphans.inner_join(left, orphans.owner_id == left.rep_id)
    rows = work.dicts(named.select("opportunity_id", "owner_id", "until").order_by("opportunity_id").limit(LISTED))
    told = {row["opportunity_id"]: f"of {row['owner_id']}, whose last day was {_day(row['until'])}" for row in rows}
    tally.note(OWNER_LEFT, told)


def _open(deals: ir.Table, today: int) -> ir.Table:
    return deals.filter((deals.closed.isnull() | (deals.closed > today)) & (deals.created <= today))


def _recent(history: History, since: date) -> History:
    """The history without most of what is older: of texts, told by their first signs, before any is read."""
    at = history.raw.changed_at
    if not isinstance(at, ir.StringValue):
        return history
    return replace(history, raw=history.raw.filter((at >= (since - _OFFSETS).isoformat()) | (at < "!")))


def _within(rows: ir.Table, since: int, today: int) -> ir.Table:
    rows = rows.filter((rows.changed_at_day > since) & (rows.changed_at_day <= today))
    return rows.select(
        deal=identity(rows.opportunity_id), instant="changed_at", day="changed_at_day", old="old_value", new="new_value"
    )


def _net(changes: ir.Table) -> ir.Table:
    """By deal and day, `by` how much the value is greater in the evening than it was in the morning; only such."""
    changes = changes.select("deal", "instant", "day", "old", "new").distinct()
    summed = changes.group_by("deal", "day").agg(by=(changes.new - changes.old).sum())
    return summed.filter(summed.by > 0)


def _rounded(amounts: ir.Table) -> ir.Table:
    """By deal and day, `by` how much an amount was raised that became a round one on that day."""
    up = amounts.filter(_is_round_up(amounts.old, amounts.new)).select("deal", "day").distinct()
    return _net(amounts).semi_join(up, ["deal", "day"])


def _is_round_up(old: ir.DecimalValue, new: ir.DecimalValue) -> ir.BooleanValue:
    """Whether `new` is the next round number above `old`, and not half as much again."""
    was, now = old.floor().cast("int64"), new.floor().cast("int64")
    whole = now == new
    steps = [whole & (now % step == 0) & ((was % step != 0) | (was != old)) & (new - old < step) for step in _ROUND]
    return cast(ir.BooleanValue, (new > old) & ((new - old) * 2 < old) & ibis.or_(*steps))


def _count(tally: Tally, suspicion: Suspicion, changed: ir.Table, held: ir.Table, policy: FactsPolicy) -> None:
    work = tally.work
    moved = work.keep("moved", changed.inner_join(held, "deal"))
    bulks = _bulks(tally, moved, held, suspicion.share, policy.bulk.deals)
    if bulks:
        table = ibis.memtable(bulks, schema=_BULKS)
        found = moved.semi_join(table, (moved.day == table.day) & moved.owner_id.identical_to(table.owner_id))
        _tell(tally, suspicion, found)
    work.forget("moved")


def _bulks(tally: Tally, moved: ir.Table, held: ir.Table, share: Decimal, least: int) -> list[dict[str, Any]]:
    """The owners and days on which so many deals were changed that it was done in bulk."""
    changed = tally.work.dicts(moved.group_by("owner_id", "day").agg(deals=moved.count()))
    by_day: dict[int, int] = defaultdict(int)
    for row in changed:
        by_day[row["day"]] += row["deals"]
    if max(by_day.values(), default=0) < least:
        return []
    owned = tally.work.dicts(held.group_by("owner_id").agg(deals=held.count()))
    of_owner = {row["owner_id"]: row["deals"] for row in owned}
    enough = max(Decimal(least), share * sum(of_owner.values()))

    def in_bulk(row: Mapping[str, Any]) -> bool:
        owner: str | None = row["owner_id"]
        by_one = owner is not None and bool(row["deals"] >= max(least, share * of_owner[owner]))
        return by_one or by_day[row["day"]] >= enough

    return [{name: row[name] for name in _BULKS} for row in changed if in_bulk(row)]


def _tell(tally: Tally, suspicion: Suspicion, found: ir.Table) -> None:
    each = found.group_by("opportunity_id", "owner_id").agg(by=found.by.sum(), day=found.day.max())
    tally.suspect("opportunities", each.select(key=each.opportunity_id, reason=ibis.literal(suspicion.reason)))
    whole = found.agg(
        deals=found.deal.nunique(), owners=found.owner_id.nunique(), since=found.day.min(), until=found.day.max()
    )
    told = tally.work.dicts(whole)[0]
    since, until = days.day_of(told["since"]), days.day_of(told["until"])
    tally.findings.append(Finding(suspicion.reason, told["deals"], told["owners"], since, until))
    rows = tally.work.dicts(each.order_by("opportunity_id").limit(LISTED))
    tally.note(suspicion.reason, {row["opportunity_id"]: suspicion.told(row) for row in rows})


def _told_pushed(row: Mapping[str, Any]) -> str:
    return f"put off by {row['by']} {'day' if row['by'] == 1 else 'days'} on {_day(row['day'])}{_of(row)}"


def _told_rounded(row: Mapping[str, Any]) -> str:
    return f"raised by {row['by'].normalize():,f} to a round amount on {_day(row['day'])}{_of(row)}"


def _of(row: Mapping[str, Any]) -> str:
    return "" if row["owner_id"] is None else f", of {row['owner_id']}"


def _day(number: int) -> str:
    return days.day_of(number).isoformat()
