"""`breaker`: its state, the checklist, what is ahead, and its events."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.messages import Block, Heading, Lines, Message
from monitor.core.types import Event, Snapshot
from monitor.core.watch import KINDS as SIGHTINGS
from monitor.render import audit, panel
from monitor.render.situation import headline
from monitor.render.words import Words

KIND = "breaker"
EVENTS_SHOWN = 20
_QUIET = ("sealed", "started", *SIGHTINGS)
"""Kinds that are listed by `audit` only: they change nothing by themselves."""


def build(snapshot: Snapshot, events: Sequence[Event], words: Words) -> Message:
    """The breaker as it stands, and the last events, the oldest first."""
    said, tone = headline(snapshot, words, KIND)
    blocks: list[Block] = [
        panel.subtitle(snapshot, words, KIND),
        Lines(tuple(panel.breaker(snapshot, words, KIND))),
    ]
    checklist = tuple(panel.checklist(snapshot, words, KIND))
    if checklist:
        blocks += [Heading(words.say(KIND, "heading_checklist", snapshot=snapshot)), Lines(checklist)]
    blocks += [
        Heading(words.say(KIND, "heading_ahead", snapshot=snapshot)),
        Lines(tuple(panel.ahead(snapshot, words, KIND))),
    ]
    told = [event for event in events if event.kind not in _QUIET][-EVENTS_SHOWN:]
    if told:
        blocks += [Heading(words.say(KIND, "heading_events", count=len(told))), audit.log(told, words)]
    return Message(KIND, said, tone, tuple(blocks))
