"""Values of the trade as JSON text and back, exactly: snapshots and messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
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
    return json.dumps(value, default=_held, separators=(",", ":"))


def decode(kind: type[T], text: str) -> T:
    """The `kind` that `encode` wrote. Raises ValueError for any other text (of another version, cut, touched)."""
    try:
        read: Read = _reader(kind)  # type: ignore[arg-type]  # a class is hashable, whatever it makes
        value: T = read(json.loads(text))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no {kind.__name__} of this version: {error!r}") from error
    return value


def _held(value: Any) -> Any:
    """What JSON has no form of, its outermost layer: json asks again for what is inside."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if not is_dataclass(value) or isinstance(value, type):
        raise TypeError(f"a record holds no {type(value).__name__}: {value!r}")
    shape = _shape(type(value))
    held = {name: getattr(value, name) for name in shape.names}
    for name, kind in shape.one_of_several.items():
        held[name] = _named(kind, held[name])
    return held


def _named(kind: Any, value: Any) -> Any:
    """`value`, declared as `kind`, whose dataclasses say which of several they are."""
    if isinstance(value, tuple):
        return [_named(get_args(kind)[0], item) for item in value]
    return {KIND: type(value).__name__, **_held(value)} if is_dataclass(value) and _choices(kind) else value


@dataclass(frozen=True)
class _Shape:
    """The fields of a dataclass, in their order, and those that are declared as one of several dataclasses."""

    names: tuple[str, ...]
    one_of_several: Mapping[str, Any]


@cache
def _shape(kind: Any) -> _Shape:
    hints = get_type_hints(kind)
    names = tuple(field.name for field in fields(kind))
    return _Shape(names, {name: hints[name] for name in names if _may_choose(hints[name])})


def _may_choose(kind: Any) -> bool:
    inside = get_args(kind) if get_origin(kind) is tuple else ()
    return bool(_choices(kind)) or any(map(_may_choose, inside))


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
