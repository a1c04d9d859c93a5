"""What would be sent to whom, and what became of what was sent."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.messages import Block, Cell, Column, Message, Paragraph, Row, Table, Tone, cell, span
from monitor.core.outbox import LedgerLine, Op, Outgoing, Status
from monitor.core.routes import Address
from monitor.render.plain import shown_day
from monitor.render.words import Words

KIND = "outbox"
_TONES = {Status.SENT: Tone.GOOD, Status.FAILED: Tone.BAD, Status.UNKNOWN: Tone.WARN, Status.RETRY: Tone.WARN}


def preview(rows: Sequence[Outgoing], waiting: Sequence[LedgerLine], words: Words, *, reachable: bool) -> Message:
    """Who would get what: rows that would be recorded, and those that wait already."""
    lines = [
        _row(words, row.address, row.message.headline, words.say(KIND, _STATES[row.op]), Tone.PLAIN) for row in rows
    ]
    for line in waiting:
        state = words.say(KIND, "state_waiting", since=shown_day(line.created_at.date()))
        lines.append(_row(words, line.address, line.headline, state, Tone.PLAIN))
    said = words.say(KIND, "headline_preview", count=len(lines))
    blocks: list[Block] = [] if reachable else [Paragraph(span(words.say(KIND, "nobody"), Tone.WARN))]
    return Message(KIND, said, Tone.PLAIN, (*blocks, *_table(words, lines)))


_STATES = {Op.POST: "state_new", Op.UPDATE: "state_update", Op.CHART: "state_new"}


def outcome(lines: Sequence[LedgerLine], words: Words) -> Message:
    """What became of these rows."""
    delivered = sum(line.status is Status.SENT for line in lines)
    undelivered = sum(line.status not in (Status.SENT, Status.CANCELLED) for line in lines)
    said = words.say(KIND, "headline_sent", delivered=delivered, undelivered=undelivered)
    rows = [
        _row(
            words,
            line.address,
            line.headline,
            words.say(KIND, "state_line", status=str(line.status), note=line.note, error=line.error),
            _TONES.get(line.status, Tone.PLAIN),
        )
        for line in lines
    ]
    return Message(KIND, said, Tone.BAD if undelivered else Tone.GOOD, tuple(_table(words, rows)))


def _row(words: Words, address: Address, headline: str, state: str, tone: Tone) -> Row:
    to: Cell = cell(words.say(KIND, "to", name=address.name, to=address.to))
    return Row((to, cell(address.channel), cell(headline), cell(state, tone)))


def _table(words: Words, rows: Sequence[Row]) -> list[Block]:
    if not rows:
        return []
    return [Table("", tuple(Column(title) for title in words.columns(KIND, "columns", 4)), tuple(rows))]
