"""Stages that never appeared before: somebody changed the process, and flags told by the stage may be wrong."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from monitor.core.tables import TABLES
from monitor.facts.grouping import COMPANY
from monitor.facts.history import Diary, History
from monitor.facts.odd import LEARNED_DAYS, RECENT_DAYS
from monitor.facts.quality import Tally
from monitor.facts.reading import read_table

_COLUMNS = ("opportunity_id", "stage", "created_date", "close_date", "is_closed")
_GLIMPSE = 100_000
"""Changes looked at first: they nearly always show that every stage is an old one."""


def count_new_stages(tally: Tally, raw: ir.Table, history: History | None, diary: Diary) -> None:
    """Counts deals in a stage whose first appearance lies in the last days of data that go back far enough."""
    if "stage" not in raw.columns:
        return
    rows = read_table(raw, TABLES["opportunities"], _COLUMNS).good()
    rows = rows.filter(rows.stage.notnull())
    days = diary.newest()
    used: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in tally.work.dicts(
        rows.group_by(COMPANY, "stage").agg(
            first=rows.created_date.min(), last=rows.created_date.max(), done=rows.close_date.min(where=rows.is_closed)
        )
    ):
        used[row[COMPANY]].append(row)
    pasts = {company: _Past.of(stages, days.get(company, 0)) for company, stages in sorted(used.items())}
    heard = _heard(tally, history, {company: past for company, past in pasts.items() if past.unsure})
    fresh = [(company, stage) for company, past in pasts.items() for stage in past.fresh(heard.get(company, {}))]
    if fresh:
        names = ibis.memtable(fresh, schema={COMPANY: "int32", "stage": "string"})
        new = rows.semi_join(names, [COMPANY, "stage"])
        tally.suspect("opportunities", new.select(COMPANY, key=new.opportunity_id, reason=ibis.literal("new_stage")))


@dataclass(frozen=True)
class _Past:
    """When the deals of one company were in their stages."""

    newest: int
    unsure: Mapping[str, int]
    """The first day of stages that may be new, told from the deals that are in them."""

    @classmethod
    def of(cls, stages: Sequence[Mapping[str, Any]], last_change: int) -> _Past:
        newest = max(last_change, *(row["last"] for row in stages))
        if newest - min(row["first"] for row in stages) <= LEARNED_DAYS:
            return cls(newest, {})
        since = newest - RECENT_DAYS
        unsure = (row for row in stages if row["done"] is None or row["done"] > since)
        return cls(newest, {row["stage"]: row["first"] for row in unsure})

    def fresh(self, heard: Mapping[str, int]) -> list[str]:
        """The stages that are new; what history heard goes before, where it goes back far enough itself."""
        known = heard if self._goes_back(heard) else {}
        return sorted(stage for stage, first in self.unsure.items() if self._is_new(known.get(stage, first)))

    def is_settled(self, heard: Mapping[str, int]) -> bool:
        """Whether a part of history shows already that no stage is new."""
        return self._goes_back(heard) and not any(self._is_new(heard.get(stage, self.newest)) for stage in self.unsure)

    def _is_new(self, first: int) -> bool:
        return first > self.newest - RECENT_DAYS

    def _goes_back(self, heard: Mapping[str, int]) -> bool:
        return self.newest - min(heard.values(), default=self.newest) > LEARNED_DAYS


Heard = dict[int, dict[str, int]]
"""The day on which history first speaks of a stage, by company."""


def _heard(tally: Tally, history: History | None, pasts: Mapping[int, _Past]) -> Heard:
    """Of the companies with stages that may be new."""
    if history is None or not history.has("stage") or not pasts:
        return {}
    rows = history.of("stage").good()
    heard = _first_days(tally, rows.limit(_GLIMPSE))
    open_still = [company for company, past in pasts.items() if not past.is_settled(heard.get(company, {}))]
    if open_still:
        heard |= _first_days(tally, rows.filter(rows[COMPANY].isin(open_still)))
    return heard


def _first_days(tally: Tally, rows: ir.Table) -> Heard:
    heard: Heard = defaultdict(dict)
    moves = rows.group_by(COMPANY, "old_value", "new_value").agg(day=rows.changed_at_day.min())
    for row in tally.work.dicts(moves):
        own = heard[row[COMPANY]]
        for stage in (row["old_value"], row["new_value"]):
            if stage is not None:
                own[stage] = min(row["day"], own.get(stage, row["day"]))
    return heard
