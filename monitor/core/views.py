"""Exact readings as plain values: what is shown, recorded and sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from monitor.core.bands import fixed
from monitor.core.indicators.base import Indicator
from monitor.core.types import Band, Evidence, Number, Reading, ReadingView


def plain(value: Number) -> float | int | None:
    """A number as JSON holds it; counts stay whole."""
    return float(value) if isinstance(value, Fraction | Decimal) else value


def reading_view(reading: Reading, indicator: Indicator[Any]) -> ReadingView:
    """A reading as shown, not sealed."""
    return ReadingView(
        as_of=reading.as_of,
        value=None if reading.value is None else float(reading.value),
        band=reading.band,
        text=reading.text,
        quarter=reading.quarter,
        reason=reading.reason,
        why=reading.why,
        interval=reading.interval,
        interval_text=_interval_text(reading.interval, indicator),
        evidence=reading.evidence,
        approximate=reading.approximate,
        infinite=reading.infinite,
        inputs={name: plain(value) for name, value in reading.inputs.items()},
        beside={name: plain(value) for name, value in reading.beside.items()},
        notes=reading.notes,
    )


def _interval_text(interval: tuple[float, float] | None, indicator: Indicator[Any]) -> str | None:
    if interval is None:
        return None
    unit = indicator.unit
    low, high = (fixed(Fraction(end) * unit.factor, unit.decimals, unit.signed) for end in interval)
    return f"{low} to {high}{unit.suffix}"


def to_json(view: ReadingView) -> dict[str, object]:
    """What is recorded of a sealed reading; `from_json` brings it back."""
    return {name: _json(getattr(view, name)) for name in _RECORDED}


def agrees(reading: Reading, held: Mapping[str, Any]) -> bool:
    """Whether a recorded reading says the same of the quarter: its value, its band and whether it never comes."""
    return (plain(reading.value), reading.band, reading.infinite) == tuple(map(held.get, ("value", "band", "infinite")))


_RECORDED = tuple(
    field.name for field in fields(ReadingView) if field.name not in ("sealed", "sealed_on", "counted", "restated")
)


def _json(value: Any) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    return value


def from_json(held: Mapping[str, Any]) -> ReadingView:
    """A recorded reading; keys that a newer program wrote and this one does not know are left out."""
    known = {field.name for field in fields(ReadingView)}
    values = {name: value for name, value in held.items() if name in known}
    interval = values.get("interval")
    values |= {
        "as_of": date.fromisoformat(values["as_of"]),
        "band": Band(values["band"]),
        "interval": tuple(interval) if interval else None,
        "evidence": Evidence(values["evidence"]) if values.get("evidence") else None,
        "notes": tuple(values.get("notes", ())),
    }
    return ReadingView(**values)
