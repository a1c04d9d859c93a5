"""Win rate trend: do SMB deals close as often as they did before the expansion?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from monitor.core import evidence
from monitor.core.bands import Edges, Unit, fixed
from monitor.core.book import Book
from monitor.core.calendar import DAY, Quarter, add_months
from monitor.core.counted import counted
from monitor.core.indicators.base import DealsWanted, Indicator, Measure, Step
from monitor.core.sums import Decided, total
from monitor.core.types import Band, NoData, Number, Reading

_WINDOW_DAYS = 91
_BASELINE_QUARTERS = 4
_LEAST = 2
"""Full quarters that a baseline needs."""


@dataclass(frozen=True)
class Bands:
    warning: Decimal = Decimal("-2.0")
    breakage: Decimal = Decimal("-4.0")


@dataclass(frozen=True)
class WinRateSettings:
    stale_after_days: int = 180
    """Deals older than this when they closed are left out, so that a clean-up is no fall in win rate."""
    min_decided: int = 30
    """With fewer decided deals the value is shown without a verdict."""
    bands: Bands = Bands()
    """In points: warning from here down, breakage from here down."""


def trend(won: int, lost: int, baseline_won: int, baseline_lost: int) -> Fraction:
    """Difference of two win rates by number of deals, in percentage points (spec: Win rate trend)."""
    return 100 * (Fraction(won, won + lost) - Fraction(baseline_won, baseline_won + baseline_lost))


class WinRateTrend(Indicator[WinRateSettings]):
    key = "win_rate_trend"
    title = "Win rate trend"
    unit = Unit(" points", 1, signed=True)
    unit_name = "points"
    formula = "100 x (won / (won + lost) in the window - the same in the baseline), in points"
    own_baseline = True
    leaves_out = MappingProxyType(
        {"stale_when_closed": "older than stale_after_days when they closed", **Indicator.leaves_out}
    )
    Settings = WinRateSettings

    def edges(self, settings: WinRateSettings) -> Edges:
        return Edges(
            settings.bands.warning, settings.bands.breakage, True, healthy_at_edge=False, breakage_at_edge=True
        )

    def week(self, book: Book, segment: str, t: date) -> Measure | NoData:
        quarter = book.policy.calendar.quarter_of(t)
        start = t - timedelta(days=_WINDOW_DAYS - 1)
        return self._measure(book, segment, quarter, start, t, t)

    def quarter(self, book: Book, segment: str, quarter: Quarter, known: date) -> Measure | NoData:
        return self._measure(book, segment, quarter, quarter.start, min(known, quarter.end), known)

    def _measure(
        self, book: Book, segment: str, quarter: Quarter, start: date, end: date, known: date
    ) -> Measure | NoData:
        quarters = self.baseline(book, segment, quarter, known)
        if len(quarters) < _LEAST:
            full = counted(len(quarters), "full quarter")
            return NoData("no_baseline", f"no baseline yet: {full} before {quarter}, {_LEAST} are needed")
        return self._against(book, segment, quarters, (start, end), known)

    def _against(
        self, book: Book, segment: str, quarters: tuple[Quarter, ...], days: tuple[date, date], known: date
    ) -> Measure | NoData:
        known = book.closings_known(segment, max(days[1], quarters[-1].end), known)
        key = (self.key, segment, quarters, days, known)
        return book.remember(key, lambda: self._compared(book, segment, quarters, days, known))

    def _compared(
        self, book: Book, segment: str, quarters: tuple[Quarter, ...], days: tuple[date, date], known: date
    ) -> Measure | NoData:
        settings, (start, end) = self.settings(book), days
        window = book.decided(segment, start, end, known)
        base = book.pooled(segment, quarters, known)
        inputs: dict[str, Number] = {
            "won": window.won,
            "lost": window.lost,
            "baseline_won": base.won,
            "baseline_lost": base.lost,
            "win_rate": window.rate,
            "baseline_win_rate": base.rate,
            "left_out_stale": window.stale,
        }
        if not base.decided:
            return NoData("no_baseline", f"no baseline: nothing was won or lost in {quarters[0]} to {quarters[-1]}")
        if not window.decided:
            return NoData("too_few", f"too few: nothing was won or lost from {start} to {end}")
        unsure = None
        if window.decided < settings.min_decided:
            unsure = NoData("too_few", f"too few: {window.decided} decided deals, {settings.min_decided} are needed")
        return Measure(
            trend(window.won, window.lost, base.won, base.lost),
            inputs,
            interval=evidence.newcombe(window.won, window.lost, base.won, base.lost),
            unsure=unsure,
            notes=(f"baseline: {', '.join(q.label for q in quarters)}", *_left_out(window, settings)),
        )

    def baseline(self, book: Book, segment: str, quarter: Quarter, known: date) -> tuple[Quarter, ...]:
        """The quarters that `quarter` is measured against, oldest first.

        From the expansion's quarter on: the four full ones before it, fixed. Otherwise the last four full ones that are
        not breakage themselves, so that a bad quarter never becomes part of its own measure.
        """
        calendar = book.policy.calendar
        started = book.policy.expansion_started
        anchor = calendar.quarter_of(started) if started else None
        if anchor is not None and quarter >= anchor:
            before = (calendar.next(anchor, -back) for back in range(_BASELINE_QUARTERS, 0, -1))
            return tuple(each for each in before if each >= book.first_decided)
        last = calendar.next(quarter, -1)
        known = book.closings_known(segment, last.end, known)
        steady = book.remember((self.key, segment, last, known), lambda: self._steady(book, segment, last, known))
        return tuple(steady[-_BASELINE_QUARTERS:])

    def _steady(self, book: Book, segment: str, last: Quarter, known: date) -> list[Quarter]:
        """The full quarters until `last` that are not breakage, oldest first, each measured against those before it."""
        calendar, edges = book.policy.calendar, self.edges(self.settings(book))
        steady: list[Quarter] = []
        for quarter in calendar.quarters(book.first_decided, last):
            baseline = tuple(steady[-_BASELINE_QUARTERS:])
            days = (quarter.start, min(known, quarter.end))
            measure = self._against(book, segment, baseline, days, known) if len(baseline) >= _LEAST else None
            if not (isinstance(measure, Measure) and _breaks(measure, edges)):
                steady.append(quarter)
        return steady

    def beside(self, book: Book, segment: str, t: date) -> dict[str, Number]:
        window = book.decided(segment, t - timedelta(days=_WINDOW_DAYS - 1), t, t)
        value = window.won_amount + window.lost_amount
        months = [add_months(t, -back) for back in (2, 1, 0)]
        quarter = book.policy.calendar.quarter_of(t)
        year_ago = book.policy.calendar.next(quarter, -4)
        then = book.decided(segment, year_ago.start, year_ago.end, t)
        return {
            "win_rate_by_value": window.won_amount / value if value else None,
            "win_rate_by_creation": book.cohort(segment, months, t).rate,
            "win_rate_of_the_quarter": book.decided(segment, quarter.start, t, t).rate,
            "win_rate_a_year_ago": then.rate if year_ago >= book.first_full else None,
        }

    def numbers(self, reading: Reading) -> str:
        i = reading.inputs
        if reading.value is None:
            return self.formula
        now, base = (fixed(100 * Fraction(i[name] or 0), 2) for name in ("win_rate", "baseline_win_rate"))
        before = f"{i['baseline_won']} / ({i['baseline_won']} + {i['baseline_lost']})"
        return f"{i['won']} / ({i['won']} + {i['lost']}) - {before} = {now} % - {base} % = {reading.text}"

    def bridge(self, book: Book, segment: str, before: date, t: date) -> tuple[Step, ...]:
        first, last = self.week(book, segment, before), self.week(book, segment, t)
        if isinstance(first, NoData) or isinstance(last, NoData) or first.value is None or last.value is None:
            return ()
        came = book.decided(segment, before + DAY, t, t)
        won, lost = (int(first.inputs[name] or 0) for name in ("won", "lost"))
        rate = Fraction(won, won + lost)
        states = [("won", won + came.won, lost), ("lost", won + came.won, lost + came.lost)]
        end = (int(last.inputs["won"] or 0), int(last.inputs["lost"] or 0))
        states += [("wins that left the window", end[0], lost + came.lost), ("losses that left the window", *end)]
        steps = []
        for name, w, x in states:
            now = Fraction(w, w + x) if w + x else rate
            steps.append(Step(name, 100 * (now - rate)))
            rate = now
        moved = last.value - first.value - total(step.amount for step in steps)
        return (*steps, Step("baseline", moved))

    def deals(self, book: Book, segment: str, t: date) -> DealsWanted:
        return DealsWanted("decided", "Largest deals decided in the window", t - timedelta(days=_WINDOW_DAYS - 1), t)

    def needed(self, book: Book, segment: str, quarter: Quarter, t: date, target: Fraction) -> str | None:
        measure = self.quarter(book, segment, quarter, t)
        if isinstance(measure, NoData):
            return None
        won, lost = (int(measure.inputs[name] or 0) for name in ("won", "lost"))
        rate = Fraction(measure.inputs["baseline_win_rate"] or 0) + target / 100
        gone = (min(t, quarter.end) - quarter.start).days + 1
        coming = round(Fraction((won + lost) * (quarter.days - gone), gone))
        wins = rate * (won + lost + coming) - won
        if not coming:
            return None
        still = counted(coming, "deal")
        more = max(0, wins.numerator // wins.denominator + 1)
        if more > coming:
            return f"more wins than the about {still} still to be decided at this pace"
        return f"{counted(more, 'win')} of the about {still} still to be decided at this pace"


def _breaks(measure: Measure, edges: Edges) -> bool:
    return measure.value is not None and not measure.unsure and edges.judge(measure.value) is Band.BREAKAGE


def _left_out(window: Decided, settings: WinRateSettings) -> tuple[str, ...]:
    if not window.stale:
        return ()
    deals = counted(window.stale, "deal")
    age = counted(settings.stale_after_days, "day")
    they = "it closed is" if window.stale == 1 else "they closed are"
    return (f"{deals} older than {age} when {they} left out",)
