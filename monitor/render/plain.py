"""Plain text as it can be shown anywhere: control characters made visible, shortened, measured in terminal cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime

from rich.cells import cell_len

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NBSP = "\u00a0"
NUMBER_AND_UNIT = re.compile(r"(\d) (%|points?\b|months?\b)")
DAY_CELL = re.compile(r"\d{4}-\d{2}-\d{2}( \w+)?")
ISO_DAY = re.compile(r"\b[12]\d{3}-\d{2}-\d{2}\b")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
JOINERS = "\u200c\u200d"
"""Needed by emoji and several scripts; they show nothing by themselves."""
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that show nothing or change how other text is shown: escapes, bidirectional marks, lone halves."""
MARKS_IN_A_ROW = 4
"""Combining marks that a character may carry; more are a prank that paints over the lines above and below."""
ASCII = str.maketrans(
    {
        "●": "o", "▲": "!", "✕": "x", "○": "?", "◐": "~", "↑": "^", "↓": "v", "→": ">", "–": "-", "—": "-", "·": "|",
        "…": "...", "≈": "~", "≥": ">=", "≤": "<=", "×": "x", "÷": "/", "−": "-", "█": "#", "•": "*", "±": "+-",
        "\u00a0": " ", "“": '"', "”": '"', "‘": "'", "’": "'", "─": "-", "√": "sqrt", "Σ": "sum",
    }
)  # fmt: skip


def visible(text: str) -> str:
    r"""The text on one line, everything invisible written out: `\x1b` for an escape, `\u202e` for an override."""
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if character in "\t\n\r":
            shown.append(" ")
        elif marks > MARKS_IN_A_ROW:
            continue
        elif unicodedata.category(character) in HIDDEN and character not in JOINERS:
            shown.append(_escaped(character))
        else:
            shown.append(character)
    return "".join(shown)


def _escaped(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def legible(text: str, *, unicode: bool) -> str:
    """`visible`, and in ASCII where nothing else can be printed: our marks by their stand-ins, the rest written out."""
    shown = visible(text)
    if unicode or shown.isascii():
        return shown
    return shown.translate(ASCII).encode("ascii", "backslashreplace").decode("ascii")


def bound(text: str) -> str:
    """The text with numbers tied to their units, so that no row ends between them."""
    return NUMBER_AND_UNIT.sub(rf"\1{NBSP}\2", text)


def width(text: str) -> int:
    """How many terminal cells the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def head(text: str, cells: int) -> str:
    """As much of the beginning as fits."""
    if width(text) <= cells:
        return text
    end = min(len(text), cells * (MARKS_IN_A_ROW + 1))
    while end and width(text[:end]) > cells:
        end -= max(1, (width(text[:end]) - cells) // 2)
    return text[: max(end, 0)]


def fit(text: str, cells: int, *, unicode: bool = True) -> str:
    """The text, or its beginning and an ellipsis where it is too long."""
    if width(text) <= cells:
        return text
    dots = "…" if unicode else "..."
    return head(text, max(cells - width(dots), 0)).rstrip() + dots if cells > width(dots) else head(text, cells)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut at a word where one ends near, with an ellipsis that says so."""
    if len(text) <= limit:
        return text
    cut = text[: max(limit - 1, 0)]
    at = cut.rfind(" ")
    return (cut[:at] if at > limit * 2 // 3 else cut).rstrip() + "…"


def shown_day(day: date) -> str:
    """`7 Apr 2026`"""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def shown_weekday(day: date) -> str:
    """`Sun 27 Sep 2026`"""
    return f"{DAYS[day.weekday()]} {shown_day(day)}"


def shown_moment(moment: datetime) -> str:
    """`Mon 28 Sep 2026 08:00`, in the zone that the moment carries."""
    return f"{shown_weekday(moment.date())} {moment:%H:%M}"


def dated(sentence: str) -> str:
    """The sentence with every `2026-04-07` in it as `7 Apr 2026`."""
    return ISO_DAY.sub(lambda found: _shown(found[0]), sentence)


def _shown(day: str) -> str:
    try:
        return shown_day(date.fromisoformat(day))
    except ValueError:
        return day


def shown_cell(text: str) -> str:
    """A cell that holds nothing but a day, or a day and a word (`2026-04-07 won`), with the day as people write it."""
    return dated(text) if DAY_CELL.fullmatch(text) else text


def lowered(title: str) -> str:
    """A title inside a sentence: `pipeline coverage`, but `CAC payback`."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def joined(words: Iterable[str], most: int = 0) -> str:
    """`a, b and c`; above `most` of them (0: never) `3 indicators`."""
    items = [str(word) for word in words]
    if most and len(items) > most:
        return f"{len(items)} indicators"
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + (" and " if items else "") + "".join(items[-1:])
