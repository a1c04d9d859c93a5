"""Where a value stands between its two thresholds, decided exactly, and how it is written so that it agrees."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from monitor.core.types import Band


@lru_cache(maxsize=64)
def _exact(threshold: Decimal) -> Fraction:
    return Fraction(threshold)


@dataclass(frozen=True)
class Edges:
    """Two thresholds and which side of each belongs to it.

    `healthy` and `breakage` are values in the indicator's unit. `healthy_at_edge`: the value of `healthy` itself is
    healthy (otherwise warning); `breakage_at_edge`: the value of `breakage` itself is breakage (otherwise warning).
    """

    healthy: Decimal
    breakage: Decimal
    higher_is_better: bool
    healthy_at_edge: bool
    breakage_at_edge: bool

    def judge(self, value: Fraction) -> Band:
        """The band of an exact value."""
        healthy, breakage = _exact(self.healthy), _exact(self.breakage)
        is_better, is_worse = value > healthy, value < breakage
        if not self.higher_is_better:
            is_better, is_worse = value < healthy, value > breakage
        if is_better or (self.healthy_at_edge and value == healthy):
            return Band.HEALTHY
        if is_worse or (self.breakage_at_edge and value == breakage):
            return Band.BREAKAGE
        return Band.WARNING


@dataclass(frozen=True)
class Unit:
    """How values are written: `factor` (100 for per cent), the decimals shown at least, what follows the number."""

    suffix: str
    decimals: int
    factor: int = 1
    signed: bool = False

    def write(self, value: Fraction, edges: Edges | None = None) -> str:
        """The value with as many digits as it takes not to contradict its band."""
        return self.at(value, self.digits(value, edges))

    def at(self, value: Fraction, decimals: int) -> str:
        """The value with a fixed number of decimals."""
        return fixed(value * self.factor, decimals, self.signed) + self.suffix

    def digits(self, value: Fraction, edges: Edges | None = None) -> int:
        """The decimals that `write` shows; there are always enough, since thresholds are decimals themselves."""
        decimals = self.decimals
        if edges is None:
            return decimals
        band = edges.judge(value)
        while edges.judge(self._shown(value, decimals)) is not band:
            decimals += 1
        return decimals

    def _shown(self, value: Fraction, decimals: int) -> Fraction:
        """What a reader takes the text for."""
        return Fraction(_rounded(value * self.factor, decimals), 10**decimals * self.factor)


def fixed(value: Fraction, decimals: int, signed: bool = False) -> str:
    """A fraction with a fixed number of decimals, half away from zero; no minus zero."""
    rounded = _rounded(value, decimals)
    sign = "-" if rounded < 0 else "+" if signed and rounded else ""
    digits = str(abs(rounded)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def _rounded(value: Fraction, decimals: int) -> int:
    """The value in units of its last decimal, half away from zero."""
    above, below = 2 * abs(value.numerator) * 10**decimals, value.denominator
    whole = int((above + below) // (2 * below))
    return -whole if value < 0 else whole


def trimmed(value: Decimal | Fraction | int) -> str:
    """A threshold as people write it: `4`, `3.5`, `-2`."""
    text = fixed(Fraction(value), 6)
    return text.rstrip("0").rstrip(".")
