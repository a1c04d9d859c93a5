"""One decision: what it records, that it records it once, and that looking often leads where looking once does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.book import Book
from monitor.core.breaker import Breaker, fold
from monitor.core.calendar import DAY
from monitor.core.chain import verify
from monitor.core.decide import decide
from monitor.core.plan import verify_verdicts
from monitor.core.types import Band, State
from tests.core.companies import CALENDAR, Company, policy, told
from tests.core.log import RULE, Log, at_once, said, seen


def test_the_first_start_replays_history_and_starts_tripped() -> None:
    log = at_once(told(coverage="HHHHHBB", quarters=8), "2025-11-16")
    assert said(log) == [("tripped", "2025-10-07")]
    assert log.events[0].kind == "started"
    breaker = fold(log.events)
    assert (breaker.state, breaker.since, dict(breaker.tripped_by)) == (
        State.TRIPPED,
        date(2025, 10, 7),
        {"pipeline_coverage": "FY2025-Q3"},
    )


def test_a_past_trip_that_recovered_starts_armed() -> None:
    log = at_once(told(win_rate="HHHHHBBH", quarters=9), "2026-02-15")
    assert said(log) == [("tripped", "2025-10-07"), ("recovered", "2026-01-07")]
    assert fold(log.events).recovered_by == ("win_rate_trend",)


@pytest.mark.parametrize("indicator", ["coverage", "win_rate", "attainment", "payback"])
def test_any_single_indicator_trips(indicator: str) -> None:
    log = at_once(told(**{indicator: "HHHHBB"}, quarters=8), "2025-08-17")
    keys = {"coverage": "pipeline_coverage", "win_rate": "win_rate_trend", "payback": "cac_payback"}
    assert set(fold(log.events).tripped_by) == {keys.get(indicator, indicator)}


def test_quarters_before_the_watch_never_count() -> None:
    assert said(at_once(told(coverage="HHBBBHHH"), "2025-11-16", policy("2025-01-01"))) == []
    log = at_once(told(coverage="HHBBBHHH"), "2025-11-16", policy("2024-01-01"))
    assert said(log) == [("tripped", "2025-01-07"), ("recovered", "2025-07-07")]


def test_a_definition_that_does_not_fit_is_shown_and_never_trips() -> None:
    company = told(attainment="BBBBBBBB")
    log = at_once(company, "2025-11-16")
    view = seen(log, company, "2025-11-16").indicator("attainment")
    assert (said(log), view.streak, view.fits_definition) == ([], 0, False)
    assert [(quarter.band, quarter.counted) for quarter in view.quarters] == [(Band.BREAKAGE, False)] * 8
    assert "attainment" not in seen(log, company, "2025-11-16").breaker.advisory


def test_where_the_baseline_holds_nothing_the_indicator_counts() -> None:
    company = told(payback="NNNNBBBB")
    log = at_once(company, "2025-11-16")
    assert seen(log, company, "2025-11-16").indicator("cac_payback").fits_definition is None
    assert set(fold(log.events).tripped_by) == {"cac_payback"}


def test_a_second_look_records_nothing() -> None:
    company = told(coverage="HHHHHBB", attainment="HHHHHHBB", quarters=8)
    log = at_once(company, "2025-11-16")
    for day in ("2025-11-16", "2025-11-23"):
        assert decide(company.book(RULE), log.recorded, date.fromisoformat(day)).plan.empty


def test_a_question_about_the_past_records_nothing_and_sees_the_past() -> None:
    company = told(coverage="HHHHHBB", quarters=8)
    log = at_once(company, "2025-11-16")
    decision = decide(company.book(RULE), log.recorded, date(2025, 9, 7))
    assert decision.plan.empty
    assert (decision.breaker.state, decision.breaker.streak("pipeline_coverage").count) == (State.ARMED, 1)


def test_what_was_sealed_keeps_its_hashes_and_is_named_by_its_event() -> None:
    log = at_once(told(quarters=8), "2025-11-16")
    assert len(log.versions) == 4 * 7
    assert verify(log.events) == [] == verify_verdicts(log.events, log.versions)
    one = log.versions[0]
    assert (one.configuration, one.fingerprint, one.version) == (RULE.configuration, "facts", 1)


WEEKS = list(CALENDAR.weeks(date(2024, 1, 1), date(2026, 5, 31)))


def lines(log: Log) -> list[tuple[Any, ...]]:
    return [(event.kind, event.on, event.reason, event.payload) for event in log.events if event.kind != "started"]


def week_by_week(book: Book) -> Log:
    log = Log()
    log.week_by_week(book, WEEKS)
    return log


def test_week_by_week_leads_where_one_look_at_the_end_does() -> None:
    book = told("HHHHHBBHB", "HHHHNBNBH", "HHHHBHHHH", "HHHHBNBHN").book(RULE)
    log, once = week_by_week(book), Log()
    once.decide(book, WEEKS[-1])
    assert lines(log) == lines(once)
    assert log.versions == once.versions


QUARTERS = st.text("HWB", min_size=9, max_size=9)
HOLEY = st.text("HBN", min_size=9, max_size=9)


@settings(max_examples=12)
@given(QUARTERS, HOLEY, QUARTERS, HOLEY, st.sampled_from([None, "2024-07-01", "2025-01-01"]), st.integers(1, 5))
def test_however_often_one_looks_the_breaker_is_the_same(
    coverage: str, win_rate: str, attainment: str, payback: str, expansion: str | None, every: int
) -> None:
    book = told(coverage, win_rate, attainment, payback).book(policy(expansion))
    log, once = Log(), Log()
    log.week_by_week(book, [*WEEKS[:: 4 * every], WEEKS[-1]])
    once.decide(book, WEEKS[-1])
    assert lines(log) == lines(once)
    assert fold(log.events) == fold(once.events)


def test_spend_that_comes_late_is_sealed_on_the_day_it_is_seen() -> None:
    early, late = told(payback="HHHHN", quarters=6), told(payback="HHHHB", quarters=6)
    log = at_once(early, "2025-04-13")
    assert ("cac_payback", "FY2025-Q1") not in log.recorded.sealed()
    log.decide(late.book(RULE), date(2025, 4, 27))
    verdict = log.recorded.sealed()["cac_payback", "FY2025-Q1"]
    assert (verdict.sealed_on, verdict.band) == (date(2025, 4, 27), Band.BREAKAGE)
    assert decide(late.book(RULE), log.recorded, date(2025, 5, 4)).plan.empty


def test_spend_that_never_comes_is_sealed_at_the_deadline_also_week_by_week() -> None:
    log = Log()
    log.week_by_week(told(payback="HHHHN", quarters=6).book(RULE), WEEKS[:75])
    verdict = log.recorded.sealed()["cac_payback", "FY2025-Q1"]
    assert (verdict.sealed_on, verdict.band, verdict.reading["reason"]) == (
        date(2025, 5, 15),
        Band.NO_DATA,
        "missing_spend",
    )


def test_a_company_that_was_silent_when_a_quarter_was_due_is_sealed_when_it_speaks_again() -> None:
    alive = ((date(2024, 1, 1), date(2025, 3, 20)), (date(2025, 4, 20), date(2026, 1, 1)))
    log = at_once(told(attainment="HHHHB", alive=alive), "2025-05-11")
    days = {v.sealed_on for v in log.versions if v.quarter == "FY2025-Q1"}
    assert days == {date(2025, 4, 20)}


def test_a_weekly_reading_in_breakage_is_advice_and_no_pause() -> None:
    shown = seen(at_once(told(coverage="HHHHHB", quarters=6), "2025-05-18"), told(coverage="HHHHHB"), "2025-05-18")
    assert shown.breaker.advisory == ("pipeline_coverage",)
    assert (shown.breaker.state, shown.breaker.hiring_paused) == (State.ARMED, False)


def test_a_snapshot_shows_every_quarter_sealed_or_running() -> None:
    company = told("HHHHHBW", quarters=8)
    shown = seen(at_once(company, "2025-10-12"), company, "2025-10-12").indicator("pipeline_coverage")
    assert [(quarter.band[0], quarter.sealed) for quarter in shown.quarters] == [
        *[("n", True)],
        *[("h", True)] * 4,
        *[("b", True), ("w", True)],
        ("h", False),
    ]
    assert [quarter.counted for quarter in shown.quarters] == [False] * 4 + [True] * 4


def test_a_snapshot_of_a_past_day_shows_what_was_sealed_and_watched_by_then() -> None:
    company = told("HHHBHHB", quarters=8)
    log = at_once(company, "2025-11-16")
    before, first, later = (seen(log, company, day) for day in ("2024-11-17", "2025-02-16", "2025-09-07"))
    assert before.indicator("pipeline_coverage").weekly.band is Band.BREAKAGE
    assert (before.breaker.advisory, before.breaker.watch_from) == ((), None)
    assert first.breaker.watch_from == first.indicator("pipeline_coverage").quarters[-1].quarter == "FY2025-Q1"
    assert first.indicator("pipeline_coverage").quarters[-1].counted
    assert [each.sealed for each in later.indicator("pipeline_coverage").quarters][-2:] == [True, False]
    assert later.breaker.advisory == ("pipeline_coverage",)


def test_an_empty_company_decides_nothing() -> None:
    log = at_once(Company(begins=date(2025, 11, 1)), "2025-11-16")
    assert (log.kinds(), fold(log.events)) == (["started"], replace(Breaker(), last_on=date(2025, 11, 16)))
    assert decide(Company(begins=date(2025, 11, 1)).book(RULE), log.recorded, date(2025, 11, 16) + 7 * DAY).plan.empty
