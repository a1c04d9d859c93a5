"""When a band that wavers is worth a message: on the way down at once, on the way up after some steady weeks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from monitor.core.types import Band

STEADY_WEEKS = 2
_ORDER = {Band.HEALTHY: 0, Band.WARNING: 1, Band.BREAKAGE: 2}


def crossings(
    weeks: Iterable[tuple[date, Band]], steady_weeks: int = STEADY_WEEKS, said: Band | None = None
) -> Iterator[tuple[date, Band, Band]]:
    """(day, from, to) of every crossing that would be said, `said` being the band said last.

    Weeks without data change nothing.
    """
    better: list[Band] = []
    for day, band in weeks:
        if band is Band.NO_DATA:
            continue
        if said is None:
            said = band
        elif _ORDER[band] > _ORDER[said]:
            yield day, said, band
            said, better = band, []
        elif _ORDER[band] == _ORDER[said]:
            better = []
        else:
            better.append(band)
            if len(better) >= steady_weeks:
                to = max(better, key=lambda each: _ORDER[each])
                yield day, said, to
                said, better = to, []
