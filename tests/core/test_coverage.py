"""Pipeline coverage: every basis, every reason not to read, and the quarter's mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.book import Book
from monitor.core.calendar import DAY
from monitor.core.indicators import BY_KEY
from monitor.core.indicators.base import quarter_reading, weekly_reading
from monitor.core.types import Band, Reading
from tests.core.companies import (
    BEGINS,
    Company,
    Deal,
    Seat,
    choosing,
    lost_deal,
    money,
    open_deal,
    policy,
    q,
    won_deal,
)

COVERAGE = BY_KEY["pipeline_coverage"]
QUARTER = q("FY2025-Q1")
"""90 days, so that a horizon of 30 days asks for a third of the quota."""
QUOTAS = {("A1", QUARTER.start): Decimal(300_000)}


def read(deals: Sequence[Deal], t: date = QUARTER.start + 6 * DAY, basis: str = "horizon", **company: Any) -> Reading:
    held = Company(tuple(deals), **{"quotas": QUOTAS, **company})
    return weekly_reading(COVERAGE, held.book(choosing(policy(), COVERAGE.key, basis=basis)), "smb", t)


def of_quarter(book: Book, known: date) -> Reading:
    return quarter_reading(COVERAGE, book, "smb", QUARTER, known)


def test_open_pipeline_is_held_against_the_quota_of_the_horizon() -> None:
    reading = read([open_deal(QUARTER.start, 250_000), open_deal(QUARTER.start, 100_000)])
    assert (reading.value, reading.band, reading.text) == (Fraction(7, 2), Band.WARNING, "3.50x")
    wanted = {"open_pipeline": 350_000, "quota": 300_000, "horizon_days": 30, "quarter_days": 90, "open_deals": 2}
    assert reading.inputs == wanted


def test_ten_quotas_add_up() -> None:
    seats = tuple(Seat(f"A{n}") for n in range(10))
    quotas = {(f"A{n}", QUARTER.start): Decimal(30_000) for n in range(10)}
    assert read([open_deal(QUARTER.start, 400_000)], seats=seats, quotas=quotas).value == 4


@pytest.mark.parametrize(("age", "counts"), [(0, True), (90, True), (91, False), (400, False)])
def test_a_deal_counts_until_it_is_older_than_ninety_days(age: int, counts: bool) -> None:
    t = QUARTER.start + 6 * DAY
    reading = read([open_deal(t - age * DAY, 100_000)], t)
    assert reading.value == (1 if counts else 0)


@pytest.mark.parametrize(("days_later", "value"), [(-1, 1), (0, 0), (1, 0)])
def test_a_deal_is_open_until_the_day_it_closes(days_later: int, value: int) -> None:
    closes = QUARTER.start + 20 * DAY
    deal = won_deal(closes, 100_000, created=QUARTER.start)
    assert read([deal], closes + days_later * DAY).value == value


def test_an_amount_counts_from_the_day_it_was_changed() -> None:
    changed = QUARTER.start + 10 * DAY
    deal = open_deal(QUARTER.start, 100_000, changes=((changed, money(200_000)),))
    assert [read([deal], changed + n * DAY).value for n in (-1, 0, 1)] == [1, 2, 2]


def test_deals_of_other_segments_are_not_counted() -> None:
    assert read([open_deal(QUARTER.start, 100_000, segment="mid_market")]).value == 0


def test_an_empty_pipeline_is_breakage_and_has_no_interval() -> None:
    reading = read([])
    assert (reading.value, reading.band, reading.interval, reading.evidence) == (Fraction(0), Band.BREAKAGE, None, None)


def test_the_interval_stands_around_the_value() -> None:
    low, high = read([open_deal(QUARTER.start, 100_000) for _ in range(4)]).interval or (0, 0)
    assert (low * high, high / low) == pytest.approx((16, 5.1805), rel=1e-4)  # exp(2 x 1.6449 / sqrt 4)


@pytest.mark.parametrize(
    ("company", "deals", "reason"),
    [
        ({"seats": None}, [], "missing_table"),
        ({"quotas": None}, [], "missing_table"),
        ({"seats": (Seat(role="sdr"),)}, [], "no_aes"),
        ({"seats": (Seat(start=QUARTER.start + DAY),)}, [], "no_aes"),
        ({"quotas": {}}, [], "no_quota"),
        ({"quotas": {("A1", QUARTER.start): Decimal(0)}}, [], "no_quota"),
        ({}, [open_deal(QUARTER.start, None)], "no_amounts"),
        ({"alive": ((BEGINS, QUARTER.start - 2 * DAY),)}, [], "stale"),
        ({"begins": QUARTER.start - DAY}, [], "not_enough_history"),
        ({"begins": QUARTER.start + DAY}, [], "partial_quarter"),
    ],
)
def test_a_reading_that_cannot_be_made_says_why(company: dict[str, Any], deals: list[Deal], reason: str) -> None:
    reading = read(deals, **company)
    assert (reading.value, reading.band, reading.reason) == (None, Band.NO_DATA, reason)
    assert reading.why and reading.text == "no data"


def test_ninety_days_of_data_are_enough() -> None:
    t = q("FY2024-Q1").start + 90 * DAY
    quotas = {("A1", q("FY2024-Q1").start): Decimal(1), ("A1", q("FY2024-Q2").start): Decimal(1)}
    assert read([], t - DAY, quotas=quotas).reason == "not_enough_history"
    assert read([], t, quotas=quotas).band is Band.BREAKAGE


def test_a_deal_without_an_amount_adds_nothing_and_is_said() -> None:
    reading = read([open_deal(QUARTER.start, 100_000), open_deal(QUARTER.start, None)])
    assert (reading.value, reading.notes) == (Fraction(1), ("1 open deal has no amount and adds nothing",))


def test_an_ae_without_a_quota_is_said() -> None:
    reading = read([open_deal(QUARTER.start, 100_000)], seats=(Seat(), Seat("A2")))
    assert (reading.value, reading.notes) == (Fraction(1), ("1 AE of the plan has no quota row for FY2025-Q1",))


def test_the_quota_is_frozen_on_the_quarters_first_day() -> None:
    seats = (
        Seat(end=QUARTER.start),
        Seat(start=QUARTER.start + DAY, segment="mid_market"),
        Seat("A2", QUARTER.start + DAY),
    )
    quotas = {**QUOTAS, ("A2", QUARTER.start): Decimal(900_000)}
    assert read([open_deal(QUARTER.start, 100_000)], seats=seats, quotas=quotas).inputs["quota"] == 300_000


def test_basis_quarter_holds_what_is_due_by_the_quarters_end_against_the_whole_quota() -> None:
    old = QUARTER.start - 300 * DAY
    deals = [
        open_deal(old, 100_000, due=QUARTER.start - 40 * DAY),
        open_deal(QUARTER.start, 50_000, due=QUARTER.end),
        open_deal(QUARTER.start, 900_000, due=QUARTER.end + DAY),
        open_deal(QUARTER.start, 900_000),
    ]
    assert read(deals, basis="quarter").value == Fraction(1, 2)


def test_basis_remaining_takes_off_what_was_booked() -> None:
    deals = [won_deal(QUARTER.start + DAY, 200_000), open_deal(QUARTER.start, 350_000, due=QUARTER.end)]
    reading = read(deals, basis="remaining")
    assert (reading.value, reading.inputs["remaining_quota"]) == (Fraction(7, 2), 100_000)


@pytest.mark.parametrize("booked", [300_000, 300_001])
def test_basis_remaining_reads_target_met_where_nothing_remains(booked: int) -> None:
    deals = [won_deal(QUARTER.start + DAY, booked), open_deal(QUARTER.start, 1, due=QUARTER.end)]
    reading = read(deals, basis="remaining")
    assert (reading.value, reading.band, reading.text) == (None, Band.HEALTHY, "target met")


@pytest.mark.parametrize("basis", ["quarter", "remaining"])
def test_a_basis_on_close_dates_reads_nothing_where_no_deal_has_one(basis: str) -> None:
    assert read([open_deal(QUARTER.start, 900_000)], basis=basis).reason == "no_close_dates"


def test_basis_worked_counts_the_opening_pipeline_and_what_came() -> None:
    deals = [
        open_deal(QUARTER.start - 200 * DAY, 100_000),
        lost_deal(QUARTER.start, 500_000, created=QUARTER.start - 9 * DAY),
        won_deal(QUARTER.start + 3 * DAY, 200_000, created=QUARTER.start + DAY),
        open_deal(QUARTER.start + 7 * DAY, 900_000),
        open_deal(QUARTER.start, 0, changes=((QUARTER.start + 2 * DAY, money(300_000)),)),
    ]
    assert read(deals, basis="worked").value == Fraction(100_000 + 500_000 + 200_000 + 300_000, 300_000)


def test_the_formula_is_the_one_of_the_basis() -> None:
    texts = {basis: COVERAGE.written(replace(COVERAGE.Settings(), basis=basis)) for basis in ("horizon", "worked")}
    assert "horizon_days" in texts["horizon"] and "created in it" in texts["worked"]


def test_a_quarter_is_the_mean_of_its_weeks() -> None:
    weeks = list(policy().calendar.weeks(QUARTER.start, QUARTER.end))
    deals = [open_deal(week, 100_000) for week in weeks]
    reading = of_quarter(Company(tuple(deals), quotas=QUOTAS).book(), QUARTER.end + 7 * DAY)
    assert len(weeks) == 13
    assert (reading.value, reading.inputs["weeks"], reading.quarter) == (Fraction(7), 13, "FY2025-Q1")


def test_the_running_quarter_is_the_mean_so_far() -> None:
    weeks = list(policy().calendar.weeks(QUARTER.start, QUARTER.end))
    book = Company(tuple(open_deal(week, 100_000) for week in weeks), quotas=QUOTAS).book()
    assert [of_quarter(book, weeks[n]).value for n in (0, 1, 3)] == [1, Fraction(3, 2), Fraction(5, 2)]
    assert of_quarter(book, weeks[0] - DAY).reason == "too_few_weeks"


@pytest.mark.parametrize(("weeks_of_silence", "reads"), [(0, True), (5, True), (6, False)])
def test_a_quarter_that_is_over_needs_nine_weeks(weeks_of_silence: int, reads: bool) -> None:
    silent = weeks_of_silence * timedelta(weeks=1)
    last = QUARTER.start + 4 * DAY  # the first week's Sunday
    alive = ((BEGINS, last), (last + 7 * DAY + silent, date(2026, 1, 1)))
    book = Company((open_deal(QUARTER.start, 1),), quotas=QUOTAS, alive=alive).book()
    for known in (QUARTER.end, QUARTER.end + 7 * DAY):
        assert of_quarter(book, known).reason == (None if reads else "too_few_weeks")


def test_readings_before_a_migrated_history_begins_are_approximate() -> None:
    begins = QUARTER.start + 30 * DAY
    deals = [open_deal(QUARTER.start, 1)]
    flags = [read(deals, begins + n * DAY, history_begins=begins).approximate for n in (-1, 0)]
    assert flags == [True, False]


DEALS = st.lists(
    st.builds(
        lambda created, life, amount, outcome, changed, to: Deal(
            BEGINS + created * DAY,
            None if amount is None else Decimal(amount),
            BEGINS + (created + life) * DAY if outcome else None,
            outcome,
            changes=((BEGINS + (created + changed) * DAY, Decimal(to)),),
        ),
        st.integers(0, 450),
        st.integers(0, 150),
        st.none() | st.integers(0, 10**6),
        st.sampled_from([None, "won", "lost", "moved"]),
        st.integers(1, 200),
        st.integers(0, 10**6),
    ),
    max_size=12,
)


@given(DEALS, st.integers(0, 89))
def test_the_book_counts_what_one_would_count_by_hand(deals: list[Deal], day: int) -> None:
    t = QUARTER.start + day * DAY
    counted = [deal for deal in deals if deal.is_open(t) and (t - deal.created).days <= 90]
    sums = Company(tuple(deals)).book().open_pipeline("smb", t, fresh=True)
    amounts = [deal.amount_at(t) for deal in counted]
    assert (sums.deals, sums.unpriced) == (len(counted), amounts.count(None))
    assert sums.amount == sum(Fraction(amount or 0) for amount in amounts)
    assert sums.squares == sum(Fraction(amount or 0) ** 2 for amount in amounts)


@given(DEALS, st.integers(7, 89))
def test_the_bridge_of_a_week_adds_up_exactly(deals: list[Deal], day: int) -> None:
    t = QUARTER.start + day * DAY
    book = Company((open_deal(t - 30 * DAY, 5), *deals), quotas=QUOTAS).book()
    before, now = (weekly_reading(COVERAGE, book, "smb", each).value for each in (t - 7 * DAY, t))
    steps = COVERAGE.bridge(book, "smb", t - 7 * DAY, t)
    assert before is not None and now is not None
    assert sum((step.amount for step in steps), Fraction(0)) == now - before
