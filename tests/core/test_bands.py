"""Where a value stands, to the last digit, and that its text can never say otherwise."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.core.bands import Edges, Unit, fixed, trimmed
from monitor.core.indicators import BY_KEY, INDICATORS
from monitor.core.indicators.attainment import attainment
from monitor.core.indicators.base import Indicator, quarter_reading, weekly_reading
from monitor.core.indicators.cac_payback import payback
from monitor.core.indicators.pipeline_coverage import coverage
from monitor.core.indicators.win_rate_trend import trend
from monitor.core.types import Band
from tests.core.companies import Company, Deal, Seat, deals_that_closed, money, open_deal, policy, q, won_deal

EDGES = {indicator.key: indicator.edges(indicator.Settings()) for indicator in INDICATORS}
BREAKAGE, WARNING, HEALTHY = Band.BREAKAGE, Band.WARNING, Band.HEALTHY


@pytest.mark.parametrize(
    ("indicator", "value", "band"),
    [
        ("pipeline_coverage", "4.0", HEALTHY),
        ("pipeline_coverage", "3.9999", WARNING),
        ("pipeline_coverage", "3.5", WARNING),
        ("pipeline_coverage", "3.4999", BREAKAGE),
        ("pipeline_coverage", "0", BREAKAGE),
        ("win_rate_trend", "-1.9999", HEALTHY),
        ("win_rate_trend", "-2", WARNING),
        ("win_rate_trend", "-3.9999", WARNING),
        ("win_rate_trend", "-4", BREAKAGE),
        ("attainment", "0.8", HEALTHY),
        ("attainment", "0.7999999", WARNING),
        ("attainment", "0.65", WARNING),
        ("attainment", "0.6499999", BREAKAGE),
        ("cac_payback", "13.9999", HEALTHY),
        ("cac_payback", "14", WARNING),
        ("cac_payback", "18", WARNING),
        ("cac_payback", "18.0001", BREAKAGE),
    ],
)
def test_every_edge_belongs_to_the_band_the_specification_gives_it(indicator: str, value: str, band: Band) -> None:
    assert EDGES[indicator].judge(Fraction(value)) is band


@pytest.mark.parametrize(
    ("won", "lost", "baseline", "band"),
    [
        (26, 74, (30, 70), BREAKAGE),
        (261, 739, (30, 70), WARNING),
        (28, 72, (30, 70), WARNING),
        (281, 719, (30, 70), HEALTHY),
        (33, 67, (111, 189), BREAKAGE),
    ],
)
def test_win_rates_are_compared_as_whole_numbers(won: int, lost: int, baseline: tuple[int, int], band: Band) -> None:
    assert EDGES["win_rate_trend"].judge(trend(won, lost, *baseline)) is band


@pytest.mark.parametrize(
    ("spend", "new_arr", "months", "band"),
    [
        ("1050000", "1200000", "14", WARNING),
        ("1049999.99", "1200000", None, HEALTHY),
        ("1350000", "1200000", "18", WARNING),
        ("1350000.01", "1200000", None, BREAKAGE),
    ],
)
def test_a_cent_decides_over_a_payback(spend: str, new_arr: str, months: str | None, band: Band) -> None:
    value = payback(Fraction(spend), Fraction(new_arr), Fraction("0.75"))
    assert EDGES["cac_payback"].judge(value) is band
    assert months is None or value == Fraction(months)


@pytest.mark.parametrize(
    ("bookings", "band"),
    [("800000.00", HEALTHY), ("799999.99", WARNING), ("650000.00", WARNING), ("649999.99", BREAKAGE), ("0", BREAKAGE)],
)
def test_a_cent_decides_over_an_attainment(bookings: str, band: Band) -> None:
    assert EDGES["attainment"].judge(attainment(Fraction(bookings), Fraction(1_000_000))) is band


def edges_of_the_specification(shared: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads((shared / "golden" / "edges.json").read_text())
    assert len(lines) > 20
    return lines


def test_the_edges_of_the_specification_agree_through_whole_companies(shared: Path) -> None:
    for line in edges_of_the_specification(shared):
        indicator: Indicator[Any] = BY_KEY[line["indicator"]]
        if "value" in line and len(line) == 3:
            assert indicator.edges(indicator.Settings()).judge(Fraction(line["value"])) == line["band"], line
        else:
            reading = _QUARTERS[line["indicator"]](line)
            assert reading == (line["band"], line.get("infinite", False)), line


def _of_coverage(line: dict[str, Any]) -> tuple[str, bool]:
    value = coverage(Fraction(line["open_pipeline"]), Fraction(line["horizon_quota"]))
    return EDGES["pipeline_coverage"].judge(value), False


def _of_win_rate(line: dict[str, Any]) -> tuple[str, bool]:
    deals = deals_that_closed(q("FY2024-Q4"), line["baseline_won"], line["baseline_lost"])
    deals += deals_that_closed(q("FY2025-Q1"), line["won"], line["lost"])
    return _quarter(Company(tuple(deals)), "win_rate_trend")


def _of_attainment(line: dict[str, Any]) -> tuple[str, bool]:
    quotas = {("A1", q("FY2025-Q1").start): Decimal(line["plan_quota"])}
    deal = won_deal(q("FY2025-Q1").start, line["bookings"])
    return _quarter(Company((deal,), quotas=quotas), "attainment")


def _of_payback(line: dict[str, Any]) -> tuple[str, bool]:
    quarter = q("FY2025-Q1")
    costs = [Decimal(line["spend"]), Decimal(0), Decimal(0)]
    spend = tuple((month, "smb", cost) for month, cost in zip(quarter.months, costs, strict=True))
    deals: tuple[Deal, ...] = (won_deal(quarter.start, line["new_arr"]),) if Fraction(line["new_arr"]) else ()
    return _quarter(Company(deals, spend=spend), "cac_payback")


def _quarter(company: Company, indicator: str) -> tuple[str, bool]:
    quarter = q("FY2025-Q1")
    reading = quarter_reading(BY_KEY[indicator], company.book(policy("2025-01-01")), "smb", quarter, quarter.end)
    return reading.band, reading.infinite


_QUARTERS = {
    "pipeline_coverage": _of_coverage,
    "win_rate_trend": _of_win_rate,
    "attainment": _of_attainment,
    "cac_payback": _of_payback,
}


@pytest.mark.parametrize(
    ("indicator", "value", "text"),
    [
        ("pipeline_coverage", "3.4999", "3.4999x"),
        ("pipeline_coverage", "3.5", "3.50x"),
        ("pipeline_coverage", "3.999999", "3.999999x"),
        ("win_rate_trend", "-1.96", "-1.96 points"),
        ("win_rate_trend", "-3.9999", "-3.9999 points"),
        ("win_rate_trend", "-4", "-4.0 points"),
        ("win_rate_trend", "0.01", "0.0 points"),
        ("win_rate_trend", "3.25", "+3.3 points"),
        ("attainment", "0.7999999", "79.99999 %"),
        ("attainment", "0.65", "65.0 %"),
        ("cac_payback", "18.00001", "18.00001 months"),
        ("cac_payback", "14", "14.0 months"),
    ],
)
def test_a_text_shows_as_many_digits_as_its_band_takes(indicator: str, value: str, text: str) -> None:
    assert BY_KEY[indicator].unit.write(Fraction(value), EDGES[indicator]) == text


NEAR = st.builds(
    lambda edge, step, digits: edge + Fraction(step, 10**digits),
    st.sampled_from([Fraction(e) for edges in EDGES.values() for e in (edges.healthy, edges.breakage)]),
    st.integers(-30, 30),
    st.integers(0, 20),
)


@given(st.sampled_from(sorted(EDGES)), NEAR | st.fractions(-200, 200))
@example("pipeline_coverage", Fraction(35, 10) - Fraction(1, 10**18))
def test_a_text_never_contradicts_its_band(indicator: str, value: Fraction) -> None:
    unit, edges = BY_KEY[indicator].unit, EDGES[indicator]
    number = unit.write(value, edges).removesuffix(unit.suffix)
    assert edges.judge(Fraction(number) / unit.factor) is edges.judge(value)
    assert abs(Fraction(number) - value * unit.factor) <= Fraction(1, 2 * 10**unit.decimals)


@given(st.fractions(-1000, 1000), st.integers(0, 6))
def test_a_fixed_number_of_decimals_is_the_nearest_one_and_has_no_minus_zero(value: Fraction, decimals: int) -> None:
    text = fixed(value, decimals)
    assert abs(Fraction(text) - value) <= Fraction(1, 2 * 10**decimals)
    assert not text.startswith("-") or Fraction(text) < 0


def test_halves_are_rounded_away_from_zero() -> None:
    assert [fixed(Fraction(n, 8), 2) for n in (1, -1, 3)] == ["0.13", "-0.13", "0.38"]


@given(st.fractions(0, 300), st.fractions(0, 300))
def test_a_better_value_is_never_in_a_worse_band(one: Fraction, other: Fraction) -> None:
    order = [BREAKAGE, WARNING, HEALTHY]
    for edges in EDGES.values():
        worse, better = sorted((one, other), reverse=not edges.higher_is_better)
        assert order.index(edges.judge(worse)) <= order.index(edges.judge(better))


def test_thresholds_are_said_as_people_write_them() -> None:
    texts = [indicator.bands_text(indicator.Settings()) for indicator in INDICATORS]
    assert texts == [
        "healthy from 4x, breakage below 3.5x",
        "healthy above -2 points, breakage at or below -4 points",
        "healthy from 80 %, breakage below 65 %",
        "healthy below 14 months, breakage past 18 months",
    ]
    assert [trimmed(Decimal(text)) for text in ("4.0", "100", "-2.50")] == ["4", "100", "-2.5"]


def test_equal_thresholds_leave_no_warning() -> None:
    edges = Edges(Decimal(4), Decimal(4), True, healthy_at_edge=True, breakage_at_edge=False)
    assert [edges.judge(Fraction(v)) for v in ("4", "3.9999")] == [HEALTHY, BREAKAGE]
    assert Unit("x", 2).write(Fraction("3.9999"), edges) == "3.9999x"


@pytest.mark.parametrize(
    ("cents_less", "band", "text"), [(0, WARNING, "3.50x"), (1, BREAKAGE, "3.4999999x"), (-1, WARNING, "3.50x")]
)
def test_a_cent_decides_over_the_coverage_of_ten_quotas(cents_less: int, band: Band, text: str) -> None:
    quarter = q("FY2025-Q1")
    quotas = {(f"A{n}", quarter.start): money("30000.03") for n in range(10)}
    parts = [open_deal(quarter.start, "50000.05") for _ in range(6)]
    parts.append(open_deal(quarter.start, Fraction("50000.05") - Fraction(cents_less, 100)))
    company = Company(tuple(parts), tuple(Seat(f"A{n}") for n in range(10)), quotas)
    reading = weekly_reading(BY_KEY["pipeline_coverage"], company.book(), "smb", quarter.start)
    assert (reading.band, reading.text) == (band, text)
