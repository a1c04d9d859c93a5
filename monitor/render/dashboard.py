"""The dashboard: what the digest says, and below it what became of everything that was to be sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.core.messages import (
    Actions,
    Block,
    Column,
    Footer,
    Heading,
    Message,
    Paragraph,
    Room,
    Row,
    Table,
    Tone,
    cell,
    span,
)
from monitor.core.outbox import LedgerLine, Op, Status
from monitor.core.types import Snapshot
from monitor.render import digest
from monitor.render.plain import shown_day
from monitor.render.words import Words

KIND = "dashboard"
SHOWN = 30
"""Lines of the ledger on the page."""
_TONES = {Status.SENT: Tone.GOOD, Status.FAILED: Tone.BAD, Status.UNKNOWN: Tone.WARN, Status.RETRY: Tone.WARN}


@dataclass(frozen=True)
class Desk:
    """What the page shows besides the snapshot: the ledger's newest lines, when the next digests come, the zone."""

    lines: tuple[LedgerLine, ...]
    next_times: tuple[datetime, ...]
    timezone: str


def build(snapshot: Snapshot | None, desk: Desk, words: Words) -> Message:
    """The page; None while nothing was ever read."""
    ledger = _ledger(desk, words)
    if snapshot is None:
        said = words.say(KIND, "headline_nothing")
        return Message(KIND, said, Tone.WARN, (Paragraph(span(words.say(KIND, "nothing"))), *ledger))
    drawn = digest.build(snapshot, words, digest.Extras(next_times=desk.next_times))
    shown = tuple(block for block in drawn.blocks if not isinstance(block, Actions))
    small = tuple(block for block in shown if isinstance(block, Footer))
    body = tuple(block for block in shown if not isinstance(block, Footer))
    return replace(drawn, kind=KIND, blocks=(*body[:-1], *ledger, body[-1], *small))


def _ledger(desk: Desk, words: Words) -> list[Block]:
    heading = Heading(words.say(KIND, "heading_delivery"))
    if not desk.lines:
        return [heading, Paragraph(span(words.say(KIND, "nothing_sent"), Tone.DIM))]
    titles = words.columns(KIND, "delivery_columns", 4)
    rooms = (Room.PHONE, Room.PHONE, Room.PAGE, Room.PHONE)
    columns = tuple(Column(title, room=room) for title, room in zip(titles, rooms, strict=True))
    return [heading, Table("", columns, tuple(_row(line, desk.timezone, words) for line in desk.lines[:SHOWN]))]


def _row(line: LedgerLine, timezone: str, words: Words) -> Row:
    at = (line.settled_at or line.created_at).astimezone(ZoneInfo(timezone))
    what = words.say(KIND, _WHAT[line.op], headline=line.headline)
    state = words.say(KIND, "state", status=str(line.status), error=line.error, note=line.note, tries=line.attempts)
    to = words.say(KIND, "to", address=line.address)
    when = cell(f"{shown_day(at.date())} {at:%H:%M}", Tone.DIM)
    return Row((cell(what), cell(to), when, cell(state, _TONES.get(line.status, Tone.DIM))))


_WHAT = {Op.POST: "what_post", Op.UPDATE: "what_update", Op.CHART: "what_chart"}
