"""How many quarters in a row: what counts, what forgives, and what a hole does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.streaks import Streak, streak
from monitor.core.types import Band

BANDS = {"B": Band.BREAKAGE, "W": Band.WARNING, "H": Band.HEALTHY, "N": Band.NO_DATA}


def after(letters: str) -> Streak:
    return streak((f"Q{n}", BANDS[letter]) for n, letter in enumerate(letters))


@pytest.mark.parametrize(
    ("letters", "count", "bridged"),
    [
        ("", 0, False),
        ("B", 1, False),
        ("BB", 2, False),
        ("BBB", 3, False),
        ("BHB", 1, False),
        ("BWB", 1, False),
        ("BN", 1, False),
        ("BNB", 2, True),
        ("BNNB", 2, True),
        ("NB", 1, False),
        ("NBB", 2, False),
        ("BNBB", 3, True),
        ("BNH", 0, False),
        ("BNBHBB", 2, False),
        ("BBN", 2, False),
        ("NNN", 0, False),
    ],
)
def test_a_hole_neither_counts_nor_forgives(letters: str, count: int, bridged: bool) -> None:
    assert (after(letters).count, after(letters).bridged) == (count, bridged)


@given(st.text("BWHN", max_size=12))
def test_a_streak_is_the_breakage_since_the_last_good_quarter(letters: str) -> None:
    since = letters[max(letters.rfind("H"), letters.rfind("W")) + 1 :]
    assert after(letters).count == since.count("B")
    assert after(letters).bridged == ("N" in since.strip("N"))


@given(st.text("BWHN", max_size=12))
def test_without_its_holes_a_streak_is_as_long(letters: str) -> None:
    assert after(letters.replace("N", "")).count == after(letters).count


def test_a_streak_names_its_quarters() -> None:
    assert after("BHBNB").quarters == ("Q2", "Q4")
