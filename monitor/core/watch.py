"""What a run sees that nobody was told yet: crossings, a course towards a trip, trouble with the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from monitor.core.breaker import PROGRAM
from monitor.core.calendar import DAY
from monitor.core.chain import JSON
from monitor.core.crossings import crossings
from monitor.core.plan import NewEvent
from monitor.core.types import Band, Event, IndicatorView, Snapshot, State

if TYPE_CHECKING:
    from monitor.core.facts import Deal

SURFACE = "watch"
KINDS = ("watching", "crossed", "on_course", "problem", "mended", "won_large")


@dataclass
class Known:
    """What was said so far: the band of each indicator and since which week, courses, open problems by name."""

    bands: dict[str, tuple[Band, date]] = field(default_factory=dict)
    courses: set[tuple[str, str]] = field(default_factory=set)
    problems: dict[str, date] = field(default_factory=dict)
    watching: bool = False


def known(events: Iterable[Event | NewEvent]) -> Known:
    """The fold of the log's sightings."""
    now = Known()
    for event in events:
        payload = event.payload
        match event.kind:
            case "watching":
                now.watching = True
                bands = payload["bands"]
                assert isinstance(bands, Mapping)
                as_of = date.fromisoformat(str(payload["as_of"]))
                now.bands = {key: (Band(str(band)), as_of) for key, band in bands.items()}
                problems = payload["problems"]
                assert isinstance(problems, list | tuple)
                now.problems = {str(each): event.on for each in problems}  # known from the start, and no news
                courses = payload["courses"]
                assert isinstance(courses, list | tuple)
                now.courses = {(str(key), str(by)) for key, by in courses}
            case "crossed":
                day = date.fromisoformat(str(payload["as_of"]))
                now.bands[str(payload["indicator"])] = (Band(str(payload["band"])), day)
            case "on_course":
                now.courses.add((str(payload["indicator"]), str(payload["by"])))
            case "problem":
                now.problems[str(payload["what"])] = event.on
            case "mended":
                now.problems.pop(str(payload["what"]), None)
    return now


def sightings(
    snapshot: Snapshot, settled: Mapping[str, frozenset[date]], events: Iterable[Event | NewEvent], today: date
) -> tuple[NewEvent, ...]:
    """What `snapshot` shows that the log does not hold yet. `settled`: by indicator, the weeks far enough into their
    quarter to alert on. The first look records where everything stands; only a course that leads an open breaker to a
    trip is news then too.
    """
    so_far = known(events)
    if not so_far.watching:
        begun = _watching(snapshot, settled, today)
        return (begun, *_mended(snapshot, so_far, today), *_courses(snapshot, known((begun,)), today))
    found = [
        *_crossings(snapshot, settled, so_far, today),
        *_courses(snapshot, so_far, today),
        *_problems(snapshot, so_far, today),
    ]
    return tuple(found)


def unreadable(why: str, events: Iterable[Event | NewEvent], today: date) -> tuple[NewEvent, ...]:
    """That the data cannot be read at all; nothing where that was said already."""
    if "unreadable" in known(events).problems:
        return ()
    return (_event("problem", today, why, {"what": "unreadable"}),)


RECENT = 14
"""Days for which a large win is news."""


def wins_from(events: Iterable[Event | NewEvent], t: date) -> date | None:
    """The first day whose wins are news at `t`; None while nothing is watched."""
    began = [date.fromisoformat(str(event.payload["as_of"])) for event in events if event.kind == "watching"]
    return max(began[0] + DAY, t - timedelta(days=RECENT)) if began else None


def large_wins(
    won: Iterable[Deal], least: Decimal, events: Iterable[Event | NewEvent], currency: str, today: date
) -> Iterator[NewEvent]:
    """Wins of at least `least` that the log does not hold yet. No names: the channel is not only for leaders."""
    known_ids = {str(event.payload["opportunity_id"]) for event in events if event.kind == "won_large"}
    for deal in won:
        if deal.amount is None or deal.amount < least or deal.opportunity_id in known_ids:
            continue
        amount = f"{deal.amount:,.0f} {currency}"
        payload: dict[str, JSON] = {
            "opportunity_id": deal.opportunity_id,
            "amount": amount,
            "closed_on": str(deal.closed_on),
        }
        yield _event("won_large", today, f"a mid-market deal of {amount} was won on {deal.closed_on}", payload)


def _event(kind: str, on: date, reason: str, payload: Mapping[str, JSON]) -> NewEvent:
    return NewEvent(kind, on, PROGRAM, SURFACE, reason, payload)


def _watching(snapshot: Snapshot, settled: Mapping[str, frozenset[date]], today: date) -> NewEvent:
    bands: dict[str, JSON] = {}
    for view in snapshot.indicators:
        last = [week.band for week in view.weeks if week.band is not Band.NO_DATA and week.as_of in settled[view.key]]
        if last:
            bands[view.key] = str(last[-1])
    problems: list[JSON] = [*sorted(_trouble(snapshot))]
    tripped = snapshot.breaker.state is not State.ARMED
    courses: list[JSON] = [[item.indicator, str(item.by)] for item in snapshot.ahead if item.kind == "on_course"]
    payload: dict[str, JSON] = {
        "bands": bands,
        "as_of": snapshot.as_of.isoformat(),
        "problems": problems,
        "courses": courses if tripped else [],
    }
    return _event("watching", today, "what is said from now on is what changes", payload)


def _crossings(
    snapshot: Snapshot, settled: Mapping[str, frozenset[date]], so_far: Known, today: date
) -> Iterator[NewEvent]:
    for view in snapshot.indicators:
        if view.fits_definition is False or snapshot.breaker.watch_from is None:
            continue
        said, since = so_far.bands.get(view.key, (None, date.min))
        weeks = [(w.as_of, w.band) for w in view.weeks if w.as_of > since and w.as_of in settled[view.key]]
        steps = list(crossings(weeks, said=said))
        if steps and steps[-1][2] is not said:
            day, _, band = steps[-1]
            yield _crossed(view, said or steps[0][1], band, day, today)


def _crossed(view: IndicatorView, before: Band, band: Band, day: date, today: date) -> NewEvent:
    text = next(week.text for week in view.weeks if week.as_of == day)
    payload: dict[str, JSON] = {
        "indicator": view.key,
        "before": str(before),
        "band": str(band),
        "as_of": day.isoformat(),
        "text": text,
    }
    return _event("crossed", today, f"{view.title} crosses from {before} into {band}: {text}", payload)


def _courses(snapshot: Snapshot, so_far: Known, today: date) -> Iterator[NewEvent]:
    for item in snapshot.ahead:
        if item.kind == "on_course" and (item.indicator, str(item.by)) not in so_far.courses:
            payload: dict[str, JSON] = {"indicator": item.indicator, "by": str(item.by)}
            yield _event("on_course", today, f"{item.headline}: {item.detail}", payload)


def _trouble(snapshot: Snapshot) -> dict[str, str]:
    """By name, what is wrong with the data, as a sentence."""
    found = {f"missing_{name}": f"the table {name} is missing" for name in snapshot.data.missing}
    if snapshot.data.stale:
        found["stale"] = snapshot.data.why_stale
    return found


def _problems(snapshot: Snapshot, so_far: Known, today: date) -> Iterator[NewEvent]:
    for what, why in _trouble(snapshot).items():
        if what not in so_far.problems:
            yield _event("problem", today, why, {"what": what})
    yield from _mended(snapshot, so_far, today)


def _mended(snapshot: Snapshot, so_far: Known, today: date) -> Iterator[NewEvent]:
    """At a first look too: that the data could not be read may have been told before it."""
    trouble = _trouble(snapshot)
    for what, since in so_far.problems.items():
        if what not in trouble:
            yield _event("mended", today, f"mended: {what.replace('_', ' ')}", {"what": what, "since": str(since)})
