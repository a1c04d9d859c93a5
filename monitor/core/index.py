"""The daily facts by what is asked of them: running sums, each made when it is first asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain, compress, count, pairwise
from operator import ne
from typing import TYPE_CHECKING, Any

from monitor.core.facts import AGED_OUT
from monitor.core.sums import Known, Running, since

if TYPE_CHECKING:
    import pandas as pd

Rows = Mapping[str, list[Any]]
"""Columns of the same length by name."""

_SUMS = ("deals", "amount", "squares", "unpriced")
_CLOSED = ("won", "lost", "won_amount", "lost_amount", "won_squares", "won_unpriced", "both")
_BOOKED = _SUMS[:3]
BOTH, BOOKED = _CLOSED.index("both"), _BOOKED.index("amount")
"""Columns of what `Closings` and `Bookings` know: won and lost together, and the amount."""


def rows_of(frame: pd.DataFrame) -> Rows:
    """A frame as plain lists."""
    return {name: frame[name].tolist() for name in frame.columns}


def places(rows: Rows, *keys: str) -> Mapping[tuple[Any, ...], Sequence[int]]:
    """Where the rows stand that have the same values in `keys`, by these: a range where they stand side by side."""
    columns = [rows[name] for name in keys]
    changes = {place for column in columns for place in compress(count(1), map(ne, column, column[1:]))}
    ends = sorted({*changes, len(columns[0])} - {0})
    found: dict[tuple[Any, ...], list[range]] = defaultdict(list)
    for start, end in pairwise((0, *ends)):
        found[tuple(column[start] for column in columns)].append(range(start, end))
    return {key: runs[0] if len(runs) == 1 else list(chain.from_iterable(runs)) for key, runs in found.items()}


def taken(rows: Rows, where: Sequence[int], *names: str) -> list[list[Any]]:
    """These columns of the rows that stand there."""
    if isinstance(where, range):
        return [rows[name][where.start : where.stop] for name in names]
    return [list(map(rows[name].__getitem__, where)) for name in names]


class Pipeline:
    """Changes of the open pipeline (`Facts.pipeline`)."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._rows = rows_of(frame)
        self._places = places(self._rows, "segment", "fresh")
        self._made: dict[tuple[str, str, bool], Running] = {}

    def running(self, segment: str, *, fresh: bool, change: str = "") -> Running:
        """Of one reason, or (the default) of all together."""
        key = (segment, change, fresh)
        if key not in self._made:
            where = self._fresh(segment) if fresh else self._every(segment)
            if change:
                changes = self._rows["change"]
                where = [place for place in where if changes[place] == change]
            self._made[key] = _running(self._rows, where, _SUMS)
        return self._made[key]

    def _fresh(self, segment: str) -> Sequence[int]:
        return self._places.get((segment, True), ())

    def _every(self, segment: str) -> Sequence[int]:
        changes = self._rows["change"]
        young = [place for place in self._fresh(segment) if changes[place] != AGED_OUT]
        return [*young, *self._places.get((segment, False), ())]


def _running(rows: Rows, where: Sequence[int], names: Sequence[str]) -> Running:
    days, *columns = taken(rows, where, "day", *names)
    return Running(days, columns)


class Due:
    """Changes of the open pipeline by expected close (`Facts.due`); None: nobody asked for them."""

    def __init__(self, frame: pd.DataFrame | None) -> None:
        self._rows = {} if frame is None else rows_of(frame)
        self._places = {} if frame is None else places(self._rows, "segment", "due_quarter")
        self._made: dict[str, Mapping[date, Running]] = {}

    def running(self, segment: str) -> Mapping[date, Running]:
        """By the first day of the fiscal quarter; deals without a date are in none."""
        if segment not in self._made:
            self._made[segment] = {
                due: _running(self._rows, where, _SUMS)
                for (name, due), where in self._places.items()
                if name == segment and due is not None and due == due
            }
        return self._made[segment]


class Closings:
    """Deals that closed (`Facts.decided`): won, lost, their amounts, squares and unpriced of the won, won and lost."""

    def __init__(self, frame: pd.DataFrame) -> None:
        rows = rows_of(frame)
        both = [won + lost for won, lost in zip(rows["won"], rows["lost"], strict=True)]
        self._rows = {**rows, "both": both}
        self._places = places(self._rows, "segment", "stale")
        self._made: dict[tuple[str, bool], Known] = {}
        self._corrected: dict[str, list[date]] = {}

    def since(self, segment: str, end: date, known: date) -> date:
        """The first day that knew the same of closings until `end` as `known` does, of old deals and others."""
        if segment not in self._corrected:
            both = [self.known(segment, stale=stale).corrected for stale in (False, True)]
            self._corrected[segment] = sorted(both[0] + both[1])
        return since(self._corrected[segment], end, known)

    def known(self, segment: str, *, stale: bool) -> Known:
        """By closing day; `stale`: those too old when they closed, or the others."""
        key = (segment, stale)
        if key not in self._made:
            self._made[key] = _known(self._rows, self._places.get(key, ()), _CLOSED)
        return self._made[key]

    def created(self, segment: str, month: date, known: date) -> list[int]:
        """Of the deals created in a month, those that had been decided by the end of `known`; none too old."""
        days, months = self._rows["day"], self._rows["created_month"]
        every = self._places.get((segment, False), ())
        where = [place for place in every if months[place] == month and days[place] <= known]
        return [sum(column) for column in taken(self._rows, where, *_CLOSED)]


def _known(rows: Rows, where: Sequence[int], names: Sequence[str]) -> Known:
    days, closed_on, *columns = taken(rows, where, "day", "closed_on", *names)
    return Known(days, closed_on, columns)


class Bookings:
    """Deals that AEs won (`Facts.bookings`): deals, amount, squares."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._rows = rows_of(frame)
        self._places = places(self._rows, "segment")
        self._made: dict[str, Known] = {}

    def known(self, segment: str) -> Known:
        """By closing day."""
        if segment not in self._made:
            self._made[segment] = _known(self._rows, self._places.get((segment,), ()), _BOOKED)
        return self._made[segment]
