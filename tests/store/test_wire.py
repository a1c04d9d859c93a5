"""A snapshot that was kept comes back as it was, to the last bit."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import date, datetime
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.messages import Message
from monitor.core.types import Snapshot
from monitor.store.wire import decode, encode
from tests.render.messages import messages

NUMBERS = st.floats(allow_nan=False) | st.integers(-(2**60), 2**60)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a kind, whatever fields the types of the core get; floats come as floats and as whole numbers."""
    if kind is date:
        return st.dates()
    if kind is datetime:
        return st.datetimes().map(lambda moment: moment.replace(fold=0))  # an offset says what a fold says
    if kind is float:
        return NUMBERS
    if kind is str:
        return TEXT
    if getattr(kind, "__dataclass_fields__", None):
        hints = get_type_hints(kind)
        return st.builds(kind, **{field.name: of(hints[field.name]) for field in fields(kind)})
    origin: Any = getattr(kind, "__origin__", None)
    inside: tuple[Any, ...] = getattr(kind, "__args__", ())
    if origin is tuple:
        return st.lists(of(inside[0]), max_size=2).map(tuple) if inside[-1] is ... else st.tuples(*map(of, inside))
    if origin is not None:
        return st.dictionaries(TEXT, of(inside[1]), max_size=2)
    return st.one_of(*map(of, inside)) if inside else st.from_type(kind)


SNAPSHOTS = of(Snapshot)


@given(SNAPSHOTS)
def test_a_snapshot_comes_back_exactly(snapshot: Snapshot) -> None:
    again = decode(Snapshot, encode(snapshot))
    assert again == snapshot
    assert repr(again) == repr(snapshot)


@given(SNAPSHOTS)
def test_what_is_kept_is_one_line_of_plain_json(snapshot: Snapshot) -> None:
    text = encode(snapshot)
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["breaker"]["state"] == str(snapshot.breaker.state)


@given(SNAPSHOTS)
def test_a_snapshot_of_another_version_is_refused_rather_than_guessed(snapshot: Snapshot) -> None:
    values = json.loads(encode(snapshot))
    del values["breaker"]["since"]
    for text in (json.dumps(values), "[]", "{}", "null", "cut", json.dumps({**values, "new": 1})):
        with pytest.raises(ValueError):
            decode(Snapshot, text)


@given(messages)
def test_a_message_comes_back_exactly_whatever_its_blocks(message: Message) -> None:
    again = decode(Message, encode(message))
    assert again == message
    assert repr(again) == repr(message)
