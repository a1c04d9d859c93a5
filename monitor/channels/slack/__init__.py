"""Slack: what is posted, changed and uploaded, what its answers mean, and how a lost message is found again."""

from __future__ import annotations

from monitor.channels.slack.channel import SlackChannel
from monitor.channels.slack.scopes import SCOPES
from monitor.channels.wanted import Wanted


def open_channel(wanted: Wanted) -> SlackChannel | None:
    """Slack, where an app is configured."""
    return SlackChannel(wanted.slack, wanted.wait) if wanted.slack else None


__all__ = ["SCOPES", "SlackChannel", "open_channel"]
