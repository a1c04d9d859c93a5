"""Stages that never appeared before: somebody changed the process, and flags told by the stage may be wrong."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from monitor.core.tables import TABLES
from monitor.facts.history import Diary
from monitor.facts.odd import LEARNED_DAYS, RECENT_DAYS
from monitor.facts.quality import Tally
from monitor.facts.reading import read_table


def count_new_stages(tally: Tally, raw: ir.Table, diary: Diary) -> None:
    """Counts deals in a stage whose first appearance lies in the last days of data that go back far enough."""
    if "stage" not in raw.columns:
        return
    rows = read_table(raw, TABLES["opportunities"], ("opportunity_id", "stage", "created_date")).good()
    rows = rows.filter(rows.stage.notnull())
    found = tally.work.dicts(rows.group_by("stage").agg(first=rows.created_date.min(), last=rows.created_date.max()))
    if not found:
        return
    newest = max([row["last"] for row in found] + list(diary.days))
    if newest - min(row["first"] for row in found) <= LEARNED_DAYS:
        return
    is_logged = bool(diary.stages) and newest - min(diary.stages.values()) > LEARNED_DAYS
    heard = diary.stages if is_logged else {}
    fresh = sorted(row["stage"] for row in found if heard.get(row["stage"], row["first"]) > newest - RECENT_DAYS)
    if fresh:
        new = rows.filter(rows.stage.isin(fresh))
        tally.suspect("opportunities", new.select(key=new.opportunity_id, reason=ibis.literal("new_stage")))
