"""The audit chain: canonical JSON, each line hashed with the line before it, and finding a line that was touched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from hashlib import sha256
from types import NoneType
from typing import TypeAlias

from monitor.core.types import Event

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

GENESIS = ""
"""What the first line names as the hash before it, and the head of an empty log."""


def canonical(value: object) -> str:
    """The one JSON text of `value`: sorted keys, no spaces, ASCII only, floats by their shortest exact form.

    Raises TypeError or ValueError for what JSON does not hold exactly (a Decimal, a day, NaN, a key that is no text),
    because two programs could write it differently; give such values as text.
    """
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def exact(value: object) -> str:
    """The same with the keys in the order they have, which is the order in which people are shown them."""
    return json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)


def _plain(value: object) -> object:
    if isinstance(value, (str, int, float, NoneType)):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"JSON keys are text, not {key!r}")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON of `value`, in hex."""
    return sha256(canonical(value).encode()).hexdigest()


def seal(event: Event, previous: str) -> Event:
    """`event`, its `seq` set, chained to the line whose hash is `previous`."""
    chained = replace(event, previous=previous, hash="")
    return replace(chained, hash=_hash(chained))


def _hash(event: Event, seq: int | None = None) -> str:
    return digest(
        {
            "seq": event.seq if seq is None else seq,
            "kind": event.kind,
            "on": event.on.isoformat(),
            "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor": event.actor,
            "surface": event.surface,
            "reason": event.reason,
            "payload": event.payload,
            "previous": event.previous,
        }
    )


def verify(events: Sequence[Event], *, count: int | None = None, head: str | None = None) -> list[str]:
    """What is wrong with the log `events` (in order of `seq`, from line 1), one sentence a line; empty when nothing is.

    `count` and `head` are the number of lines and the last hash that the store noted apart from the log; with them a
    cut tail and lines added behind the program's back are found too.
    """
    problems: list[str] = []
    places = range(1, max([count or 0, *(event.seq for event in events)]) + 1)
    previous, expected, whole = GENESIS, 1, True
    for event in events:
        follows = event.previous == previous or event.seq != expected or not whole
        whole = event.hash == _hash(event)
        if event.seq > expected:
            problems.append(_missing(expected, event.seq - 1))
        if not whole:
            problems.append(_altered(event, places))
        elif not follows:
            problems.append(f"line {event.seq} does not follow the line before it: that line was replaced or inserted")
        if count is not None and event.seq > count:
            problems.append(f"line {event.seq} was added behind the program's back: the log ends with line {count}")
        previous, expected = event.hash, event.seq + 1
    if count is not None and expected <= count:
        problems.append(_missing(expected, count))
    elif head is not None and not problems and previous != head:
        problems.append(f"line {expected - 1} is not the line that was last recorded: the end of the log was rewritten")
    return problems


def _missing(first: int, last: int) -> str:
    return f"line {first} is missing" if first == last else f"lines {first} to {last} are missing"


def _altered(event: Event, places: range) -> str:
    """A line whose hash does not fit: moved, when it fits at another place, else changed."""
    origin = next((seq for seq in places if _hash(event, seq) == event.hash), None)
    if origin is not None:
        return f"line {event.seq} was moved: it was recorded as line {origin}"
    return f"line {event.seq} ({event.kind} of {event.on}) was changed or inserted after it was recorded"
