"""A channel by which many companies speak: what each says has a key of its own, though all count the same weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.channels.channel import Channel
from monitor.core.checks import Check
from monitor.core.messages import Message
from monitor.core.outbox import Claimed, Found, Outcome, Outgoing, Sent
from monitor.core.scope import LONGEST_NAME, scoped, with_own_buttons
from monitor.render.plain import shorten
from monitor.render.situation import HEADLINE


@dataclass(frozen=True)
class Scoped:
    """`channel` as one company uses it. Two may tell one place of one week: each message, thread, button and search is
    its own.

    Keys are scoped on their way out only; the outbox, which holds one company's rows, keeps its own. `company`: who
    signs what is said; empty where it is said of all.
    """

    channel: Channel
    scope: str
    company: str = ""

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
        outgoing = replace(
            said,
            key=self._scoped(said.key),
            incident=self._scoped(said.incident),
            target=None if said.target is None else self._scoped(said.target),
            message=self._signed(with_own_buttons(self.scope, said.message)),
            data={**said.data, "company": self.company} if self.company else said.data,
        )
        return replace(row, outgoing=outgoing)

    def _signed(self, message: Message) -> Message:
        """Of several companies that are heard in one place, the headline says which it is about."""
        begins = f"{shorten(self.company, LONGEST_NAME)}: " if self.company else ""
        if message.headline.startswith(begins):
            return message
        return replace(message, headline=shorten(f"{begins}{message.headline}", HEADLINE))

    def _home(self, outcome: Outcome) -> Outcome:
        return self._back(outcome) if isinstance(outcome, Sent) else outcome

    def _back(self, sent: Sent) -> Sent:
        return replace(sent, follow=tuple(self._own(each) for each in sent.follow))

    def _own(self, said: Outgoing) -> Outgoing:
        target = None if said.target is None else self._bare(said.target)
        return replace(said, key=self._bare(said.key), incident=self._bare(said.incident), target=target)

    def _scoped(self, key: str) -> str:
        return scoped(self.scope, key)

    def _bare(self, key: str) -> str:
        return key.removeprefix(f"{self.scope}/")
