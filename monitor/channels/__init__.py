"""The list of channels, and how they are opened. To add one: its module, and one line here."""

from __future__ import annotations

from importlib import import_module

from monitor.channels.channel import Channel
from monitor.channels.scoped import Scoped
from monitor.channels.wanted import Wanted

CHANNELS = {
    "slack": "monitor.channels.slack",
    "email": "monitor.channels.email",
    "webhook": "monitor.channels.webhook",
}
"""Name to module, which is imported when it is opened and has `open_channel(wanted) -> Channel | None`: None where it
is not configured."""


def open_channels(wanted: Wanted) -> dict[str, Channel]:
    """The configured channels by name. Opening connects to nothing; `close()` each when done."""
    opened: dict[str, Channel | None] = {name: import_module(at).open_channel(wanted) for name, at in CHANNELS.items()}
    found = {name: channel for name, channel in opened.items() if channel is not None}
    if not wanted.scope:
        return dict(found)
    return {name: Scoped(channel, wanted.scope, wanted.company) for name, channel in found.items()}


__all__ = ["CHANNELS", "Channel", "Wanted", "open_channels"]
