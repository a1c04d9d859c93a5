"""Running sums of daily facts: exact, by day, as they were known at the end of any day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from operator import add, sub

from monitor.core.calendar import DAY

AMOUNT, SQUARES = 9, 6
"""Decimals of amounts and of their squares: whole numbers of these units add up exactly."""


def units(value: Decimal | int | None, decimals: int) -> int:
    """A number in whole units of its last decimal; nothing where there is none."""
    if value is None:
        return 0
    whole, parts = Decimal(value).as_integer_ratio()
    return int(whole * 10**decimals // parts)


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

    def __init__(self, rows: Iterable[tuple[date, Sequence[int]]], width: int) -> None:
        by_day: dict[date, list[int]] = {}
        for day, values in rows:
            held = by_day.get(day)
            by_day[day] = list(values) if held is None else list(map(add, held, values))
        self.days = sorted(by_day)
        self.width = width
        self.sums: list[tuple[int, ...]] = [(0,) * width]
        for day in self.days:
            self.sums.append(tuple(map(add, self.sums[-1], by_day[day])))

    def upto(self, day: date) -> tuple[int, ...]:
        """Everything up to the end of `day`."""
        return self.sums[bisect_right(self.days, day)]

    def between(self, start: date, end: date) -> tuple[int, ...]:
        """From `start` to `end`, both included; nothing where `end` lies before `start`."""
        if end < start:
            return (0,) * self.width
        return tuple(map(sub, self.upto(end), self.upto(start - DAY)))


class Known:
    """Sums by closing day, as known at the end of a day: what was corrected later counts only from then on."""

    def __init__(self, rows: Iterable[tuple[date, date, Sequence[int]]], width: int) -> None:
        at_once: list[tuple[date, Sequence[int]]] = []
        self.later: list[tuple[date, date, Sequence[int]]] = []
        for day, closed_on, values in rows:
            if day == closed_on:
                at_once.append((closed_on, values))
            else:
                self.later.append((day, closed_on, values))
        self.running = Running(at_once, width)

    def between(self, start: date, end: date, known: date) -> list[int]:
        """Closings from `start` to `end`, both included, as known at the end of `known`."""
        total = list(self.running.between(start, min(end, known)))
        for day, closed_on, values in self.later:
            if day <= known and start <= closed_on <= end:
                total = [a + b for a, b in zip(total, values, strict=True)]
        return total


NO_RUNNING, NO_KNOWN = Running((), 4), Known((), 7)
