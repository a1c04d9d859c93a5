"""Nouns and lengths of time as sentences have them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.core.counted import counted, lasting


@pytest.mark.parametrize(
    ("number", "nouns", "said"),
    [
        (0, ("deal",), "0 deals"),
        (1, ("deal",), "1 deal"),
        (2, ("deal",), "2 deals"),
        (12_345, ("person", "people"), "12,345 people"),
        (1, ("deal has", "deals have"), "1 deal has"),
    ],
)
def test_a_noun_agrees_with_its_number(number: int, nouns: tuple[str, ...], said: str) -> None:
    assert counted(number, *nouns) == said


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(), "a minute"),
        (timedelta(seconds=119), "a minute"),
        (timedelta(minutes=2), "2 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(days=2), "2 days"),
    ],
)
def test_a_length_of_time_is_told_in_the_largest_unit_of_which_there_are_two(time: timedelta, said: str) -> None:
    assert lasting(time) == said
