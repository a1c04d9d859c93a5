"""Mail to people, over verified TLS: what is written, how it is handed over, what the answers mean."""

from __future__ import annotations

from monitor.channels.email.channel import EmailChannel
from monitor.channels.wanted import Wanted


def open_channel(wanted: Wanted) -> EmailChannel | None:
    """Mail, where a server is configured."""
    return EmailChannel(wanted.email, wanted.words) if wanted.email else None


__all__ = ["EmailChannel", "open_channel"]
