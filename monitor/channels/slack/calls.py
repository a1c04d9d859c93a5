"""Calls to Slack's Web API: once each, within their time, and not while Slack asked to be left alone."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from monitor.channels.slack.trouble import Kind, Trouble, refused, unanswered
from monitor.core.outbox import SEND_LIMIT
from monitor.core.settings import SlackSettings

if TYPE_CHECKING:
    from slack_sdk import WebClient

TIMEOUT = 20.0
"""Seconds that one call may take."""
SHORT = 5.0
"""A search waits so long at most when it is asked to; what is longer is another try of the row."""
PAUSE = 1.0
"""Seconds between two tries in one channel."""
PAGE, PAGES = 200, 50
_BROKEN = (OSError, HTTPException, ValueError, LookupError, AttributeError, TypeError)
"""What slack_sdk raises for no answer, or for one that is not even JSON of the right shape."""
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """The body of an `ok: true`, and the scopes that the token has, where Slack said."""

    body: Body
    scopes: str | None = None


class Api:
    """One app's way to Slack. `clock` gives monotonic seconds, `wait` lets some pass. Safe in several threads."""

    def __init__(
        self,
        settings: SlackSettings,
        wait: Callable[[float], None],
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.timeout = timeout
        self.clock = clock
        self.wait = wait
        self._settings = settings
        self.held: dict[str, tuple[datetime, timedelta]] = {}
        """By method: since when, and for how long, Slack asked to be left alone."""
        self._made: WebClient | None = None
        self._making = Lock()

    def call(
        self, method: str, *, json: Body | None = None, form: Body | None = None, token: str | None = None
    ) -> Answer:
        """One call, never repeated. Raises Trouble."""
        from slack_sdk.errors import SlackApiError, SlackClientError

        params = {**(form or {}), **({"token": token} if token else {})}
        try:
            answer = self._client().api_call(method, json=dict(json) if json else None, params=params)
            if not isinstance(answer.data, dict):
                raise TypeError("no JSON object")
        except SlackApiError as error:
            raise _refused(method, error.response) from None
        except SlackClientError as error:
            raise Trouble(Kind.UNREACHED, f"{method}: not sent ({type(error).__name__})") from None
        except _BROKEN as error:
            raise unanswered(method, error) from None
        return Answer(answer.data, _header(answer.headers, "x-oauth-scopes"))

    def upload(self, url: str, data: bytes) -> None:
        """Hand over the bytes of a file. Nobody sees them yet: a lost answer matters to none. Raises Trouble."""
        if not url.startswith(("https://", "http://")):
            raise Trouble(Kind.REFUSED, "upload: Slack named no address to upload to")
        request = Request(url, data, {"Content-Type": "application/octet-stream"}, method="POST")  # noqa: S310  checked above
        try:
            with urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                answer.read()
        except _BROKEN as error:
            raise Trouble(Kind.UNREACHED, unanswered("upload", error).error) from None

    def _client(self) -> WebClient:
        from slack_sdk import WebClient

        with self._making:
            if self._made is None:
                quiet = logging.getLogger("monitor.channels.slack.sdk")
                quiet.setLevel(logging.CRITICAL)  # it would log requests and answers with all that is in them
                token = self._settings.bot_token
                self._made = WebClient(
                    token.reveal() if token else None,
                    self._settings.api_url,
                    timeout=self.timeout,  # type: ignore[arg-type]  # a socket takes parts of seconds too
                    ssl=ssl.create_default_context(),
                    retry_handlers=[],  # the SDK's own would post again what was delivered
                    logger=quiet,
                )
            return self._made


def _refused(method: str, response: Any) -> Trouble:
    data = response.data if isinstance(response.data, dict) else {}
    after = _seconds(_header(response.headers, "retry-after"))
    return refused(method, str(data.get("error", "")), response.status_code, after, str(data.get("needed") or ""))


class Errand:
    """The calls for one row, begun at `now`: none that could end after SEND_LIMIT, none while Slack asked to wait."""

    def __init__(self, api: Api, now: datetime) -> None:
        self._api = api
        self._began = now
        self._clock = api.clock()

    def call(self, method: str, *, json: Body | None = None, form: Body | None = None) -> Body:
        """One call, never repeated. Raises Trouble."""
        self._in_time(method)
        self._at_leave(method)
        try:
            return self._api.call(method, json=json, form=form).body
        except Trouble as trouble:
            if trouble.kind is Kind.WAIT and trouble.after is not None:
                self._api.held[method] = self._began + self._spent(), timedelta(seconds=trouble.after)
            raise

    def upload(self, url: str, data: bytes) -> None:
        self._in_time("upload")
        self._api.upload(url, data)

    def pause(self) -> None:
        """Between two tries in one channel."""
        self._api.wait(PAUSE)

    def messages(self, method: str, form: Body) -> Iterator[Body]:
        """The messages of conversations.history or .replies, page by page, with their metadata."""
        asked = {**form, "include_all_metadata": True, "inclusive": True, "limit": PAGE}
        for _ in range(PAGES):
            page = self._read(method, asked)
            yield from page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            asked["cursor"] = cursor
        raise Trouble(Kind.LOST, f"{method}: too many messages to look through")

    def _read(self, method: str, form: Body) -> Body:
        try:
            return self.call(method, form=form)
        except Trouble as trouble:
            if trouble.kind is not Kind.WAIT or trouble.after is None or trouble.after > SHORT:
                raise
            self._api.wait(trouble.after)
            self._api.held.pop(method, None)
            return self.call(method, form=form)

    def _spent(self) -> timedelta:
        return timedelta(seconds=self._api.clock() - self._clock)

    def _in_time(self, method: str) -> None:
        if SEND_LIMIT - self._spent() < timedelta(seconds=self._api.timeout):
            raise Trouble(Kind.WAIT, f"{method}: no time is left for it")

    def _at_leave(self, method: str) -> None:
        """A clock that was set back ends the wait."""
        since, asked = self._api.held.get(method, (self._began, timedelta()))
        now = self._began + self._spent()
        if since <= now < since + asked:
            left = (since + asked - now).total_seconds()
            raise Trouble(Kind.WAIT, f"{method}: Slack asked to be left alone", after=left)


def _header(headers: Mapping[str, Any], name: str) -> str | None:
    return next((str(value) for key, value in headers.items() if key.lower() == name), None)


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; a date, which Slack does not send, counts as none."""
    try:
        return max(float(text), 0.0) if text else None
    except ValueError:
        return None
