"""Days as whole numbers (proleptic ordinals, 1 is a Monday), and which of them people work on."""

from __future__ import annotations

from datetime import date

from monitor.core.calendar import Quarter
from monitor.sources.demo.scenarios import BEGINS, CALENDAR, LAST

FIRST_DAY, LAST_DAY = BEGINS.toordinal(), LAST.toordinal()

_FROM, _UNTIL = date(2020, 1, 1).toordinal(), date(2028, 12, 31).toordinal()
_ISO = tuple(date.fromordinal(day).isoformat() for day in range(_FROM, _UNTIL + 1))
_HOLIDAYS = ("01-01", "07-04", "12-25")
_QUIET = ("08-0", "08-1", "12-24", "12-26", "12-3")
"""Beginnings of month and day when buyers are away."""
_BUSY, _SLOW = 10, 9
"""How many deals begin on a working day against another."""


def iso(day: int) -> str:
    return _ISO[day - _FROM]


def works(day: int) -> bool:
    return (day - 1) % 7 < 5 and iso(day)[5:] not in _HOLIDAYS


def next_workday(day: int) -> int:
    """`day` itself if people work on it."""
    while not works(day):
        day += 1
    return day


def last_workday(day: int) -> int:
    """`day` itself if people work on it."""
    while not works(day):
        day -= 1
    return day


def busy_days(quarter: Quarter) -> list[int]:
    """The working days of a quarter that has data, each as often as its season deserves."""
    first, last = max(quarter.start.toordinal(), FIRST_DAY), min(quarter.end.toordinal(), LAST_DAY)
    return [
        day
        for day in range(first, last + 1)
        if works(day)
        for _ in range(_SLOW if iso(day)[5:].startswith(_QUIET) else _BUSY)
    ]


def _quarter_ends() -> dict[int, int]:
    """For each of the first days of a quarter, the last day of the quarter before it."""
    quarters = CALENDAR.quarters(CALENDAR.quarter_of(BEGINS), CALENDAR.quarter_of(date(2028, 6, 30)))
    starts = [quarter.start.toordinal() for quarter in quarters]
    return {start + after: start - 1 for start in starts for after in range(9)}


PULLED_TO = _quarter_ends()
"""Closings on these days are pulled into the last week of the quarter before, if the reps can."""
