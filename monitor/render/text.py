"""A message on a terminal or in a pipe: aligned, at most 100 columns, coloured only on top of words and marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby

from monitor.core.messages import (
    Actions,
    Block,
    Divider,
    Footer,
    Heading,
    Line,
    Lines,
    Message,
    Paragraph,
    Room,
    Span,
    Table,
    Tone,
    Trend,
    plain,
)
from monitor.render import sparkline
from monitor.render.grid import grid
from monitor.render.plain import NBSP, bound, head, legible, width

COLUMNS = 100
COLOURS = {
    Tone.PLAIN: "",
    Tone.STRONG: "1",
    Tone.DIM: "2",
    Tone.GOOD: "32",
    Tone.WARN: "33",
    Tone.BAD: "31",
}
"""ANSI: bold, faint, green, yellow, red."""


@dataclass(frozen=True)
class Sheet:
    """What is written on: how wide, whether it shows more than ASCII, which columns of a table it has room for."""

    columns: int = COLUMNS
    unicode: bool = True
    room: Room = Room.WIDE


def render(message: Message, *, colour: bool = False, unicode: bool = True, sheet: Sheet | None = None) -> str:
    """The message as text that ends with a line break. `colour`: for a terminal; `unicode` False: only ASCII prints."""
    rows = lines(message, sheet or Sheet(unicode=unicode))
    return "\n".join(_painted(row) if colour else plain(row).rstrip() for row in rows) + "\n"


def lines(message: Message, sheet: Sheet) -> list[Line]:
    """The rows of the sheet, top to bottom; none is wider than the sheet."""
    weight = message.tone if message.tone in (Tone.GOOD, Tone.WARN, Tone.BAD) else Tone.STRONG
    rows: list[Line] = list(wrapped((Span(message.headline, weight),), sheet))
    close, running = False, True
    for block in message.blocks:
        drawn = list(_draw(block, sheet))
        if not drawn:
            continue
        if not (close or (running and isinstance(block, Paragraph))):
            rows.append(())
        rows += drawn
        close, running = isinstance(block, Heading | Divider), isinstance(block, Paragraph)
    return rows


def _draw(block: Block, sheet: Sheet) -> Iterator[Line]:
    match block:
        case Heading():
            yield from wrapped((Span(block.text, Tone.STRONG),), sheet)
        case Paragraph():
            yield from wrapped(block.line, sheet)
        case Lines() | Footer():
            bullet = "• " if isinstance(block, Lines) and block.bullets else ""
            yield from chain.from_iterable(wrapped(item, sheet, bullet) for item in block.items)
        case Table():
            yield from grid(block, sheet.columns, unicode=sheet.unicode, room=sheet.room)
        case Trend():
            yield from _trend(block, sheet)
        case Divider():
            yield (Span(legible("─", unicode=sheet.unicode) * sheet.columns, Tone.DIM),)
        case Actions():
            return


def _trend(trend: Trend, sheet: Sheet) -> Iterator[Line]:
    yield from wrapped((Span(trend.title), Span("  "), *sparkline.draw(trend.spark, unicode=sheet.unicode)), sheet)
    yield from wrapped((Span(trend.summary, Tone.DIM),), sheet, "  ")


def wrapped(line: Line, sheet: Sheet, bullet: str = "") -> Iterator[Line]:
    """The line broken at spaces, further rows indented under the bullet. A word that is too long is broken."""
    start = legible(bullet, unicode=sheet.unicode)
    room = sheet.columns - width(start)
    row: list[Span] = []
    used = 0
    lead: Line = (Span(start),) if start else ()
    for word in _words(line, room, sheet):
        gap = 1 if row else 0
        size = sum(width(piece.text) for piece in word)
        if row and used + gap + size > room:
            yield merged((*lead, *row))
            lead, row, used, gap = ((Span(" " * width(start)),) if start else ()), [], 0, 0
        row += [Span(" ", word[0].tone)] * gap + list(word)
        used += gap + size
    if row:
        yield merged((*lead, *row))


def _words(line: Line, room: int, sheet: Sheet) -> Iterator[Line]:
    """Words of a line, each as spans (a word may change its tone inside), none wider than the room."""
    word: list[Span] = []
    size = 0
    for piece in line:
        for at, part in enumerate(bound(legible(piece.text, unicode=sheet.unicode)).split(" ")):
            if at and word:
                yield tuple(word)
                word, size = [], 0
            rest = part
            while rest:
                fits = head(rest, room - size)
                if not fits and not word:
                    fits = rest[0]
                if fits:
                    word.append(Span(fits, piece.tone, piece.code))
                    size += width(fits)
                rest = rest[len(fits) :]
                if rest:
                    yield tuple(word)
                    word, size = [], 0
    if word:
        yield tuple(word)


def merged(line: Line) -> Line:
    """Neighbouring spans of one tone as one."""
    return tuple(
        Span("".join(piece.text for piece in same).replace(NBSP, " "), tone)
        for tone, same in groupby(line, lambda piece: piece.tone)
    )


def _painted(line: Line) -> str:
    return "".join(f"\x1b[{COLOURS[s.tone]}m{s.text}\x1b[0m" if COLOURS[s.tone] else s.text for s in line)
