"""How sure a reading is: intervals against published numbers, and their label."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.evidence import Z, around, label, newcombe, relative_error
from monitor.core.indicators import BY_KEY
from monitor.core.types import Band, Evidence

COVERAGE = BY_KEY["pipeline_coverage"].edges(BY_KEY["pipeline_coverage"].Settings())
WIN_RATE = BY_KEY["win_rate_trend"].edges(BY_KEY["win_rate_trend"].Settings())
PAYBACK = BY_KEY["cac_payback"].edges(BY_KEY["cac_payback"].Settings())

NEWCOMBE_TABLE_II = [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((6, 7), (2, 7), (0.0582, 0.8062)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
    ((0, 10), (0, 20), (-0.1611, 0.2775)),
    ((0, 10), (0, 10), (-0.2775, 0.2775)),
    ((10, 10), (0, 20), (0.6791, 1.0000)),
    ((10, 10), (0, 10), (0.6075, 1.0000)),
]
"""Statistics in Medicine 1998;17:873-890, table II, method 10: 95 % intervals, four decimals."""


@pytest.mark.parametrize(("one", "other", "interval"), NEWCOMBE_TABLE_II)
def test_the_interval_of_a_difference_is_the_one_that_newcombe_printed(
    one: tuple[int, int], other: tuple[int, int], interval: tuple[float, float]
) -> None:
    low, high = newcombe(one[0], one[1] - one[0], other[0], other[1] - other[0], z=1.959963984540054)
    assert (low / 100, high / 100) == pytest.approx(interval, abs=6e-5)


def test_the_interval_is_one_of_ninety_per_cent() -> None:
    assert 0.5 * (1 + math.erf(Z / math.sqrt(2))) == pytest.approx(0.95, abs=1e-12)


@given(*[st.integers(0, 400)] * 4)
def test_the_interval_of_a_difference_holds_the_difference(won: int, lost: int, base_won: int, base_lost: int) -> None:
    if won + lost and base_won + base_lost:
        low, high = newcombe(won, lost, base_won, base_lost)
        difference = 100 * (won / (won + lost) - base_won / (base_won + base_lost))
        assert -100.0000001 <= low <= difference + 1e-9
        assert difference - 1e-9 <= high <= 100.0000001


def test_the_error_of_a_sum_of_equal_amounts_is_one_over_the_root_of_their_number() -> None:
    assert relative_error(Fraction(400), Fraction(4 * 100**2)) == pytest.approx(0.5)
    assert around(Fraction(3), 0.5) == pytest.approx((3 * math.exp(-1.645 * 0.5), 3 * math.exp(1.645 * 0.5)), rel=1e-3)


def test_nothing_counted_has_no_interval_and_no_label() -> None:
    assert relative_error(Fraction(0), Fraction(0)) is None
    assert around(Fraction(0), None) is None
    assert label(None, Band.BREAKAGE, COVERAGE) is None


@pytest.mark.parametrize(
    ("interval", "band", "expected"),
    [
        ((2.0, 3.4999), Band.BREAKAGE, Evidence.CONFIRMED),
        ((2.0, 3.5), Band.BREAKAGE, Evidence.LIKELY),
        ((2.0, 3.9999), Band.BREAKAGE, Evidence.LIKELY),
        ((2.0, 4.0), Band.BREAKAGE, Evidence.COULD_BE_NOISE),
        ((3.6, 3.9), Band.WARNING, Evidence.LIKELY),
        ((3.0, 4.5), Band.WARNING, Evidence.COULD_BE_NOISE),
        ((4.0, 5.0), Band.HEALTHY, None),
        ((2.0, 3.0), Band.NO_DATA, None),
    ],
)
def test_a_reading_is_as_sure_as_the_band_its_interval_reaches(
    interval: tuple[float, float], band: Band, expected: Evidence | None
) -> None:
    assert label(interval, band, COVERAGE) is expected


def test_a_label_knows_in_which_direction_an_indicator_is_better() -> None:
    assert label((18.5, 30.0), Band.BREAKAGE, PAYBACK) is Evidence.CONFIRMED
    assert label((13.9, 30.0), Band.BREAKAGE, PAYBACK) is Evidence.COULD_BE_NOISE
    assert label((-9.0, -4.0), Band.BREAKAGE, WIN_RATE) is Evidence.CONFIRMED
    assert label((-9.0, -2.0), Band.BREAKAGE, WIN_RATE) is Evidence.LIKELY


def test_evidence_has_words() -> None:
    assert [each.words for each in Evidence] == ["confirmed", "likely at least warning", "could be noise"]
