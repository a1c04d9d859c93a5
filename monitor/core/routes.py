"""Who hears what: events, audiences, the people and channels behind them, and what to try when one is out of reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

AUDIENCES = ("digest", "alert", "owner", "leadership", "board")
"""`digest` and `alert` are channels, `owner` is whoever owns SMB, `leadership` and `board` are told by mail."""

SLACK, EMAIL, WEBHOOK = "slack", "email", "webhook"

DEFAULT_ROUTES: Mapping[str, Mapping[int, tuple[str, ...]]] = MappingProxyType(
    {
        "digest": {0: ("digest",)},
        "warning": {0: ()},
        "breakage": {0: ("alert", "owner")},
        "on_course": {0: ("alert", "owner", "leadership")},
        "trip": {0: ("digest", "alert", "owner", "leadership", "board")},
        "reminder": {
            2: ("alert", "owner"),
            5: ("alert", "owner", "leadership"),
            10: ("alert", "owner", "leadership", "board"),
        },
        "standing": {14: ("leadership",)},
        "override": {0: ("digest", "alert", "owner", "leadership", "board")},
        "violation": {0: ("alert", "owner", "leadership")},
        "recovered": {0: ("digest", "alert", "owner", "leadership", "board")},
        "problem": {0: ("digest", "alert"), 7: ("leadership",)},
        "win": {0: ("digest",)},
    }
)
"""By event: days after it, and who hears of it then. `reminder` while nobody acknowledged, `standing` again and again
while the pause lasts. Source: spec/delivery.md, "Who hears what"; what is only shown in the digest is not listed."""


@dataclass(frozen=True)
class Person:
    """Somebody by name, and where they are reached: a mail address, a Slack user id (`U0123`)."""

    name: str
    email: str | None = None
    slack: str | None = None


@dataclass(frozen=True)
class Address:
    """One place that a message goes to: a Slack channel or user id, a mail address, a webhook's URL."""

    channel: str
    to: str
    audience: str
    name: str = ""
    """Who that is, for people: `#alerts`, `Ada Marsh`."""


@dataclass(frozen=True)
class Directory:
    """The people and channels of one company. A channel that is not configured is None."""

    digest_channel: str | None = None
    alert_channel: str | None = None
    approvers: tuple[Person, ...] = ()
    members: tuple[Person, ...] = ()
    """Further leaders: told like approvers, may acknowledge and see names, may not override."""
    owner: Person | None = None
    board: tuple[Person, ...] = ()
    mails: bool = False
    """Whether mail is configured."""
    webhook: str | None = None
    routes: Mapping[str, Mapping[int, tuple[str, ...]]] = field(default_factory=lambda: DEFAULT_ROUTES)

    @property
    def leaders(self) -> tuple[Person, ...]:
        """Approvers, members and the owner, each once."""
        owner = (self.owner,) if self.owner else ()
        return tuple(dict.fromkeys((*self.approvers, *self.members, *owner)))

    def audiences(self, event: str, days: int = 0) -> tuple[str, ...]:
        return self.routes.get(event, {}).get(days, ())

    def addresses(self, audience: str) -> tuple[Address, ...]:
        """Where an audience is reached. A channel without Slack is reached by the leaders' mail."""
        match audience:
            case "digest" | "alert":
                channel = self.digest_channel if audience == "digest" else self.alert_channel
                if channel:
                    return (Address(SLACK, channel, audience, f"{audience} channel"),)
                return self._mails(self.leaders, audience)
            case "owner":
                if self.owner and self.owner.slack and self.alert_channel:
                    return (Address(SLACK, self.owner.slack, audience, self.owner.name),)
                return self._mails((self.owner,) if self.owner else (), audience)
            case "leadership":
                return self._mails(self.leaders, audience)
            case "board":
                return self._mails(self.board, audience)
            case _:
                return ()

    def everybody(self, audiences: tuple[str, ...]) -> tuple[Address, ...]:
        """The addresses of several audiences, each place once."""
        found = (address for audience in audiences for address in self.addresses(audience))
        return tuple({(each.channel, each.to): each for each in reversed(tuple(found))}.values())[::-1]

    def instead_of(self, address: Address, *, credentials: bool = False) -> tuple[Address, ...]:
        """Where a message goes that `address` refused for good; `credentials`: the whole channel is out of reach."""
        if address.channel != SLACK:
            return ()
        mine = tuple(p for p in self.leaders if p.slack == address.to)
        if mine:
            return self._mails(mine, address.audience)
        alert = Address(SLACK, self.alert_channel, "alert", "alert channel") if self.alert_channel else None
        if alert and address.to != alert.to and not credentials:
            return (alert,)
        return self._mails(self.leaders, address.audience)

    def person(self, slack_user: str) -> Person | None:
        """The leader behind a Slack user id."""
        return next((person for person in self.leaders if person.slack == slack_user), None)

    def _mails(self, people: tuple[Person | None, ...], audience: str) -> tuple[Address, ...]:
        return tuple(_mail(people, audience)) if self.mails else ()


def _mail(people: tuple[Person | None, ...], audience: str) -> Iterator[Address]:
    for person in people:
        if person and person.email:
            yield Address(EMAIL, person.email, audience, person.name)
