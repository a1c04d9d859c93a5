"""Many companies at once: what a company's line in the portfolio is, and which company stands worse than which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from monitor.core.chain import digest
from monitor.core.types import Band, IndicatorView, Snapshot, State

_WEEK = timedelta(days=7)


class Standing(StrEnum):
    """How a company stands, the worst first. What nobody can judge comes before what is well: it may hide anything."""

    PAUSED = "paused"
    """The breaker has tripped and has not been armed again, whether or not somebody overrides it."""
    BREAKAGE = "breakage"
    WARNING = "warning"
    NO_VERDICT = "no_verdict"
    """Some indicator has no reading, or a definition that does not fit the company; none that counts is in trouble."""
    UNREADABLE = "unreadable"
    """There is no answer at all: `why` is the sentence that one would get who asks for this company alone."""
    HEALTHY = "healthy"


WORST_FIRST = tuple(Standing)
IN_TROUBLE = (Standing.PAUSED, Standing.BREAKAGE, Standing.WARNING)


@dataclass(frozen=True)
class Figure:
    """An indicator and what it reads, in words; `why` where it reads nothing."""

    title: str
    text: str
    band: Band
    why: str = ""


@dataclass(frozen=True)
class Change:
    """What is different from last week. `kind`: tripped, recovered, worse, better, lost, found."""

    kind: str
    title: str = ""
    before: Band | None = None
    now: Band | None = None
    text_before: str = ""
    text_now: str = ""


@dataclass(frozen=True)
class PortfolioLine:
    """One company among many: as much of its run as the portfolio says of it, and no more, since there are thousands.

    `days`: for how long it is paused, 0 where that began on the last day or later. `tripped_by` are titles. `figures`:
    every indicator that counts and is not healthy. `unfit`: titles of those in trouble that do not count.
    """

    company: str
    standing: Standing
    as_of: date | None = None
    days: int = 0
    open_by_override: bool = False
    tripped_by: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    unfit: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    why: str = ""
    run: str = ""

    def reading(self, band: Band) -> tuple[Figure, ...]:
        """Its figures in one band."""
        return tuple(figure for figure in self.figures if figure.band is band)


@dataclass(frozen=True)
class Board:
    """All companies of a portfolio, the worst first. `remarks`: what a person should know of their common source."""

    name: str
    as_of: date
    lines: tuple[PortfolioLine, ...]
    remarks: tuple[str, ...] = ()

    def standing(self, *standings: Standing) -> tuple[PortfolioLine, ...]:
        """The companies that stand so."""
        return tuple(line for line in self.lines if line.standing in standings)

    @property
    def run(self) -> str:
        """Eight characters over the runs of all companies, and of what could not be read."""
        return digest({"shown": [[line.company, line.run, line.why] for line in self.lines]})[:8]


def board(name: str, as_of: date, lines: Iterable[PortfolioLine], remarks: tuple[str, ...] = ()) -> Board:
    """The lines in their order."""
    return Board(name, as_of, tuple(sorted(lines, key=_rank)), remarks)


def _rank(line: PortfolioLine) -> tuple[int, int, int, int, str, str]:
    """Paused the longest first; then by how many indicators are in breakage, in warning; by name at last."""
    broken, warned = len(line.reading(Band.BREAKAGE)), len(line.reading(Band.WARNING))
    at = WORST_FIRST.index(line.standing)
    return at, -line.days, -broken, -warned, line.company.casefold(), line.company


def unreadable(company: str, why: str) -> PortfolioLine:
    """The line of a company that gave no answer."""
    return PortfolioLine(company, Standing.UNREADABLE, why=why)


def line(seen: Snapshot) -> PortfolioLine:
    """The line of a company by its run."""
    breaker = seen.breaker
    counting = [view for view in seen.indicators if view.fits_definition is not False]
    figures = tuple(_figure(view) for view in counting if view.weekly.band is not Band.HEALTHY)
    unfit = tuple(view.title for view in seen.indicators if view not in counting and view.weekly.band in _LOUD)
    tripped = breaker.state is not State.ARMED
    return PortfolioLine(
        company=seen.company,
        standing=Standing.PAUSED if tripped else _standing(figures, unfit),
        as_of=seen.as_of,
        days=max((seen.as_of - breaker.since).days, 0) if tripped and breaker.since else 0,
        open_by_override=tripped and not breaker.hiring_paused,
        tripped_by=tuple(view.title for view in seen.indicators if tripped and view.key in breaker.tripped_by),
        figures=figures,
        unfit=unfit,
        changes=tuple(_changes(seen)),
        run=seen.run,
    )


_LOUD = (Band.BREAKAGE, Band.WARNING)


def _standing(figures: tuple[Figure, ...], unfit: tuple[str, ...]) -> Standing:
    bands = {figure.band for figure in figures}
    if Band.BREAKAGE in bands:
        return Standing.BREAKAGE
    if Band.WARNING in bands:
        return Standing.WARNING
    return Standing.NO_VERDICT if bands or unfit else Standing.HEALTHY


def _figure(view: IndicatorView) -> Figure:
    now = view.weekly
    why = (now.why or now.reason or "") if now.band is Band.NO_DATA else ""
    return Figure(view.title, now.text, now.band, why)


def _changes(seen: Snapshot) -> Iterator[Change]:
    """The breaker first, then every indicator that counts and crossed into another band."""
    breaker, week_ago = seen.breaker, seen.as_of - _WEEK
    if breaker.state is not State.ARMED and breaker.since and breaker.since > week_ago:
        yield Change("tripped")
    if breaker.recovered_on and breaker.recovered_on > week_ago:
        yield Change("recovered")
    for view in seen.indicators:
        if len(view.weeks) > 1 and view.fits_definition is not False:
            before, now = view.weeks[-2], view.weekly
            if before.band is not now.band:
                yield Change(_crossing(before.band, now.band), view.title, before.band, now.band, before.text, now.text)


def _crossing(before: Band, now: Band) -> str:
    if now is Band.NO_DATA:
        return "lost"
    if before is Band.NO_DATA:
        return "found"
    return "worse" if _ORDER.index(now) > _ORDER.index(before) else "better"


_ORDER = (Band.HEALTHY, Band.WARNING, Band.BREAKAGE)
