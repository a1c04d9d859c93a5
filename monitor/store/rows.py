"""Between rows of the store and values of the trade."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar

from sqlalchemy import Row

from monitor.core.chain import exact
from monitor.core.plan import SealedVerdict
from monitor.core.types import Band, Event
from monitor.errors import StoreError

T = TypeVar("T")

LONGEST_KEY = 400
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class KeptReading:
    """A weekly reading that was rebuilt; `reading` is JSON-able, `configuration` the hash it was read with."""

    segment: str
    indicator: str
    as_of: date
    configuration: str
    reading: Mapping[str, object]


@dataclass(frozen=True)
class Readable(Generic[T]):
    """Rows that could be read, and a sentence for each that could not."""

    whole: list[T]
    damaged: list[str]


def readable(found: Iterable[Row[Any]], read: Callable[[Row[Any]], T]) -> Readable[T]:
    whole: list[T] = []
    damaged: list[str] = []
    for row in found:
        try:
            whole.append(read(row))
        except StoreError as error:
            damaged.append(str(error))
    return Readable(whole, damaged)


def event_row(event: Event) -> dict[str, object]:
    return {
        "seq": event.seq,
        "kind": event.kind,
        "on_day": event.on.isoformat(),
        "at": moment_text(event.at),
        "actor": event.actor,
        "surface": event.surface,
        "reason": event.reason,
        "payload": exact(event.payload),
        "previous": event.previous,
        "hash": event.hash,
    }


def event(row: Row[Any]) -> Event:
    """Raises StoreError that names the line when the row was damaged."""
    try:
        return Event(
            row.kind,
            date.fromisoformat(row.on_day),
            moment(row.at),
            row.actor,
            row.surface,
            row.reason,
            json_object(row.payload),
            row.seq,
            row.previous,
            row.hash,
        )
    except (TypeError, ValueError) as error:
        raise StoreError(f"line {row.seq} of the log was changed and cannot be read ({error})") from error


def verdict_row(verdict: SealedVerdict, event_seq: int) -> dict[str, object]:
    return {
        "segment": verdict.segment,
        "indicator": verdict.indicator,
        "quarter": verdict.quarter,
        "version": verdict.version,
        "sealed_on": verdict.sealed_on.isoformat(),
        "band": str(verdict.band),
        "counted": verdict.counted,
        "reading": exact(verdict.reading),
        "configuration": verdict.configuration,
        "fingerprint": verdict.fingerprint,
        "event_seq": event_seq,
    }


def verdict(row: Row[Any]) -> SealedVerdict:
    """Raises StoreError that names the verdict when the row was damaged."""
    try:
        return SealedVerdict(
            row.segment,
            row.indicator,
            row.quarter,
            date.fromisoformat(row.sealed_on),
            json_object(row.reading),
            Band(row.band),
            row.counted,
            row.configuration,
            row.fingerprint,
            row.version,
        )
    except (TypeError, ValueError) as error:
        name = f"{row.segment}/{row.indicator}/{row.quarter}/{row.version}"
        raise StoreError(f"verdict {name} was changed and cannot be read ({error})") from error


def reading_row(reading: KeptReading) -> dict[str, object]:
    return {
        "segment": reading.segment,
        "indicator": reading.indicator,
        "as_of": reading.as_of.isoformat(),
        "configuration": reading.configuration,
        "reading": exact(reading.reading),
    }


def reading(row: Row[Any]) -> KeptReading:
    return KeptReading(
        row.segment, row.indicator, date.fromisoformat(row.as_of), row.configuration, json_object(row.reading)
    )


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found


def moment_or_none(text: str | None) -> datetime | None:
    return moment(text) if text else None


def moment_text(at: datetime) -> str:
    """UTC, always 32 characters. Raises ValueError for a moment without its zone."""
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def storable(text: str) -> str:
    """`text` as both databases hold it: PostgreSQL has no NUL, neither has halves of characters."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def named(key: str) -> str:
    """A key as it is stored: long ones are cut and told apart by their hash, for an index of PostgreSQL holds 2,700
    bytes and an account's id may be longer. The same key always gives the same name, and a name itself.
    """
    text = storable(key)
    if len(text) <= LONGEST_KEY:
        return text
    return f"{text[: LONGEST_KEY - 33]}~{sha256(text.encode()).hexdigest()[:32]}"


def json_object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    return value
