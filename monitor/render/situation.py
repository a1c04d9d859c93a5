"""The one thing to know: which situation a snapshot is in, and the headline that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.messages import Tone
from monitor.core.types import Ahead, Band, IndicatorView, Snapshot, State
from monitor.render.plain import lowered, shorten
from monitor.render.words import Words

HEADLINE = 99
"""Characters, so that it fits a phone's lock screen and a Slack header."""
RECOVERY_IS_NEWS = 14
"""Days for which a recovery stays the headline."""


@dataclass(frozen=True)
class Situation:
    """`name` picks the words (`headline_tripped`), `about` are the indicators concerned."""

    name: str
    tone: Tone
    about: tuple[IndicatorView, ...] = ()
    ahead: Ahead | None = None


def situation(snapshot: Snapshot) -> Situation:
    """The weightiest situation that holds."""
    return next(_found(snapshot))


def headline(snapshot: Snapshot, words: Words, kind: str) -> tuple[str, Tone]:
    """At most 99 characters that say the state and the one thing to know, and how they are meant."""
    now = situation(snapshot)
    text = words.say(
        kind,
        f"headline_{now.name}",
        snapshot=snapshot,
        about=titles(now.about),
        streak=max((view.streak for view in now.about), default=0),
        ahead=now.ahead,
        hiring=hiring(snapshot),
    )
    return shorten(text, HEADLINE), now.tone


def hiring(snapshot: Snapshot) -> str:
    """`paused` or `open`: the answer of the gate."""
    return "paused" if snapshot.breaker.hiring_paused else "open"


def titles(views: tuple[IndicatorView, ...]) -> tuple[str, ...]:
    """Titles as they stand inside a sentence."""
    return tuple(lowered(view.title) for view in views)


def named(snapshot: Snapshot, keys: tuple[str, ...]) -> tuple[IndicatorView, ...]:
    """The watched segment's indicators of these keys, in the order of the panel."""
    return tuple(view for view in snapshot.indicators if view.key in keys)


def _found(snapshot: Snapshot) -> Iterator[Situation]:
    if snapshot.data.stale:
        yield Situation("stale", Tone.BAD)
    yield from _breaker(snapshot)
    yield from _ahead(snapshot, "on_course", Tone.BAD)
    yield from _ahead(snapshot, "first_breakage", Tone.BAD)
    yield from _recovered(snapshot)
    yield from _bands(snapshot)


def _breaker(snapshot: Snapshot) -> Iterator[Situation]:
    breaker = snapshot.breaker
    about = named(snapshot, breaker.tripped_by)
    if breaker.state is State.ARMED:
        return
    if breaker.override and breaker.override.in_force:
        yield Situation("override", Tone.WARN, about)
    if breaker.state is State.RECOVERING:
        yield Situation("recovering", Tone.WARN, named(snapshot, breaker.recovered) or about)
    if breaker.override and len(breaker.override.approved_by) < breaker.override.needed:
        yield Situation("override_asked", Tone.BAD, about)
    unrecovered = tuple(view for view in about if view.key not in breaker.recovered)
    yield Situation("tripped", Tone.BAD, unrecovered or about)


def _ahead(snapshot: Snapshot, kind: str, tone: Tone) -> Iterator[Situation]:
    items = [item for item in snapshot.ahead if item.kind == kind]
    if items:
        first = min(items, key=lambda item: (item.by is None, item.by))
        alike = tuple(item.indicator for item in items if item.by == first.by)
        yield Situation(kind, tone, named(snapshot, alike), first)


def _recovered(snapshot: Snapshot) -> Iterator[Situation]:
    on = snapshot.breaker.recovered_on
    if on and (snapshot.as_of - on).days < RECOVERY_IS_NEWS:
        yield Situation("recovered", Tone.GOOD, named(snapshot, snapshot.breaker.recovered))


def _bands(snapshot: Snapshot) -> Iterator[Situation]:
    def standing(band: Band) -> tuple[IndicatorView, ...]:
        return tuple(view for view in snapshot.indicators if view.weekly.band is band)

    broken, unread = standing(Band.BREAKAGE), standing(Band.NO_DATA)
    fitting = tuple(view for view in broken if view.fits_definition is not False)
    if fitting:
        yield Situation("advisory", Tone.WARN, fitting)
    if broken:
        yield Situation("unfit", Tone.WARN, broken)
    if standing(Band.WARNING):
        yield Situation("warning", Tone.WARN, standing(Band.WARNING))
    if len(unread) == len(snapshot.indicators):
        yield Situation("nothing", Tone.WARN)
    if unread:
        yield Situation("incomplete", Tone.WARN, unread)
    yield Situation("healthy", Tone.GOOD, snapshot.indicators)
