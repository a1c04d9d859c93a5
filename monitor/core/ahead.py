"""What lies ahead of the breaker, and what it would take to avoid it or to recover."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from monitor.core.book import Book
from monitor.core.breaker import Breaker
from monitor.core.calendar import Quarter
from monitor.core.decide import Decision
from monitor.core.indicators import INDICATORS
from monitor.core.indicators.base import Indicator
from monitor.core.policy import WATCHED
from monitor.core.types import Ahead, Band, State
from monitor.core.verdicts import Verdict, is_settled, watch_from


def ahead(book: Book, decision: Decision, t: date) -> tuple[Ahead, ...]:
    """Everything that lies ahead at the end of `t`, in the order of the indicators."""
    found: list[Ahead] = []
    for indicator in INDICATORS:
        if decision.fits[indicator.key] is False:
            continue
        if decision.breaker.state is State.TRIPPED and indicator.key in decision.breaker.tripped_by:
            found += _to_recover(book, decision.breaker, indicator, t)
        else:
            found += _to_trip(book, decision, indicator, t)
    return tuple(found)


def _to_trip(book: Book, decision: Decision, indicator: Indicator[Any], t: date) -> list[Ahead]:
    breaker, rule = decision.breaker, book.policy.breaker
    streak = breaker.streak(indicator.key)
    open_ones = [v for v in decision.current[indicator.key] if _is_open(v, breaker) and v.quarter >= watch_from(book)]
    missing = rule.quarters_to_trip - streak.count
    broken = [v for v in open_ones if v.reading.band is Band.BREAKAGE and _is_steady(book, indicator, v, t)]
    consequence = "hiring pauses" if breaker.state is State.ARMED else "it joins what keeps hiring paused"
    if missing > 0 and len(broken) >= missing and broken:
        quarter = broken[missing - 1].quarter
        on = quarter.end + timedelta(days=rule.seal_after_days)
        headline = f"{indicator.title} is on course to trip on {on}"
        detail = f"{quarter} so far reads {broken[missing - 1].reading.text}; sealed like this, {consequence}"
        return [Ahead("on_course", indicator.key, headline, detail, on), *_avoid(book, indicator, quarter, t)]
    if streak.count or broken:
        quarter_label = streak.quarters[-1] if streak.count else broken[0].quarter.label
        so_far = "" if streak.count else " so far"
        left = rule.quarters_to_trip - max(streak.count, 1)
        more = "one more" if left == 1 else f"{left} more"
        headline = (
            f"{indicator.title} is in its first breakage quarter"
            if streak.count <= 1
            else f"{indicator.title} is breaking"
        )
        detail = f"{quarter_label}{so_far} is in breakage: {more} and {consequence}"
        running = book.policy.calendar.quarter_of(t)
        return [Ahead("first_breakage", indicator.key, headline, detail), *_avoid(book, indicator, running, t)]
    return []


def _is_open(verdict: Verdict, breaker: Breaker) -> bool:
    return verdict.quarter.label not in breaker.verdicts.get(verdict.indicator, {})


def _is_steady(book: Book, indicator: Indicator[Any], verdict: Verdict, t: date) -> bool:
    """A quarter that is over, or one that runs long enough for its reading to mean something."""
    return verdict.quarter.end < t or is_settled(book, indicator, t)


def _avoid(book: Book, indicator: Indicator[Any], quarter: Quarter, t: date) -> list[Ahead]:
    edge = indicator.edges(indicator.settings(book)).breakage
    needed = indicator.needed(book, WATCHED, quarter, t, Fraction(edge)) if t < quarter.end else None
    if needed is None:
        return []
    return [
        Ahead(
            "to_avoid", indicator.key, f"To keep {quarter} out of breakage", f"{needed}, by {quarter.end}", quarter.end
        )
    ]


def _to_recover(book: Book, breaker: Breaker, indicator: Indicator[Any], t: date) -> list[Ahead]:
    rule = book.policy.breaker
    if breaker.recovered(indicator.key, rule):
        return [Ahead("to_recover", indicator.key, f"{indicator.title} has recovered", "the others have not yet")]
    edges = indicator.edges(indicator.settings(book))
    quarter = book.policy.calendar.quarter_of(t)
    on = quarter.end + timedelta(days=rule.seal_after_days)
    target = edges.healthy if rule.recovered_when == "healthy" else edges.breakage
    needed = indicator.needed(book, WATCHED, quarter, t, Fraction(target))
    headline = f"{indicator.title} recovers on {on} at the earliest, with {quarter} {rule.recovered_when}"
    detail = f"that takes {needed}, by {quarter.end}" if needed else ""
    return [Ahead("to_recover", indicator.key, headline, detail, on)]
