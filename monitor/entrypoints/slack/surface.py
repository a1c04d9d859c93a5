"""The Slack surface as the worker holds it: started, stopped, asked whether it is connected, given HTTP requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from monitor.app.wiring import Company
from monitor.core.settings import SlackSettings


def _nothing() -> None:
    return None


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
        self.open_company = open_company
        self.settings = settings
        self.clock = clock
        self.wake = wake

    def start(self) -> None:
        """Open the company and its store, connect in the background. Raises ConfigError where a token is missing."""

    def stop(self) -> None:
        """Take nothing more, finish what was taken, let go of all. Returns within some seconds."""

    def connected(self) -> bool:
        """Whether Slack reaches us: the WebSocket stands (`socket`), or requests are taken (`http`)."""
        return False

    def handle(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer one request to /slack/events: status, headers, body. 401 for a bad or old signature."""
        return 503, {"content-type": "text/plain"}, b"not started"
