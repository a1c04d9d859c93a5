"""A trend as a picture: one Vega-Lite specification, drawn to PNG or SVG, and the same in words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from monitor.core.messages import Tone, Trend
from monitor.render.plain import fit, shorten, visible

Spec = dict[str, Any]
WIDTH, HEIGHT = 600, 280
"""Of the picture, in pixels of a page."""
SCALE = 2
"""Pixels of the PNG to one of the page, for sharp screens."""
ALT = 1000
"""Characters that Slack takes for the words beside a file."""
_TOP, _RIGHT, _BOTTOM, _LEFT = 68, 160, 34, 68
_PLOT = (WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM)
_VEGALITE = "6.4"
_FONT = "Liberation Sans"
"""Bundled with vl-convert, so that every machine draws the same."""
_INK, _DIM, _RULE = "#101828", "#475467", "#98a2b3"
_TEXT = 14
"""Pixels of the smallest letters, so that they can be read where a phone shows the picture at half its width."""
_GAP = 17
"""Pixels between two words at the right edge."""
_SHAPES = {Tone.WARN: ("triangle-up", "#8a5300"), Tone.BAD: ("cross", "#b42318")}
"""A reading in warning or breakage has another shape, so that it shows in monochrome too."""
_UNITS = {"x": (1.0, "x"), "%": (100.0, " %"), "points": (1.0, ""), "months": (1.0, "")}
"""What a value is multiplied with on the axis, and what stands behind the number."""


class Undrawable(Exception):
    """No picture came of a trend; the type of what went wrong, without words that may come from the data."""


def png(trend: Trend) -> bytes:
    """600 pixels wide at twice the scale, on white. Fetches nothing. Raises Undrawable, and nothing else."""
    try:
        return _drawn(json.dumps(specification(trend)))
    except Exception as error:
        raise Undrawable(type(error).__name__) from error


@lru_cache(maxsize=16)
def _drawn(spec: str) -> bytes:
    """Drawn once for all who get it: a digest goes to many, and a picture takes a tenth of a second."""
    import vl_convert

    drawn: bytes = vl_convert.vegalite_to_png(spec, vl_version=_VEGALITE, scale=SCALE, allowed_base_urls=[])
    return drawn


def svg(trend: Trend) -> str:
    """The same as vectors."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(specification(trend), vl_version=_VEGALITE, allowed_base_urls=[])
    return drawn


def alt(trend: Trend) -> str:
    """The picture in words: what it shows, its edges, every reading from the newest back, as many as fit."""
    said = f"{visible(trend.title)}: {visible(trend.summary)}. {'; '.join(_edge(trend, at) for at in (0, 1))}."
    said = shorten(said, ALT // 2)
    dated = [f"{visible(label)} {text}" for label, text in zip(trend.labels, _texts(trend), strict=False) if text]
    for count in range(len(dated), 0, -1):
        more = f" Newest first: {', '.join(reversed(dated[-count:]))}."
        if len(said) + len(more) <= ALT:
            return said + more
    return said


def specification(trend: Trend) -> Spec:
    """The Vega-Lite specification. What comes from data stands in it as values and titles, never as an expression."""
    factor, suffix = _UNITS.get(trend.unit, (1.0, ""))
    low, high = _domain(trend, factor)
    scale = {"domain": [low, high], "zero": False, "nice": False}
    axis = {"tickCount": 5, "title": None, "labelExpr": f"datum.label + '{suffix}'", "grid": False}
    y = {"field": "value", "type": "quantitative", "scale": scale, "axis": axis}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": _PLOT[0],
        "height": _PLOT[1],
        "autosize": "none",
        "padding": {"left": _LEFT, "top": _TOP, "right": _RIGHT, "bottom": _BOTTOM},
        "background": "white",
        "title": _title(trend),
        "config": _CONFIG,
        "layer": [*_edges(trend, factor, (low, high)), *_series(trend, factor, y), _days(trend)],
    }


_CONFIG: Spec = {
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {"labelColor": _DIM, "labelFontSize": _TEXT, "domainColor": _RULE, "tickColor": _RULE},
}


def _title(trend: Trend) -> Spec:
    return {
        "text": fit(visible(trend.title), 58),
        "subtitle": fit(visible(trend.summary), 80),
        "anchor": "start",
        "frame": "group",
        "dx": 8 - _LEFT,
        "fontSize": _TEXT + 3,
        "color": _INK,
        "subtitleFontSize": _TEXT,
        "subtitleColor": _DIM,
        "subtitlePadding": 4,
        "offset": 14,
    }


def _texts(trend: Trend) -> tuple[str, ...]:
    """Every value in words, empty where there is none."""
    if trend.texts:
        return tuple(visible(text) for text in trend.texts)
    return tuple("" if value is None else _number(value, trend.unit) for value in _values(trend))


def _number(value: float, unit: str) -> str:
    factor, suffix = _UNITS.get(unit, (1.0, ""))
    return f"{value * factor:.4g}{suffix}"


def _values(trend: Trend) -> tuple[float | None, ...]:
    """Oldest first, None where there is nothing that could be drawn."""
    return tuple(None if value is None or not math.isfinite(value) else value for value in trend.spark.values)


def _edge(trend: Trend, at: int) -> str:
    """`healthy from 4x`, `breakage below 3.5x`."""
    falls = trend.thresholds[0] >= trend.thresholds[1]
    words = (("healthy above", "breakage below") if falls else ("healthy below", "breakage above"))[at]
    return f"{words} {_number(trend.thresholds[at], trend.unit)}"


def _domain(trend: Trend, factor: float) -> tuple[float, float]:
    """All values and both edges, with a margin."""
    edges = [edge for edge in trend.thresholds if math.isfinite(edge)]
    held = [value * factor for value in (*_values(trend), *edges) if value is not None] or [0.0]
    low, high = min(held), max(held)
    margin = (high - low) * 0.12 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def _edges(trend: Trend, factor: float, domain: tuple[float, float]) -> Iterator[Spec]:
    """The healthy and the breakage edge, dashed, each named at its right end."""
    low, high = domain
    at = [_PLOT[1] * (high - edge * factor) / (high - low) for edge in trend.thresholds]
    words = _apart(at)
    for number, dash in ((0, [6, 4]), (1, [2, 3])):
        if not math.isfinite(trend.thresholds[number]):
            continue
        one = {"values": [{"text": _edge(trend, number)}]}
        rule = {"type": "rule", "strokeDash": dash, "color": _DIM}
        across = {"x": {"value": 0}, "x2": {"value": _PLOT[0]}, "y": {"value": at[number]}}
        text = {"type": "text", "align": "left", "baseline": "middle", "fontSize": _TEXT, "color": _DIM}
        place = {"x": {"value": _PLOT[0] + 8}, "y": {"value": words[number]}, "text": {"field": "text"}}
        yield {"data": {"values": [{}]}, "mark": rule, "encoding": across}
        yield {"data": one, "mark": text, "encoding": place}


def _apart(at: list[float]) -> list[float]:
    """Places of two words beside two lines, moved apart where they would run into each other."""
    gap = at[1] - at[0]
    if abs(gap) >= _GAP:
        return at
    middle, half = sum(at) / 2, math.copysign(_GAP / 2, gap)
    return [middle - half, middle + half]


def _series(trend: Trend, factor: float, y: Spec) -> Iterator[Spec]:
    """The line, broken where there is no reading, and its points."""
    data = {"values": list(_points(trend, factor))}
    last = max(len(trend.spark.values) - 1, 1)
    x = {"field": "at", "type": "quantitative", "scale": {"domain": [0, last], "nice": False}, "axis": None}
    both = {"x": x, "y": y}
    line = {"type": "line", "color": _INK, "strokeWidth": 2}
    yield {"data": data, "mark": line, "encoding": {**both, "detail": {"field": "run", "type": "nominal"}}}
    for shape, colour in (("circle", _INK), *_SHAPES.values()):
        chosen = [point for point in data["values"] if point["shape"] == shape]
        mark = {"type": "point", "shape": shape, "filled": True, "opacity": 1, "size": 70, "color": colour}
        yield {"data": {"values": chosen}, "mark": mark, "encoding": both}


def _points(trend: Trend, factor: float) -> Iterator[Spec]:
    run = 0
    for at, value in enumerate(_values(trend)):
        if value is None:
            run += 1
            continue
        tone = trend.spark.tones[at] if at < len(trend.spark.tones) else Tone.PLAIN
        shape = _SHAPES.get(tone, ("circle", _INK))[0]
        yield {"at": at, "value": value * factor, "run": run, "shape": shape}


def _days(trend: Trend) -> Spec:
    """The first, the middle and the last day below the plot."""
    count = len(trend.labels)
    last = max(count - 1, 1)
    shown = sorted({0, count // 2, count - 1}) if count > 2 else range(count)
    rows = [{"x": _PLOT[0] * at / last, "text": fit(visible(trend.labels[at]), 18)} for at in shown]
    place = {
        "x": {"field": "x", "type": "quantitative", "scale": None},
        "y": {"value": _PLOT[1] + 18},
        "text": {"field": "text", "type": "nominal"},
    }
    return {
        "data": {"values": rows},
        "mark": {"type": "text", "fontSize": _TEXT, "color": _DIM, "align": "center", "baseline": "middle"},
        "encoding": place,
    }
