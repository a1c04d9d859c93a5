"""Days as whole numbers, counted from Monday 1900-01-01, so that every engine divides and compares them alike."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import ibis
import ibis.expr.types as ir

EPOCH = date(1900, 1, 1)
LAST = date(2199, 12, 31)
"""Days outside 1900 to 2199 are slips of the pen, not days of a sales team."""


def number(day: ir.DateValue) -> ir.IntegerValue:
    """The day's number, null where there is none."""
    days: ir.IntegerValue = day.delta(ibis.date(EPOCH.isoformat()), unit="day").cast("int32")
    return days


def number_of(day: date) -> int:
    """The number of a day that is known here."""
    return (day - EPOCH).days


@cache
def day_of(days: int) -> date:
    """The day that has this number."""
    return EPOCH + timedelta(days=days)


def date_of(number: ir.IntegerValue) -> ir.TimestampValue:
    """The day with this number, for the engine's calendar."""
    day: ir.TimestampValue = ibis.date(EPOCH.isoformat()) + number.as_interval("D")
    return day


def month_of(number: ir.IntegerValue) -> ir.IntegerValue:
    """Months since January 1900 of the day with this number."""
    day = date_of(number)
    months: ir.IntegerValue = ((day.year().cast("int32") - EPOCH.year) * 12 + day.month().cast("int32") - 1).cast(
        "int16"
    )
    return months


def month_number_of(day: date) -> int:
    """Months since January 1900 of a day that is known here."""
    return (day.year - EPOCH.year) * 12 + day.month - 1


def first_of_month(months: int) -> date:
    """The first day of the month that has this number."""
    return date(EPOCH.year + months // 12, months % 12 + 1, 1)
