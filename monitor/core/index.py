"""The daily facts by what is asked of them: running sums, each made when it is first asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from monitor.core.sums import NO_RUNNING, Known, Running

if TYPE_CHECKING:
    import pandas as pd

Rows = Mapping[str, Sequence[Any]]
"""Columns of the same length by name."""

_SUMS = ("deals", "amount", "squares", "unpriced")
_FRESH = tuple(f"fresh_{name}" for name in _SUMS)
_CLOSED = ("won", "lost", "won_amount", "lost_amount", "won_squares", "won_unpriced")


def rows_of(frame: pd.DataFrame) -> Rows:
    """A frame as plain lists."""
    return {name: frame[name].tolist() for name in frame.columns}


def cut(rows: Rows, *keys: str) -> Mapping[tuple[Any, ...], Rows]:
    """The rows that have the same values in `keys`, by these."""
    places: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, key in enumerate(zip(*(rows[name] for name in keys), strict=True)):
        places[key].append(place)
    return {key: _taken(rows, where) for key, where in places.items()}


def _taken(rows: Rows, where: Sequence[int]) -> Rows:
    if len(where) == 1:
        return {name: (column[where[0]],) for name, column in rows.items()}
    take = itemgetter(*where)
    return {name: take(column) for name, column in rows.items()}


class Pipeline:
    """Changes of the open pipeline (`Facts.pipeline`)."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._rows = rows_of(frame)
        self._made: dict[tuple[str, str, bool], Running] = {}

    @cached_property
    def _segments(self) -> Mapping[tuple[Any, ...], Rows]:
        return cut(self._rows, "segment")

    @cached_property
    def _changes(self) -> Mapping[tuple[Any, ...], Rows]:
        return cut(self._rows, "segment", "change")

    def running(self, segment: str, *, fresh: bool, change: str = "") -> Running:
        """Of one reason, or (the default) of all together."""
        key = (segment, change, fresh)
        if key not in self._made:
            rows = self._changes.get((segment, change)) if change else self._segments.get((segment,))
            self._made[key] = _running(rows, _FRESH if fresh else _SUMS)
        return self._made[key]


def _running(rows: Rows | None, names: Sequence[str]) -> Running:
    return NO_RUNNING if rows is None else Running(rows["day"], [rows[name] for name in names])


class Due:
    """Changes of the open pipeline by expected close (`Facts.due`); None: nobody asked for them."""

    def __init__(self, frame: pd.DataFrame | None) -> None:
        self._segments = {} if frame is None else cut(rows_of(frame), "segment")
        self._made: dict[str, Mapping[date, Running]] = {}

    def running(self, segment: str) -> Mapping[date, Running]:
        """By the first day of the fiscal quarter; deals without a date are in none."""
        if segment not in self._made:
            rows = self._segments.get((segment,), {"due_quarter": ()})
            found = {due: _running(some, _SUMS) for (due,), some in cut(rows, "due_quarter").items() if due == due}
            self._made[segment] = {due: found[due] for due in found if due is not None}
        return self._made[segment]


class Closings:
    """Deals that closed (`Facts.decided`): won, lost, their amounts, squares and unpriced of the won, won and lost."""

    def __init__(self, frame: pd.DataFrame) -> None:
        rows = rows_of(frame)
        both = [won + lost for won, lost in zip(rows["won"], rows["lost"], strict=True)]
        self._segments = cut({**rows, "both": both}, "segment", "stale")
        self._made: dict[tuple[str, bool], Known] = {}

    def known(self, segment: str, *, stale: bool) -> Known:
        """By closing day; `stale`: those too old when they closed, or the others."""
        key = (segment, stale)
        if key not in self._made:
            self._made[key] = _known(self._segments.get(key), (*_CLOSED, "both"))
        return self._made[key]

    def created(self, segment: str, month: date, known: date) -> list[int]:
        """Of the deals created in a month, those that had been decided by the end of `known`; none too old."""
        rows = self._months.get((segment, month))
        columns = (*_CLOSED, "both")
        if rows is None:
            return [0] * len(columns)
        there = [day <= known for day in rows["day"]]
        return [sum(value for value, is_known in zip(rows[name], there, strict=True) if is_known) for name in columns]

    @cached_property
    def _months(self) -> Mapping[tuple[Any, ...], Rows]:
        fresh = {segment: rows for (segment, stale), rows in self._segments.items() if not stale}
        return {
            (name, month): some for name, rows in fresh.items() for (month,), some in cut(rows, "created_month").items()
        }


def _known(rows: Rows | None, names: Sequence[str]) -> Known:
    if rows is None:
        return Known((), (), [()] * len(names))
    return Known(rows["day"], rows["closed_on"], [rows[name] for name in names])


class Bookings:
    """Deals that AEs won (`Facts.bookings`): deals, amount, squares."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._segments = cut(rows_of(frame), "segment")
        self._made: dict[str, Known] = {}

    def known(self, segment: str) -> Known:
        """By closing day."""
        if segment not in self._made:
            self._made[segment] = _known(self._segments.get((segment,)), _SUMS[:3])
        return self._made[segment]
