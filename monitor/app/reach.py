"""Which channels refuse our credentials, since when, and whether they take them again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from monitor.channels.channel import Channel
from monitor.core import checks
from monitor.core.outbox import Failed, Outcome, Sent
from monitor.core.settle import PROBE, said
from monitor.store.repository import Store

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reach:
    """The marks of dead channels, kept in the store so that every worker and `doctor` see them."""

    store: Store
    by: str
    _on_trial: set[str] = field(default_factory=set)
    """Marked channels that the next row is sent by all the same: refused again, it was surely not delivered."""

    def probe(self, channels: Iterable[Channel], clock: Callable[[], datetime]) -> None:
        """Look at each marked channel again, one worker every PROBE.

        The mark goes where everything is well. Where something is not, it need not be the credentials: the next row
        finds that out.
        """
        for channel in channels:
            if self.store.health(channel.name) and self._turn(channel.name, clock()):
                if _works(channel):
                    self.store.set_health(channel.name, None, clock())
                else:
                    self._on_trial.add(channel.name)

    def trouble(self, channel: str) -> tuple[str, datetime] | None:
        """The error, and since when, where nothing is to be sent by `channel`."""
        if channel in self._on_trial:
            self._on_trial.discard(channel)
            return None
        return self.store.health(channel)

    def learn(self, channel: str, outcome: Outcome, now: datetime) -> datetime | None:
        """Mark or clear the channel by what came of a row; since when it is out of reach."""
        match outcome:
            case Failed(credentials=True):
                if self.store.set_health(channel, said(outcome.error), now):
                    self._turn(channel, now)
                marked = self.store.health(channel)
                return marked[1] if marked else now
            case Sent() | Failed() if self.store.health(channel):
                self.store.set_health(channel, None, now)
        return None

    def _turn(self, channel: str, now: datetime) -> bool:
        """Whether nobody has looked for PROBE."""
        return self.store.slots.claim(f"probe:{channel}", self.by, now, PROBE)


def _works(channel: Channel) -> bool:
    try:
        found = channel.examine()
    except Exception as error:  # noqa: BLE001  a channel that breaks does not work, and must not stop the others
        # not the error's own words: they may hold what is secret
        _LOG.error("the %s channel broke when it was looked at again: %s", channel.name, type(error).__name__)
        return False
    return all(check.outcome in (checks.Outcome.OK, checks.Outcome.NOTE) for check in found)
