"""A table laid out in fixed-width characters: aligned, and never wider than asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.core.messages import Align, Cell, Column, Line, Room, Span, Table, Tone, plain
from monitor.render import sparkline
from monitor.render.plain import fit, head, legible, width
from monitor.render.shape import shaped

NARROWEST = 6
"""Cells below which a column is not squeezed while another is wider."""
FOLDED = 24
"""Cells that a last column of text keeps before other columns give way."""
MOST_ROWS = 3
"""Rows that the text of a last column may be folded into before it is shortened."""


def grid(table: Table, columns: int, *, unicode: bool = True, room: Room = Room.WIDE) -> Iterator[Line]:
    """The rows of a table; only a last column of text is folded, other cells are shortened with an ellipsis."""
    table = shaped(table, room)
    if table.title:
        yield (Span(fit(legible(table.title, unicode=unicode), columns, unicode=unicode), Tone.STRONG),)
    heads = tuple((Span(legible(column.title, unicode=unicode), Tone.DIM),) for column in table.columns)
    body = [tuple(_line(cell, unicode) for cell in row.cells) for row in table.rows]
    sizes, gap = _sizes(
        table.columns, [heads, *(line for line, row in zip(body, table.rows, strict=True) if not row.group)], columns
    )
    yield from _row(heads, table.columns, sizes, gap, unicode)
    for row, line in zip(table.rows, body, strict=True):
        if row.group:
            yield ()
            yield _cut(line[0], columns, unicode)
        else:
            yield from _row(line, table.columns, sizes, gap, unicode)


def _line(cell: Cell, unicode: bool) -> Line:
    if cell.spark:
        return sparkline.draw(cell.spark, unicode=unicode)
    return tuple(Span(legible(piece.text, unicode=unicode), piece.tone, piece.code) for piece in cell.line)


def _sizes(heads: Sequence[Column], rows: Sequence[Sequence[Line]], most: int) -> tuple[list[int], int]:
    """Width of each column and the gap between them. The gap gives way first, then the last column if its text can be
    folded into what is left, then the widest column of text.
    """
    sizes = [max(width(plain(row[at])) for row in rows) for at in range(len(heads))]
    gaps = len(sizes) - 1
    if heads[-1].align is Align.LEFT and sizes[-1] > FOLDED:
        sizes[-1] = max(FOLDED, min(sizes[-1], most - 2 * gaps - sum(sizes[:-1])))
    gap = 2 if sum(sizes) + 2 * gaps <= most else 1
    excess = sum(sizes) + gap * gaps - most
    if heads[-1].align is Align.LEFT and 0 < excess <= sizes[-1] - _longest_word(rows):
        sizes[-1] -= excess
        excess = 0
    while excess > 0:
        texts = [at for at, column in enumerate(heads) if column.align is Align.LEFT and sizes[at] > NARROWEST]
        widest = max(texts or range(len(sizes)), key=lambda at: sizes[at])
        others = [sizes[at] for at in texts if sizes[at] < sizes[widest]]
        less = max(1, min(excess, sizes[widest] - max([*others, NARROWEST])))
        sizes[widest] -= less
        excess -= less
    return sizes, gap


def _longest_word(rows: Sequence[Sequence[Line]]) -> int:
    """What the text of the last column needs at least to be folded at its spaces."""
    return max(width(word) for row in rows for word in (plain(row[-1]).split() or [""]))


def _row(
    line: Sequence[Line], heads: Sequence[Column], sizes: Sequence[int], gap: int, unicode: bool
) -> Iterator[Line]:
    folded = _folded(line[-1], sizes[-1], unicode) if heads[-1].align is Align.LEFT else [line[-1]]
    first: list[Span] = []
    for at, (cell, column, size) in enumerate(zip((*line[:-1], folded[0]), heads, sizes, strict=True)):
        shown = _cut(cell, size, unicode)
        pad = Span(" " * (size - width(plain(shown))))
        first += [Span(" " * gap)] if at else []
        first += [pad, *shown] if column.align is Align.RIGHT else [*shown, pad]
    yield tuple(first)
    indent = Span(" " * (sum(sizes[:-1]) + gap * (len(sizes) - 1)))
    for rest in folded[1:]:
        yield (indent, *rest)


def _cut(line: Line, size: int, unicode: bool) -> Line:
    if width(plain(line)) <= size:
        return line
    if len(line) == 1:
        return (Span(fit(line[0].text, size, unicode=unicode), line[0].tone),)
    dots = "…" if unicode else "..."
    return _taken(line, len(fit(plain(line), size, unicode=unicode)) - len(dots), dots)


def _taken(line: Line, length: int, dots: str) -> Line:
    shown: list[Span] = []
    for piece in line:
        shown.append(Span(piece.text[:length], piece.tone))
        length -= len(piece.text)
        if length <= 0:
            break
    return (*shown, Span(dots, Tone.DIM))


def _folded(line: Line, size: int, unicode: bool) -> list[Line]:
    """The text of a last column in rows of `size`, at most three, broken at spaces where there is one."""
    text = plain(line)
    if width(text) <= size:
        return [line]
    tone = line[0].tone if line else Tone.PLAIN
    rows: list[Line] = []
    while text and len(rows) < MOST_ROWS - 1 and width(text) > size:
        part = head(text, size)
        at = part.rfind(" ") if len(part) < len(text) and text[len(part)] != " " else len(part)
        part = part[: at if at > 0 else len(part)] or text[:1]
        rows.append((Span(part.rstrip(), tone),))
        text = text[len(part) :].lstrip()
    return [*rows, (Span(fit(text, size, unicode=unicode), tone),)]
