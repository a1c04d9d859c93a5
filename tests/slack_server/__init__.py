"""A Slack workspace on loopback: slack_sdk and Bolt talk to it by `base_url`, unpatched, over real HTTP."""

from __future__ import annotations

from tests.slack_server.faults import FAULTS, LOST, REFUSALS, Fault
from tests.slack_server.server import ALERT, APP_TOKEN, BOT_TOKEN, DIGEST, SlackServer
from tests.slack_server.workspace import Call, Message

__all__ = [
    "ALERT",
    "APP_TOKEN",
    "BOT_TOKEN",
    "DIGEST",
    "FAULTS",
    "LOST",
    "REFUSALS",
    "Call",
    "Fault",
    "Message",
    "SlackServer",
]
