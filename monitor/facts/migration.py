"""Where the history of a migrated CRM begins: the first day on which most older deals first change, from nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from itertools import groupby

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from monitor.core.policy import FactsPolicy
from monitor.facts import days
from monitor.facts.grouping import COMPANY, ByCompany
from monitor.facts.history import FIELDS, Diary, History, deal_of
from monitor.facts.quality import Tally
from monitor.facts.workspace import Workspace

FEWEST = 20
"""Fewer deals that begin so on one day are no migration."""

Counts = dict[tuple[int, int], int]
"""By company and day's number."""


def find(tally: Tally, history: History | None, deals: ir.Table, diary: Diary, policy: FactsPolicy) -> dict[int, int]:
    """The day's number for each company whose history begins on one day (or is said to)."""
    if policy.history_begins is False or history is None:
        return {}
    if isinstance(policy.history_begins, date):
        return dict.fromkeys(tally.companies, days.number_of(policy.history_begins))
    blanks = _counts(diary.days.filter(pc.field("blanks") >= FEWEST), "blanks")
    older = _older(tally.work, deals, blanks)
    likely = {key for key in blanks if 2 * blanks[key] > older[key]}
    begun = _begun(tally.work, history, deals, likely)
    found = sorted((key for key in begun if begun[key] >= FEWEST and 2 * begun[key] > older[key]), reverse=True)
    return dict(found)


def _counts(rows: pa.Table, name: str) -> Counts:
    keys = zip(rows.column(COMPANY).to_pylist(), rows.column("day").to_pylist(), strict=True)
    return dict(zip(keys, rows.column(name).to_pylist(), strict=True))


def _older(work: Workspace, deals: ir.Table, likely: Collection[tuple[int, int]]) -> Counts:
    """How many deals of the company were created before each day."""
    if not likely:
        return {}
    some = deals.filter(deals[COMPANY].isin(sorted({company for company, _ in likely})))
    made = some.group_by(COMPANY, day=some.created).agg(deals=some.count()).order_by(COMPANY, "day")
    created = ByCompany.of(work.fetch(made))
    older: Counts = {}
    for company, pairs in groupby(sorted(likely), key=lambda pair: pair[0]):
        rows = created.one(company)
        until = np.concatenate([[0], np.cumsum(rows.column("deals").to_numpy())])
        first = rows.column("day").to_numpy()
        older |= {(company, day): int(until[np.searchsorted(first, day)]) for _, day in pairs}
    return older


def _begun(work: Workspace, history: History, deals: ir.Table, likely: Collection[tuple[int, int]]) -> Counts:
    """How many older deals have, for some field, their first change on each day, and that one from nothing."""
    if not likely:
        return {}
    rows = history.of("stage", *FIELDS).good()
    named = ibis.cases(*((rows.field.isin(names), name) for name, names in history.spellings.items()))
    keyed = rows.select(
        deal=deal_of(rows),
        name=named,
        instant="changed_at",
        day="changed_at_day",
        old="old_value",
    )
    good = keyed.inner_join(deals.select(COMPANY, "deal", "created"), "deal")
    firsts = good.group_by(COMPANY, "deal", "created", "name").agg(
        day=good.day.min(), first=good.instant.min(), blank=good.instant.min(where=good.old.isnull())
    )
    from_nothing = firsts.filter((firsts.first == firsts.blank) & (firsts.created < firsts.day))
    wanted = ibis.memtable(sorted(likely), schema={COMPANY: "int32", "day": "int32"})
    from_nothing = from_nothing.semi_join(wanted, [COMPANY, "day"])
    return _counts(work.fetch(from_nothing.group_by(COMPANY, "day").agg(deals=from_nothing.deal.nunique())), "deals")
