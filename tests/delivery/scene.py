"""A store, a Slack workspace, a mail server, and a clock that the test moves."""

from __future__ import annotations

import shutil
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from monitor.app.delivery import Report, drain
from monitor.channels.channel import Channel
from monitor.channels.email import EmailChannel
from monitor.channels.slack import SlackChannel
from monitor.core.outbox import Outgoing, Status
from monitor.core.plan import Plan
from monitor.core.routes import EMAIL, SLACK
from monitor.core.secret import Secret
from monitor.core.settings import EmailSettings, SlackSettings
from monitor.core.undelivered import Elsewhere
from monitor.render.words import Words
from monitor.store.repository import Store, open_store
from tests.delivery.rows import NOON, PEOPLE, SENDER
from tests.mail_server import SILENT, MailServer, serving
from tests.slack_server import ALERT, APP_TOKEN, DIGEST, SlackServer

NUMBERS = count(1)
PATIENCE, SHORT = 20.0, 0.2
"""Seconds for one call; a mail, with all that TLS has to do, may take twice as long."""
WORDS = Words()
"""Reading the templates once is enough."""


@dataclass
class Clock:
    """Stands until the test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def settings(slack_url: str, smtp_port: int, token: str) -> tuple[SlackSettings, EmailSettings]:
    """What the channels are opened with."""
    slack = SlackSettings(DIGEST, ALERT, bot_token=Secret(token), app_token=Secret(APP_TOKEN), api_url=slack_url)
    email = EmailSettings("localhost", SENDER, smtp_port, username="monitor", password=Secret("correct-horse-battery"))
    return slack, email


def channels(slack: SlackSettings, email: EmailSettings, clock: Clock, timeout: float = PATIENCE) -> dict[str, Channel]:
    """The real channels. What they would wait for passes on the test's clock."""
    posts = SlackChannel(slack, clock.pass_by, timeout=timeout, clock=lambda: clock().timestamp())
    return {SLACK: posts, EMAIL: EmailChannel(email, WORDS, timedelta(seconds=2 * timeout))}


@dataclass
class Scene:
    """One store and the world around it. Nothing in it waits: the clock is moved to whatever is due next."""

    url: str
    store: Store
    slack: SlackServer
    mail: MailServer
    clock: Clock
    channels: Mapping[str, Channel]
    hasty: Mapping[str, Channel]
    """The same ones that give up soon, for a drain in which something keeps silent."""
    token: str
    elsewhere: Elsewhere = PEOPLE
    recorded: list[Outgoing] = field(default_factory=list)

    def record(self, *rows: Outgoing) -> None:
        self.store.commit(Plan(outgoing=rows, expected_head=self.store.head()), self.clock())
        self.recorded += rows

    def drain(self, by: str = "worker") -> Report:
        silence = self.slack.hangs_next() or any(SILENT in said for said in self.mail.script.values())
        try:
            return drain(self.store, self.hasty if silence else self.channels, self.elsewhere, self.clock, by)
        finally:
            self.slack.release()
            if silence:
                self.slack.catch_up()

    def deliver(self, *rows: Outgoing) -> None:
        """Record `rows`, and go on until everything is settled."""
        self.slack.catch_up()
        if rows:
            self.record(*rows)
        for _ in range(300):
            report = self.drain()
            if report.next_at is None:
                return
            self.clock.now = max(report.next_at, self.clock.now + timedelta(milliseconds=1))
        raise AssertionError(f"not settled after 300 rounds: {self.store.outbox.lines()}")

    def status(self, row: Outgoing) -> Status:
        line = self.store.outbox.line(row.key)
        assert line is not None
        return line.status


@contextmanager
def scene(folder: Path, template: Path, tls: ssl.SSLContext, *, url: str | None = None) -> Iterator[Scene]:
    """A scene at noon, its SQLite store a copy of `template`, or the store at `url`."""
    if url is None:
        file = folder / f"store{next(NUMBERS)}.db"
        shutil.copy(template, file)
        url = f"sqlite:///{file}"
    clock = Clock()
    with SlackServer(lambda: clock().timestamp()) as slack, serving(tls) as mail, open_store(url) as store:
        configured = settings(slack.url, mail.port, slack.bot_token)
        patient, hasty = channels(*configured, clock), channels(*configured, clock, SHORT)
        try:
            yield Scene(url, store, slack, mail, clock, patient, hasty, slack.bot_token)
        finally:
            for channel in (*patient.values(), *hasty.values()):
                channel.close()
