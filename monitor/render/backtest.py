"""`backtest`: the timeline of what would have been said, and what is learnt from it."""

from __future__ import annotations

from monitor.core.messages import Block, Column, Heading, Lines, Message, Paragraph, Row, Table, Tone, cell, span
from monitor.core.types import Backtest
from monitor.render.plain import dated, shorten, shown_day
from monitor.render.situation import HEADLINE
from monitor.render.words import Words

KIND = "backtest"
TONES = {
    "healthy": Tone.GOOD,
    "recovery": Tone.GOOD,
    "warning": Tone.WARN,
    "breakage": Tone.BAD,
    "on_course": Tone.BAD,
    "trip": Tone.BAD,
    "note": Tone.DIM,
}
MARKS = {"healthy": "●", "recovery": "●", "warning": "▲", "breakage": "✕", "on_course": "▲", "trip": "✕"}


def build(backtest: Backtest, words: Words) -> Message:
    """Oldest first, ending with the summary, so that it is the last thing on a terminal."""

    def say(block: str) -> str:
        return words.say(KIND, block, backtest=backtest)

    blocks: list[Block] = [Paragraph(span(say("subtitle"), Tone.DIM))]
    if backtest.lines:
        columns = tuple(Column(name) for name in words.columns(KIND, "columns", 3, backtest=backtest))
        blocks.append(
            Table("", columns, tuple(_row(line.kind, shown_day(line.day), line.text) for line in backtest.lines))
        )
    else:
        blocks.append(Paragraph(span(say("nothing"), Tone.DIM)))
    if backtest.summary:
        blocks += [Heading(say("heading_summary")), Lines(tuple(span(dated(text)) for text in backtest.summary))]
    return Message(KIND, shorten(say("headline"), HEADLINE), Tone.STRONG, tuple(blocks))


def _row(kind: str, day: str, text: str) -> Row:
    mark = f" {MARKS[kind]}" if kind in MARKS else ""
    return Row(
        (cell(day, Tone.DIM), cell(kind.replace("_", " ") + mark, TONES.get(kind, Tone.PLAIN)), cell(dated(text)))
    )
