"""Rows for the Slack channel, and a channel that talks to the workspace on loopback."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from monitor.channels.slack import SlackChannel
from monitor.core.messages import Actions, Button, Message, Style
from monitor.core.outbox import SETTLE, Claimed, Found, Op, Outcome, Outgoing, Receipt
from monitor.core.routes import SLACK, Address
from monitor.core.secret import Secret
from monitor.core.settings import SlackSettings
from tests.channels.rows import INCIDENT, NOW, TREND, TRIP, claimed, outgoing
from tests.slack_server import ALERT, DIGEST, SlackServer

LATER = NOW + SETTLE + timedelta(seconds=1)
BUTTONS = Actions(
    (Button("Acknowledge", "ack", INCIDENT, Style.PRIMARY), Button("Override pause", "override", INCIDENT))
)
ALARM = replace(TRIP, blocks=(*TRIP.blocks, BUTTONS))
PLAIN = replace(ALARM, blocks=tuple(block for block in ALARM.blocks if block is not TREND))
"""Without a trend, so that nothing follows it."""


@dataclass
class Phone:
    """The channel under test; `waits` is how long it waited, without waiting."""

    channel: SlackChannel
    waits: list[float] = field(default_factory=list)

    def send(self, row: Claimed, now: datetime = NOW) -> Outcome:
        return self.channel.send(row, now)

    def find(self, row: Claimed, now: datetime = LATER) -> Found:
        return self.channel.find(row, now)


def settings(slack: SlackServer, **more: object) -> SlackSettings:
    given = SlackSettings(
        DIGEST, ALERT, bot_token=Secret(slack.bot_token), app_token=Secret(slack.app_token), api_url=slack.url
    )
    return replace(given, **more)  # type: ignore[arg-type]


def phone(slack: SlackServer, timeout: float = 5.0, **more: object) -> Phone:
    waits: list[float] = []
    return Phone(SlackChannel(settings(slack, **more), waits.append, timeout=timeout), waits)


def row(message: Message = PLAIN, to: str = ALERT, **more: object) -> Claimed:
    """A new message for a channel or a person."""
    return claimed(outgoing(message, key=f"{INCIDENT}:{to}", to=Address(SLACK, to, "alert", "alerts")), **more)  # type: ignore[arg-type]


def change(of: Claimed, target: Receipt | None, headline: str = "Hiring is paused; Ada Marsh has seen it") -> Claimed:
    """The same message after somebody dealt with it: its buttons are gone."""
    changed = replace(of.outgoing.message, headline=headline, blocks=of.outgoing.message.blocks[:-1])
    key = f"acknowledged:2026-07-08:{of.outgoing.key}"
    next_row = replace(of.outgoing, key=key, message=changed, op=Op.UPDATE, target=of.outgoing.key)
    return replace(of, outgoing=next_row, target=target)


def chart(of: Claimed, target: Receipt | None) -> Claimed:
    """The picture below a message."""
    return replace(of, outgoing=chart_row(of.outgoing), target=target)


def chart_row(of: Outgoing) -> Outgoing:
    message = replace(of.message, blocks=(TREND,))
    return replace(of, key=f"{of.key}:chart", message=message, op=Op.CHART, target=of.key)
