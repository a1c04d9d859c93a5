"""What an event makes worth saying, to whom, and why. Decides; draws and sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from monitor.core.breaker import Breaker, apply
from monitor.core.chain import JSON
from monitor.core.escalation import Cancel, Escalation, after_problem, after_trip, before_override_ends
from monitor.core.plan import NewEvent
from monitor.core.routes import Directory
from monitor.core.types import Band, State


@dataclass(frozen=True)
class Notice:
    """Something to be said. `subject` makes it unique: an address hears it once. `kind` picks words and buttons.

    `kind`: digest, warning, breakage, on_course, trip, joined, reminder, standing, override_asked, override_approved,
    override_in_force, override_ending, override_ended, recovered, recovering, violation, problem, mended,
    win. `about` are the indicators concerned, `facts` what the words need besides the snapshot (`days`, `reason`,
    `actor`, `until`, `what`...), all plain text or numbers.
    """

    kind: str
    subject: str
    incident: str
    audiences: tuple[str, ...]
    about: tuple[str, ...] = ()
    facts: Mapping[str, JSON] = field(default_factory=lambda: MappingProxyType({}))
    to_webhook: bool = False


@dataclass(frozen=True)
class Revision:
    """Messages of an incident that are changed in place, because somebody dealt with them.

    `kinds`: which messages. `drop`: the buttons that go (`Button.action`). `act` (acknowledged, override_in_force,
    override_approved, override_ended, recovered, resumed) and `actor` are what is written below the headline.
    """

    incident: str
    subject: str
    kinds: tuple[str, ...]
    drop: tuple[str, ...]
    act: str
    actor: str


@dataclass(frozen=True)
class Telling:
    """All that follows from new events, for the same transaction."""

    notices: tuple[Notice, ...] = ()
    revisions: tuple[Revision, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    cancels: tuple[Cancel, ...] = ()


ACTS = ("ack", "override", "approve", "resume")
"""The buttons that act on the breaker."""
_ALERTS = ("trip", "joined", "reminder", "violation")
_REQUESTS = ("override_asked", "override_approved")


def incident_of(breaker: Breaker) -> str:
    """The incident that the breaker is in: one from a trip to its recovery."""
    return f"trip:{breaker.since}" if breaker.since else "armed"


def tell(events: Iterable[NewEvent], before: Breaker, directory: Directory) -> Telling:
    """What new events make worth saying.

    A first start replays history: its past is not announced, only that the breaker starts tripped, once, or that it
    is on course to trip.
    """
    events = tuple(events)
    if any(event.kind == "started" for event in events):
        return _first_start(events, before, directory)
    notices: list[Notice] = []
    revisions: list[Revision] = []
    escalations: list[Escalation] = []
    cancels: list[Cancel] = []
    now = before
    for event in events:
        was, now = now, apply(now, event)
        notices += _notices(event, was, now, directory)
        revisions += _revisions(event, was, now)
        escalations += _escalations(event, now, directory)
        cancels += _cancels(event, was)
    return Telling(tuple(notices), tuple(revisions), tuple(escalations), tuple(cancels))


def _first_start(events: tuple[NewEvent, ...], before: Breaker, directory: Directory) -> Telling:
    now = before
    for event in events:
        now = apply(now, event)
    mended = [event for event in events if event.kind == "mended"]
    news = mended if now.state is not State.ARMED else [event for event in events if event.kind in _NEWS]
    notices = [notice for event in news for notice in _notices(event, now, now, directory)]
    cancels = tuple(cancel for event in mended for cancel in _cancels(event, now))
    if now.state is State.ARMED:
        return Telling(tuple(notices), cancels=cancels)
    incident = incident_of(now)
    today = max(event.on for event in events)
    facts: dict[str, JSON] = {"since": str(now.since), "started": True}
    kind = "trip" if now.state is State.TRIPPED else "recovering"
    notice = Notice(kind, incident, incident, directory.audiences("trip"), tuple(sorted(now.tripped_by)), facts)
    return Telling((notice, *notices), escalations=tuple(after_trip(incident, today, directory)), cancels=cancels)


_NEWS = ("on_course", "mended")
"""What a first start has to say while the breaker is armed."""


def _notices(event: NewEvent, was: Breaker, now: Breaker, directory: Directory) -> Iterator[Notice]:
    for kind, route, subject, about in _said(event, was, now):
        yield Notice(
            kind,
            subject,
            _thread(event, subject, was, now),
            directory.audiences(route),
            about,
            _facts(event),
            to_webhook=route in _TRANSITIONS,
        )


_TRANSITIONS = ("trip", "override", "recovered", "violation")
_Said = tuple[str, str, str, tuple[str, ...]]
"""Kind, route, subject, indicators concerned."""


def _said(event: NewEvent, was: Breaker, now: Breaker) -> Iterator[_Said]:
    if event.kind in ("crossed", "on_course", "problem", "mended", "won_large"):
        yield from _seen(event)
    else:
        yield from _done(event, was, now)


def _seen(event: NewEvent) -> Iterator[_Said]:
    """What the watch saw: every sighting is an incident of its own."""
    payload = event.payload
    match event.kind:
        case "crossed":
            key, band = str(payload["indicator"]), str(payload["band"])
            worse = band == Band.BREAKAGE or payload["before"] == Band.HEALTHY
            if worse:
                yield band, band, f"{band}:{key}:{payload['as_of']}", (key,)
        case "on_course":
            key = str(payload["indicator"])
            yield "on_course", "on_course", f"on_course:{key}:{payload['by']}", (key,)
        case "problem" | "mended":
            yield event.kind, "problem", f"{event.kind}:{payload['what']}:{event.on}", ()
        case "won_large":
            yield "win", "win", f"win:{payload['opportunity_id']}", ()


def _done(event: NewEvent, was: Breaker, now: Breaker) -> Iterator[_Said]:
    """What the rule or somebody did to the breaker."""
    stem, tripping = f"{event.kind}:{event.on}", tuple(sorted(was.tripped_by))
    match event.kind:
        case "tripped":
            yield "trip", "trip", f"trip:{event.on}", _tripping(event)
        case "joined":
            yield "joined", "trip", f"{stem}:{'+'.join(_tripping(event))}", _tripping(event)
        case "recovered" | "resumed":
            kind = "recovering" if now.state is State.RECOVERING else "recovered"
            yield kind, "recovered", f"{kind}:{event.on}", tripping
        case "override_asked" | "override_approved" | "override_ended":
            agreed = now.override is not None and now.override.agreed
            kind = "override_in_force" if agreed else event.kind
            yield kind, "override", f"{kind}:{event.on}:{event.actor}", tripping
        case "violation":
            yield "violation", "violation", f"violation:{event.payload['requisition_id']}:{was.since}", tripping


def _thread(event: NewEvent, subject: str, was: Breaker, now: Breaker) -> str:
    match event.kind:
        case "crossed" | "on_course" | "problem" | "won_large":
            return subject
        case "mended":
            return f"problem:{event.payload['what']}:{event.payload['since']}"
        case _:
            return incident_of(now if now.since else was)


def _facts(event: NewEvent) -> dict[str, JSON]:
    simple = {name: value for name, value in event.payload.items() if isinstance(value, str | int | float | bool)}
    return {"on": event.on.isoformat(), "actor": event.actor, "reason": event.reason, **simple}


def _tripping(event: NewEvent) -> tuple[str, ...]:
    named = event.payload["tripped_by"]
    assert isinstance(named, Mapping)
    return tuple(sorted(named))


def _revisions(event: NewEvent, was: Breaker, now: Breaker) -> Iterator[Revision]:
    incident, subject = incident_of(was), f"{event.kind}:{event.on}:{event.actor}"

    def revision(kinds: tuple[str, ...], drop: tuple[str, ...], act: str) -> Revision:
        return Revision(incident, subject, kinds, drop, act, event.actor)

    match event.kind:
        case "acknowledged":
            yield revision(_ALERTS, ("ack", "override"), "acknowledged")
        case "override_approved" if now.override is not None and now.override.agreed:
            yield revision((*_ALERTS, *_REQUESTS), ("approve", "override"), "override_in_force")
        case "override_approved":
            yield revision(_REQUESTS, (), "override_approved")
        case "override_ended":
            yield revision(_REQUESTS, ("approve",), "override_ended")
        case "recovered" | "resumed" if now.state is State.ARMED:
            yield revision((*_ALERTS, *_REQUESTS, "recovering"), ACTS, event.kind)


def _escalations(event: NewEvent, now: Breaker, directory: Directory) -> Iterator[Escalation]:
    incident = incident_of(now)
    match event.kind:
        case "tripped":
            yield from after_trip(incident, event.on, directory)
        case "problem":
            yield from after_problem(f"problem:{event.payload['what']}:{event.on}", event.on, directory)
        case "override_approved" | "override_asked" if now.override is not None and now.override.agreed:
            yield from before_override_ends(incident, event.on, now.override.until, directory)


def _cancels(event: NewEvent, was: Breaker) -> Iterator[Cancel]:
    match event.kind:
        case "acknowledged":
            yield Cancel(incident_of(was), only_until_acknowledged=True)
        case "override_ended":
            yield Cancel(incident_of(was), "override_ending")
        case "recovered" | "resumed":
            yield Cancel(incident_of(was))
        case "mended":
            yield Cancel(f"problem:{event.payload['what']}:{event.payload['since']}")
