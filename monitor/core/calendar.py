"""Fiscal quarters and weeks, on calendar days only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, total_ordering

DAY = timedelta(days=1)
_LABEL = re.compile(r"FY([12][0-9]{3})-Q([1-4])")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def add_months(day: date, months: int) -> date:
    """The first of the month that lies `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


@total_ordering
@dataclass(frozen=True)
class Quarter:
    """A fiscal quarter: its label (`FY2026-Q3`), first and last day."""

    label: str
    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def months(self) -> tuple[date, date, date]:
        """The first days of its three months."""
        return (self.start, add_months(self.start, 1), add_months(self.start, 2))

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __hash__(self) -> int:
        return hash(self.start)

    def __lt__(self, other: Quarter) -> bool:
        return self.start < other.start

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True)
class FiscalCalendar:
    """The company's quarters and weeks.

    `fiscal_year_start` is a month (1 to 12); a fiscal year is named for the calendar year in which it ends.
    `week_ends` is a weekday, Monday 0 to Sunday 6.
    """

    fiscal_year_start: int = 1
    week_ends: int = 6

    def quarter_of(self, day: date) -> Quarter:
        """The fiscal quarter that holds `day`."""
        return _quarter(day.year, day.month, self.fiscal_year_start)

    def next(self, quarter: Quarter, by: int = 1) -> Quarter:
        """The quarter `by` quarters later (earlier, if negative)."""
        return self.quarter_of(add_months(quarter.start, 3 * by))

    def quarters(self, first: Quarter, last: Quarter) -> Iterator[Quarter]:
        """From `first` to `last`, both included."""
        while first <= last:
            yield first
            first = self.next(first)

    def first_full(self, begins: date) -> Quarter:
        """The first quarter that data beginning on `begins` hold whole."""
        quarter = self.quarter_of(begins)
        return quarter if quarter.start == begins else self.next(quarter)

    def week_end(self, day: date) -> date:
        """The last day of the week that holds `day`."""
        return day + (self.week_ends - day.weekday()) % 7 * DAY

    def last_complete_week(self, today: date) -> date:
        """The last day of the last week that is over on `today` (a week that ends today is not)."""
        return self.week_end(today) - 7 * DAY

    def weeks(self, start: date, end: date) -> Iterator[date]:
        """The last days of weeks from `start` to `end`, both included."""
        day = self.week_end(start)
        while day <= end:
            yield day
            day += 7 * DAY


@lru_cache(maxsize=4096)
def _quarter(year: int, month: int, fiscal_year_start: int) -> Quarter:
    """A run asks for the same few quarters many thousand times."""
    day = date(year, month, 1)
    since = (month - fiscal_year_start) % 12
    start = add_months(day, -(since % 3))
    year_ends = add_months(day, 11 - since).year
    return Quarter(f"FY{year_ends}-Q{since // 3 + 1}", start, add_months(start, 3) - DAY)


def parse_quarter(label: str, calendar: FiscalCalendar) -> Quarter | None:
    """The quarter called `label`, or None when there is no such quarter."""
    named = _LABEL.fullmatch(label.strip().upper())
    if named is None:
        return None
    year, number = int(named[1]), int(named[2])
    starts = add_months(date(year, calendar.fiscal_year_start, 1), 0 if calendar.fiscal_year_start == 1 else -12)
    return calendar.quarter_of(add_months(starts, 3 * (number - 1)))
