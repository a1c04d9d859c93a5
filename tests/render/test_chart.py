"""A trend as a picture: the right size, the same every time, gaps as gaps, and never anything but text and numbers."""

from __future__ import annotations

import json
import math
import struct
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import HealthCheck, given, settings

from monitor.core.messages import Spark, Tone, Trend
from monitor.render import chart
from monitor.render.trends import trend, worst
from monitor.render.words import Words
from tests.render import messages
from tests.render.snapshots import HOSTILE_NAMES, STATES

PNG = b"\x89PNG\r\n\x1a\n"


def coverage(words: Words) -> Trend:
    seen = STATES["tripped"]()
    return trend(seen, seen.indicator("pipeline_coverage"), words, "digest")


def size(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def drawn(one: Trend) -> list[dict[str, object]]:
    """The points of the line as the specification holds them."""
    line = next(layer for layer in chart.specification(one)["layer"] if layer["mark"]["type"] == "line")
    points: list[dict[str, object]] = line["data"]["values"]
    return points


def test_the_picture_is_600_wide_at_twice_the_scale(words: Words) -> None:
    png = chart.png(coverage(words))
    assert png.startswith(PNG)
    assert size(png) == (2 * chart.WIDTH, 2 * chart.HEIGHT)


def test_the_same_trend_gives_the_same_bytes(words: Words) -> None:
    first = chart.png(coverage(words))
    chart._drawn.cache_clear()
    assert chart.png(coverage(words)) == first


def test_both_edges_are_dashed_lines_named_in_words(words: Words) -> None:
    shown = unescape(chart.svg(coverage(words)))
    assert ">healthy above 4x<" in shown
    assert ">breakage below 3.5x<" in shown
    assert shown.count("stroke-dasharray") == 2


def test_an_edge_of_a_payback_is_named_the_other_way_round(words: Words) -> None:
    seen = STATES["tripped"]()
    shown = unescape(chart.svg(trend(seen, seen.indicator("cac_payback"), words, "digest")))
    assert ">healthy below 14<" in shown
    assert ">breakage above 18<" in shown


def test_a_share_is_shown_in_percent(words: Words) -> None:
    seen = STATES["tripped"]()
    one = trend(seen, seen.indicator("attainment"), words, "digest")
    assert ">healthy above 80 %<" in chart.svg(one)
    assert drawn(one)[-1]["value"] == pytest.approx(61.0)


def test_a_band_shows_in_the_shape_of_a_point_not_in_its_colour_alone(words: Words) -> None:
    shapes = [point["shape"] for point in drawn(coverage(words))]
    assert shapes == ["circle"] * 2 + ["triangle-up"] * 8 + ["cross"] * 3


def test_a_week_without_a_reading_breaks_the_line(words: Words) -> None:
    whole = coverage(words)
    values = (*whole.spark.values[:4], None, math.nan, *whole.spark.values[6:])
    points = drawn(replace(whole, spark=replace(whole.spark, values=values)))
    assert [point["at"] for point in points] == [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12]
    assert len({point["run"] for point in points[:4]}) == 1
    assert points[3]["run"] != points[4]["run"]


@pytest.mark.parametrize("values", [(), (None,), (None, None), (math.nan, math.inf), (4.0,)])
def test_hardly_any_reading_is_drawn_all_the_same(values: tuple[float | None, ...]) -> None:
    one = Trend("Pipeline coverage", ("1 Jan 2026",) * len(values), Spark(values), (4.0, 3.5), "no reading yet")
    assert chart.png(one).startswith(PNG)
    assert "no reading yet" in chart.svg(one)


@pytest.mark.parametrize("edges", [(4.0, 4.0), (4.0, 3.99), (1e9, -1e9)])
def test_words_beside_two_edges_never_run_into_each_other(edges: tuple[float, float]) -> None:
    one = Trend("t", ("a", "b"), Spark((4.2, 3.0)), edges, "s")
    rows = [
        layer["encoding"]["y"]["value"]
        for layer in chart.specification(one)["layer"]
        if layer["mark"]["type"] == "text" and "value" in layer["encoding"]["x"]
    ]
    assert abs(rows[0] - rows[1]) >= 16


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_in_a_chart_is_text_and_nothing_else(name: str) -> None:
    one = Trend(name, (name, name), Spark((1.0, 2.0)), (4.0, 3.5), name, unit=name, texts=(name, name))
    shown = chart.svg(one)
    assert "<script" not in shown and "<image" not in shown and "href" not in shown.replace("xlink", "")
    assert "49" not in shown
    assert name not in json.dumps([layer.get("mark") for layer in chart.specification(one)["layer"]])
    assert chart.png(one).startswith(PNG)


def test_the_words_beside_the_picture_hold_its_figures(words: Words) -> None:
    said = chart.alt(coverage(words))
    assert said.startswith("Pipeline coverage, 13 weeks: 4.10x to 3.21x; lowest 3.21x, highest 4.10x.")
    assert "healthy above 4x; breakage below 3.5x" in said
    assert "Newest first: 27 Sep 2026 3.21x, 20 Sep 2026 3.31x" in said
    assert said.endswith("5 Jul 2026 4.10x.")


@given(messages.trends())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_the_words_beside_any_picture_are_there_and_fit(one: Trend) -> None:
    said = chart.alt(one)
    assert 0 < len(said) <= 1000
    assert not [c for c in said if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\u200c\u200d"]


@given(messages.trends())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_trend_is_drawn(one: Trend) -> None:
    assert chart.png(one).startswith(PNG)


def keys(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        for name, value in part.items():
            yield name
            yield from keys(value)
    elif isinstance(part, list):
        for item in part:
            yield from keys(item)


@given(messages.trends())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_in_a_specification_is_fetched_or_evaluated(one: Trend) -> None:
    """The one expression in it is our own: a number and its unit."""
    held = chart.specification(one)
    assert not {*keys(held)} & {"url", "href", "signal", "expr", "calculate", "filter", "transform", "tooltip", "image"}
    expressions = {layer["encoding"]["y"]["axis"]["labelExpr"] for layer in held["layer"] if "axis" in str(layer)}
    assert expressions == {"datum.label + ''"}


def test_drawing_is_loaded_only_when_something_is_drawn() -> None:
    found = (
        "import sys, monitor.render.chart, monitor.render.digest; print(sum('vl_convert' in m for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=True).stdout == "0\n"


@pytest.mark.parametrize(
    ("state", "key"),
    [("healthy", "cac_payback"), ("tripped", "pipeline_coverage"), ("warning", "pipeline_coverage")],
)
def test_the_worst_is_the_one_furthest_into_the_worst_band(state: str, key: str) -> None:
    found = worst(STATES[state]().indicators)
    assert found is not None and found.key == key


def test_a_trend_carries_the_tone_of_every_week(words: Words) -> None:
    tones = coverage(words).spark.tones
    assert tones[0] is Tone.PLAIN and tones[-1] is Tone.BAD
