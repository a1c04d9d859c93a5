"""The small tables: people, quotas, spend, requisitions, rates, and who was an AE when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.types as ir

from monitor.core.policy import FactsPolicy
from monitor.core.tables import TABLES
from monitor.facts import days
from monitor.facts.cells import Fault
from monitor.facts.clean import usable
from monitor.facts.frames import Kinds
from monitor.facts.grouping import COMPANY
from monitor.facts.money import MONEY, converted
from monitor.facts.quality import Tally
from monitor.facts.rates import Rates, foreign, no_rate
from monitor.facts.workspace import Workspace


@dataclass(frozen=True)
class Small:
    """The small tables, usable rows only; None where a table is absent."""

    reps: ir.Table | None
    quotas: ir.Table | None
    spend: ir.Table | None
    requisitions: ir.Table | None
    rates: Rates


def read_small(tally: Tally, tables: dict[str, ir.Table], policy: FactsPolicy) -> Small:
    """Reads them all; the tables that no fact needs are only checked."""
    for name in ("revenue", "leads", "resources", "releases"):
        if name in tables:
            usable(tally, tables[name], name)
    rates = Rates.read(tally.work, _rates(tally, tables))
    return Small(
        reps=usable(tally, tables["reps"], "reps", rules=_reps_rules) if "reps" in tables else None,
        quotas=_quotas(tally, tables, policy),
        spend=_spend(tally, tables, policy, rates),
        requisitions=usable(tally, tables["requisitions"], "requisitions") if "requisitions" in tables else None,
        rates=rates,
    )


def _reps_rules(rows: ir.Table) -> Sequence[Fault]:
    return [("ends_before_start", rows.end_date < rows.start_date)]


def _quotas(tally: Tally, tables: dict[str, ir.Table], policy: FactsPolicy) -> ir.Table | None:
    if "quotas" not in tables:
        return None
    since = (policy.calendar.fiscal_year_start - 1) % 3

    def rules(rows: ir.Table) -> Sequence[Fault]:
        day = days.date_of(rows.period_start)
        starts = (day.day() == 1) & ((day.month() - 1) % 3 == since)
        return [("not_a_quarter_start", ~starts)]

    return usable(tally, tables["quotas"], "quotas", rules=rules)


def _rates(tally: Tally, tables: dict[str, ir.Table]) -> ir.Table | None:
    if "fx_rates" not in tables:
        return None
    rows = usable(tally, tables["fx_rates"], "fx_rates", rules=lambda t: [("bad_amount", t.rate <= 0)])
    return rows.mutate(currency=rows.currency.upper(), month_number=days.month_of(rows.month))


def _spend(tally: Tally, tables: dict[str, ir.Table], policy: FactsPolicy, rates: Rates) -> ir.Table | None:
    """Spend in the reporting currency, valued at the rate of its month."""
    if "spend" not in tables:
        return None

    def rules(rows: ir.Table) -> Sequence[Fault]:
        return [no_rate(rows, foreign(rows.currency, policy), days.month_of(rows.month))]

    rows = usable(tally, rates.told(tables["spend"], policy), "spend", rules=rules)
    priced = rows.mutate(foreign=foreign(rows.currency, policy), month_number=days.month_of(rows.month))
    priced = rates.convert(priced, "foreign", rate="month_number")
    amount = converted(priced.amount, priced.rate).cast(MONEY)
    paid = priced.select(COMPANY, "month", "segment", "function", amount=amount)
    if rates.known:
        lost = paid.filter(paid.amount.isnull())
        lost = lost.select(COMPANY, key=lost.segment, reason=ibis.literal("amount_out_of_range"))
        tally.set_aside("spend", lost)
    return paid.filter(paid.amount.notnull())


def ae_intervals(work: Workspace, reps: ir.Table) -> ir.Table:
    """When each person was an AE of whatever segment, without overlaps.

    `company`, `rep_id`, `ae_from`, `ae_to` (included).
    """
    rows = work.dicts(reps.filter(reps.role == "ae").select(COMPANY, "rep_id", "start_date", "end_date"))
    rows.sort(key=lambda row: (row[COMPANY], row["rep_id"], row["start_date"]))
    merged: list[dict[str, Any]] = []
    for (company, rep), stints in groupby(rows, key=lambda row: (row[COMPANY], row["rep_id"])):
        whole = _merged([(row["start_date"], row["end_date"]) for row in stints])
        merged += [{COMPANY: company, "rep_id": rep, "ae_from": start, "ae_to": end} for start, end in whole]
    return ibis.memtable(merged, schema={COMPANY: "int32", "rep_id": "string", "ae_from": "int32", "ae_to": "int32"})


def _merged(stints: Sequence[tuple[int, int | None]]) -> list[tuple[int, int]]:
    forever = days.number_of(days.LAST)
    whole: list[tuple[int, int]] = []
    for start, end in stints:
        until = forever if end is None else end
        if whole and start <= whole[-1][1] + 1:
            whole[-1] = (whole[-1][0], max(whole[-1][1], until))
        else:
            whole.append((start, until))
    return whole


def small_kinds(name: str, rows: ir.Table) -> Kinds:
    """How a small table is read as a frame: its canonical columns, days as days."""
    columns = [column.name for column in TABLES[name].columns if column.name in rows.columns]
    dates = {column.name for column in TABLES[name].columns if column.kind.name == "DATE"}
    return Kinds(tuple(columns), tuple(columns), days=frozenset(dates))
