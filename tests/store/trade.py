"""Plans to record in tests: a quarter sealed, a quarter resealed, a word in the log, a message, a step."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from monitor.core.escalation import Escalation
from monitor.core.messages import Message, Paragraph, Tone, span
from monitor.core.outbox import Outgoing
from monitor.core.plan import NewEvent, Plan, SealedVerdict, seals
from monitor.core.routes import SLACK, Address
from monitor.core.seen import Held, SeenWeek
from monitor.core.sums import Sums
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


INCIDENT = "trip:2026-07-07"


def outgoing(key: str, to: str = "C0456", channel: str = SLACK, **more: Any) -> Outgoing:
    """A message to a Slack channel of our own, or as `more` has it."""
    message = Message("trip", f"Hiring is paused ({key})", Tone.BAD, (Paragraph(span(key)),))
    address = Address(channel, to, "alert", "alert channel")
    return Outgoing(
        **{"kind": "trip", "incident": INCIDENT, "run": "run-1", **more}, key=key, address=address, message=message
    )


def step(key: str, due: date = date(2026, 10, 9), **more: Any) -> Escalation:
    """A reminder that an acknowledgement cancels, or as `more` has it."""
    values = {"incident": INCIDENT, "kind": "reminder", "until_acknowledged": True, **more}
    return Escalation(key=key, due=due, audiences=("alert", "owner"), **values)


def sending(*rows: Outgoing, head: str = "") -> Plan:
    return Plan(expected_head=head, outgoing=rows)


def seen_week(as_of: date = date(2026, 10, 4), shape: str = "shape", deals: int = 2) -> SeenWeek:
    """A week with amounts that no float holds."""
    sums = Sums(deals, Fraction(10**21 + 1, 10**9), Fraction(10**40 + 1, 10**6), 1)
    due = {date(2026, 10, 1): sums, date(2027, 1, 1): Sums(1)}
    held = {"review": Held(Sums(), Sums()), "smb": Held(sums, Sums(1, Fraction(1, 3 * 2**3) * 3), due, stands_in=True)}
    return SeenWeek(as_of, as_of + timedelta(days=1), shape, as_of - timedelta(days=2), held)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)
