"""Plans to record in tests: a quarter sealed, a quarter resealed, a word in the log."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from monitor.core.plan import NewEvent, Plan, SealedVerdict, seals
from monitor.core.types import Band

NOON = datetime(2026, 10, 8, 12, 0, 0, 123456, tzinfo=UTC)


def verdict(quarter: str = "FY2026-Q3", version: int = 1, band: Band = Band.BREAKAGE) -> SealedVerdict:
    reading = {"value": "67/20", "interval": [3.0, 3.6000000000000005], "inputs": {"quota": 1154000.1}}
    sealed_on = date(2026, 10, 7) + timedelta(days=version)
    return SealedVerdict("smb", "pipeline_coverage", quarter, sealed_on, reading, band, True, "conf", "data", version)


def note(reason: str, on: date = date(2026, 10, 8)) -> NewEvent:
    return NewEvent("note", on, "ann@example.com", "cli", reason, {"to": ["ü", 1, 2.5, None, True]})


def sealing(*verdicts: SealedVerdict, head: str = "", reason: str = "the quarter is over") -> Plan:
    """One event that seals the verdicts, and one word after it."""
    sealed = NewEvent("sealed", verdicts[0].sealed_on, "program", "cli", reason, seals(verdicts))
    return Plan((sealed, note("after it")), verdicts, head)
