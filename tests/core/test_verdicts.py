"""Quarter verdicts: the day that seals them, what they wait for, which count, and whether a definition fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from monitor.core.book import Book
from monitor.core.calendar import DAY
from monitor.core.definition import definition_check
from monitor.core.indicators import BY_KEY, INDICATORS
from monitor.core.types import Band
from monitor.core.verdicts import Verdict, baseline_reading, fits_definition, full_quarters, verdict, watch_from
from tests.core.companies import BEGINS, Company, choosing, policy, q, told

QUARTER = q("FY2025-Q1")


def of(book: Book, indicator: str, t: date, label: str = "FY2025-Q1") -> Verdict:
    return verdict(book, BY_KEY[indicator], "smb", q(label), t)


@pytest.mark.parametrize("indicator", [indicator.key for indicator in INDICATORS])
@pytest.mark.parametrize(("day", "sealed"), [(-30, False), (0, False), (6, False), (7, True), (200, True)])
def test_a_quarter_is_sealed_seven_days_after_its_end(indicator: str, day: int, sealed: bool) -> None:
    found = of(told(quarters=8).book(), indicator, QUARTER.end + day * DAY)
    assert found.sealed_on == (QUARTER.end + 7 * DAY if sealed else None)


def test_seal_after_days_is_configured() -> None:
    book = told(quarters=8).book(policy(seal_after_days=0))
    assert of(book, "attainment", QUARTER.end).sealed_on == QUARTER.end


def test_what_is_sealed_no_longer_moves() -> None:
    book = told(quarters=8).book()
    readings = {of(book, "win_rate_trend", QUARTER.end + n * DAY).reading.as_of for n in (7, 8, 60, 400)}
    assert readings == {QUARTER.end + 7 * DAY}


@pytest.mark.parametrize(("day", "sealed"), [(7, False), (44, False), (45, True), (300, True)])
def test_a_payback_waits_for_its_spend_until_the_deadline(day: int, sealed: bool) -> None:
    found = of(told(payback="HHHHN", quarters=8).book(), "cac_payback", QUARTER.end + day * DAY)
    assert found.sealed_on == (QUARTER.end + 45 * DAY if sealed else None)
    assert (found.reading.band, found.reading.reason) == (Band.NO_DATA, "missing_spend")


def test_a_payback_does_not_wait_for_a_margin_that_never_comes() -> None:
    book = told(quarters=8).book(policy(margin=None))
    assert of(book, "cac_payback", QUARTER.end + 7 * DAY).sealed_on == QUARTER.end + 7 * DAY


@pytest.mark.parametrize("back", [7, 45, 400])
def test_nothing_is_sealed_of_a_table_that_nobody_gave_yet(back: int) -> None:
    found = of(replace(told(quarters=8), spend=None).book(), "cac_payback", QUARTER.end + back * DAY)
    assert (found.sealed_on, found.reading.reason) == (None, "missing_table")


@pytest.mark.parametrize(("back", "sealed"), [(10, 10), (40, 40), (60, 45)])
def test_a_quarter_whose_data_are_stale_waits_until_they_are_not(back: int, sealed: int) -> None:
    company = told(quarters=5, alive=((BEGINS, QUARTER.end - 4 * DAY), (QUARTER.end + back * DAY, date(2026, 1, 1))))
    found = of(company.book(), "attainment", QUARTER.end + 100 * DAY)
    assert found.sealed_on == QUARTER.end + sealed * DAY
    assert found.reading.reason == ("stale" if sealed == 45 else None)


@pytest.mark.parametrize(
    ("begins", "expansion", "first"),
    [
        ("2024-01-01", None, "FY2025-Q1"),
        ("2024-02-15", None, "FY2025-Q2"),
        ("2024-01-01", "2025-05-20", "FY2025-Q2"),
        ("2024-01-01", "2023-05-20", "FY2024-Q1"),
        ("2024-01-01", "2030-01-01", "FY2030-Q1"),
    ],
)
def test_the_watch_begins_with_the_expansion_or_the_fifth_full_quarter(
    begins: str, expansion: str | None, first: str
) -> None:
    company = replace(told(quarters=8), begins=date.fromisoformat(begins))
    assert watch_from(company.book(policy(expansion))).label == first


def test_quarters_that_the_data_hold_in_part_are_not_read() -> None:
    company = replace(told(quarters=8), begins=date(2024, 2, 15))
    labels = [quarter.label for quarter in full_quarters(company.book(), date(2024, 12, 31))]
    assert labels == ["FY2024-Q2", "FY2024-Q3", "FY2024-Q4"]


@pytest.mark.parametrize(
    ("indicator", "baseline", "fits"),
    [
        ("attainment", "HHHH", True),
        ("attainment", "BBHH", True),
        ("attainment", "BBBH", False),
        ("attainment", "BBBB", False),
        ("attainment", "WWWW", True),
        ("payback", "BBBB", False),
        ("payback", "NNNN", None),
        ("payback", "NNNB", False),
        ("coverage", "HBBB", False),
        ("coverage", "BHHH", True),
        ("win_rate", "BBBB", True),
    ],
)
def test_a_definition_fits_unless_the_median_of_its_baseline_is_breakage(
    indicator: str, baseline: str, fits: bool | None
) -> None:
    company = told(**{indicator: baseline + "HHH"}, quarters=7)
    keys = {"coverage": "pipeline_coverage", "win_rate": "win_rate_trend", "payback": "cac_payback"}
    found = BY_KEY[keys.get(indicator, indicator)]
    assert fits_definition(company.book(policy("2025-01-01")), found, "smb", date(2025, 6, 1)) is fits


def test_the_baseline_is_the_last_four_full_quarters_before_the_watch() -> None:
    company = told(attainment="BBBHHHHBBB")
    baseline = baseline_reading(company.book(policy("2025-11-01")), BY_KEY["attainment"], "smb", date(2026, 8, 1))
    assert baseline is not None
    assert [quarter.label for quarter in baseline.quarters] == ["FY2024-Q4", "FY2025-Q1", "FY2025-Q2", "FY2025-Q3"]
    assert (baseline.value, baseline.band) == (Fraction(9, 10), Band.HEALTHY)


def test_a_quarter_that_still_runs_is_no_baseline_yet() -> None:
    book = told(attainment="HHHHB", quarters=8).book(policy("2026-01-01"))
    for t, last in ((date(2025, 3, 30), "FY2024-Q4"), (date(2025, 3, 31), "FY2025-Q1")):
        baseline = baseline_reading(book, BY_KEY["attainment"], "smb", t)
        assert baseline is not None and baseline.quarters[-1].label == last


def test_a_payback_that_never_comes_lies_beyond_all_values() -> None:
    company = told(payback="HHHHH")
    won = tuple(deal for deal in company.deals if deal.outcome != "won" or deal.created >= date(2024, 7, 1))
    for kept, fits in ((company.deals, True), (won, False)):
        book = replace(company, deals=kept).book(policy("2025-01-01"))
        assert fits_definition(book, BY_KEY["cac_payback"], "smb", date(2025, 3, 1)) is fits


def test_where_a_definition_does_not_fit_the_alternatives_are_read() -> None:
    company = told(payback="BBBBH")
    extra = tuple((month, "shared", amount) for month, _, amount in company.spend or ())
    book = replace(company, spend=(company.spend or ()) + extra).book(policy("2025-01-01"))
    fit = next(each for each in definition_check(book, date(2025, 3, 1)) if each.indicator == "cac_payback")
    assert (fit.fits, fit.text, len(fit.quarters)) == (False, "48.0 months", 4)
    texts = {each.setting.rpartition(".")[2]: (each.text, each.band) for each in fit.alternatives}
    assert texts["shared: exclude"] == ("24.0 months", Band.BREAKAGE)
    assert set(texts) == {"shared: exclude", "shared: by_bookings"}


def test_a_longer_horizon_is_among_the_alternatives_of_coverage() -> None:
    book = told(coverage="BBBBH").book(policy("2025-01-01"))
    fit = next(definition_check(book, date(2025, 3, 1)))
    texts = {each.setting: each.text for each in fit.alternatives}
    assert texts["indicators.pipeline_coverage.horizon_days.smb: 60"] == "1.50x"
    assert texts["indicators.pipeline_coverage.basis: quarter"] == "no data"


def test_a_definition_that_was_chosen_instead_fits() -> None:
    rule = choosing(policy("2025-01-01"), "pipeline_coverage", horizon_days={"smb": 20})
    book = told(coverage="BBBBH").book(rule)
    assert fits_definition(book, BY_KEY["pipeline_coverage"], "smb", date(2025, 3, 1)) is True


def test_a_company_without_facts_about_people_has_nothing_to_read() -> None:
    book = Company().book(policy("2025-01-01"))
    found = {i.key: fits_definition(book, i, "smb", date(2025, 3, 1)) for i in INDICATORS}
    assert found == {"pipeline_coverage": None, "win_rate_trend": True, "attainment": None, "cac_payback": None}
