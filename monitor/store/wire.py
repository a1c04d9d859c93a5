"""Values of the trade as JSON text and back, exactly: snapshots and messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Read = Callable[[Any], Any]
KIND = "is"
"""The key that says which of several dataclasses a value is."""


def encode(value: Any) -> str:
    """A frozen dataclass as one line of JSON: fields by name, days in ISO, floats by their shortest exact form."""
    return json.dumps(_plain(type(value), value), separators=(",", ":"))


def decode(kind: type[T], text: str) -> T:
    """The `kind` that `encode` wrote. Raises ValueError for any other text (of another version, cut, touched)."""
    try:
        read: Read = _reader(kind)  # type: ignore[arg-type]  # a class is hashable, whatever it makes
        value: T = read(json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no {kind.__name__} of this version: {error!r}") from error
    return value


def _plain(kind: Any, value: Any) -> Any:
    """`value`, declared as `kind`, as JSON holds it."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        inside = get_args(kind)
        return [_plain(inside[0] if inside else None, item) for item in value]
    if is_dataclass(value):
        of: Any = type(value)
        held = {name: _plain(hint, getattr(value, name)) for name, hint in _hints(of).items()}
        return {KIND: type(value).__name__, **held} if _choices(kind) else held
    if isinstance(value, Mapping):
        return {key: _plain(None, item) for key, item in value.items()}
    raise TypeError(f"a record holds no {type(value).__name__}: {value!r}")


_AS_THEY_ARE = frozenset({NoneType, str, bool, int, float})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """The fields of a dataclass, in their order, and what each is declared as."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _choices(kind: Any) -> dict[str, Any]:
    """The dataclasses of a union of several, by name."""
    if get_origin(kind) not in (Union, UnionType):
        return {}
    found = {str(one.__name__): one for one in get_args(kind) if isinstance(one, type) and is_dataclass(one)}
    return found if len(found) > 1 else {}


@cache
def _reader(kind: Any) -> Read:
    """What reads a JSON value into `kind`: dataclass, one of several, tuple, mapping, day, enum, optional or plain."""
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _either(kind, inside)
    if origin is tuple and inside[-1] is ...:
        return partial(_many, _reader(inside[0]))
    if origin is tuple:
        return tuple
    if origin is Mapping:
        return partial(_mapping, _reader(inside[1]))
    if kind in (date, datetime):
        return cast(Read, kind.fromisoformat)
    if is_dataclass(kind):
        assert isinstance(kind, type)
        return partial(_record, kind, {name: _reader(hint) for name, hint in get_type_hints(kind).items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    return _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _either(kind: Any, inside: tuple[Any, ...]) -> Read:
    if choices := _choices(kind):
        return partial(_chosen, {name: _reader(one) for name, one in choices.items()})
    return _optional([_reader(one) for one in inside if one is not NoneType])


def _chosen(readers: Mapping[str, Read], values: Any) -> Any:
    return readers[values[KIND]]({name: item for name, item in values.items() if name != KIND})


def _optional(readers: list[Read]) -> Read:
    """Of a union that holds None; a union of several plain kinds needs no reading."""
    read = readers[0] if len(readers) == 1 else _as_it_is
    return _as_it_is if read is _as_it_is else lambda value: None if value is None else read(value)


def _many(read: Read, values: Any) -> Any:
    return tuple(map(read, values))


def _mapping(read: Read, values: Any) -> Any:
    return {key: read(item) for key, item in values.items()}


def _record(kind: type[Any], readers: Mapping[str, Read], values: Any) -> Any:
    if values.keys() != readers.keys():
        raise ValueError(f"no {kind.__name__} of this version")
    return kind(**{name: readers[name](value) for name, value in values.items()})
