"""A series in one row of characters: block heights, or digits where only ASCII can be printed."""

from __future__ import annotations

from monitor.core.messages import Line, Span, Spark, Tone

BLOCKS = "▁▂▃▄▅▆▇█"
DIGITS = "12345678"
GAP = "·"
ASCII_GAP = "."


def draw(spark: Spark, *, unicode: bool = True) -> Line:
    """One character a value, each in its tone; a dot where there are no data."""
    steps = BLOCKS if unicode else DIGITS
    known = [value for value in spark.values if value is not None]
    if not known:
        return (Span((GAP if unicode else ASCII_GAP) * len(spark.values), Tone.DIM),)
    low, high = spark.scale or (min(known), max(known))
    tones = spark.tones or (Tone.PLAIN,) * len(spark.values)
    return tuple(
        Span(GAP if unicode else ASCII_GAP, Tone.DIM) if value is None else Span(steps[_step(value, low, high)], tone)
        for value, tone in zip(spark.values, tones, strict=True)
    )


def _step(value: float, low: float, high: float) -> int:
    """0 for the lowest to 7 for the highest, and the middle where all are alike."""
    if high <= low:
        return 3
    share = (min(max(value, low), high) - low) / (high - low)
    return min(7, int(share * 8))
