"""What every handler works with: the company and its store, the people, the way to Slack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.app.answers import Answers
from monitor.app.wiring import Company
from monitor.entrypoints.slack.desk import BUSY, Desk, Job, Taken
from monitor.entrypoints.slack.people import People
from monitor.store.repository import Store

if TYPE_CHECKING:
    from slack_sdk import WebClient


@dataclass(frozen=True)
class Office:
    """One company on Slack. `open_company` opens it anew, for what needs the source; `wake` is for the outbox."""

    company: Company
    store: Store
    answers: Answers
    people: People
    client: WebClient
    desk: Desk
    clock: Callable[[], datetime]
    open_company: Callable[[], Company]
    wake: Callable[[], None]

    @property
    def scope(self) -> str:
        """What begins the keys of this company where it is one of many."""
        return self.company.config.scope

    def take(self, job: Job) -> Taken:
        """Hand in a job; where too many wait, say so."""
        taken = self.desk.take(job)
        if taken is Taken.NOT:
            self.desk.say(job.request, BUSY)
        return taken
