"""Counted nouns and lengths of time, as every sentence has them."""

from __future__ import annotations

from datetime import timedelta

_UNITS = ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute"))


def counted(number: float, one: str, many: str = "") -> str:
    """`1 deal`, `12,345 deals`; `many` where it is not `one` with an s (`1 deal is`, `2 deals are`)."""
    return f"{number:,.0f} {one if number == 1 else many or f'{one}s'}"


def lasting(time: timedelta) -> str:
    """`3 days`, `36 hours`, `90 minutes`: in the largest unit of which there are two; `a minute` for less."""
    for size, unit in _UNITS:
        if time >= 2 * size:
            return counted(time // size, unit)
    return "a minute"
