"""A company whose CRM keeps no history, seen week by week, against the same company with its history whole."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.book import Book
from monitor.core.calendar import DAY
from monitor.core.indicators import BY_KEY
from monitor.core.indicators.base import weekly_reading
from monitor.core.seeing import see
from monitor.core.seen import SeenWeeks
from monitor.core.sums import Sums
from monitor.core.tables import ALL_SEGMENTS
from tests.core.companies import policy
from tests.facts.companies import FIRST, UNTIL, companies, days
from tests.facts.company import POLICY, Tables, change, deal, read
from tests.facts.oracle import Oracle
from tests.facts.test_oracle import cut_at

RULE = replace(policy(), facts=replace(POLICY, with_due=True))
SUNDAYS = [FIRST + timedelta(days=4 + 7 * week) for week in range((UNTIL - FIRST).days // 7)]
BEATS = [deal(f"beat{n}", day.isoformat(), type="renewal", close_date="2026-12-01") for n, day in enumerate(SUNDAYS)]
"""Deals that count nowhere, and show that the data are kept up."""
QUOTAS = [{"rep_id": "r1", "period_start": f"2025-{month:02}-01", "amount": "90000"} for month in (1, 4, 7, 10)]
EXPECTED = [(UNTIL + timedelta(days=40 * number)).isoformat() for number in range(4)]


@st.composite
def remembered(draw: st.DrawFn) -> Tables:
    """Amounts, segments and expected close dates that change, and all the changes."""
    tables: dict[str, Any] = {**draw(companies()), "quotas": QUOTAS}
    keys = st.sampled_from([row["opportunity_id"] for row in tables["opportunities"]])
    moves = draw(st.lists(st.tuples(keys, *[st.sampled_from(EXPECTED)] * 2, days()), max_size=6))
    dated = [change(key, "close_date", old, new, day.isoformat()) for key, old, new, day in moves]
    amount = change(tables["opportunities"][0]["opportunity_id"], "amount", "10.5", "7", "2025-03-01")
    tables["opportunities"] = [*tables["opportunities"], *BEATS]
    tables["opportunity_history"] = [*tables.get("opportunity_history", ()), *dated, amount]
    return tables


def without_history(tables: Tables) -> Tables:
    return {name: rows for name, rows in tables.items() if name != "opportunity_history"}


def as_it_stood(tables: Tables, t: date) -> Tables:
    """What a CRM without history showed at the end of a day."""
    oracle = Oracle(tables, POLICY, t)
    deals = []
    for row in cut_at(tables, t)["opportunities"]:
        due = {} if row["is_closed"] == "true" else {"close_date": oracle.value(row, "close_date", t)}
        deals.append({**row, **due})
    return without_history({**tables, "opportunities": deals})


def shown(book: Book, t: date) -> dict[str, Any]:
    """All that coverage is read from, and what it reads by either basis."""
    reading = weekly_reading(BY_KEY["pipeline_coverage"], book, "smb", t)
    held = {
        segment: (
            [book.open_pipeline(segment, t, fresh=fresh) for fresh in (False, True)],
            {due: sums for due, sums in book.due_by_quarter(segment, t).items() if sums != Sums()},
        )
        for segment in ALL_SEGMENTS
    }
    return {"reading": replace(reading, notes=()), **held}


@settings(max_examples=int(os.environ.get("EXAMPLES", "2")))
@given(remembered(), st.sets(st.sampled_from(SUNDAYS), min_size=1, max_size=2))
def test_weeks_that_were_seen_read_as_with_the_history_that_was_cut_away(tables: Tables, weeks: set[date]) -> None:
    seen = SeenWeeks()
    for t in sorted(weeks):
        week = see(Book(read(as_it_stood(tables, t), RULE.facts).facts, RULE, seen), t, t + DAY)
        assert week is not None
        seen = seen.with_week(week)
    forgetful = Book(read(without_history(tables), RULE.facts).facts, RULE, seen)
    whole = Book(read(tables, RULE.facts).facts, RULE)
    for t in sorted(weeks):
        assert shown(forgetful, t) == shown(whole, t)
        assert not shown(forgetful, t)["reading"].approximate
