"""How sure a reading is: 90 % intervals and their label. It never vetoes the rule."""

from __future__ import annotations

import math
from fractions import Fraction

from monitor.core.bands import Edges
from monitor.core.types import Band, Evidence

Z = 1.6448536269514722
"""The 95 % point of the standard normal distribution, 1.645 for short: two-sided 90 %."""


def newcombe(won: int, lost: int, baseline_won: int, baseline_lost: int, z: float = Z) -> tuple[float, float]:
    """The interval of a difference of proportions, in points.

    Newcombe, Statistics in Medicine 1998;17:873-890, method 10 (hybrid score). Both sides must hold at least one deal.
    """
    n, m = won + lost, baseline_won + baseline_lost
    p, q = won / n, baseline_won / m
    low_p, high_p = _wilson(won, n, z)
    low_q, high_q = _wilson(baseline_won, m, z)
    below = math.sqrt((p - low_p) ** 2 + (high_q - q) ** 2)
    above = math.sqrt((high_p - p) ** 2 + (q - low_q) ** 2)
    return (100 * (p - q - below), 100 * (p - q + above))


def _wilson(count: int, n: int, z: float) -> tuple[float, float]:
    """Wilson's score interval of a proportion."""
    p = count / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return ((centre - spread) / scale, (centre + spread) / scale)


def relative_error(total: Fraction, squares: Fraction) -> float | None:
    """`sqrt(sum a^2) / sum a`, the relative error of a sum of amounts (compound Poisson); None for an empty sum."""
    if total <= 0 or squares <= 0:
        return None
    return math.sqrt(squares) / float(total)


def around(value: Fraction, error: float | None) -> tuple[float, float] | None:
    """`value * exp(+-1.645 * error)`."""
    if error is None:
        return None
    try:
        factor = math.exp(Z * error)
    except OverflowError:
        return None
    return (float(value) / factor, float(value) * factor)


def label(interval: tuple[float, float] | None, band: Band, edges: Edges) -> Evidence | None:
    """Confirmed: the whole interval in breakage; likely: it excludes healthy; else it could be noise."""
    if interval is None or band not in (Band.BREAKAGE, Band.WARNING):
        return None
    bands = {edges.judge(Fraction(end)) for end in interval}
    if bands == {Band.BREAKAGE}:
        return Evidence.CONFIRMED
    return Evidence.COULD_BE_NOISE if Band.HEALTHY in bands else Evidence.LIKELY
