"""What every channel does: send one message, look for one that may have arrived, examine itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from monitor.core.checks import Check
from monitor.core.outbox import Claimed, Found, Outcome


class Channel(Protocol):
    """One way to reach people. Safe to use from several threads; never raises for what the other side does."""

    @property
    def name(self) -> str:
        """`slack`, `email`, `webhook`: what `Address.channel` says."""
        ...

    def send(self, row: Claimed, now: datetime) -> Outcome:
        """Send the row once, within SEND_LIMIT. What cannot be told apart from a delivery is Unknown, never Retry."""
        ...

    def find(self, row: Claimed, now: datetime) -> Found:
        """Look for an uncertain row by its key. Absent only where it is surely not there."""
        ...

    def examine(self) -> Sequence[Check]:
        """For `doctor`: does it work, and what mends it? Sends nothing to anybody."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
