"""What lies ahead of the breaker, and which crossings are worth a message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.ahead import ahead
from monitor.core.crossings import crossings
from monitor.core.decide import Recorded, decide
from monitor.core.types import Ahead, Band
from tests.core.companies import Company, choosing, policy, told

RULE = policy("2025-01-01")
KEYS = {"coverage": "pipeline_coverage", "win_rate": "win_rate_trend", "payback": "cac_payback"}


def lies_ahead(company: Company, t: str, rule: Any = RULE) -> dict[str, Ahead]:
    """By kind; the company watches from FY2025-Q1 on."""
    book, day = company.book(rule), date.fromisoformat(t)
    found = ahead(book, decide(book, Recorded(), day), day)
    assert len({each.kind for each in found}) == len(found)
    return {each.kind: each for each in found}


def test_a_healthy_company_has_nothing_ahead() -> None:
    assert lies_ahead(told(quarters=8), "2025-08-17") == {}


@pytest.mark.parametrize("indicator", ["coverage", "win_rate", "attainment"])
def test_the_first_breakage_quarter_is_said_while_it_runs(indicator: str) -> None:
    found = lies_ahead(told(**{indicator: "HHHHHHB"}, quarters=8), "2025-09-14")
    first = found["first_breakage"]
    assert first.indicator == KEYS.get(indicator, indicator)
    assert first.headline.endswith("is in its first breakage quarter")
    assert first.detail == "FY2025-Q3 so far is in breakage; one more and hiring pauses"
    assert found["to_avoid"].by == date(2025, 9, 30)


@pytest.mark.parametrize("indicator", ["coverage", "win_rate", "attainment"])
def test_a_second_breakage_quarter_is_on_course_to_trip_on_its_seal_day(indicator: str) -> None:
    found = lies_ahead(told(**{indicator: "HHHHHBB"}, quarters=8), "2025-09-14")
    course = found["on_course"]
    assert (course.indicator, course.by) == (KEYS.get(indicator, indicator), date(2025, 10, 7))
    assert course.headline.endswith("is on course to trip on 2025-10-07")
    assert course.detail.startswith("FY2025-Q3 so far reads ")
    assert "first_breakage" not in found


def test_a_sealed_breakage_quarter_stays_in_view_while_the_running_one_is_well() -> None:
    found = lies_ahead(told("HHHHHBH", quarters=8), "2025-08-17")
    assert found["first_breakage"].detail == "FY2025-Q2 is in breakage; one more and hiring pauses"


def test_a_quarter_that_is_over_and_not_sealed_is_on_course_too() -> None:
    found = lies_ahead(told("HHHHHBBB", quarters=9), "2025-10-05")
    assert found["on_course"].by == date(2025, 10, 7)
    assert found["on_course"].detail == "FY2025-Q3 reads 3.00x; sealed like this, hiring pauses"
    assert "to_avoid" not in found


def test_a_good_quarter_that_is_over_forgives_before_it_is_sealed() -> None:
    found = lies_ahead(told("HHHHHBHB", quarters=9), "2025-10-05")
    assert found["first_breakage"].detail == "FY2025-Q4 so far is in breakage; one more and hiring pauses"


def test_early_attainment_is_no_reason_to_look_ahead() -> None:
    company = told(attainment="HHHHHHB", quarters=8)
    assert lies_ahead(company, "2025-07-20") == {}
    assert set(lies_ahead(company, "2025-07-27")) == {"first_breakage", "to_avoid"}


def test_a_definition_that_does_not_fit_has_nothing_ahead() -> None:
    assert lies_ahead(told(attainment="BBBBBBB", quarters=8), "2025-08-17") == {}


def test_while_tripped_it_is_said_what_recovery_takes() -> None:
    found = lies_ahead(told("HHHHBBB", quarters=8), "2025-08-17")
    assert (found["to_recover"].by, set(found)) == (date(2025, 10, 7), {"to_recover"})
    assert "with FY2025-Q3 healthy" in found["to_recover"].headline
    assert "an open pipeline of " in found["to_recover"].detail


def test_a_good_quarter_that_is_over_recovers_on_its_seal_day() -> None:
    found = lies_ahead(told("HHHHBBH", quarters=9), "2025-10-05")
    assert found["to_recover"].by == date(2025, 10, 7)
    assert "with FY2025-Q3 healthy" in found["to_recover"].headline


def test_another_indicator_joins_what_keeps_hiring_paused() -> None:
    found = lies_ahead(told("HHHHBBB", attainment="HHHHHBB", quarters=8), "2025-08-17")
    assert found["on_course"].detail.endswith("sealed like this, it joins what keeps hiring paused")


def test_one_that_has_recovered_waits_for_the_others() -> None:
    book = told("HHHHBBHH", attainment="HHHHBBBB", quarters=8).book(RULE)
    t = date(2025, 11, 16)
    details = {each.indicator: each.detail for each in ahead(book, decide(book, Recorded(), t), t)}
    assert details["pipeline_coverage"] == "the others have not yet"


@pytest.mark.parametrize(
    ("indicator", "clause"),
    [
        ("coverage", "an open pipeline of "),
        ("win_rate", " wins of the about "),
        ("attainment", " more in bookings, by 2025-09-30"),
    ],
)
def test_what_avoids_breakage_is_said_with_its_numbers(indicator: str, clause: str) -> None:
    assert clause in lies_ahead(told(**{indicator: "HHHHHHB"}, quarters=8), "2025-09-14")["to_avoid"].detail


def test_the_bookings_that_avoid_breakage_are_those_up_to_the_edge() -> None:
    company = told(attainment="HHHHHHB", quarters=8)
    booked = sum(
        d.amount or 0
        for d in company.deals
        if d.outcome == "won" and date(2025, 7, 1) <= d.created <= date(2025, 8, 17)
    )
    detail = lies_ahead(company, "2025-08-17")["to_avoid"].detail
    assert detail == f"{round(Decimal('0.65') * 900_000 - booked):,} more in bookings, by 2025-09-30"


def test_the_pipeline_that_avoids_breakage_makes_the_mean_reach_the_edge() -> None:
    detail = lies_ahead(told("HHHHHHB", quarters=8), "2025-08-17")["to_avoid"].detail
    weeks_done, weeks_left = 7, 6
    mean = (3.5 * (weeks_done + weeks_left) - 3.0 * weeks_done) / weeks_left
    assert detail.startswith(
        f"an open pipeline of {round(mean * 900_000 * 30 / 92):,} on average over the 6 weeks left"
    )


def test_another_basis_does_not_pretend_to_know_what_is_needed() -> None:
    rule = choosing(RULE, "pipeline_coverage", basis="worked")
    assert all(each.kind != "to_avoid" for each in lies_ahead(told("HHHHHHB", quarters=8), "2025-08-17", rule).values())


def week(n: int) -> date:
    return date(2026, 1, 4) + n * timedelta(weeks=1)


def messages(letters: str) -> list[tuple[int, str]]:
    bands = {"H": Band.HEALTHY, "W": Band.WARNING, "B": Band.BREAKAGE, "N": Band.NO_DATA}
    weeks = [(week(n), bands[letter]) for n, letter in enumerate(letters)]
    return [((day - week(0)).days // 7, f"{before[0]}{band[0]}".upper()) for day, before, band in crossings(weeks)]


@pytest.mark.parametrize(
    ("letters", "said"),
    [
        ("", []),
        ("HHHH", []),
        ("HW", [(1, "HW")]),
        ("HB", [(1, "HB")]),
        ("HWB", [(1, "HW"), (2, "WB")]),
        ("HWHWHWHWHWHW", [(1, "HW")]),
        ("WBWBWBWBWBWB", [(1, "WB")]),
        ("HWHH", [(1, "HW"), (3, "WH")]),
        ("HBWH", [(1, "HB"), (3, "BW")]),
        ("HBWHH", [(1, "HB"), (3, "BW")]),
        ("HBWHHH", [(1, "HB"), (3, "BW"), (5, "WH")]),
        ("HNWNHNH", [(2, "HW"), (6, "WH")]),
        ("NNB", []),
        ("BHH", [(2, "BH")]),
    ],
)
def test_a_crossing_is_said_on_the_way_down_at_once_and_up_after_two_steady_weeks(
    letters: str, said: Sequence[tuple[int, str]]
) -> None:
    assert messages(letters) == said


@given(st.sampled_from(["HW", "WB", "HB"]), st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_band_that_wavers_around_a_line_for_twelve_weeks_is_one_message(line: str, better: list[bool]) -> None:
    letters = "".join(line[0] if good else line[1] for good in better)
    if line[0] * 2 not in letters[letters.find(line[1]) :]:
        assert len(messages(letters)) <= 1


@given(st.text("HWBN", max_size=30))
def test_messages_follow_from_one_another_and_end_near_the_truth(letters: str) -> None:
    said, order = messages(letters), "HWB"
    assert all(before[1][1] == after[1][0] for before, after in pairwise(said))
    bare = letters.replace("N", "")
    if bare:
        last = said[-1][1][1] if said else bare[0]
        assert order.index(last) >= order.index(bare[-1])
