"""A trend as Slack's native chart, where it has enough points for one."""

from __future__ import annotations

import math
import re
from typing import Any

from monitor.core.messages import Trend
from monitor.render.plain import shorten, visible

BlockKit = dict[str, Any]
POINTS = 20
FEWEST = 2
"""Points that make a line."""
TITLE, AXIS, LABEL = 50, 50, 20
BLANK = "\u00a0"
"""A text may not be empty."""
_UNITS = {"x": (1.0, "x"), "%": (100.0, "%"), "points": (1.0, ""), "months": (1.0, "")}
"""What a value is multiplied with, and what stands behind the number."""
_DAY = re.compile(r"(\d{1,2} [A-Z][a-z]{2}) \d{4}")
Point = tuple[str, float]


def draw(trend: Trend, left: int) -> list[BlockKit] | None:
    """The chart with its figures in words below it; None where there is none to be drawn, or no room for it.

    Every series needs a value for every category, so days without a reading are left out.
    """
    points = _points(trend)
    labels = [label for label, _ in points]
    if len(points) < FEWEST or len(set(labels)) < len(labels):
        return None
    known = sum(value is not None for value in trend.spark.values)
    axis: BlockKit = {"categories": labels}
    if known > len(points):
        axis["x_label"] = f"the last {len(points)} of {known}"
    if trend.unit:
        axis["y_label"] = shorten(visible(trend.unit), AXIS)
    chart = {"type": "line", "series": list(_series(trend, points)), "axis_config": axis}
    title = shorten(visible(trend.title), TITLE).strip() or BLANK
    drawn = [{"type": "data_visualization", "title": title, "chart": chart}, _words(trend)]
    return drawn if size(drawn) <= left else None


def drawable(trend: Trend) -> bool:
    """Whether there is anything to draw."""
    return sum(value is not None and math.isfinite(value) for value in trend.spark.values) >= FEWEST


def size(part: object) -> int:
    """How many characters of text a part of a message holds."""
    match part:
        case str():
            return len(part)
        case dict():
            return sum(size(value) for key, value in part.items() if key != "type")
        case list():
            return sum(size(item) for item in part)
        case _:
            return 0


def _points(trend: Trend) -> list[Point]:
    """The newest points that have a value, as they are shown."""
    factor = _UNITS.get(trend.unit, (1.0, ""))[0]
    pairs = zip(trend.labels, trend.spark.values, strict=True)
    known = [(label, value) for label, value in pairs if value is not None and math.isfinite(value)]
    names = _without_year([shorten(visible(label), LABEL).strip() or BLANK for label, _ in known[-POINTS:]])
    return [(name, _round(value * factor)) for name, (_, value) in zip(names, known[-POINTS:], strict=True)]


def _without_year(labels: list[str]) -> list[str]:
    """`5 Jul 2026` as `5 Jul` where all are days and none is there twice: the labels stand close together."""
    short = [found[1] for label in labels if (found := _DAY.fullmatch(label))]
    return short if len(set(short)) == len(labels) else labels


def _series(trend: Trend, points: list[Point]) -> list[BlockKit]:
    """The readings, and the two edges as level lines that carry their figures in their names."""
    factor, suffix = _UNITS.get(trend.unit, (1.0, ""))
    found = [_line("reading", points)]
    for name, edge in zip(("healthy", "breakage"), trend.thresholds, strict=True):
        if math.isfinite(edge):
            level = _round(edge * factor)
            found.append(_line(f"{name} {level:g}{suffix}", [(label, level) for label, _ in points]))
    return found


def _line(name: str, points: list[Point]) -> BlockKit:
    data = [{"label": label, "value": value} for label, value in points]
    return {"name": shorten(name, LABEL), "data": data}


def _round(value: float) -> float:
    return round(value, 4)


def _words(trend: Trend) -> BlockKit:
    """The figures for whoever cannot see the chart."""
    text = shorten(visible(trend.summary), 3000) or BLANK
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }
