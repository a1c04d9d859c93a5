"""Rows, people and moments that the tests of delivery are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from monitor.core.messages import Message, Paragraph, Tone, span
from monitor.core.outbox import LEASE, Claimed, Op, Outgoing
from monitor.core.routes import EMAIL, SLACK, WEBHOOK, Address, Directory, Person
from monitor.core.undelivered import Elsewhere
from monitor.render.words import Words
from tests.slack_server import ALERT, DIGEST

SENDER = "monitor@acme.example"
NOON = datetime(2026, 9, 28, 12, 0, tzinfo=UTC)
ADA = Person("Ada Marsh", "ada@acme.example", "U0ADA")
BEN = Person("Ben Okafor", "ben@acme.example", "U0BEN")
CLEO = Person("Cleo Brandt", "cleo@board.example")
LEADERSHIP = Directory(
    digest_channel=DIGEST,
    alert_channel=ALERT,
    approvers=(ADA,),
    owner=BEN,
    board=(CLEO,),
    mails=True,
    webhook="https://hooks.acme.example/secret",
)
SAY = partial(Words().say, "undelivered")
PEOPLE = Elsewhere(LEADERSHIP, SAY)
WITHOUT_MAIL = Elsewhere(replace(LEADERSHIP, mails=False), SAY)
TO_DIGEST = Address(SLACK, DIGEST, "digest", "digest channel")
TO_ALERT = Address(SLACK, ALERT, "alert", "alert channel")
TO_BEN = Address(SLACK, "U0BEN", "owner", "Ben Okafor")
TO_ADA_BY_MAIL = Address(EMAIL, "ada@acme.example", "leadership", "Ada Marsh")
TO_CLEO_BY_MAIL = Address(EMAIL, "cleo@board.example", "board", "Cleo Brandt")
TO_WEBHOOK = Address(WEBHOOK, "https://hooks.acme.example/secret", "webhook", "webhook")
TRIPPED = "Mid-market hiring is paused: attainment in breakage for two quarters"


def message(headline: str = TRIPPED, kind: str = "trip") -> Message:
    return Message(kind, headline, Tone.BAD, (Paragraph(span("Attainment is 55 %, breakage is below 65 %.")),))


def outgoing(to: Address = TO_ALERT, subject: str = "trip:2026-07-07", **more: Any) -> Outgoing:
    return replace(Outgoing(f"{subject}:{to.to}", to, "trip", message(), subject, "run-1"), **more)


def change(of: Outgoing, subject: str = "acknowledged:2026-07-08:Ada Marsh") -> Outgoing:
    """The same message after somebody dealt with it."""
    changed = message(f"{of.message.headline} (acknowledged)")
    return replace(of, key=f"{subject}:{of.key}", op=Op.UPDATE, target=of.key, message=changed)


def claimed(row: Outgoing | None = None, **more: Any) -> Claimed:
    return replace(Claimed(row or outgoing(), "worker", NOON + LEASE, NOON), **more)


ALERT_ROW = outgoing(TO_ALERT)
ROWS = {
    "alert": (ALERT_ROW,),
    "message": (outgoing(TO_BEN),),
    "mail": (outgoing(TO_CLEO_BY_MAIL),),
    "change": (change(ALERT_ROW),),
    "both": (ALERT_ROW, outgoing(TO_CLEO_BY_MAIL)),
    "trip": tuple(outgoing(to) for to in (TO_DIGEST, TO_ALERT, TO_BEN, TO_ADA_BY_MAIL, TO_CLEO_BY_MAIL)),
}
"""What processes record, by name."""
