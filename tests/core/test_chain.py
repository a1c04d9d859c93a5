"""The audit chain: one text for one value, and whatever is done to a line is found."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.chain import GENESIS, canonical, digest, seal, verify
from monitor.core.types import Event

TEXT = st.text(max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
AT = datetime(2026, 10, 8, 12, tzinfo=UTC)
EVENTS = st.builds(Event, TEXT, st.dates(), st.just(AT), TEXT, TEXT, TEXT, st.dictionaries(TEXT, JSON, max_size=3))


def chained(events: list[Event]) -> list[Event]:
    sealed: list[Event] = []
    for seq, event in enumerate(events, start=1):
        sealed.append(seal(replace(event, seq=seq), sealed[-1].hash if sealed else GENESIS))
    return sealed


LOGS = st.lists(EVENTS, min_size=2, max_size=5).map(chained)


def found(log: list[Event], whole: list[Event]) -> list[str]:
    return verify(log, count=len(whole), head=whole[-1].hash)


@given(JSON)
def test_canonical_json_is_read_back_and_written_the_same(value: object) -> None:
    text = canonical(value)
    assert text.isascii()
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


def test_the_order_of_keys_and_the_kind_of_sequence_do_not_matter() -> None:
    assert canonical({"b": (1, 2.5), "a": MappingProxyType({"d": None, "c": True})}) == (
        '{"a":{"c":true,"d":null},"b":[1,2.5]}'
    )
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 2.0})


@pytest.mark.parametrize("value", [math.nan, math.inf, Decimal("0.1"), date(2026, 1, 1), {1: 2}, {"a": [{None: 1}]}])
def test_what_json_does_not_hold_exactly_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical({"value": value})


def test_the_hash_of_a_line_is_what_it_was_in_the_first_version() -> None:
    event = Event("note", date(2026, 10, 8), AT, "ann", "cli", "why", {"b": 1, "a": [0.1, None]}, 1)
    sealed = seal(event, GENESIS)
    assert sealed.hash == "5c76f04f6f73f073f78efeecfe6fc2c9a9a1d5ed848dfaa0ff3bfd090d159d14"
    elsewhere = replace(event, at=AT.astimezone(timezone(timedelta(hours=-4))))
    assert seal(elsewhere, GENESIS).hash == sealed.hash


@given(LOGS)
def test_an_untouched_log_is_clean(log: list[Event]) -> None:
    assert found(log, log) == []
    assert verify(log[:1]) == []


@given(LOGS, st.data())
def test_any_changed_field_names_its_line(log: list[Event], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(log) - 1))
    line = log[index]
    changes: dict[str, Any] = {
        "kind": line.kind + "x",
        "on": date(1999, 1, 1) if line.on != date(1999, 1, 1) else date(1999, 1, 2),
        "at": line.at + timedelta(microseconds=1),
        "actor": line.actor + "x",
        "surface": line.surface + "x",
        "reason": line.reason + "x",
        "payload": {**line.payload, "more": 1},
        "previous": line.previous + "x",
        "hash": "x",
    }
    field = data.draw(st.sampled_from(sorted(changes)))
    touched = [*log[:index], replace(line, **{field: changes[field]}), *log[index + 1 :]]
    assert any(f"line {line.seq} " in problem for problem in found(touched, log))


@given(LOGS, st.data())
def test_any_removed_line_is_named(log: list[Event], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(log) - 1))
    assert found([*log[:index], *log[index + 1 :]], log) == [f"line {index + 1} is missing"]


@given(LOGS, EVENTS, st.data())
def test_a_line_inserted_anywhere_and_numbered_anew_is_named(log: list[Event], eve: Event, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(log) - 1))
    forged = seal(replace(eve, seq=index + 1), log[index - 1].hash if index else GENESIS)
    later = [replace(line, seq=line.seq + 1) for line in log[index:]]
    problems = found([*log[:index], forged, *later], log)
    assert f"line {index + 2} was moved: it was recorded as line {index + 1}" in problems


@given(LOGS, st.data())
def test_two_lines_that_changed_places_are_both_named(log: list[Event], data: st.DataObject) -> None:
    first, second = sorted(data.draw(st.permutations(range(len(log))))[:2])
    swapped = list(log)
    swapped[first], swapped[second] = replace(log[second], seq=first + 1), replace(log[first], seq=second + 1)
    problems = found(swapped, log)
    assert f"line {first + 1} was moved: it was recorded as line {second + 1}" in problems
    assert f"line {second + 1} was moved: it was recorded as line {first + 1}" in problems


@given(LOGS, st.data())
def test_a_log_rewritten_from_any_line_on_is_found_by_its_head(log: list[Event], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(log) - 1))
    forged = chained([*log[:index], replace(log[index], reason=log[index].reason + "x"), *log[index + 1 :]])
    assert found(forged, log) == [
        f"line {len(log)} is not the line that was last recorded: the end of the log was rewritten"
    ]
