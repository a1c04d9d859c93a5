"""What would have been said and when."""

from __future__ import annotations

from datetime import date

from monitor.core.backtest import backtest, weeks_of
from monitor.core.types import Backtest
from tests.core.companies import Company, policy, told

T = date(2026, 2, 15)


def of(company: Company) -> Backtest:
    return backtest(company.book(policy("2025-01-01")), T, lambda done, of: None)


def test_a_quiet_history_never_trips() -> None:
    found = of(told(quarters=9))
    assert found.lines == ()
    assert found.summary == (
        "Read: 111 weeks and 9 quarters, FY2024-Q1 to FY2026-Q1. The breaker would never have tripped.",
    )


def test_the_timeline_goes_from_the_first_sign_to_the_recovery() -> None:
    found = of(told("HHHHHBBH", quarters=9))
    assert [(line.day.isoformat(), line.kind) for line in found.lines] == [
        ("2025-04-06", "breakage"),
        ("2025-07-06", "on_course"),
        ("2025-07-07", "breakage"),
        ("2025-10-07", "breakage"),
        ("2025-10-07", "trip"),
        ("2025-10-12", "healthy"),
        ("2026-01-07", "recovery"),
    ]
    assert "Pipeline coverage is on course to trip on 2025-10-07" in found.lines[1].text
    assert found.lines[4].text == "The breaker trips, mid-market hiring is paused: Pipeline coverage"


def test_it_says_how_long_before_attainment_was_lowest_the_breaker_tripped() -> None:
    found = of(told("HHHHBBHH", attainment="HHHHHHHB", quarters=9))
    assert found.summary[1:] == (
        "It tripped on 2025-07-07 by Pipeline coverage.",
        "The breaker tripped 25 weeks before attainment reached its low of 50.0 % (FY2025-Q4).",
    )


def test_progress_is_told_week_by_week() -> None:
    book, told_of = told(quarters=3).book(), []
    backtest(book, date(2024, 9, 29), lambda done, of: told_of.append((done, of)))
    assert told_of == [(n, 39) for n in range(1, 40)]
    assert len(weeks_of(book, date(2024, 9, 29))) == 39
