"""One claimed row: look for it where it is uncertain, send it where its channel is in reach, say how it is settled."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.app.reach import Reach
from monitor.channels.channel import Channel
from monitor.core import settle
from monitor.core.outbox import (
    SEND_LIMIT,
    SETTLE,
    Claimed,
    Found,
    Outcome,
    Sent,
    Settlement,
    Unknown,
)
from monitor.core.undelivered import Elsewhere


@dataclass(frozen=True)
class Courier:
    """Takes one row at a time to its channel."""

    channels: Mapping[str, Channel]
    elsewhere: Elsewhere
    clock: Callable[[], datetime]
    reach: Reach

    def deliver(self, row: Claimed) -> Settlement | None:
        """How the row is settled; None where its lease is too short to begin, so that it is given back."""
        if self._too_late(row):
            return None
        channel = self.channels.get(row.outgoing.address.channel)
        if channel is None:
            return settle.not_configured(row, self.elsewhere)
        if row.uncertain and (found := self._looked_for(row, channel)):
            return found
        return self._sent(row, channel)

    def _looked_for(self, row: Claimed, channel: Channel) -> Settlement | None:
        found = _find(channel, row, self.clock())
        if not isinstance(found, Sent) and self._too_late(row):
            found = Unknown("the search took too long")
        return settle.searched(found, row, self.clock(), self.elsewhere)

    def _sent(self, row: Claimed, channel: Channel) -> Settlement:
        trouble = self.reach.trouble(channel.name)
        if trouble is not None:
            return settle.unreachable(row, *trouble, self.clock(), self.elsewhere)
        outcome = _send(channel, row, self.clock())
        now = self.clock()
        return settle.settlement_of(outcome, row, now, self.elsewhere, self.reach.learn(channel.name, outcome, now))

    def _too_late(self, row: Claimed) -> bool:
        """Whether somebody else may claim the row, and look for the message, before it was sent and can be found."""
        return self.clock() + SEND_LIMIT + SETTLE > row.lease_until


def _send(channel: Channel, row: Claimed, now: datetime) -> Outcome:
    try:
        return channel.send(row, now)
    except Exception as error:  # noqa: BLE001  one row, or channel, that breaks must never stop the others
        return Unknown(_broke(channel, error))


def _find(channel: Channel, row: Claimed, now: datetime) -> Found:
    try:
        return channel.find(row, now)
    except Exception as error:  # noqa: BLE001  as above
        return Unknown(_broke(channel, error))


def _broke(channel: Channel, error: Exception) -> str:
    """Where it broke, without the error's own words: they may hold what is secret."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    return f"the {channel.name} channel broke: {type(error).__name__} in {at.name}, line {at.lineno}"
