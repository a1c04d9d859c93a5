"""`history`: the quarters and weeks behind the verdict, of one indicator or of all beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.core.messages import (
    Align,
    Block,
    Cell,
    Column,
    Heading,
    Line,
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
from monitor.core.types import Band, IndicatorView, ReadingView, Snapshot
from monitor.render import marks
from monitor.render.plain import shorten, shown_day
from monitor.render.situation import HEADLINE
from monitor.render.trends import trend
from monitor.render.words import Words

KIND = "history"
WEEKS_LISTED = 13
WEEKS_DRAWN = 52


def build(snapshot: Snapshot, indicator: str | None, words: Words) -> Message:
    """The past of one indicator (by key), or of all."""
    if indicator is None:
        return _all(snapshot, words)
    view = snapshot.indicator(indicator)
    unread = view.weekly.band is Band.NO_DATA and view.weekly.value is None
    said = shorten(
        words.say(KIND, "headline_no_data" if unread else "headline", snapshot=snapshot, view=view), HEADLINE
    )
    blocks: list[Block] = [
        _subtitle(snapshot, words),
        Paragraph(span(words.say(KIND, "bands", snapshot=snapshot, view=view))),
        Heading(words.say(KIND, "heading_quarters", snapshot=snapshot)),
        _quarters(snapshot, view, words),
        Heading(words.say(KIND, "heading_weeks", snapshot=snapshot)),
        trend(snapshot, view, words, KIND, WEEKS_DRAWN),
        _weeks(snapshot, view, words),
    ]
    return Message(KIND, said, marks.TONES[view.weekly.band], tuple(blocks))


def _all(snapshot: Snapshot, words: Words) -> Message:
    said = shorten(words.say(KIND, "headline_all", snapshot=snapshot), HEADLINE)
    blocks: list[Block] = [
        _subtitle(snapshot, words),
        Heading(words.say(KIND, "heading_quarters", snapshot=snapshot)),
        _quarters_of_all(snapshot, words),
        Heading(words.say(KIND, "heading_weeks", snapshot=snapshot)),
        *(trend(snapshot, view, words, KIND, WEEKS_DRAWN) for view in snapshot.indicators),
    ]
    return Message(KIND, said, Tone.STRONG, tuple(blocks))


def _subtitle(snapshot: Snapshot, words: Words) -> Paragraph:
    segment = marks.segment_name(snapshot.segment)
    return Paragraph(span(words.say(KIND, "subtitle", snapshot=snapshot, segment=segment), Tone.DIM))


def _columns(names: Sequence[str], right: Sequence[int], rooms: Mapping[int, Room]) -> tuple[Column, ...]:
    return tuple(
        Column(name, Align.RIGHT if at in right else Align.LEFT, rooms.get(at, Room.PHONE))
        for at, name in enumerate(names)
    )


def _quarters(snapshot: Snapshot, view: IndicatorView, words: Words) -> Block:
    if not view.quarters:
        return Paragraph(span(words.say(KIND, "no_quarters", snapshot=snapshot), Tone.DIM))
    names = words.columns(KIND, "quarter_columns", 7, snapshot=snapshot, view=view)
    rows = tuple(
        Row(
            (
                cell(reading.quarter or ""),
                Cell(marks.value(reading)),
                Cell(marks.status(reading.band)),
                _interval(reading),
                Cell(marks.evidence(reading)),
                _verdict(reading, words),
                Cell(_remarks(reading, words)),
            )
        )
        for reading in view.quarters
    )
    return Table("", _columns(names, (1,), {3: Room.PAGE, 4: Room.PAGE, 6: Room.WIDE}), rows)


def _interval(reading: ReadingView) -> Cell:
    return cell(reading.interval_text or marks.NONE, Tone.PLAIN if reading.interval_text else Tone.DIM)


def _verdict(reading: ReadingView, words: Words) -> Cell:
    return cell(
        words.say(KIND, "sealed" if reading.sealed else "provisional"), Tone.PLAIN if reading.sealed else Tone.DIM
    )


def _remarks(reading: ReadingView, words: Words) -> Line:
    """Why there is no value, or what is odd about it."""
    said: list[Span] = []
    if reading.restated:
        said.append(Span(words.say(KIND, "restated", restated=reading.restated), Tone.WARN))
    if not reading.counted:
        said.append(Span(words.say(KIND, "not_counted"), Tone.DIM))
    if reading.why:
        said.append(Span(reading.why.rstrip("."), Tone.DIM))
    if reading.approximate:
        said.append(Span(words.say(KIND, "approximate"), Tone.DIM))
    return tuple(piece for at, one in enumerate(said) for piece in ((Span(", ", Tone.DIM),) if at else ()) + (one,))


def _quarters_of_all(snapshot: Snapshot, words: Words) -> Block:
    labels = sorted({reading.quarter or "" for view in snapshot.indicators for reading in view.quarters})
    if not labels:
        return Paragraph(span(words.say(KIND, "no_quarters", snapshot=snapshot), Tone.DIM))
    shown = tuple(view.title for view in snapshot.indicators)
    names = words.columns(KIND, "all_columns", len(shown) + 2, snapshot=snapshot, first="Quarter", titles=shown)
    rows = []
    for label in labels:
        readings = [next((r for r in view.quarters if r.quarter == label), None) for view in snapshot.indicators]
        values = (Cell(marks.marked(r)) if r else cell(marks.NONE, Tone.DIM) for r in readings)
        sealed = all(reading.sealed for reading in readings if reading)
        verdict = cell(words.say(KIND, "sealed" if sealed else "provisional"), Tone.PLAIN if sealed else Tone.DIM)
        rows.append(Row((cell(label), *values, verdict)))
    return Table("", _columns(names, range(1, len(shown) + 1), {len(shown) + 1: Room.PAGE}), tuple(rows))


def _weeks(snapshot: Snapshot, view: IndicatorView, words: Words) -> Table:
    names = words.columns(KIND, "week_columns", 5, snapshot=snapshot, view=view)
    rows = tuple(
        Row(
            (
                cell(shown_day(week.as_of)),
                Cell(marks.value(week)),
                Cell(marks.status(week.band)),
                _interval(week),
                Cell(marks.evidence(week)),
            )
        )
        for week in view.weeks[-WEEKS_LISTED:]
    )
    return Table("", _columns(names, (1,), {3: Room.PAGE, 4: Room.PAGE}), rows)
