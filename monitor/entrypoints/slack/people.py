"""Who is behind a Slack user id, and what they may do and see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from monitor.core.routes import Directory, Person
from monitor.entrypoints.slack.logs import log
from monitor.errors import NotAllowed

if TYPE_CHECKING:
    from slack_sdk import WebClient

KEPT = timedelta(minutes=5)
"""How long the members of the user group are remembered."""


@dataclass
class _Group:
    members: frozenset[str] = frozenset()
    asked_at: datetime | None = None


class People:
    """Leadership by Slack user id, and the members of the user group that may see names."""

    def __init__(
        self, directory: Directory, client: WebClient, group: str | None, clock: Callable[[], datetime]
    ) -> None:
        self.directory = directory
        self._client = client
        self._id = group
        self._clock = clock
        self._group = _Group()
        self._lock = Lock()

    def leader(self, user: str) -> Person:
        """Whoever may acknowledge and work on the checklist. Raises NotAllowed for everybody else."""
        person = self.directory.person(user) if user else None
        if person is None:
            raise NotAllowed(f"only leadership may do this{_ask(self.directory.leaders)}.")
        return person

    def approver(self, user: str) -> Person:
        """Whoever may override, approve and resume. Raises NotAllowed for everybody else."""
        person = self.directory.person(user) if user else None
        if person is None or person not in self.directory.approvers:
            raise NotAllowed(f"only approvers may do this{_ask(self.directory.approvers)} (leadership.approvers).")
        return person

    def may_see_names(self, user: str) -> bool:
        """Leadership, and the members of `slack.details_group`."""
        return bool(user) and (self.directory.person(user) is not None or user in self._members())

    def _members(self) -> frozenset[str]:
        """As Slack says, remembered for some minutes. While Slack does not say, nobody is a member."""
        if self._id is None:
            return frozenset()
        with self._lock:
            now = self._clock()
            if self._group.asked_at is None or not timedelta(0) <= now - self._group.asked_at < KEPT:
                self._group = _Group(self._asked(self._id), now)
            return self._group.members

    def _asked(self, group: str) -> frozenset[str]:
        from slack_sdk.errors import SlackClientError

        try:
            users = self._client.usergroups_users_list(usergroup=group).get("users")
        except (SlackClientError, OSError) as error:
            log.warning("the members of slack.details_group cannot be listed, so nobody counts as one: %s", told(error))
            return frozenset()
        return frozenset(str(user) for user in users) if isinstance(users, list) else frozenset()


def _ask(people: tuple[Person, ...]) -> str:
    names = ", ".join(person.name for person in people)
    return f": ask one of {names}" if names else ", and nobody is named yet"


def told(error: BaseException) -> str:
    """Slack's word for an error, or the kind of failure; never a URL or a token."""
    response = getattr(error, "response", None)
    said = response.get("error") if response is not None else None
    return str(said or type(error).__name__)
