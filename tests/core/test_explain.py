"""Why an indicator reads what it reads: what is shown adds up to the last digit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import DAY
from monitor.core.explain import bridge_steps, explain, money_text, number_text
from monitor.core.facts import Deal as Row
from monitor.core.facts import LeftOut
from monitor.core.indicators import BY_KEY, INDICATORS
from monitor.core.indicators.base import Step
from monitor.core.types import Explanation
from tests.core.companies import CALENDAR, QUOTA, Company, open_deal, policy, q, told, won_deal

KEYS = [indicator.key for indicator in INDICATORS]
RULE = policy("2025-01-01")


class Engine:
    """Answers with the rows it was made of."""

    def __init__(self, *rows: Row) -> None:
        self.rows = list(rows)
        self.asked: list[tuple[Any, ...]] = []

    def open_fresh(self, segment: str, t: date, limit: int) -> list[Row]:
        self.asked.append((segment, t, limit))
        return self.rows

    def decided(self, segment: str, start: date, end: date, t: date, limit: int, *, won_only: bool) -> list[Row]:
        self.asked.append((segment, start, end, t, limit, won_only))
        return self.rows

    def left_out(self, segment: str, start: date, t: date) -> list[LeftOut]:
        reasons = ("too_old", "stale_when_closed", "in_review", "other_type")
        return [LeftOut(reason, n, Decimal("1234.56")) for n, reason in enumerate(reasons)]


def of(company: Company, indicator: str, t: str, engine: Engine | None = None) -> Explanation:
    return explain(company.book(RULE), engine or Engine(), BY_KEY[indicator], "smb", date.fromisoformat(t))


def number(text: str) -> Fraction:
    return Fraction(text.split(maxsplit=1)[0].removesuffix("x"))


@pytest.mark.parametrize("indicator", KEYS)
@pytest.mark.parametrize("t", ["2025-04-06", "2025-05-18", "2025-06-29", "2025-07-06", "2025-08-03"])
def test_the_steps_shown_add_up_from_the_value_shown_to_the_value_shown(indicator: str, t: str) -> None:
    found = of(told("HHHHWBW", "HHHHHBW", "HHHHHBH", "HHHHHHB", quarters=8), indicator, t)
    assert (found.bridge_from == "") is (found.bridge_to == "")
    if found.bridge_from:
        shown = sum((number(step.text) for step in found.bridge), Fraction(0))
        assert number(found.bridge_from) + shown == number(found.bridge_to)


def test_both_ends_of_a_bridge_show_the_digits_that_the_finer_end_needs() -> None:
    quarter = q("FY2025-Q1")
    quota = {("A1", quarter.start): Decimal(QUOTA)}
    deals = (open_deal(quarter.start, "1049999.99"), open_deal(quarter.start + 9 * DAY, 150_000))
    found = of(Company(deals, quotas=quota), "pipeline_coverage", "2025-01-12")
    assert (found.bridge_from, found.bridge_to) == ("3.49999997x", "3.99999997x")
    assert [(step.label, step.text) for step in found.bridge] == [("created", "+0.50000000x")]


def test_a_pipeline_that_vanished_still_has_its_bridge() -> None:
    quarter = q("FY2025-Q1")
    quota = {("A1", quarter.start): Decimal(QUOTA)}
    deal = won_deal(quarter.start + 9 * DAY, 300_000, created=quarter.start)
    found = of(Company((deal,), quotas=quota), "pipeline_coverage", "2025-01-12")
    assert [(step.label, step.text) for step in found.bridge] == [("won", "-1.00x")]
    assert (found.bridge_from, found.bridge_to) == ("1.00x", "0.00x")


@given(
    st.lists(st.fractions(-50, 50, max_denominator=10**6), min_size=1, max_size=7),
    st.fractions(-50, 50, max_denominator=10**6),
    st.sampled_from(KEYS),
    st.integers(1, 6),
)
def test_rounded_steps_add_up_and_each_is_within_one_digit_of_the_truth(
    amounts: list[Fraction], first: Fraction, key: str, decimals: int
) -> None:
    unit, last = BY_KEY[key].unit, first + sum(amounts, Fraction(0))
    steps = bridge_steps([Step(str(n), each) for n, each in enumerate(amounts)], first, last, unit, decimals)
    shown = [number(step.text) for step in steps]
    ends = [Fraction(unit.at(end, decimals).removesuffix(unit.suffix)) for end in (first, last)]
    assert sum(shown, Fraction(0)) == ends[1] - ends[0]
    exact = [each * unit.factor for each in amounts if each]
    assert all(abs(a - b) < Fraction(2, 10**decimals) for a, b in zip(shown, exact, strict=True))


@pytest.mark.parametrize(
    ("indicator", "numbers"),
    [
        ("pipeline_coverage", "1,246,154 / (900,000 x 30 / 91) = 4.20x"),
        ("win_rate_trend", "12 / (12 + 28) - 47 / (47 + 113) = 30.00 % - 29.38 % = +0.6 points"),
        ("attainment", "810,000 / (900,000 x 1.0000) = 90.0 %"),
        ("cac_payback", "506,250 / (810,000 / 12 x 0.75) = 10.0 months"),
    ],
)
def test_the_formula_is_shown_with_its_numbers(indicator: str, numbers: str) -> None:
    found = of(told(win_rate="HHWHH", quarters=8), indicator, "2025-06-30")
    assert found.numbers == numbers
    assert found.formula == BY_KEY[indicator].formula


@pytest.mark.parametrize(
    ("indicator", "asked"),
    [
        ("pipeline_coverage", ("smb", date(2025, 8, 17), 10)),
        ("win_rate_trend", ("smb", date(2025, 5, 19), date(2025, 8, 17), date(2025, 8, 17), 10, False)),
        ("attainment", ("smb", date(2025, 7, 1), date(2025, 8, 17), date(2025, 8, 17), 10, True)),
        ("cac_payback", ("smb", date(2025, 5, 1), date(2025, 7, 31), date(2025, 8, 17), 10, True)),
    ],
)
def test_the_ten_deals_that_weigh_most_are_asked_for(indicator: str, asked: tuple[Any, ...]) -> None:
    engine = Engine(Row("D1", None, "Ada", Decimal("1234.56"), date(2025, 7, 2), date(2025, 8, 1), True))
    found = of(told(quarters=8), indicator, "2025-08-17", engine)
    assert engine.asked == [asked]
    assert found.weighs[0].rows == (("D1", "unknown", "Ada", "1,235", "2025-07-02", "2025-08-01 won"),)


def test_the_deals_of_a_payback_are_of_its_months_where_spend_comes_late() -> None:
    engine, company = Engine(), told(quarters=8)
    assert company.spend is not None
    late = replace(company, spend=tuple(row for row in company.spend if row[0] < date(2025, 7, 1)))
    found = of(late, "cac_payback", "2025-08-17", engine)
    assert "months 2025-04 to 2025-06" in found.reading.notes
    assert engine.asked == [("smb", date(2025, 4, 1), date(2025, 6, 30), date(2025, 8, 17), 10, True)]


@pytest.mark.parametrize(
    ("indicator", "counts"),
    [("pipeline_coverage", [0, 2, 3]), ("win_rate_trend", [1, 2, 3]), ("attainment", [2, 3]), ("cac_payback", [2, 3])],
)
def test_what_an_indicator_leaves_out_is_said_beside_it(indicator: str, counts: list[int]) -> None:
    left_out = of(told(quarters=8), indicator, "2025-08-17").left_out
    assert [each.count for each in left_out] == counts
    assert all(each.amount == "1,235" and "_" not in each.reason.replace("_days", "") for each in left_out[1:])


@pytest.mark.parametrize(("t", "parts"), [("2025-09-30", ("90.0 %", "90.0 %")), ("2025-08-17", ("45.0 %", "90.0 %"))])
def test_attainment_names_the_people_of_the_plan_and_what_each_is_held_against(t: str, parts: tuple[str, str]) -> None:
    """The second is what the reading, its median and its share of AEs at 80 % are made of."""
    found = of(told(quarters=8), "attainment", t)
    [row] = found.weighs[1].rows
    assert (row[0], row[2], row[3:]) == ("A1", "900,000", parts)
    assert found.reading.text == parts[1]


def test_where_there_is_no_reading_there_is_no_bridge() -> None:
    found = of(told(quarters=8), "pipeline_coverage", "2024-01-14")
    assert (found.bridge, found.numbers, found.reading.reason) == ((), "", "not_enough_history")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (1234567, "1,234,567"),
        (Fraction(3, 4), "0.7500"),
        (Fraction(5), "5"),
        (Fraction("1234567.891"), "1,234,567.89"),
        (Decimal("1200000.00"), "1,200,000"),
    ],
)
def test_numbers_are_written_for_people(value: Any, text: str) -> None:
    assert number_text(value) == text


def test_money_is_rounded_half_away_from_zero() -> None:
    assert [money_text(Fraction(text)) for text in ("0.5", "-0.5", "1234567.49")] == ["1", "-1", "1,234,567"]


def test_a_quarter_that_turned_is_a_step_of_its_own() -> None:
    quarters = {quarter.start: n for n, quarter in enumerate(CALENDAR.quarters(q("FY2024-Q1"), q("FY2025-Q3")))}
    deals = tuple(won_deal(start, 100_000 * (n + 1)) for start, n in quarters.items())
    company = Company(deals, quotas={("A1", start): Decimal(QUOTA) for start in quarters})
    found = of(company, "attainment", "2025-07-06")
    assert [(step.label, step.text) for step in found.bridge] == [("a new quarter", "+11.1 %")]
    assert (found.bridge_from, found.bridge_to) == ("66.7 %", "77.8 %")


def test_what_is_shown_beside_the_reading_is_named_and_never_the_value_itself() -> None:
    found = of(told(quarters=8), "attainment", "2025-09-30")
    beside = {row[0]: row[1] for row in found.weighs[-1].rows}
    assert found.weighs[-1].title == "Shown beside it"
    assert set(beside) == {"in seat", "median AE", "AEs at 80 %", "AEs"}
