"""Stages that never appeared before: somebody changed the process, and flags told by the stage may be wrong."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from monitor.core.tables import TABLES
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
    found = tally.work.dicts(
        rows.group_by("stage").agg(
            first=rows.created_date.min(), last=rows.created_date.max(), done=rows.close_date.min(where=rows.is_closed)
        )
    )
    newest = max([row["last"] for row in found] + list(diary.days), default=0)
    if not found or newest - min(row["first"] for row in found) <= LEARNED_DAYS:
        return
    since = newest - RECENT_DAYS
    unsure = [row for row in found if row["done"] is None or row["done"] > since]
    heard = _heard(tally, history, unsure, newest) if unsure else {}
    fresh = sorted(row["stage"] for row in unsure if heard.get(row["stage"], row["first"]) > since)
    if fresh:
        new = rows.filter(rows.stage.isin(fresh))
        tally.suspect("opportunities", new.select(key=new.opportunity_id, reason=ibis.literal("new_stage")))


def _heard(tally: Tally, history: History | None, unsure: list[dict[str, Any]], newest: int) -> dict[str, int]:
    """The day on which history first speaks of each stage; nothing where it does not go back far enough itself."""
    if history is None or not history.has("stage"):
        return {}
    rows = history.of("stage").good()
    first = _first_days(tally, rows.limit(_GLIMPSE))
    if any(first.get(row["stage"], newest) > newest - RECENT_DAYS for row in unsure):
        first = _first_days(tally, rows)
    return first if newest - min(first.values(), default=newest) > LEARNED_DAYS else {}


def _first_days(tally: Tally, rows: ir.Table) -> dict[str, int]:
    heard: dict[str, int] = {}
    moves = rows.group_by("old_value", "new_value").agg(day=rows.changed_at_day.min())
    for row in tally.work.dicts(moves):
        for stage in (row["old_value"], row["new_value"]):
            if stage is not None:
                heard[stage] = min(row["day"], heard.get(stage, row["day"]))
    return heard
