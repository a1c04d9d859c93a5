"""What lies ahead of the breaker, and what it would take to avoid it or to recover."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from monitor.core.book import Book
from monitor.core.calendar import Quarter
from monitor.core.decide import Decision
from monitor.core.indicators import INDICATORS
from monitor.core.indicators.base import Indicator
from monitor.core.policy import WATCHED
from monitor.core.types import Ahead, Band, State
from monitor.core.verdicts import Verdict, is_settled, verdict, watch_from


def ahead(book: Book, decision: Decision, t: date) -> tuple[Ahead, ...]:
    """Everything that lies ahead at the end of `t`, in the order of the indicators."""
    found: list[Ahead] = []
    for indicator in INDICATORS:
        if decision.fits[indicator.key] is False:
            continue
        if decision.breaker.state is State.TRIPPED and indicator.key in decision.breaker.tripped_by:
            found += _to_recover(book, decision, indicator, t)
        else:
            found += _to_trip(book, decision, indicator, t)
    return tuple(found)


def _to_trip(book: Book, decision: Decision, indicator: Indicator[Any], t: date) -> list[Ahead]:
    breaker, rule = decision.breaker, book.policy.breaker
    streak = breaker.streak(indicator.key)
    consequence = "hiring pauses" if breaker.state is State.ARMED else "it joins what keeps hiring paused"
    for each in _open(book, decision, indicator):
        if each.quarter.end > t and not _is_breaking(book, indicator, each, t):
            continue  # a quarter that runs well may still turn: it forgives only once it is over
        streak = streak.extend(each.quarter.label, each.reading.band)
        if each.reading.band is Band.BREAKAGE and streak.count >= rule.quarters_to_trip:
            return _on_course(book, indicator, each, consequence, t)
    if streak.count:
        so_far = "" if streak.quarters[-1] in breaker.verdicts.get(indicator.key, {}) else " so far"
        left = rule.quarters_to_trip - streak.count
        more = "one more" if left == 1 else f"{left} more"
        headline = (
            f"{indicator.title} is in its first breakage quarter"
            if streak.count == 1
            else f"{indicator.title} is breaking"
        )
        detail = f"{streak.quarters[-1]}{so_far} is in breakage; {more} and {consequence}"
        running = book.policy.calendar.quarter_of(t)
        return [Ahead("first_breakage", indicator.key, headline, detail), *_avoid(book, indicator, running, t)]
    return []


def _open(book: Book, decision: Decision, indicator: Indicator[Any]) -> list[Verdict]:
    """The quarters that count and are not sealed yet, oldest first."""
    sealed, first = decision.breaker.verdicts.get(indicator.key, {}), watch_from(book)
    return [v for v in decision.current[indicator.key] if v.quarter.label not in sealed and v.quarter >= first]


def _is_breaking(book: Book, indicator: Indicator[Any], verdict: Verdict, t: date) -> bool:
    """In breakage, in a quarter that runs long enough for its reading to mean something."""
    return verdict.reading.band is Band.BREAKAGE and is_settled(book, indicator, t)


def _on_course(book: Book, indicator: Indicator[Any], verdict: Verdict, consequence: str, t: date) -> list[Ahead]:
    quarter = verdict.quarter
    on = quarter.end + timedelta(days=book.policy.breaker.seal_after_days)
    headline = f"{indicator.title} is on course to trip on {on}"
    so_far = " so far" if t < quarter.end else ""
    detail = f"{quarter}{so_far} reads {verdict.reading.text}; sealed like this, {consequence}"
    return [Ahead("on_course", indicator.key, headline, detail, on), *_avoid(book, indicator, quarter, t)]


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


def _first_chance(book: Book, decision: Decision, indicator: Indicator[Any], t: date) -> Quarter:
    """The first quarter that can turn out well: one that did and is not sealed yet, or the running one.

    Where what the running one reads is settled and bad, the next.
    """
    good = book.policy.breaker.good
    for each in _open(book, decision, indicator):
        if each.quarter.end <= t and each.reading.band in good:
            return each.quarter
    quarter = book.policy.calendar.quarter_of(t)
    reading = verdict(book, indicator, WATCHED, quarter, t).reading
    if reading.band in good or indicator.can_still_change(book, quarter, t):
        return quarter
    return book.policy.calendar.next(quarter)


def _to_recover(book: Book, decision: Decision, indicator: Indicator[Any], t: date) -> list[Ahead]:
    rule = book.policy.breaker
    if decision.breaker.recovered(indicator.key, rule):
        return [Ahead("to_recover", indicator.key, f"{indicator.title} has recovered", "the others have not yet")]
    edges = indicator.edges(indicator.settings(book))
    quarter = _first_chance(book, decision, indicator, t)
    on = quarter.end + timedelta(days=rule.seal_after_days)
    target = edges.healthy if rule.recovered_when == "healthy" else edges.breakage
    needed = indicator.needed(book, WATCHED, quarter, t, Fraction(target)) if quarter.start <= t < quarter.end else None
    headline = f"{indicator.title} recovers on {on} at the earliest, with {quarter} {rule.recovered_when}"
    detail = f"that takes {needed}, by {quarter.end}" if needed else ""
    return [Ahead("to_recover", indicator.key, headline, detail, on)]
