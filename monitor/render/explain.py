"""`explain`: the formula with its numbers, what weighs most, what is left out, the bridge from last week."""

from __future__ import annotations

from monitor.core.messages import (
    Align,
    Block,
    Cell,
    Column,
    Heading,
    Line,
    Lines,
    Message,
    Paragraph,
    Room,
    Row,
    Span,
    Table,
    Tone,
    cell,
    span,
)
from monitor.core.types import Band, BridgeStep, Explanation, Weighing
from monitor.render import marks
from monitor.render.plain import dated, shorten, shown_cell
from monitor.render.situation import HEADLINE
from monitor.render.words import Words

KIND = "explain"
BAR = 16
"""Characters of the longest bar."""


def build(explanation: Explanation, words: Words) -> Message:
    """Why one indicator reads what it reads."""
    reading = explanation.reading
    unread = reading.band is Band.NO_DATA and reading.value is None

    def say(block: str) -> str:
        segment = marks.segment_name(explanation.segment)
        return words.say(KIND, block, explanation=explanation, reading=reading, segment=segment)

    blocks: list[Block] = [
        Paragraph(span(say("subtitle"), Tone.DIM)),
        Paragraph((*marks.status(reading.band), Span(f" · {say('bands')}", Tone.DIM))),
        Heading(say("heading_formula")),
        Lines(_formula(explanation), bullets=False),
    ]
    remarks = _remarks(explanation, words)
    if remarks:
        blocks.append(Lines(remarks))
    if explanation.inputs:
        blocks.append(_table("", words.columns(KIND, "input_columns", 2), explanation.inputs, (1,)))
    blocks += [Heading(say("heading_bridge")), _bridge(explanation, words)]
    for weighing in explanation.weighs:
        blocks += [Heading(weighing.title), _weighing(weighing)]
    blocks += [Heading(say("heading_left_out")), _left_out(explanation, words)]
    headline = shorten(say("headline_no_data" if unread else "headline"), HEADLINE)
    return Message(KIND, headline, marks.TONES[reading.band], tuple(blocks))


def _formula(explanation: Explanation) -> tuple[Line, ...]:
    shown = (explanation.formula, explanation.numbers)
    return tuple((Span(text, code=True),) for text in shown if text)


def _remarks(explanation: Explanation, words: Words) -> tuple[Line, ...]:
    reading = explanation.reading
    wanted = (("sure", reading.interval_text), ("why", reading.why), ("approximate", reading.approximate))
    said = [words.say(KIND, block, explanation=explanation, reading=reading) for block, there in wanted if there]
    return tuple(span(dated(text)) for text in dict.fromkeys((*said, *reading.notes, *explanation.notes)))


def _table(
    title: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], right: tuple[int, ...] = ()
) -> Table:
    """A table of ready texts; rows that are too short are filled."""
    heads = tuple(Column(name, Align.RIGHT if at in right else Align.LEFT) for at, name in enumerate(columns))
    filled = ((*row, *("",) * len(columns))[: len(columns)] for row in rows)
    return Table(title, heads, tuple(Row(tuple(cell(shown_cell(text)) for text in row)) for row in filled))


def _weighing(weighing: Weighing) -> Table:
    right = tuple(at for at, name in enumerate(weighing.columns) if name.startswith(">"))
    return _table("", tuple(name.removeprefix(">") for name in weighing.columns), weighing.rows, right)


def _bridge(explanation: Explanation, words: Words) -> Block:
    if not explanation.bridge_from:
        return Paragraph(span(words.say(KIND, "bridge_nothing", explanation=explanation), Tone.DIM))
    names = words.columns(KIND, "bridge_columns", 3)
    most = max((abs(step.value) for step in explanation.bridge), default=0.0) or 1.0
    ends = (("bridge_from", explanation.bridge_from), ("bridge_to", explanation.bridge_to))
    first, last = (
        Row((cell(words.say(KIND, block), Tone.STRONG), cell(text, Tone.STRONG), Cell())) for block, text in ends
    )
    steps = tuple(_step(step, most, explanation.higher_is_better) for step in explanation.bridge)
    return Table(
        "", (Column(names[0]), Column(names[1], Align.RIGHT), Column(names[2], room=Room.PAGE)), (first, *steps, last)
    )


def _step(step: BridgeStep, most: float, higher_is_better: bool) -> Row:
    length = round(abs(step.value) / most * BAR)
    good = (step.value > 0) is higher_is_better
    bar = cell("█" * length, Tone.GOOD if good else Tone.BAD) if length else Cell()
    return Row((cell(step.label), cell(step.text), bar))


def _left_out(explanation: Explanation, words: Words) -> Block:
    if not explanation.left_out:
        return Paragraph(span(words.say(KIND, "left_out_nothing", explanation=explanation), Tone.DIM))
    rows = tuple((each.reason.replace("_", " "), f"{each.count:,}", each.amount) for each in explanation.left_out)
    return _table("", words.columns(KIND, "left_out_columns", 3), rows, (1, 2))
