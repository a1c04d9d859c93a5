"""A channel by which many companies speak: what each says has a key of its own, though all count the same weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.channels.channel import Channel
from monitor.core.checks import Check
from monitor.core.outbox import Claimed, Found, Outcome, Outgoing, Sent


@dataclass(frozen=True)
class Scoped:
    """`channel` as one company uses it. Two may tell one place of one week: each message, thread and search is its own.

    Keys are scoped on their way out only; the outbox, which holds one company's rows, keeps its own.
    """

    channel: Channel
    scope: str

    @property
    def name(self) -> str:
        return self.channel.name

    def send(self, row: Claimed, now: datetime) -> Outcome:
        return self._home(self.channel.send(self._out(row), now))

    def find(self, row: Claimed, now: datetime) -> Found:
        found = self.channel.find(self._out(row), now)
        return self._back(found) if isinstance(found, Sent) else found

    def examine(self) -> Sequence[Check]:
        return self.channel.examine()

    def close(self) -> None:
        self.channel.close()

    def _out(self, row: Claimed) -> Claimed:
        said = row.outgoing
        target = None if said.target is None else self._scoped(said.target)
        scoped = replace(said, key=self._scoped(said.key), incident=self._scoped(said.incident), target=target)
        return replace(row, outgoing=scoped)

    def _home(self, outcome: Outcome) -> Outcome:
        return self._back(outcome) if isinstance(outcome, Sent) else outcome

    def _back(self, sent: Sent) -> Sent:
        return replace(sent, follow=tuple(self._own(each) for each in sent.follow))

    def _own(self, said: Outgoing) -> Outgoing:
        target = None if said.target is None else self._bare(said.target)
        return replace(said, key=self._bare(said.key), incident=self._bare(said.incident), target=target)

    def _scoped(self, key: str) -> str:
        return f"{self.scope}/{key}"

    def _bare(self, key: str) -> str:
        return key.removeprefix(f"{self.scope}/")
