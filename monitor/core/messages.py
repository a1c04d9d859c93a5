"""The neutral message: what is to be said, block by block, without any surface's markup. Renderers turn it into one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Tone(StrEnum):
    """How a piece of text is meant. Never the only carrier of a status: a word and a mark stand beside it."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Align(StrEnum):
    """Where a column's text stands."""

    LEFT = "left"
    RIGHT = "right"


class Room(IntEnum):
    """The narrowest surface that still has room for a column."""

    PHONE = 0
    PAGE = 1
    """A mail or a page, about 600 pixels wide."""
    WIDE = 2
    """A terminal of 100 columns."""


class Style(StrEnum):
    """How weighty a button is."""

    PLAIN = "plain"
    PRIMARY = "primary"
    DANGER = "danger"


@dataclass(frozen=True)
class Span:
    """A piece of plain text: never markup, wherever it came from. `code`: a formula or a command."""

    text: str
    tone: Tone = Tone.PLAIN
    code: bool = False


Line = tuple[Span, ...]


@dataclass(frozen=True)
class Spark:
    """A tiny trend, oldest first, None where there are no data; `scale` is what the lowest and highest mark stand for.

    `label` says the same in words, for those who cannot see it.
    """

    values: tuple[float | None, ...]
    tones: tuple[Tone, ...] = ()
    scale: tuple[float, float] | None = None
    label: str = ""


@dataclass(frozen=True)
class Cell:
    """One cell of a table: text, or a spark."""

    line: Line = ()
    spark: Spark | None = None


@dataclass(frozen=True)
class Column:
    """One column, and how much room there must be for it to be shown."""

    title: str
    align: Align = Align.LEFT
    room: Room = Room.PHONE


@dataclass(frozen=True)
class Row:
    """As many cells as the table has columns. `group`: the first cell names the rows below it."""

    cells: tuple[Cell, ...]
    group: bool = False


@dataclass(frozen=True)
class Heading:
    """The title of what follows."""

    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    line: Line


@dataclass(frozen=True)
class Lines:
    """Short points, one below the other; `bullets` where they are a list."""

    items: tuple[Line, ...]
    bullets: bool = True


@dataclass(frozen=True)
class Table:
    """Rows and columns; the title may be empty."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Trend:
    """One series over time, for a chart where there is one and a spark elsewhere.

    `labels` and `values` are equally long. `thresholds` are (healthy edge, breakage edge) in the value's unit;
    `summary` gives the figures in words.
    """

    title: str
    labels: tuple[str, ...]
    spark: Spark
    thresholds: tuple[float, float]
    summary: str
    unit: str = ""
    """`x`, `points`, `%` (the values are shares of 1), `months`: how a chart writes its numbers."""
    texts: tuple[str, ...] = ()
    """Each value as it is written everywhere else, empty where there is none."""


@dataclass(frozen=True)
class Confirm:
    """What a button asks before it acts."""

    title: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True)
class Button:
    """Something that can be done about it: `action` names the act (ack, override, approve, resume, explain, checklist,
    dashboard), `value` what it is done to. With a `url` it opens a page and does nothing.
    """

    label: str
    action: str
    value: str = ""
    style: Style = Style.PLAIN
    confirm: Confirm | None = None
    url: str = ""


@dataclass(frozen=True)
class Actions:
    """Buttons; only surfaces that can act show them."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Divider:
    """A line between two parts."""


@dataclass(frozen=True)
class Footer:
    """What it all stands on, in small print."""

    items: tuple[Line, ...]


Block = Heading | Paragraph | Lines | Table | Trend | Actions | Divider | Footer


@dataclass(frozen=True)
class Message:
    """One thing said. `headline` carries it by itself in under 100 characters; `kind` is digest, status, trip..."""

    kind: str
    headline: str
    tone: Tone
    blocks: tuple[Block, ...]


def span(text: str, tone: Tone = Tone.PLAIN) -> Line:
    """A line of one span."""
    return (Span(text, tone),)


def cell(text: str, tone: Tone = Tone.PLAIN) -> Cell:
    """A cell of one span."""
    return Cell((Span(text, tone),))


def plain(line: Line) -> str:
    """The text of a line without its tones."""
    return "".join(piece.text for piece in line)
