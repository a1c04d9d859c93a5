"""Where the history of a migrated CRM begins: the first day on which most older deals first change, from nothing."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from monitor.core.policy import FactsPolicy
from monitor.facts import days
from monitor.facts.cells import identity
from monitor.facts.history import FIELDS, Diary, History
from monitor.facts.workspace import Workspace

FEWEST = 20
"""Fewer deals that begin so on one day are no migration."""


def find(work: Workspace, history: History, deals: ir.Table, diary: Diary, policy: FactsPolicy) -> int | None:
    """The day's number, None where history does not begin on one day (or is said not to)."""
    if policy.history_begins is False:
        return None
    if isinstance(policy.history_begins, date):
        return days.number_of(policy.history_begins)
    likely = [day for day, blanks in diary.blanks.items() if blanks >= FEWEST]
    if not likely:
        return None
    older = _older(work, deals, likely)
    likely = [day for day in likely if 2 * diary.blanks[day] > older[day]]
    if not likely:
        return None
    begun = _begun(work, history, deals, likely)
    found = [day for day in likely if begun.get(day, 0) >= FEWEST and 2 * begun[day] > older[day]]
    return min(found, default=None)


def _older(work: Workspace, deals: ir.Table, likely: list[int]) -> dict[int, int]:
    """How many deals were created before each day."""
    created = work.dicts(deals.group_by("created").agg(deals=deals.count()))
    return {day: sum(row["deals"] for row in created if row["created"] < day) for day in likely}


def _begun(work: Workspace, history: History, deals: ir.Table, likely: list[int]) -> dict[int, int]:
    """How many older deals have, for some field, their first change on each day, and that one from nothing."""
    rows = history.of("stage", *FIELDS).good()
    named = ibis.cases(*((rows.field.isin(names), name) for name, names in history.spellings.items()))
    keyed = rows.select(
        deal=identity(rows.opportunity_id), name=named, instant="changed_at", day="changed_at_day", old="old_value"
    )
    good = keyed.inner_join(deals.select("deal", "created"), "deal")
    firsts = good.group_by("deal", "created", "name").agg(
        day=good.day.min(), first=good.instant.min(), blank=good.instant.min(where=good.old.isnull())
    )
    from_nothing = firsts.filter(
        (firsts.first == firsts.blank) & firsts.day.isin(likely) & (firsts.created < firsts.day)
    )
    counted = from_nothing.group_by("day").agg(deals=from_nothing.deal.nunique())
    return {row["day"]: row["deals"] for row in work.dicts(counted)}
