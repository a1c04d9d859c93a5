"""The document of `status --json`; its field names are promised to others and never change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from monitor.core.facts import Finding
from monitor.core.types import BreakerView, DataView, IndicatorView, OverrideView, ReadingView, Snapshot


def document(snapshot: Snapshot) -> dict[str, object]:
    """One snapshot as plain values: numbers unrounded, days as `YYYY-MM-DD`, no value as null."""
    return {
        "company": snapshot.company,
        "as_of": snapshot.as_of.isoformat(),
        "quarter": snapshot.quarter,
        "segment": snapshot.segment,
        "currency": snapshot.currency,
        "timezone": snapshot.timezone,
        "breaker": _breaker(snapshot.breaker),
        "indicators": {view.key: _indicator(view) for view in snapshot.indicators},
        "beside": {segment: {v.key: _indicator(v) for v in views} for segment, views in snapshot.beside.items()},
        "ahead": [
            {
                "kind": item.kind,
                "indicator": item.indicator,
                "headline": item.headline,
                "detail": item.detail,
                "by": _day(item.by),
            }
            for item in snapshot.ahead
        ],
        "data": _data(snapshot.data),
        "configuration": snapshot.configuration,
        "fingerprint": snapshot.fingerprint,
        "version": snapshot.version,
    }


def history(snapshot: Snapshot, indicator: str | None = None) -> dict[str, object]:
    """The quarters and weeks behind the verdict, oldest first, of one indicator (by key) or of all."""
    views = [view for view in snapshot.indicators if indicator in (None, view.key)]
    return {
        "company": snapshot.company,
        "as_of": snapshot.as_of.isoformat(),
        "segment": snapshot.segment,
        "indicators": {
            view.key: {
                "title": view.title,
                "unit": view.unit,
                "bands": view.bands_text,
                "quarters": [_quarter(reading) for reading in view.quarters],
                "weeks": [_reading(reading) for reading in view.weeks],
            }
            for view in views
        },
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _breaker(breaker: BreakerView) -> dict[str, object]:
    return {
        "state": breaker.state.value,
        "hiring_paused": breaker.hiring_paused,
        "since": _day(breaker.since),
        "tripped_by": list(breaker.tripped_by),
        "recovered": list(breaker.recovered),
        "recovered_on": _day(breaker.recovered_on),
        "advisory": list(breaker.advisory),
        "bridged": breaker.bridged,
        "override": _override(breaker.override),
        "acknowledged_by": breaker.acknowledged_by,
        "checklist": [
            {"key": item.key, "title": item.title, "owner": item.owner, "due": _day(item.due), "state": item.state}
            for item in breaker.checklist
        ],
        "violations": list(breaker.violations),
        "watch_from": breaker.watch_from,
    }


def _override(override: OverrideView | None) -> dict[str, object] | None:
    if override is None:
        return None
    return {
        "asked_by": override.asked_by,
        "reason": override.reason,
        "until": _day(override.until),
        "approved_by": list(override.approved_by),
        "needed": override.needed,
        "in_force": override.in_force,
    }


def _indicator(view: IndicatorView) -> dict[str, object]:
    return {
        "title": view.title,
        "unit": view.unit,
        "bands": view.bands_text,
        "weekly": _reading(view.weekly),
        "quarters": [_quarter(reading) for reading in view.quarters],
        "streak": view.streak,
        "fits_definition": view.fits_definition,
    }


def _reading(reading: ReadingView) -> dict[str, object]:
    return {
        "as_of": _day(reading.as_of),
        "value": reading.value,
        "band": reading.band.value,
        "text": reading.text,
        "reason": reading.reason,
        "why": reading.why,
        "interval": list(reading.interval) if reading.interval else None,
        "evidence": reading.evidence.value if reading.evidence else None,
        "approximate": reading.approximate,
        "infinite": reading.infinite,
        "inputs": dict(reading.inputs),
        "beside": dict(reading.beside),
        "notes": list(reading.notes),
    }


def _quarter(reading: ReadingView) -> dict[str, object]:
    return {
        "quarter": reading.quarter,
        **_reading(reading),
        "sealed": reading.sealed,
        "sealed_on": _day(reading.sealed_on),
        "counted": reading.counted,
        "restated": reading.restated,
    }


def _data(data: DataView) -> dict[str, object]:
    return {
        "rows": dict(data.rows),
        "set_aside": _nested(data.set_aside),
        "suspicious": _nested(data.suspicious),
        "findings": [_finding(finding) for finding in data.findings],
        "review": {"deals": data.review_deals, "amount": data.review_amount},
        "newest": _day(data.newest),
        "stale": data.stale,
        "synced": None if data.sync is None else data.sync.at.isoformat(timespec="minutes"),
        "missing": list(data.missing),
        "remarks": list(data.remarks),
        "ignored_columns": {table: list(columns) for table, columns in data.ignored_columns.items()},
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "reason": finding.reason,
        "deals": finding.deals,
        "owners": finding.owners,
        "since": _day(finding.since),
        "until": _day(finding.until),
    }


def _nested(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {table: dict(reasons) for table, reasons in counts.items()}
