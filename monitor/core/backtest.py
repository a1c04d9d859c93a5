"""What the monitor would have said and when, over all the history there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from monitor.core.ahead import ahead
from monitor.core.book import Book
from monitor.core.counted import counted
from monitor.core.crossings import crossings
from monitor.core.decide import Decision, Recorded, decide
from monitor.core.indicators import BY_KEY, INDICATORS
from monitor.core.indicators.base import weekly_reading
from monitor.core.plan import NewEvent
from monitor.core.policy import WATCHED
from monitor.core.types import Backtest, BacktestLine, Band
from monitor.core.verdicts import Verdict, is_settled, watch_from

Progress = Callable[[int, int], None]
"""Told how many of how many weeks are done."""


def weeks_of(book: Book, t: date) -> list[date]:
    """The last days of all weeks that can be read, up to `t`."""
    return list(book.policy.calendar.weeks(book.first_full.start, t))


def backtest(book: Book, t: date, progress: Progress) -> Backtest:
    """The timeline up to the end of `t`. Each day is read from what was known then."""
    ends = weeks_of(book, t)
    lines: list[BacktestLine] = []
    on_course: set[tuple[str, date | None]] = set()
    for done, week in enumerate(ends, start=1):
        for item in ahead(book, decide(book, Recorded(), week), week):
            if item.kind == "on_course" and (item.indicator, item.by) not in on_course:
                on_course.add((item.indicator, item.by))
                lines.append(BacktestLine(week, "on_course", f"{item.headline}: {item.detail}"))
        progress(done, len(ends))
    final = decide(book, Recorded(), t)
    lines += _crossings(book, ends)
    lines += (line for event in final.plan.events for line in _said(event, final))
    order = ("healthy", "warning", "breakage", "on_course", "trip", "recovery", "note")
    lines.sort(key=lambda line: (line.day, order.index(line.kind)))
    return Backtest(book.policy.company, tuple(lines), tuple(_summary(book, final, t)))


def _crossings(book: Book, ends: list[date]) -> Iterator[BacktestLine]:
    first = watch_from(book).start
    for indicator in INDICATORS:
        steady = [week for week in ends if is_settled(book, indicator, week)]
        readings = {week: weekly_reading(indicator, book, WATCHED, week) for week in steady}
        for day, before, band in crossings((week, reading.band) for week, reading in readings.items()):
            if day >= first:
                words = f"{indicator.title} crosses from {before} into {band}: {readings[day].text}"
                yield BacktestLine(day, str(band), words)


def _said(event: NewEvent, final: Decision) -> Iterator[BacktestLine]:
    if event.kind == "sealed":
        for key, verdicts in final.current.items():
            for verdict in verdicts:
                if verdict.sealed_on == event.on and verdict.reading.band is Band.BREAKAGE and _counts(event, verdict):
                    words = f"{verdict.quarter} sealed: {BY_KEY[key].title} {verdict.reading.text}, breakage"
                    yield BacktestLine(event.on, "breakage", words)
    elif event.kind in ("tripped", "joined"):
        names = ", ".join(BY_KEY[key].title for key in _tripping(event))
        words = (
            "The breaker trips, mid-market hiring is paused"
            if event.kind == "tripped"
            else "Joins what keeps hiring paused"
        )
        yield BacktestLine(event.on, "trip", f"{words}: {names}")
    elif event.kind == "recovered":
        yield BacktestLine(event.on, "recovery", f"Recovered: {event.reason}")
    elif event.kind == "violation":
        yield BacktestLine(event.on, "note", event.reason[:1].upper() + event.reason[1:])


def _counts(event: NewEvent, verdict: Verdict) -> bool:
    lines = event.payload["verdicts"]
    assert isinstance(lines, list)
    wanted = (verdict.indicator, verdict.quarter.label)
    return any((line["indicator"], line["quarter"]) == wanted and line["counted"] for line in lines)


def _tripping(event: NewEvent) -> list[str]:
    named = event.payload["tripped_by"]
    assert isinstance(named, dict)
    return sorted(named)


def _summary(book: Book, final: Decision, t: date) -> Iterator[str]:
    trips = [event for event in final.plan.events if event.kind == "tripped"]
    weeks = len(weeks_of(book, t))
    quarters = final.current[INDICATORS[0].key]
    span = "nothing"
    if quarters:
        span = f"{counted(weeks, 'week')} and {counted(len(quarters), 'quarter')}"
        span += f", {quarters[0].quarter} to {quarters[-1].quarter}"
    yield f"Read: {span}. The breaker would {_times(len(trips))}."
    low = _low(final, t)
    for trip in trips:
        names = ", ".join(BY_KEY[key].title for key in _tripping(trip))
        yield f"It tripped on {trip.on} by {names}."
    if trips and low is not None:
        day, verdict = low
        first = trips[0].on
        distance = (day - first).days // 7
        where = f"its low of {verdict.reading.text} ({verdict.quarter}{'' if verdict.sealed_on else ', so far'})"
        if distance >= 0:
            yield f"The breaker tripped {counted(distance, 'week')} before attainment reached {where}."
        else:
            yield f"Attainment reached {where} {counted(-distance, 'week')} before the breaker first tripped."


def _low(final: Decision, t: date) -> tuple[date, Verdict] | None:
    """The quarter in which attainment was lowest, and the day on which it got there."""
    read = [(v.reading.value, v) for v in final.current.get("attainment", ()) if v.reading.value is not None]
    if not read:
        return None
    _, lowest = min(read, key=lambda pair: pair[0])
    return min(lowest.quarter.end, t), lowest


def _times(count: int) -> str:
    return {0: "never have tripped", 1: "have tripped once"}.get(count, f"have tripped {count} times")
