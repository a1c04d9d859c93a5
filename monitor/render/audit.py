"""`audit`: the log, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.core.indicators import BY_KEY
from monitor.core.messages import Align, Column, Message, Paragraph, Room, Row, Table, Tone, cell, span
from monitor.core.types import Event
from monitor.render.plain import lowered, shown_day
from monitor.render.words import Words

KIND = "audit"


def build(company: str, events: Sequence[Event], words: Words) -> Message:
    """The whole log, the oldest line first."""
    headline = words.say(KIND, "headline", count=len(events), company=company)
    if not events:
        return Message(KIND, headline, Tone.PLAIN, (Paragraph(span(words.say(KIND, "nothing"), Tone.DIM)),))
    return Message(KIND, headline, Tone.STRONG, (log(events, words),))


def log(events: Sequence[Event], words: Words) -> Table:
    """Lines of the log as a table."""
    titles = words.columns(KIND, "columns", 5)
    columns = tuple(
        Column(t, Align.RIGHT if at == 0 else Align.LEFT, Room.WIDE if at == 2 else Room.PHONE)
        for at, t in enumerate(titles)
    )
    rows = tuple(
        Row(
            (
                cell(str(event.seq), Tone.DIM),
                cell(shown_day(event.on)),
                cell(event.hash[:8], Tone.DIM),
                cell(event.actor),
                cell(sentence(event, words)),
            )
        )
        for event in events
    )
    return Table("", columns, rows)


def sentence(event: Event, words: Words) -> str:
    """What a line of the log says."""
    payload: Mapping[str, Any] = event.payload
    return words.say(KIND, f"event_{event.kind}", event=event, payload=payload, about=_about(payload))


def _about(payload: Mapping[str, Any]) -> list[str]:
    named = payload.get("tripped_by", ())
    return [lowered(BY_KEY[key].title) if key in BY_KEY else key for key in sorted(named)]
