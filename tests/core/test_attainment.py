"""AE attainment: the plan is frozen, the week is paced, and only AEs book."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import DAY
from monitor.core.indicators import BY_KEY
from monitor.core.indicators.attainment import expected_share
from monitor.core.indicators.base import quarter_reading, weekly_reading, with_beside
from monitor.core.types import Band, Reading
from monitor.core.verdicts import is_settled
from tests.core.companies import CALENDAR, Company, Deal, Seat, policy, q, told, won_deal

ATTAINMENT = BY_KEY["attainment"]
QUARTER = q("FY2025-Q1")
QUOTAS = {("A1", QUARTER.start): Decimal(1_000_000)}


def of(deals: Sequence[Deal], known: date = QUARTER.end + 7 * DAY, **company: Any) -> Reading:
    held = Company(tuple(deals), **{"quotas": QUOTAS, **company})
    return quarter_reading(ATTAINMENT, held.book(), "smb", QUARTER, known)


def won(amount: str | int | None, day: int = 0, **more: Any) -> Deal:
    return won_deal(QUARTER.start + day * DAY, amount, **more)


@pytest.mark.parametrize(
    ("amount", "band"),
    [("800000", "healthy"), ("799999.99", "warning"), ("650000", "warning"), ("649999.99", "breakage")],
)
def test_bookings_are_held_against_the_plan(amount: str, band: str) -> None:
    reading = of([won(amount)])
    assert (reading.value, reading.band) == (Fraction(amount) / 1_000_000, band)
    assert reading.inputs == {"bookings": Fraction(amount), "plan_quota": 1_000_000, "won_deals": 1}


@pytest.mark.parametrize(("day", "counts"), [(-1, False), (0, True), (89, True), (90, False)])
def test_a_quarter_books_what_was_won_on_its_days(day: int, counts: bool) -> None:
    assert of([won(500_000, day)]).value == (Fraction(1, 2) if counts else 0)


def test_only_what_aes_won_is_booked_whatever_their_segment() -> None:
    seats = (Seat(), Seat("M1", role="manager"), Seat("B1", segment="mid_market"), Seat("L1", end=QUARTER.start))
    deals = [
        won(100, owner="A1"),
        won(200, owner="M1"),
        won(400, owner="B1"),
        won(800, 1, owner="L1"),
        won(1600, owner="X"),
    ]
    assert of(deals, seats=seats).inputs["bookings"] == 500


def test_deals_of_other_segments_are_not_booked() -> None:
    assert of([won(700_000, segment="mid_market")]).value == 0


@pytest.mark.parametrize(
    "seat",
    [
        (Seat("A2", end=QUARTER.start),),
        (Seat("A2", end=QUARTER.start + 20 * DAY), Seat("A2", QUARTER.start + 21 * DAY, segment="mid_market")),
        (Seat("A2", end=QUARTER.start + 20 * DAY), Seat("A2", QUARTER.start + 21 * DAY, role="manager")),
    ],
)
def test_an_ae_who_leaves_or_moves_keeps_counting_in_the_plan(seat: tuple[Seat, ...]) -> None:
    quotas = {**QUOTAS, ("A2", QUARTER.start): Decimal(1_000_000)}
    assert of([won(700_000)], seats=(Seat(), *seat), quotas=quotas).value == Fraction(35, 100)


def test_an_ae_who_comes_later_books_but_is_not_in_the_plan() -> None:
    seats = (Seat(), Seat("A2", QUARTER.start + DAY))
    quotas = {**QUOTAS, ("A2", QUARTER.start): Decimal(1_000_000)}
    assert of([won(700_000, 5, owner="A2")], seats=seats, quotas=quotas).value == Fraction(7, 10)


@pytest.mark.parametrize(
    ("company", "deals", "reason"),
    [
        ({"seats": None}, [], "missing_table"),
        ({"quotas": None}, [], "missing_table"),
        ({"seats": ()}, [], "no_aes"),
        ({"quotas": {}}, [], "no_quota"),
        ({"quotas": {("A1", QUARTER.start): Decimal(0)}}, [won(10)], "no_quota"),
        ({}, [won(None), won(None, 3)], "no_amounts"),
        ({"alive": ()}, [won(10)], "stale"),
        ({"begins": QUARTER.start + DAY}, [], "partial_quarter"),
    ],
)
def test_a_reading_that_cannot_be_made_says_why(company: dict[str, Any], deals: list[Deal], reason: str) -> None:
    reading = of(deals, **company)
    assert (reading.value, reading.band, reading.reason) == (None, Band.NO_DATA, reason)
    assert reading.why


def test_nothing_booked_is_breakage() -> None:
    assert (of([]).value, of([]).band) == (Fraction(0), Band.BREAKAGE)


def booked_late(*shares: str, quarters: int) -> Company:
    """Every quarter books its shares on its first day, its 46th and its last; AEs have a quota in all."""
    ends = list(CALENDAR.quarters(q("FY2024-Q1"), q("FY2030-Q4")))[:quarters]
    days = [(quarter.start, quarter.start + 45 * DAY, quarter.end) for quarter in ends]
    deals = [
        won_deal(at, Fraction(part) * 900_000) for at_days in days for part, at in zip(shares, at_days, strict=True)
    ]
    return Company(tuple(deals), quotas={("A1", quarter.start): Decimal(900_000) for quarter in ends})


@pytest.mark.parametrize(
    ("label", "share", "from_quarters"),
    [("FY2024-Q4", Fraction(31, 92), 0), ("FY2025-Q1", "0.2", 4), ("FY2026-Q2", "0.2", 8)],
)
def test_the_expected_share_is_the_companys_own_from_four_quarters_on(
    label: str, share: Any, from_quarters: int
) -> None:
    book = booked_late("0.2", "0.2", "0.6", quarters=12).book()
    quarter = q(label)
    assert expected_share(book, "smb", quarter, quarter.start + 30 * DAY) == (Fraction(share), from_quarters)


def test_the_expected_share_is_taken_at_the_same_fraction_of_each_quarter() -> None:
    deals = [won_deal(quarter.start + n * DAY, 1) for quarter in CALENDAR.quarters(q("FY2024-Q1"), q("FY2024-Q4"))
             for n in range(quarter.days)]  # fmt: skip
    book = Company(tuple(deals)).book()
    shares = [expected_share(book, "smb", QUARTER, QUARTER.start + n * DAY) for n in (0, 44, 89)]
    assert shares == [(Fraction(1, 90), 4), (Fraction(1, 2), 4), (Fraction(1), 4)]


def test_a_week_is_held_against_what_used_to_be_booked_by_then() -> None:
    book = booked_late("0.2", "0.2", "0.6", quarters=9).book()
    t = q("FY2026-Q1").start + 60 * DAY
    reading = weekly_reading(ATTAINMENT, book, "smb", t)
    assert (reading.value, reading.inputs["expected_share"]) == (Fraction(1), Fraction(2, 5))
    running = quarter_reading(ATTAINMENT, book, "smb", q("FY2026-Q1"), t)
    assert (running.value, running.inputs) == (reading.value, reading.inputs)


def test_where_nothing_used_to_be_booked_so_early_there_is_nothing_to_expect() -> None:
    book = booked_late("0", "0.2", "0.8", quarters=9).book()
    reading = weekly_reading(ATTAINMENT, book, "smb", q("FY2026-Q1").start + 9 * DAY)
    assert (reading.value, reading.band, reading.reason) == (None, Band.NO_DATA, "too_early")


def test_on_the_quarters_last_day_the_week_expects_everything() -> None:
    company = booked_late("0.2", "0.2", "0.5", quarters=9)
    reading = weekly_reading(ATTAINMENT, company.book(), "smb", q("FY2026-Q1").end)
    assert (reading.value, reading.inputs["expected_share"]) == (Fraction(9, 10), 1)
    over = quarter_reading(ATTAINMENT, company.book(), "smb", q("FY2026-Q1"), q("FY2026-Q1").end)
    assert (over.value, "expected_share" in over.inputs) == (Fraction(9, 10), False)


def test_alerts_start_in_the_fourth_week() -> None:
    book = told(quarters=6).book()
    weeks = list(CALENDAR.weeks(QUARTER.start, QUARTER.end))
    assert [is_settled(book, ATTAINMENT, week) for week in weeks[:5]] == [False, False, False, True, True]
    assert is_settled(book, BY_KEY["win_rate_trend"], weeks[0])


def test_beside_it_stand_the_people() -> None:
    seats = (Seat(), Seat("A2"), Seat("A3", end=QUARTER.start + 9 * DAY), Seat("A4", QUARTER.start + 9 * DAY))
    quotas = {(rep, QUARTER.start): Decimal(100) for rep in ("A1", "A2", "A3", "A4")}
    deals = [won(100, owner="A1"), won(40, owner="A2"), won(30, 8, owner="A3"), won(60, 9, owner="A4")]
    book = Company(tuple(deals), seats, quotas).book()
    reading = weekly_reading(ATTAINMENT, book, "smb", QUARTER.end)
    beside = with_beside(ATTAINMENT, book, reading).beside
    wanted = {"in_seat": Fraction(2, 3), "median_ae": Fraction(2, 5), "aes_at_80_percent": Fraction(1, 3), "aes": 3}
    assert (reading.value, beside) == (Fraction(230, 300), wanted)


def test_readings_before_a_migrated_history_begins_are_approximate() -> None:
    flags = [of([won(1)], history_begins=QUARTER.start + n * DAY).approximate for n in (0, 1)]
    assert flags == [False, True]


@given(st.lists(st.tuples(st.integers(-400, 89), st.integers(0, 10**6)), max_size=10), st.integers(28, 89))
def test_the_bridge_of_a_week_adds_up_exactly(deals: list[tuple[int, int]], day: int) -> None:
    t = QUARTER.start + day * DAY
    base = told(quarters=4)
    extra = [won(amount, at) for at, amount in deals]
    quotas = {**(base.quotas or {}), **QUOTAS}
    book = replace(base, deals=(*base.deals, *extra), quotas=quotas).book(policy())
    before, now = (weekly_reading(ATTAINMENT, book, "smb", each).value for each in (t - 7 * DAY, t))
    steps = ATTAINMENT.bridge(book, "smb", t - 7 * DAY, t)
    assert before is not None and now is not None
    assert sum((step.amount for step in steps), Fraction(0)) == now - before
