"""Win rate trend: the window, the baseline that a bad quarter never becomes part of, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import DAY
from monitor.core.indicators import BY_KEY
from monitor.core.indicators.base import quarter_reading, weekly_reading
from monitor.core.indicators.win_rate_trend import trend
from monitor.core.types import Band, Reading
from tests.core.companies import Company, Deal, deals_that_closed, lost_deal, policy, q, told, won_deal

WIN_RATE = BY_KEY["win_rate_trend"]


def of(company: Company, label: str, expansion: str | None = None, later: int = 7) -> Reading:
    quarter = q(label)
    return quarter_reading(WIN_RATE, company.book(policy(expansion)), "smb", quarter, quarter.end + later * DAY)


def baseline(reading: Reading) -> list[str]:
    return next(note for note in reading.notes if note.startswith("baseline: "))[10:].split(", ")


def closed(**counts: tuple[int, int]) -> Company:
    """Won and lost deals of each quarter, as `Q1_2024=(30, 70)`."""
    deals: list[Deal] = []
    for name, (won, lost) in counts.items():
        number, year = name.split("_")
        deals += deals_that_closed(q(f"FY{year}-{number}"), won, lost) if won + lost else []
    return Company(tuple(deals))


def test_the_quarter_is_held_against_the_pooled_four_before() -> None:
    company = closed(Q1_2024=(10, 90), Q2_2024=(40, 160), Q3_2024=(30, 0), Q4_2024=(20, 50), Q1_2025=(21, 79))
    reading = of(company, "FY2025-Q1", "2025-01-15")
    assert reading.value == 21 - 100 * Fraction(100, 400) == -4
    assert (reading.band, reading.text) == (Band.BREAKAGE, "-4.0 points")
    counts = {name: reading.inputs[name] for name in ("won", "lost", "baseline_won", "baseline_lost")}
    assert counts == {"won": 21, "lost": 79, "baseline_won": 100, "baseline_lost": 300}
    assert (reading.inputs["win_rate"], reading.inputs["baseline_win_rate"]) == (Fraction(21, 100), Fraction(1, 4))


def test_from_the_expansion_on_the_baseline_is_fixed_even_where_it_broke() -> None:
    company = told(win_rate="HHHHBHHHHH")
    fixed = [baseline(of(company, label, "2025-05-20")) for label in ("FY2025-Q2", "FY2025-Q3", "FY2026-Q2")]
    assert fixed == [["FY2024-Q2", "FY2024-Q3", "FY2024-Q4", "FY2025-Q1"]] * 3


def test_before_the_expansion_and_without_one_the_baseline_moves_on() -> None:
    company = told(win_rate="HHHHHHHH")
    for expansion in (None, "2026-01-01"):
        assert baseline(of(company, "FY2025-Q1", expansion)) == ["FY2024-Q1", "FY2024-Q2", "FY2024-Q3", "FY2024-Q4"]
        assert baseline(of(company, "FY2025-Q4", expansion)) == ["FY2024-Q4", "FY2025-Q1", "FY2025-Q2", "FY2025-Q3"]


def test_a_bad_quarter_never_becomes_part_of_its_own_measure() -> None:
    company = told(win_rate="HHHBBBH")
    assert [of(company, f"FY2024-Q{n}").band for n in (3, 4)] == [Band.HEALTHY, Band.BREAKAGE]
    assert of(company, "FY2025-Q2").band is Band.BREAKAGE
    assert baseline(of(company, "FY2025-Q3")) == ["FY2024-Q1", "FY2024-Q2", "FY2024-Q3"]


def test_a_quarter_too_thin_to_be_judged_stays_in_the_baseline() -> None:
    assert baseline(of(told(win_rate="HHNH"), "FY2024-Q4")) == ["FY2024-Q1", "FY2024-Q2", "FY2024-Q3"]


@pytest.mark.parametrize(
    ("label", "expansion", "reason"),
    [
        ("FY2023-Q4", None, "partial_quarter"),
        ("FY2024-Q1", None, "no_baseline"),
        ("FY2024-Q2", None, "no_baseline"),
        ("FY2024-Q3", None, None),
        ("FY2025-Q1", "2024-04-01", "no_baseline"),
        ("FY2025-Q1", "2023-04-01", "no_baseline"),
        ("FY2025-Q1", "2024-07-01", None),
    ],
)
def test_fewer_than_two_full_quarters_are_no_baseline(label: str, expansion: str | None, reason: str | None) -> None:
    assert of(told(quarters=6), label, expansion).reason == reason


@pytest.mark.parametrize(("decided", "reason"), [(29, "too_few"), (30, None)])
def test_with_too_few_deals_the_value_is_shown_without_a_verdict(decided: int, reason: str | None) -> None:
    company = closed(Q1_2024=(30, 70), Q2_2024=(30, 70), Q3_2024=(decided, 0))
    reading = of(company, "FY2024-Q3")
    assert (reading.value, reading.reason) == (Fraction(70), reason)
    assert reading.band is (Band.NO_DATA if reason else Band.HEALTHY)
    assert reading.evidence is None


@pytest.mark.parametrize(
    ("counts", "reason"),
    [({"Q1_2024": (0, 0), "Q3_2024": (30, 70)}, "no_baseline"), ({"Q1_2024": (30, 70)}, "too_few")],
)
def test_nothing_decided_is_no_data(counts: dict[str, tuple[int, int]], reason: str) -> None:
    reading = of(closed(**counts), "FY2024-Q3")
    assert (reading.value, reading.band, reading.reason) == (None, Band.NO_DATA, reason)


@pytest.mark.parametrize(("age", "won"), [(180, 31), (181, 30)])
def test_a_deal_older_than_180_days_when_it_closed_is_left_out_and_counted(age: int, won: int) -> None:
    base = closed(Q1_2024=(30, 70), Q2_2024=(30, 70), Q3_2024=(30, 70))
    closes = q("FY2024-Q3").start + 5 * DAY
    reading = of(replace(base, deals=(*base.deals, won_deal(closes, 1, created=closes - age * DAY))), "FY2024-Q3")
    assert (reading.inputs["won"], reading.inputs["left_out_stale"]) == (won, 31 - won)
    assert ("1 deal older than 180 days when it closed is left out" in reading.notes) is (won == 30)


def test_a_clean_up_of_dead_deals_is_no_fall_in_win_rate() -> None:
    base = told(quarters=6)
    clean = q("FY2025-Q1").start + 30 * DAY
    dead = tuple(lost_deal(clean, created=clean - 200 * DAY) for _ in range(500))
    before, after = of(base, "FY2025-Q1"), of(replace(base, deals=(*base.deals, *dead)), "FY2025-Q1")
    assert after.value == before.value
    assert after.inputs["left_out_stale"] == 500


def test_stale_deals_are_left_out_of_the_baseline_too() -> None:
    base = told(quarters=6)
    closes = q("FY2024-Q2").start
    old = tuple(won_deal(closes, 1, created=closes - 181 * DAY) for _ in range(90))
    expected = of(base, "FY2025-Q1").value
    assert (
        of(replace(base, deals=(*base.deals, *old), begins=date(2023, 10, 1)), "FY2025-Q1", "2025-01-01").value
        == expected
    )


def test_the_weekly_window_is_the_91_days_that_end_on_the_day() -> None:
    base = told(quarters=8)
    t = date(2025, 8, 17)
    for day, counted in ((t - 91 * DAY, 0), (t - 90 * DAY, 1), (t, 1), (t + DAY, 0)):
        deals = (*base.deals, won_deal(day, 1))
        one, none = (weekly_reading(WIN_RATE, replace(base, deals=d).book(), "smb", t) for d in (deals, base.deals))
        assert int(one.inputs["won"] or 0) - int(none.inputs["won"] or 0) == counted, day


def test_the_running_quarter_counts_from_its_first_day() -> None:
    company = told(quarters=8)
    reading = of(company, "FY2025-Q2", later=-46)
    assert int(reading.inputs["won"] or 0) + int(reading.inputs["lost"] or 0) == 20


def test_what_was_corrected_after_closing_counts_from_the_day_it_was_known() -> None:
    facts = told(quarters=4).facts()
    quarter = q("FY2024-Q3")
    late = facts.decided.iloc[[0]].assign(day=quarter.end + 20 * DAY, closed_on=quarter.start, won=5, lost=0)
    corrected = replace(facts, decided=pd.concat([facts.decided, late]))
    book = replace(told(quarters=4).book(), facts=corrected)
    won = [quarter_reading(WIN_RATE, book, "smb", quarter, quarter.end + n * DAY).inputs["won"] for n in (19, 20)]
    assert won == [12, 17]


def test_a_long_history_is_read_without_recursion() -> None:
    company = replace(told(quarters=4), begins=date(1900, 1, 1))
    assert of(company, "FY2024-Q4").reason is None


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=5, max_size=9))
def test_the_moving_baseline_is_the_last_four_quarters_that_are_not_breakage(counts: list[tuple[int, int]]) -> None:
    quarters = list(policy().calendar.quarters(q("FY2024-Q1"), q("FY2030-Q4")))[: len(counts)]
    deals = [d for at, (won, lost) in zip(quarters, counts, strict=True) if won + lost
             for d in deals_that_closed(at, won, lost)]  # fmt: skip
    book = Company(tuple(deals)).book()
    steady: list[tuple[int, int]] = []
    for quarter, (won, lost) in zip(quarters, counts, strict=True):
        base = [sum(column) for column in zip(*steady[-4:], strict=True)] if len(steady) > 1 else [0, 0]
        reading = quarter_reading(WIN_RATE, book, "smb", quarter, quarter.end)
        value = trend(won, lost, *base) if sum(base) and won + lost else None
        assert reading.value == value
        if reading.band is not Band.BREAKAGE:
            steady.append((won, lost))


@given(st.integers(0, 88), st.data())
def test_the_bridge_of_a_week_adds_up_exactly(day: int, data: Any) -> None:
    t = q("FY2025-Q2").start + day * DAY
    base = told(quarters=6)
    extra = data.draw(st.lists(st.tuples(st.integers(-110, 3), st.booleans()), max_size=20))
    more = [won_deal(t + n * DAY, 1) if won else lost_deal(t + n * DAY) for n, won in extra]
    book = replace(base, deals=(*base.deals, *more)).book()
    before, now = (weekly_reading(WIN_RATE, book, "smb", each).value for each in (t - 7 * DAY, t))
    steps = WIN_RATE.bridge(book, "smb", t - 7 * DAY, t)
    assert before is not None and now is not None
    assert sum((step.amount for step in steps), Fraction(0)) == now - before


def test_what_stands_beside_the_trend_is_by_value_by_month_of_creation_and_by_quarter() -> None:
    t = date(2025, 6, 30)
    past = [(True, "2024-05-20"), (False, "2024-04-01"), (False, "2024-06-30"), (False, "2024-07-01")]
    now = [(True, "2025-04-10", "2025-06-30", 300), (False, "2025-04-30", "2025-05-10", 100),
           (False, "2025-03-31", "2025-04-15", 100), (False, "2025-06-05", "2025-07-01", 100),
           (False, "2024-06-01", "2025-05-01", 100)]  # fmt: skip
    deals = [
        Deal(date.fromisoformat(created), Decimal(amount), date.fromisoformat(ended), "won" if won else "lost")
        for won, created, ended, amount in [*now, *((won, "2024-03-01", day, 50) for won, day in past)]
    ]
    assert WIN_RATE.beside(Company(tuple(deals)).book(policy()), "smb", t) == {
        "win_rate_by_value": Fraction(3, 5),
        "win_rate_by_creation": Fraction(1, 2),
        "win_rate_of_the_quarter": Fraction(1, 3),
        "win_rate_a_year_ago": Fraction(1, 3),
    }


def test_an_amount_put_right_after_closing_counts_from_then_on_of_the_oldest_deals_too() -> None:
    old = Deal(date(2024, 1, 1), Decimal(100), date(2024, 10, 1), "won", changes=((date(2024, 11, 1), Decimal(300)),))
    book = Company((old,)).book(policy())
    known = [date(2024, 10, 31), date(2024, 11, 1), date(2024, 12, 1)]
    assert [book.won("smb", date(2024, 9, 1), date(2024, 10, 31), each).amount for each in known] == [100, 300, 300]
