"""CAC payback: which months, which spend, which margin, and when there is nothing to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from monitor.core.calendar import DAY, add_months
from monitor.core.indicators import BY_KEY
from monitor.core.indicators.base import quarter_reading, weekly_reading
from monitor.core.types import Band, Reading
from tests.core.companies import Company, choosing, policy, q, won_deal

PAYBACK = BY_KEY["cac_payback"]
QUARTER = q("FY2025-Q1")
MONTHS = QUARTER.months


def spend(
    *amounts: str | int, first: date = QUARTER.start, segment: str = "smb"
) -> tuple[tuple[date, str, Decimal], ...]:
    """Spend of the months from `first` on."""
    return tuple((add_months(first, n), segment, Decimal(amount)) for n, amount in enumerate(amounts))


DEALS = (won_deal(QUARTER.start, 1_200_000),)
SPENT = spend(350_000, 350_000, 350_000)


def of(company: Company, known: date = QUARTER.end + 7 * DAY, margin: str | None = "0.75", **settings: Any) -> Reading:
    book = company.book(choosing(policy(margin=margin), PAYBACK.key, **settings))
    return quarter_reading(PAYBACK, book, "smb", QUARTER, known)


def test_a_payback_is_spend_over_a_months_gross_profit_on_what_was_won() -> None:
    reading = of(Company(DEALS, spend=SPENT))
    assert (reading.value, reading.band, reading.text) == (Fraction(14), Band.WARNING, "14.0 months")
    wanted = {
        "spend": 1_050_000,
        "shared_spend": 0,
        "new_arr": 1_200_000,
        "gross_margin": Fraction(3, 4),
        "won_deals": 1,
    }
    assert reading.inputs == wanted


def test_a_better_margin_pays_back_sooner() -> None:
    assert of(Company(DEALS, spend=SPENT), margin="0.5").value == 21


@pytest.mark.parametrize(
    ("shared", "months", "shown"),
    [("include", 28, 1_050_000), ("exclude", 14, 0), ("by_bookings", Fraction(35, 2), 262_500)],
)
def test_shared_spend_is_borne_as_configured_and_always_shown(shared: str, months: Any, shown: int) -> None:
    deals = (
        *DEALS,
        won_deal(QUARTER.end, 3_000_000, segment="mid_market"),
        won_deal(QUARTER.end, 600_000, segment="strategic"),
    )
    company = Company(deals, spend=SPENT + spend(1_050_000, segment="shared"))
    reading = of(company, shared=shared)
    assert (reading.value, reading.inputs["shared_spend"]) == (months, shown)


def test_spend_of_other_segments_is_not_counted() -> None:
    assert of(Company(DEALS, spend=SPENT + spend(9, 9, 9, segment="mid_market"))).value == 14


def test_sales_and_marketing_of_a_month_add_up() -> None:
    assert of(Company(DEALS, spend=spend(300_000, 300_000, 300_000) + spend(50_000, 50_000, 50_000))).value == 14


@pytest.mark.parametrize("day", [QUARTER.start - DAY, QUARTER.end + DAY])
def test_only_what_was_won_in_the_quarter_is_new(day: date) -> None:
    assert of(Company((*DEALS, won_deal(day, 5_000_000)), spend=SPENT)).value == 14


def test_deals_of_any_age_and_owner_are_new_revenue() -> None:
    old = won_deal(QUARTER.end, 600_000, created=QUARTER.end - 300 * DAY)
    nobody = won_deal(QUARTER.end, 600_000, owner="nobody")
    assert of(Company((old, nobody), spend=SPENT)).value == 14


def test_a_lag_holds_earlier_spend_against_what_was_won() -> None:
    company = Company(DEALS, spend=spend(10, 20, 350_000, 350_000, 350_000, 40, first=date(2024, 9, 1)))
    assert of(company, lag_months=2).value == 14
    assert of(company, lag_months=3).inputs["spend"] == 700_020


@pytest.mark.parametrize(
    ("won", "cost", "band", "infinite", "reason"),
    [
        (0, 1_000, Band.BREAKAGE, True, None),
        (0, 0, Band.NO_DATA, False, "no_spend"),
        (1_200_000, 0, Band.HEALTHY, False, None),
    ],
)
def test_a_payback_may_never_come_and_nothing_spent_and_won_is_no_payback(
    won: int, cost: int, band: Band, infinite: bool, reason: str | None
) -> None:
    deals = (won_deal(QUARTER.start, won),) if won else ()
    reading = of(Company(deals, spend=spend(cost, 0, 0)))
    assert (reading.band, reading.infinite, reading.reason) == (band, infinite, reason)
    assert reading.text == {True: "never", False: "no data" if reason else "0.0 months"}[infinite]


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_month_without_a_row_of_spend_is_no_data(missing: int) -> None:
    rows = tuple(row for n, row in enumerate(SPENT) if n != missing)
    reading = of(Company(DEALS, spend=rows))
    assert (reading.reason, reading.why) == ("missing_spend", f"`spend` has no row of smb for {MONTHS[missing]:%Y-%m}")


@pytest.mark.parametrize(
    ("company", "margin", "reason"),
    [
        (Company(DEALS, spend=None), "0.75", "missing_table"),
        (Company(DEALS, spend=SPENT), None, "no_gross_margin"),
        (Company((won_deal(QUARTER.start, None),), spend=SPENT), "0.75", "no_amounts"),
        (Company(DEALS, spend=SPENT, alive=()), "0.75", "stale"),
        (Company(DEALS, spend=SPENT, begins=MONTHS[1]), "0.75", "partial_quarter"),
    ],
)
def test_a_reading_that_cannot_be_made_says_why(company: Company, margin: str | None, reason: str) -> None:
    reading = of(company, margin=margin)
    assert (reading.value, reading.band, reading.reason) == (None, Band.NO_DATA, reason)


@pytest.mark.parametrize(("known", "reason"), [(-1, "incomplete"), (0, None)])
def test_a_quarter_is_read_once_its_months_are_complete(known: int, reason: str | None) -> None:
    assert of(Company(DEALS, spend=SPENT), QUARTER.end + known * DAY).reason == reason


def weekly(t: str, rows: tuple[tuple[date, str, Decimal], ...], begins: date = date(2024, 1, 1)) -> Reading:
    deals = tuple(won_deal(add_months(begins, n), 1_200_000 * 2**n) for n in range(12))
    return weekly_reading(PAYBACK, Company(deals, spend=rows, begins=begins).book(), "smb", date.fromisoformat(t))


@pytest.mark.parametrize(
    ("t", "notes"),
    [
        ("2024-06-29", "months 2024-03 to 2024-05"),
        ("2024-06-30", "months 2024-04 to 2024-06"),
        ("2024-07-28", "months 2024-04 to 2024-06"),
    ],
)
def test_a_week_reads_the_last_three_complete_months(t: str, notes: str) -> None:
    assert weekly(t, spend(*[1] * 12, first=date(2024, 1, 1))).notes == (notes,)


def test_a_week_reads_on_while_finance_is_late() -> None:
    rows = spend(1, 2, 4, 8, first=date(2024, 1, 1))
    reading = weekly("2024-06-30", rows)
    assert (reading.notes, reading.inputs["spend"]) == (("months 2024-02 to 2024-04",), 14)
    assert weekly("2024-08-31", rows).reason == "missing_spend"


def test_a_week_reads_nothing_from_before_the_first_full_quarter() -> None:
    rows = spend(1, 1, 1, 1, first=date(2024, 1, 1))
    assert weekly("2024-03-30", rows).reason == "missing_spend"
    assert weekly("2024-03-31", rows).reason is None
    assert weekly("2024-05-31", rows, date(2024, 2, 1)).reason == "missing_spend"


def test_the_interval_is_that_of_the_new_revenue() -> None:
    deals = tuple(won_deal(QUARTER.start, 300_000) for _ in range(4))
    low, high = of(Company(deals, spend=SPENT)).interval or (0, 0)
    assert (low * high, high / low) == pytest.approx((196, 5.1805), rel=1e-4)


@pytest.mark.parametrize("margin", ["0", "1.01", "-0.5", "75"])
def test_a_margin_is_a_share(margin: str) -> None:
    with pytest.raises(ValueError, match=r"gross_margin\.smb"):
        PAYBACK.Settings(gross_margin={"smb": Decimal(margin)})


def test_the_bridge_adds_up_exactly() -> None:
    rows = spend(*range(100, 1300, 100), first=date(2024, 1, 1))
    deals = tuple(won_deal(add_months(date(2024, 1, 1), n) + 3 * DAY, 777 + n**3) for n in range(12))
    book = replace(Company(deals), spend=rows).book()
    before, t = date(2024, 8, 25), date(2024, 9, 1)
    first, last = (weekly_reading(PAYBACK, book, "smb", day).value for day in (before, t))
    steps = PAYBACK.bridge(book, "smb", before, t)
    assert first is not None and last is not None and first != last
    assert sum((step.amount for step in steps), Fraction(0)) == last - first
