"""A snapshot as JSON text and back, exactly."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from monitor.core.types import Snapshot

Read = Callable[[Any], Any]


def encode(snapshot: Snapshot) -> str:
    """The snapshot as one line of JSON: fields by name, days in ISO, floats by their shortest exact form."""
    return json.dumps(_plain(snapshot), separators=(",", ":"))


def decode(text: str) -> Snapshot:
    """The snapshot that `encode` wrote. Raises ValueError for any other text (of another version, cut, touched)."""
    try:
        snapshot: Snapshot = _reader(Snapshot)(json.loads(text))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no snapshot of this version: {error!r}") from error
    return snapshot


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"a snapshot holds no {type(value).__name__}: {value!r}")


@cache
def _reader(kind: Any) -> Read:
    """What reads a JSON value into `kind`: a dataclass, tuple, mapping, day, enum, optional or plain value."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _optional([_reader(one) for one in inside if one is not NoneType])
    if origin is tuple and inside[-1] is ...:
        return partial(_many, _reader(inside[0]))
    if origin is tuple:
        return tuple
    if origin is Mapping:
        return partial(_mapping, _reader(inside[1]))
    if kind is date:
        return date.fromisoformat
    if is_dataclass(kind):
        return partial(_record, kind, {name: _reader(hint) for name, hint in get_type_hints(kind).items()})
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _optional(readers: list[Read]) -> Read:
    """Of a union that holds None; a union of several plain kinds needs no reading."""
    read = readers[0] if len(readers) == 1 else _as_it_is
    return _as_it_is if read is _as_it_is else lambda value: None if value is None else read(value)


def _many(read: Read, values: Any) -> Any:
    return tuple(map(read, values))


def _mapping(read: Read, values: Any) -> Any:
    return {key: read(item) for key, item in values.items()}


def _record(kind: Any, readers: Mapping[str, Read], values: Any) -> Any:
    if values.keys() != readers.keys():
        raise ValueError(f"no {kind.__name__} of this version")
    return kind(**{name: readers[name](value) for name, value in values.items()})
