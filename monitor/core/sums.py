"""Running sums of daily facts: exact, by day, as they were known at the end of any day."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import accumulate, compress
from math import lcm
from operator import add, gt, ne

AMOUNT, SQUARES = 9, 6
"""Decimals of amounts and of their squares: daily facts hold whole numbers of these units, which add up exactly."""


@dataclass(frozen=True)
class Sums:
    """Deals, their amounts, the squares of these, and how many had no amount."""

    deals: int = 0
    amount: Fraction = Fraction(0)
    squares: Fraction = Fraction(0)
    unpriced: int = 0

    @classmethod
    def of(cls, values: Sequence[int]) -> Sums:
        """From deals, amount, squares and unpriced in whole units."""
        deals, amount, squares, unpriced = values
        return cls(deals, Fraction(amount, 10**AMOUNT), Fraction(squares, 10**SQUARES), unpriced)


def sum_of(parts: Iterable[Sums]) -> Sums:
    """All of them together."""
    total = Sums()
    for part in parts:
        total = Sums(
            total.deals + part.deals,
            total.amount + part.amount,
            total.squares + part.squares,
            total.unpriced + part.unpriced,
        )
    return total


def total(numbers: Iterable[Fraction]) -> Fraction:
    """Their exact sum, over one common denominator: one after the other takes several times as long."""
    ratios = [number.as_integer_ratio() for number in numbers]
    common = lcm(*(below for _, below in ratios))
    return Fraction(sum(above * (common // below) for above, below in ratios), common)


@dataclass(frozen=True)
class Decided:
    """Deals that closed: won and lost by number and amount, and those left out since they were too old."""

    won: int
    lost: int
    won_amount: Fraction
    lost_amount: Fraction
    won_squares: Fraction
    won_unpriced: int
    stale: int = 0

    @classmethod
    def of(cls, values: Sequence[int], stale: int) -> Decided:
        """From the columns of decided deals in whole units, their number last, and those left out."""
        won, lost, won_amount, lost_amount, squares, unpriced, _ = values
        amounts = (Fraction(won_amount, 10**AMOUNT), Fraction(lost_amount, 10**AMOUNT))
        return cls(won, lost, *amounts, Fraction(squares, 10**SQUARES), unpriced, stale)

    @property
    def decided(self) -> int:
        return self.won + self.lost

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.won, self.decided) if self.decided else None


@dataclass(frozen=True)
class Spend:
    """Sales and marketing cost of some months: the segment's own and the shared part."""

    own: Fraction
    shared: Fraction


class Running:
    """Running sums of several columns by day."""

    def __init__(self, days: Sequence[date], columns: Sequence[Sequence[int]]) -> None:
        if any(map(gt, days, days[1:])):
            order = sorted(range(len(days)), key=days.__getitem__)
            days, columns = [days[place] for place in order], [[each[place] for place in order] for each in columns]
        self.days = days
        self.sums = [list(accumulate(column, initial=0)) for column in columns]

    def upto(self, day: date) -> list[int]:
        """Everything up to the end of `day`."""
        place = bisect_right(self.days, day)
        return [sums[place] for sums in self.sums]

    def between(self, start: date, end: date) -> list[int]:
        """From `start` to `end`, both included; nothing where `end` lies before `start`."""
        first, last = bisect_left(self.days, start), bisect_right(self.days, end)
        return [sums[last] - sums[first] for sums in self.sums] if first < last else [0] * len(self.sums)

    def one(self, column: int, start: date, end: date) -> int:
        """The same of one column."""
        first, last = bisect_left(self.days, start), bisect_right(self.days, end)
        return self.sums[column][last] - self.sums[column][first] if first < last else 0


def since(corrected: Sequence[date], end: date, known: date) -> date:
    """The first day that knew the same of what happened until `end` as `known` does, by the days of corrections."""
    corrections, settled = bisect_right(corrected, known), min(end, known)
    return max(settled, corrected[corrections - 1]) if corrections else settled


class Known:
    """Sums by closing day, as known at the end of a day: what was corrected later counts only from then on."""

    def __init__(self, days: Sequence[date], closed_on: Sequence[date], columns: Sequence[Sequence[int]]) -> None:
        late = list(map(ne, days, closed_on))
        at_once = [not is_late for is_late in late]
        self.running = Running(
            list(compress(closed_on, at_once)), [list(compress(column, at_once)) for column in columns]
        )
        self._later = list(compress(zip(days, closed_on, zip(*columns, strict=True), strict=True), late))
        self.corrected = sorted(compress(days, late))

    def since(self, end: date, known: date) -> date:
        """The first day that knew the same of closings until `end` as `known` does."""
        return since(self.corrected, end, known)

    def between(self, start: date, end: date, known: date) -> list[int]:
        """Closings from `start` to `end`, both included, as known at the end of `known`."""
        total = self.running.between(start, min(end, known))
        for day, closed_on, values in self._later:
            if day <= known and start <= closed_on <= end:
                total = list(map(add, total, values))
        return total

    def one(self, column: int, start: date, end: date, known: date) -> int:
        """The same of one column."""
        total = self.running.one(column, start, min(end, known))
        for day, closed_on, values in self._later:
            if day <= known and start <= closed_on <= end:
                total += values[column]
        return total
