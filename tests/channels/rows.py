"""Rows of the outbox for channels to send."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from monitor.core.messages import Column as Head
from monitor.core.messages import (
    Footer,
    Heading,
    Lines,
    Message,
    Paragraph,
    Spark,
    Table,
    Tone,
    Trend,
    cell,
    span,
)
from monitor.core.messages import Row as TableRow
from monitor.core.outbox import Claimed, Outgoing
from monitor.core.routes import EMAIL, Address

NOW = datetime(2026, 7, 7, 12, 0, tzinfo=UTC)
INCIDENT = "trip:2026-07-07"
ADA = Address(EMAIL, "ada@acme.example", "leadership", "Ada Marsh")
TREND = Trend(
    "Pipeline coverage, last 5 weeks",
    tuple(f"{date(2026, 5, 31) + timedelta(weeks=week):%d %b %Y}" for week in range(5)),
    Spark((4.1, 3.9, 3.6, 3.3, 3.2), (Tone.GOOD, Tone.WARN, Tone.WARN, Tone.BAD, Tone.BAD), (3.0, 4.5), "falling"),
    (4.0, 3.5),
    "From 4.10x to 3.20x",
    "x",
    ("4.10x", "3.90x", "3.60x", "3.30x", "3.20x"),
)
TRIP = Message(
    "trip",
    "Mid-market hiring is paused: pipeline coverage in breakage for two quarters",
    Tone.BAD,
    (
        Paragraph(span("Two sealed quarters in a row stood in breakage.")),
        Table(
            "SMB",
            (Head("Indicator"), Head("Value")),
            (TableRow((cell("Pipeline coverage"), cell("3.20x breakage", Tone.BAD))),),
        ),
        Heading("Trend"),
        TREND,
        Lines((span("Stop new mid-market requisitions"), span("Ask leadership to override if you must"))),
        Footer((span("as of 2026-07-05"),)),
    ),
)


def outgoing(
    message: Message = TRIP,
    *,
    key: str = f"{INCIDENT}:ada@acme.example",
    to: Address = ADA,
    kind: str = "trip",
    incident: str = INCIDENT,
) -> Outgoing:
    data = {"event": kind, "indicators": ["pipeline_coverage"]}
    return Outgoing(key, to, kind, message, incident, "run-1", data=data)


def claimed(row: Outgoing | None = None, *, attempts: int = 1, perhaps: int = 0) -> Claimed:
    """A row in hand for its `attempts`-th try; `perhaps` of the earlier ones arrived."""
    return Claimed(
        row or outgoing(),
        by="worker",
        lease_until=NOW + timedelta(seconds=120),
        created_at=NOW - timedelta(minutes=1),
        attempts=attempts,
        uncertain=perhaps > 0,
        tried_at=NOW,
        perhaps=perhaps,
    )
