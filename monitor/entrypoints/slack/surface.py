"""The Slack surface as the worker holds it: started, stopped, asked whether it is connected, given HTTP requests."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.app.answers import Answers
from monitor.app.wiring import Company
from monitor.core.settings import SlackSettings
from monitor.entrypoints.slack.app import bolt, dispatched
from monitor.entrypoints.slack.desk import Desk
from monitor.entrypoints.slack.logs import quiet
from monitor.entrypoints.slack.office import Office
from monitor.entrypoints.slack.people import People
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from slack_bolt import App
    from slack_sdk import WebClient

    from monitor.entrypoints.slack.line import Line

TIMEOUT = 10
"""Seconds that a call to Slack may take."""
TEXT = {"content-type": "text/plain; charset=utf-8"}
Answer = tuple[int, dict[str, str], bytes]
"""Status, headers, body."""


def _nothing() -> None:
    return None


@dataclass(frozen=True)
class _Open:
    """What stands while the surface is started."""

    office: Office
    app: App
    line: Line | None


class SlackSurface:
    """One Slack app, over a WebSocket (`settings.mode: socket`) or HTTP requests (`http`).

    `open_company` opens the configured company anew each time it is called; `clock` gives this moment in UTC; `wake` is
    called after something was recorded, so that the outbox is drained at once. Safe to use from several threads.
    """

    def __init__(
        self,
        open_company: Callable[[], Company],
        settings: SlackSettings,
        clock: Callable[[], datetime],
        *,
        wake: Callable[[], None] = _nothing,
    ) -> None:
        self._open_company = open_company
        self._settings = settings
        self._clock = clock
        self._wake = wake
        self._open: _Open | None = None

    def start(self) -> None:
        """Open the company and its store, connect in the background. Raises ConfigError where a token is missing."""
        bot, app_token = self._token("bot_token", "SLACK_BOT_TOKEN"), ""
        if self._settings.mode == "socket":
            app_token = self._token("app_token", "SLACK_APP_TOKEN")
        else:
            self._token("signing_secret", "SLACK_SIGNING_SECRET")
        office = self._office(_client(bot, self._settings.api_url))
        app = bolt(office)
        line = None
        if app_token:
            from monitor.entrypoints.slack.line import Line

            line = Line(app, app_token, office.client)
            line.open()
        self._open = _Open(office, app, line)

    def stop(self) -> None:
        """Take nothing more, finish what was taken, let go of all. Returns within some seconds."""
        opened, self._open = self._open, None
        if opened is None:
            return
        if opened.line:
            opened.line.close()
        opened.office.desk.close()
        opened.office.store.close()
        opened.office.company.close()

    def connected(self) -> bool:
        """Whether Slack reaches us: the WebSocket stands (`socket`), or requests are taken (`http`)."""
        opened = self._open
        return opened is not None and (opened.line is None or opened.line.connected())

    def handle(self, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request to /slack/events: status, headers, body. 401 for a bad or old signature."""
        from slack_bolt import BoltRequest

        opened = self._open
        if opened is None or self._settings.mode != "http":
            return 503, TEXT, b"requests are not taken here"
        if not self._signed(headers, body):
            return 401, TEXT, b"the signature is wrong or too old"
        given = dispatched(opened.app, lambda: BoltRequest(body=body.decode("utf-8"), headers=dict(headers)))
        flat = {name: values[0] for name, values in given.headers.items() if values and name != "set-cookie"}
        return given.status, flat, given.body.encode("utf-8")

    def _signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """By Slack, with our secret, at most five minutes ago."""
        from slack_sdk.signature import Clock, SignatureVerifier

        class _Clock(Clock):
            def now(clock) -> float:  # noqa: N805  the surface's own `self` is meant inside
                return self._clock().timestamp()

        verifier = SignatureVerifier(self._token("signing_secret", "SLACK_SIGNING_SECRET"), _Clock())
        try:
            return bool(verifier.is_valid_request(body, dict(headers)))
        except (ValueError, TypeError):  # a time that is no number, a body or a signature that is no text
            return False

    def _token(self, name: str, environment: str) -> str:
        held = getattr(self._settings, name)
        if held is None:
            mode = self._settings.mode
            raise ConfigError(f"slack.mode {mode} needs {environment} in the environment (docs, Slack).")
        return str(held.reveal())

    def _office(self, client: WebClient) -> Office:
        company = self._open_company()
        store = company.open_store()
        people = People(company.config.directory(), client, self._settings.details_group, self._clock)
        desk = Desk(store, client, self._clock)
        answers = Answers(company, store, company.words())
        return Office(company, store, answers, people, client, desk, self._clock, self._open_company, self._wake)


def _client(token: str, url: str) -> WebClient:
    """A client that never sends anything twice by itself: only what was refused for now is tried again."""
    from slack_sdk import WebClient
    from slack_sdk.http_retry import RetryHandler
    from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

    again: list[RetryHandler] = [RateLimitErrorRetryHandler()]
    verified = ssl.create_default_context()  # made once: every answer by response_url would read all certificates anew
    return WebClient(token, base_url=url, timeout=TIMEOUT, ssl=verified, logger=quiet("api"), retry_handlers=again)
