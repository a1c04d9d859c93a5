"""How many quarters in a row an indicator has been in breakage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.core.types import Band


@dataclass(frozen=True)
class Streak:
    """`quarters`: the labels of the breakage quarters in a row; `bridged`: one without data lies between them."""

    quarters: tuple[str, ...] = ()
    bridged: bool = False
    _hole: bool = False

    @property
    def count(self) -> int:
        return len(self.quarters)

    def extend(self, quarter: str, band: Band) -> Streak:
        """Breakage adds one, healthy or warning sets to none, no data neither counts nor forgives."""
        if band is Band.NO_DATA:
            return Streak(self.quarters, self.bridged, bool(self.quarters))
        if band is not Band.BREAKAGE:
            return Streak()
        return Streak((*self.quarters, quarter), self.bridged or self._hole)


def streak(bands: Iterable[tuple[str, Band]]) -> Streak:
    """The streak after these quarters, oldest first."""
    now = Streak()
    for quarter, band in bands:
        now = now.extend(quarter, band)
    return now
