"""Tidying before a reading: close dates pushed and amounts rounded up in bulk, and the deals of people who left."""

from __future__ import annotations

from collections import Counter
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
from monitor.facts.grouping import COMPANY
from monitor.facts.history import Diary, History, deal_of
from monitor.facts.quality import LISTED, Tally

_ROUND = (1_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000)
_OFFSETS = timedelta(days=2)
"""A moment may be written as another day than the company's."""
_BULKS = {COMPANY: "int32", "owner_id": "string", "day": "int32"}


@dataclass(frozen=True)
class Suspicion:
    """A kind of change that is suspicious in bulk: by which share of the open deals, and what is said of each deal."""

    reason: str
    share: Decimal
    told: Callable[[Mapping[str, Any]], str]


def count_bulk_changes(
    tally: Tally,
    history: History,
    deals: ir.Table,
    amounts: ir.Table | None,
    policy: FactsPolicy,
    as_of: date,
    diary: Diary,
) -> None:
    """Counts open deals that were pushed or rounded up in bulk in the last days.

    `amounts` are all changes of amount. A bulk is `policy.bulk.deals` open deals of a company or more, and at least a
    share of them all, of one owner or of everybody, on one day.
    """
    today = days.number_of(as_of)
    since = today - policy.bulk.days
    if not diary.has_any(since + 1, today):
        return
    recent = _recent(history, as_of - timedelta(days=policy.bulk.days))
    held = _open(deals.filter(deals.counts), today).select(COMPANY, "deal", "opportunity_id", "owner_id")
    if _has_many(tally, recent.raw.filter(recent.raw.field.isin(recent.spellings.get("close_date", ()))), policy):
        pushed = _within(recent.of("close_date").good(), since, today)
        _count(tally, Suspicion(PUSHED, policy.bulk.pushed, _told_pushed), _net(pushed), held, policy)
    if amounts is None:
        return
    amounts = amounts.filter((amounts.day > since) & (amounts.day <= today))
    up = amounts.filter(_is_round_up(amounts.old, amounts.new)).select("deal", "day").distinct()
    if _has_many(tally, up, policy):
        rounded = _net(amounts).semi_join(up, ["deal", "day"])
        if history.has("stage"):
            rounded = rounded.anti_join(_within(recent.of("stage").good(), since, today), ["deal", "day"])
        _count(tally, Suspicion(ROUNDED_UP, policy.bulk.rounded, _told_rounded), rounded, held, policy)


def _has_many(tally: Tally, rows: ir.Table, policy: FactsPolicy) -> bool:
    """Whether there can be a bulk among the rows: to count a few is much quicker than to work out what they come to."""
    return tally.work.count(rows.limit(policy.bulk.deals)) == policy.bulk.deals


def find_orphans(tally: Tally, orphans: ir.Table, left: ir.Table) -> None:
    """Says of the open deals of people who left (`rep_id`, and `until`, their last day) whose they are."""
    whole = orphans.group_by(COMPANY).agg(deals=orphans.count(), owners=orphans.owner_id.nunique())
    found = tally.work.dicts(whole)
    if not found:
        return
    for row in found:
        tally.findings[row[COMPANY]].append(Finding(OWNER_LEFT, row["deals"], row["owners"]))
    left = left.view()
    named = orphans.inner_join(left, [orphans[COMPANY] == left[COMPANY], orphans.owner_id == left.rep_id])
    for row in _first(tally, named.select(COMPANY, "opportunity_id", "owner_id", "until")):
        note = f"of {row['owner_id']}, whose last day was {_day(row['until'])}"
        tally.notes[row[COMPANY], OWNER_LEFT, row["opportunity_id"]] = note


def _first(tally: Tally, rows: ir.Table) -> list[dict[str, Any]]:
    """Of each company as many rows as are listed."""
    nth = ibis.row_number().over(ibis.window(group_by=COMPANY, order_by="opportunity_id"))
    return tally.work.dicts(rows.mutate(nth=nth).filter(lambda t: t.nth < LISTED).drop("nth"))


def _open(deals: ir.Table, today: int) -> ir.Table:
    return deals.filter((deals.closed.isnull() | (deals.closed > today)) & (deals.created <= today))


def _recent(history: History, since: date) -> History:
    """The history without what is older, or most of it: of texts told by their first signs, before any is read."""
    at, first = history.raw.changed_at, since - _OFFSETS
    if isinstance(at, ir.StringValue):
        late = (at >= first.isoformat()) | (at < "!")
    elif isinstance(at, ir.TimestampValue | ir.DateValue):
        late = at.cast("date") >= ibis.date(first.isoformat())
    else:
        return history
    return replace(history, raw=history.raw.filter(late))


def _within(rows: ir.Table, since: int, today: int) -> ir.Table:
    rows = rows.filter((rows.changed_at_day > since) & (rows.changed_at_day <= today))
    return rows.select(
        deal=deal_of(rows),
        instant="changed_at",
        day="changed_at_day",
        old="old_value",
        new="new_value",
    )


def _net(changes: ir.Table) -> ir.Table:
    """By deal and day, `by` how much the value is greater in the evening than it was in the morning; only such."""
    changes = changes.select("deal", "instant", "day", "old", "new").distinct()
    summed = changes.group_by("deal", "day").agg(by=(changes.new - changes.old).sum())
    return summed.filter(summed.by > 0)


def _is_round_up(old: ir.DecimalValue, new: ir.DecimalValue) -> ir.BooleanValue:
    """Whether `new` is the next round number above `old`, and not half as much again."""
    was, now = old.floor().cast("int64"), new.floor().cast("int64")
    whole = now == new
    steps = [whole & (now % step == 0) & ((was % step != 0) | (was != old)) & (new - old < step) for step in _ROUND]
    return cast(ir.BooleanValue, (new > old) & ((new - old) * 2 < old) & ibis.or_(*steps))


def _count(tally: Tally, suspicion: Suspicion, changed: ir.Table, held: ir.Table, policy: FactsPolicy) -> None:
    moved = changed.inner_join(held, "deal")
    bulks = _bulks(tally, moved, held, suspicion.share, policy.bulk.deals)
    if not bulks:
        return
    table = ibis.memtable(bulks, schema=_BULKS)
    is_one = moved.owner_id.identical_to(table.owner_id)
    found = moved.semi_join(table, [moved[COMPANY] == table[COMPANY], moved.day == table.day, is_one])
    _tell(tally, suspicion, tally.work.keep("moved", found))
    tally.work.forget("moved")


def _bulks(tally: Tally, moved: ir.Table, held: ir.Table, share: Decimal, least: int) -> list[dict[str, Any]]:
    """The owners and days on which so many deals of a company were changed that it was done in bulk."""
    changed = tally.work.dicts(moved.group_by(COMPANY, "owner_id", "day").agg(deals=moved.count()))
    by_day: Counter[tuple[int, int]] = Counter()
    for row in changed:
        by_day[row[COMPANY], row["day"]] += row["deals"]
    some = sorted({company for (company, _), deals in by_day.items() if deals >= least})
    if not some:
        return []
    of_owner: dict[tuple[int, str | None], int] = {}
    of_all: Counter[int] = Counter()
    owned = held.filter(held[COMPANY].isin(some))
    for row in tally.work.dicts(owned.group_by(COMPANY, "owner_id").agg(deals=owned.count())):
        of_owner[row[COMPANY], row["owner_id"]] = row["deals"]
        of_all[row[COMPANY]] += row["deals"]

    def enough(deals: int, of: int) -> bool:
        return deals >= least and deals >= share * of

    def in_bulk(row: Mapping[str, Any]) -> bool:
        company, owner = row[COMPANY], row["owner_id"]
        by_one = owner is not None and enough(row["deals"], of_owner[company, owner])
        return by_one or enough(by_day[company, row["day"]], of_all[company])

    return [{name: row[name] for name in _BULKS} for row in changed if row[COMPANY] in some and in_bulk(row)]


def _tell(tally: Tally, suspicion: Suspicion, found: ir.Table) -> None:
    reason = suspicion.reason
    each = found.group_by(COMPANY, "opportunity_id", "owner_id").agg(by=found.by.sum(), day=found.day.max())
    tally.suspect("opportunities", each.select(COMPANY, key=each.opportunity_id, reason=ibis.literal(reason)))
    whole = found.group_by(COMPANY).agg(
        deals=found.deal.nunique(), owners=found.owner_id.nunique(), since=found.day.min(), until=found.day.max()
    )
    for row in tally.work.dicts(whole):
        since, until = days.day_of(row["since"]), days.day_of(row["until"])
        tally.findings[row[COMPANY]].append(Finding(reason, row["deals"], row["owners"], since, until))
    for row in _first(tally, each):
        tally.notes[row[COMPANY], reason, row["opportunity_id"]] = suspicion.told(row)


def _told_pushed(row: Mapping[str, Any]) -> str:
    return f"put off by {row['by']} {'day' if row['by'] == 1 else 'days'} on {_day(row['day'])}{_of(row)}"


def _told_rounded(row: Mapping[str, Any]) -> str:
    return f"raised by {row['by'].normalize():,f} to a round amount on {_day(row['day'])}{_of(row)}"


def _of(row: Mapping[str, Any]) -> str:
    return "" if row["owner_id"] is None else f", of {row['owner_id']}"


def _day(number: int) -> str:
    return days.day_of(number).isoformat()
