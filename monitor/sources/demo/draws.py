"""Chance that is the same on every machine: uniform draws, and only + - * / on them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import TypeVar

T = TypeVar("T")

Curve = tuple[tuple[float, float], ...]
"""A distribution by its quantiles: (share of the draws below, value), ascending from 0 to 1, straight in between."""

_DICE = 98_000
"""Chosen so that luck is on the side of the storyteller: with seed 1 each scenario reads as it is told."""
_PULL = 0.03
"""How hard a run of luck is paid back: about thirty draws later it is."""
_DECK = 25
"""Draws in which a distribution is gone through once."""


class Draws:
    """A stream of chance. Each part of the company has its own, so that one can change without the others."""

    def __init__(self, seed: int, part: int) -> None:
        self.unit = Random(_DICE + seed * 100 + part).random
        """The next number from 0 (included) to 1."""
        self._owed: dict[str, float] = {}
        self._decks: dict[Curve, list[int]] = {}

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self.unit() * len(choices))]

    def below(self, chance: float) -> bool:
        return self.unit() < chance

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def along(self, curve: Curve) -> float:
        """A value from the distribution. Luck evens out here too: each part of it comes up once in 25 draws."""
        deck = self._decks.get(curve)
        if not deck:
            deck = self._decks[curve] = list(range(_DECK))
        place = int(self.unit() * len(deck))
        part, deck[place] = deck[place], deck[-1]
        deck.pop()
        return at(curve, (part + self.unit()) / _DECK)

    def weighted(self, choices: Sequence[tuple[T, float]]) -> T:
        """One of (choice, share); the shares add up to 1."""
        left = self.unit()
        for choice, share in choices:
            left -= share
            if left < 0:
                return choice
        return choices[-1][0]

    def steady(self, kind: str, chance: float) -> bool:
        """Like `below`, but luck of one kind evens out, so that a quarter shows what its chapter says.

        A company of 600 deals a quarter would otherwise swing by two points of win rate on chance alone, and the story
        would be told by the seed.
        """
        owed = self._owed.get(kind, 0.0)
        hit = self.unit() < chance + _PULL * owed
        self._owed[kind] = owed + chance - hit
        return hit

    def rounded(self, value: float) -> int:
        """A whole number that is `value` on average."""
        return int(value + self.unit())


def at(curve: Curve, share: float) -> float:
    """The value below which `share` of a distribution lies."""
    for (low, start), (high, end) in pairwise(curve):
        if share <= high:
            return start + (end - start) * (share - low) / (high - low)
    return curve[-1][1]
