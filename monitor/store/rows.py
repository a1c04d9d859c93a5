"""Between rows of the store and values of the trade."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Row

from monitor.core.chain import exact
from monitor.core.plan import SealedVerdict
from monitor.core.types import Band, Event
from monitor.errors import StoreError

T = TypeVar("T")


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
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
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
            _moment(row.at),
            row.actor,
            row.surface,
            row.reason,
            _object(row.payload),
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
            _object(row.reading),
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
        row.segment, row.indicator, date.fromisoformat(row.as_of), row.configuration, _object(row.reading)
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return moment


def _object(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("not a JSON object")
    return value
