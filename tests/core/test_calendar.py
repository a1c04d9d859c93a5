"""Fiscal quarters and weeks, for every start of a fiscal year."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import DAY, FiscalCalendar, add_months, parse_quarter

STARTS = st.integers(1, 12)
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))
CALENDARS = st.builds(FiscalCalendar, STARTS, st.integers(0, 6))


@pytest.mark.parametrize(
    ("start", "day", "label", "first", "last"),
    [
        (1, "2026-09-27", "FY2026-Q3", "2026-07-01", "2026-09-30"),
        (2, "2026-02-01", "FY2027-Q1", "2026-02-01", "2026-04-30"),
        (2, "2027-01-31", "FY2027-Q4", "2026-11-01", "2027-01-31"),
        (2, "2028-02-29", "FY2029-Q1", "2028-02-01", "2028-04-30"),
        (4, "2026-03-31", "FY2026-Q4", "2026-01-01", "2026-03-31"),
        (4, "2026-04-01", "FY2027-Q1", "2026-04-01", "2026-06-30"),
        (7, "2026-12-31", "FY2027-Q2", "2026-10-01", "2026-12-31"),
        (12, "2026-11-30", "FY2026-Q4", "2026-09-01", "2026-11-30"),
        (12, "2026-12-01", "FY2027-Q1", "2026-12-01", "2027-02-28"),
    ],
)
def test_a_fiscal_year_is_named_for_the_year_it_ends_in(
    start: int, day: str, label: str, first: str, last: str
) -> None:
    quarter = FiscalCalendar(start).quarter_of(date.fromisoformat(day))
    assert (quarter.label, quarter.start.isoformat(), quarter.end.isoformat()) == (label, first, last)


@given(CALENDARS, DAYS)
def test_quarters_tile_the_days(calendar: FiscalCalendar, day: date) -> None:
    quarter = calendar.quarter_of(day)
    assert day in quarter
    assert calendar.quarter_of(quarter.start) == calendar.quarter_of(quarter.end) == quarter
    assert calendar.quarter_of(quarter.end + DAY) == calendar.next(quarter)
    assert calendar.next(quarter).start == quarter.end + DAY
    assert calendar.next(calendar.next(quarter), -1) == quarter
    assert 89 <= quarter.days <= 92


@given(CALENDARS, DAYS)
def test_a_label_says_the_year_that_holds_the_fiscal_years_last_day(calendar: FiscalCalendar, day: date) -> None:
    quarter = calendar.quarter_of(day)
    last = next(each for each in calendar.quarters(quarter, calendar.next(quarter, 3)) if each.label.endswith("-Q4"))
    assert quarter.label.startswith(f"FY{last.end.year}-")
    assert last.end.month % 12 + 1 == calendar.fiscal_year_start
    assert parse_quarter(quarter.label.lower(), calendar) == quarter


@given(STARTS, st.integers(1990, 2060))
def test_a_fiscal_year_has_four_quarters_in_order(start: int, year: int) -> None:
    labels = [f"FY{year}-Q{n}" for n in (1, 2, 3, 4)]
    found = [parse_quarter(label, FiscalCalendar(start)) for label in labels]
    assert [quarter.label for quarter in found if quarter] == labels
    assert sum(quarter.days for quarter in found if quarter) in (365, 366)
    assert all(a and b and a < b and a.end + DAY == b.start for a, b in pairwise(found))


@pytest.mark.parametrize("text", ["", "Q1", "FY26-Q1", "FY2026-Q5", "FY2026-Q0", "FY20²6-Q1", "FY0000-Q1", "FY٢٠٢٦-Q1"])
def test_what_is_no_quarter_is_none(text: str) -> None:
    assert parse_quarter(text, FiscalCalendar()) is None


@given(CALENDARS, DAYS)
def test_weeks_belong_to_the_quarter_of_their_last_day_and_to_no_other(calendar: FiscalCalendar, day: date) -> None:
    quarter = calendar.quarter_of(day)
    weeks = list(calendar.weeks(quarter.start, quarter.end))
    after = list(calendar.weeks(calendar.next(quarter).start, calendar.next(quarter).end))
    assert all(week.weekday() == calendar.week_ends and week in quarter for week in weeks)
    assert len(weeks) in (12, 13, 14)
    assert after[0] - weeks[-1] == timedelta(days=7)


@given(CALENDARS, DAYS)
def test_the_last_complete_week_is_over(calendar: FiscalCalendar, today: date) -> None:
    week = calendar.last_complete_week(today)
    assert week.weekday() == calendar.week_ends
    assert week < today <= week + timedelta(days=7)


def test_a_week_that_ends_today_is_not_over() -> None:
    sunday = date(2026, 9, 27)
    assert FiscalCalendar().last_complete_week(sunday) == date(2026, 9, 20)
    assert FiscalCalendar().last_complete_week(sunday + DAY) == sunday


@pytest.mark.parametrize(
    ("begins", "first"), [("2024-01-01", "FY2024-Q1"), ("2024-01-02", "FY2024-Q2"), ("2024-03-31", "FY2024-Q2")]
)
def test_the_first_full_quarter_begins_no_earlier_than_the_data(begins: str, first: str) -> None:
    assert FiscalCalendar().first_full(date.fromisoformat(begins)).label == first


@given(DAYS, st.integers(-60, 60))
def test_months_are_added_to_the_first_of_the_month(day: date, months: int) -> None:
    there = add_months(day, months)
    assert there.day == 1
    assert (there.year - day.year) * 12 + there.month - day.month == months
