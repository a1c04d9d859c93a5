"""Histories that keep what a value became and never what it was before."""

from __future__ import annotations

from collections.abc import Mapping

import ibis.expr.types as ir

from monitor.core.policy import FactsPolicy
from monitor.facts.grouping import COMPANY
from monitor.facts.workspace import Workspace

FEWEST = 20
"""Fewer changes prove nothing: the first value of a deal is lawfully one from nothing."""

Silent = Mapping[str, frozenset[int]]
"""By field, the companies whose changes never say what was before."""


def find_silent(work: Workspace, log: Mapping[str, ir.Table], policy: FactsPolicy) -> Silent:
    """Of the changes of each field (`intervals.read_log`).

    None says what was before, though a deal was given one value after another, so that there was something before.
    """
    if policy.history_begins is False:
        return {}
    return {name: _silent(work, rows) for name, rows in log.items()}


def _silent(work: Workspace, rows: ir.Table) -> frozenset[int]:
    told = work.dicts(rows.group_by(COMPANY).agg(told=rows.old.count(), changes=rows.count()))
    mute = sorted(row[COMPANY] for row in told if not row["told"] and row["changes"] >= FEWEST)
    if not mute:
        return frozenset()
    given = rows.filter(rows[COMPANY].isin(mute) & rows.new.notnull())
    times = given.group_by(COMPANY, "deal").agg(first=given.instant.min(), last=given.instant.max())
    again = times.filter(times.first < times.last).select(COMPANY).distinct()
    return frozenset(row[COMPANY] for row in work.dicts(again))
