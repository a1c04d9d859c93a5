"""Words, marks and tones of a status: always a word, then a mark, and colour only on top of them."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.messages import Cell, Line, Span, Spark, Tone
from monitor.core.types import Band, Evidence, IndicatorView, ReadingView

MARKS = {Band.HEALTHY: "●", Band.WARNING: "▲", Band.BREAKAGE: "✕", Band.NO_DATA: "○"}
TONES = {Band.HEALTHY: Tone.GOOD, Band.WARNING: Tone.WARN, Band.BREAKAGE: Tone.BAD, Band.NO_DATA: Tone.DIM}
SEGMENTS = {"smb": "SMB", "mid_market": "Mid-market", "strategic": "Strategic"}
NONE = "–"
"""Stands where there is no value; never a zero."""
QUARTERS_SHOWN = 8


def status(band: Band) -> Line:
    """`breakage ✕`"""
    return (Span(f"{said(band)} {MARKS[band]}", TONES[band]),)


def said(band: Band) -> str:
    """The band in words."""
    return band.value.replace("_", " ")


def value(reading: ReadingView) -> Line:
    """The reading's own text, marked where it is approximate; a dash where there is none."""
    if reading.band is Band.NO_DATA and reading.value is None:
        return (Span(NONE, Tone.DIM),)
    return (Span("≈", Tone.DIM), Span(reading.text)) if reading.approximate else (Span(reading.text),)


def marked(reading: ReadingView) -> Line:
    """`3.30x ✕`: the value and the mark of its band, where a status stands in words nearby."""
    return (*value(reading), Span(f" {MARKS[reading.band]}", TONES[reading.band]))


def arrow(now: ReadingView, before: ReadingView | None) -> str:
    """Where the value went since `before`; a blank where either has none."""
    if now.value is None or before is None or before.value is None:
        return " "
    if now.value == before.value:
        return "→"
    return "↑" if now.value > before.value else "↓"


def evidence(reading: ReadingView) -> Line:
    """How sure a reading in warning or breakage is, in short."""
    match reading.evidence:
        case None:
            return ()
        case Evidence.LIKELY:
            return (Span("likely"),)
        case sure:
            return (Span(sure.words, Tone.DIM if sure is Evidence.COULD_BE_NOISE else Tone.PLAIN),)


def spark(view: IndicatorView, readings: Sequence[ReadingView]) -> Spark:
    """A spark on a scale that holds both thresholds, so that noise within a band does not look like a fall."""
    known = [reading for reading in readings if reading.value is not None]
    edges = (*view.thresholds, *(reading.value for reading in known if reading.value is not None))
    label = f"{known[0].text} to {known[-1].text}" if known else "no data"
    tones = tuple(TONES[reading.band] if reading.band in _LOUD else Tone.PLAIN for reading in readings)
    return Spark(tuple(reading.value for reading in readings), tones, (min(edges), max(edges)), label)


_LOUD = (Band.WARNING, Band.BREAKAGE)


def quarters_spark(view: IndicatorView) -> Cell:
    """The last eight quarters."""
    return Cell(spark=spark(view, view.quarters[-QUARTERS_SHOWN:]))


def segment_name(segment: str) -> str:
    """`SMB`, `Mid-market`."""
    return SEGMENTS.get(segment, segment)
