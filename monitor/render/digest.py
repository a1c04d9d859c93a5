"""The weekly digest: the panel, the breaker, what changed, what lies ahead, what it all stands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.core.messages import Block, Divider, Footer, Heading, Line, Lines, Message, Paragraph, Tone, span
from monitor.core.types import Band, IndicatorView, ReadingView, Snapshot, State
from monitor.render import marks, panel
from monitor.render.buttons import Doing, buttons
from monitor.render.plain import shown_moment
from monitor.render.situation import headline, hiring
from monitor.render.trends import concerned, trend
from monitor.render.words import Words

KIND = "digest"
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Extras:
    """What a digest says about itself besides the snapshot.

    `late_since`: when it was due, where it is late; `missed`: the last days of weeks that got none; `undelivered`: what
    could not be delivered, to whom, why; `next_times`: when the next digests come. Moments are in the company's zone.
    `guardrails`: findings, each a sentence. `dashboard`: where people reach it.
    """

    late_since: datetime | None = None
    missed: tuple[date, ...] = ()
    undelivered: tuple[str, ...] = ()
    next_times: tuple[datetime, ...] = ()
    corrected: bool = False
    guardrails: tuple[str, ...] = ()
    dashboard: str | None = None


NOTHING_MORE = Extras()


def build(snapshot: Snapshot, words: Words, extras: Extras = NOTHING_MORE) -> Message:
    """The digest of one week."""
    said, tone = headline(snapshot, words, KIND)
    blocks: list[Block] = [*_edition(extras, words), panel.subtitle(snapshot, words, KIND)]
    blocks.append(panel.panel(snapshot, words, KIND))
    notes = tuple(panel.notes(snapshot, words, KIND))
    if notes:
        blocks.append(Lines(notes))
    blocks += _part(words, snapshot, "heading_breaker", tuple(panel.breaker(snapshot, words, KIND)))
    blocks += _checklist(snapshot, words)
    blocks += _part(words, snapshot, "heading_changes", tuple(_changes(snapshot, words)))
    blocks += _part(words, snapshot, "heading_ahead", tuple(panel.ahead(snapshot, words, KIND)))
    for heading, sentences in (("heading_guardrails", extras.guardrails), ("heading_undelivered", extras.undelivered)):
        if sentences:
            lines = tuple(span(words.say(KIND, "sentence", sentence=each), Tone.WARN) for each in sentences)
            blocks += _part(words, snapshot, heading, lines)
    about = concerned(snapshot)
    blocks.append(trend(snapshot, about, words, KIND))
    subject = f"{KIND}:{snapshot.as_of}"
    blocks += buttons(Doing(KIND, KIND, subject, about, extras.dashboard), snapshot, words)
    blocks += [Divider(), Footer((*panel.footer(snapshot, words, KIND), *_next_times(snapshot, extras, words)))]
    return Message(KIND, said, tone, tuple(blocks))


def _edition(extras: Extras, words: Words) -> Iterator[Block]:
    """What sets this digest apart from one that comes in time and stays as it is."""
    if extras.corrected:
        yield Paragraph(span(words.say(KIND, "corrected"), Tone.STRONG))
    if extras.late_since:
        yield Paragraph(span(words.say(KIND, "late", due=shown_moment(extras.late_since)), Tone.WARN))
    if extras.missed:
        yield Paragraph(span(words.say(KIND, "missed", weeks=extras.missed), Tone.WARN))


def _next_times(snapshot: Snapshot, extras: Extras, words: Words) -> Iterator[Line]:
    if extras.next_times:
        times = tuple(shown_moment(each) for each in extras.next_times)
        yield span(words.say(KIND, "next_times", snapshot=snapshot, times=times), Tone.DIM)


def _part(words: Words, snapshot: Snapshot, heading: str, lines: tuple[Line, ...]) -> list[Block]:
    return [Heading(words.say(KIND, heading, snapshot=snapshot)), Lines(lines)]


def _checklist(snapshot: Snapshot, words: Words) -> list[Block]:
    if snapshot.breaker.state is State.ARMED or not snapshot.breaker.checklist:
        return []
    return _part(words, snapshot, "heading_checklist", tuple(panel.checklist(snapshot, words, KIND)))


def _changes(snapshot: Snapshot, words: Words) -> Iterator[Line]:
    """What is different from last week, the breaker first; one line where nothing is."""
    found = [*_breaker_changes(snapshot, words), *_sealed(snapshot, words), *_readings(snapshot, words)]
    yield from found
    if not found:
        first = all(len(view.weeks) < 2 for view in snapshot.indicators)
        yield span(words.say(KIND, "change_first" if first else "change_nothing", snapshot=snapshot), Tone.DIM)


def _breaker_changes(snapshot: Snapshot, words: Words) -> Iterator[Line]:
    now, week_ago = snapshot.breaker, snapshot.as_of - _WEEK
    if now.state is not State.ARMED and now.since and now.since > week_ago:
        yield span(words.say(KIND, "change_tripped", snapshot=snapshot, hiring=hiring(snapshot)), Tone.BAD)
    if now.recovered_on and now.recovered_on > week_ago:
        yield span(words.say(KIND, "change_recovered", snapshot=snapshot), Tone.GOOD)


def _sealed(snapshot: Snapshot, words: Words) -> Iterator[Line]:
    """Quarters that were sealed within the week, each with all that was sealed of it."""
    since = snapshot.as_of - _WEEK
    fresh: dict[str, list[tuple[str, str, str]]] = {}
    for view in snapshot.indicators:
        for reading in view.quarters:
            if reading.sealed and reading.sealed_on and reading.sealed_on > since:
                text = reading.text if reading.band is not Band.NO_DATA else ""
                fresh.setdefault(reading.quarter or "", []).append((view.title, text, marks.said(reading.band)))
    for quarter, sealed in fresh.items():
        yield span(words.say(KIND, "change_sealed", snapshot=snapshot, quarter=quarter, sealed=sealed))


def _readings(snapshot: Snapshot, words: Words) -> Iterator[Line]:
    """Every change of band in a line of its own; what was lost, and what moved within a band, in one line each."""
    lost, moved = [], []
    for view in snapshot.indicators:
        if len(view.weeks) < 2:
            continue
        before, now = view.weeks[-2], view.weekly
        if before.band is not now.band and now.band is Band.NO_DATA:
            lost.append((view.title, before.text))
        elif before.band is not now.band:
            yield _crossing(snapshot, words, view, before)
        elif before.text != now.text:
            moved.append((view.title, before.text, now.text))
    if lost:
        yield span(words.say(KIND, "change_lost", snapshot=snapshot, lost=lost), Tone.WARN)
    if moved:
        yield span(words.say(KIND, "change_moved", snapshot=snapshot, moved=moved), Tone.DIM)


def _crossing(snapshot: Snapshot, words: Words, view: IndicatorView, before: ReadingView) -> Line:
    now = view.weekly
    block = "change_found" if before.band is Band.NO_DATA else "change_band"
    values = {"title": view.title, "before": marks.said(before.band), "now": marks.said(now.band)}
    texts = {"text_before": before.text, "text_now": now.text}
    return span(words.say(KIND, block, snapshot=snapshot, **values, **texts), marks.TONES[now.band])
