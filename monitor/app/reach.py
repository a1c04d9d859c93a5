"""Which channels refuse our credentials, since when, and whether they take them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.channels.channel import Channel
from monitor.core import checks
from monitor.core.outbox import Failed, Outcome
from monitor.core.settle import PROBE, said
from monitor.store.repository import Store


@dataclass(frozen=True)
class Reach:
    """The marks of dead channels, kept in the store so that every worker and `doctor` see them."""

    store: Store
    by: str

    def trouble(self, channel: str) -> tuple[str, datetime] | None:
        """The error, and since when, where `channel` refuses our credentials."""
        return self.store.health(channel)

    def learn(self, channel: str, outcome: Outcome, now: datetime) -> datetime | None:
        """Mark the channel where `outcome` says so; since when it is out of reach."""
        if not (isinstance(outcome, Failed) and outcome.credentials):
            return None
        if self.store.set_health(channel, said(outcome.error), now):
            self._turn(channel, now)
        found = self.store.health(channel)
        return found[1] if found else now

    def probe(self, channels: Iterable[Channel], clock: Callable[[], datetime]) -> None:
        """Look at each marked channel again, one worker every PROBE, and take the mark away where it works."""
        for channel in channels:
            if self.store.health(channel.name) and self._turn(channel.name, clock()) and _works(channel):
                self.store.set_health(channel.name, None, clock())

    def _turn(self, channel: str, now: datetime) -> bool:
        """Whether nobody has looked for PROBE."""
        return self.store.slots.claim(f"probe:{channel}", self.by, now, PROBE)


def _works(channel: Channel) -> bool:
    try:
        found = channel.examine()
    except Exception:  # noqa: BLE001  a channel that breaks does not work, and must not stop the others
        return False
    return all(check.outcome is not checks.Outcome.FAILED for check in found)
