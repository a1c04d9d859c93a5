"""Telling one person: by the request's response_url while it can be used, then by a message that only they see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from monitor.core.messages import Message
from monitor.entrypoints.slack.logs import log, quiet
from monitor.entrypoints.slack.people import told
from monitor.entrypoints.slack.requests import Request
from monitor.render.plain import shorten, visible
from monitor.render.slack import escaped
from monitor.render.slack_ladder import ladder

if TYPE_CHECKING:
    from slack_sdk import WebClient

USES, USABLE = 5, timedelta(minutes=30)
"""What Slack allows of one response_url."""
TIMEOUT = 10
"""Seconds that one answer may take to be sent."""
REFUSED = ("invalid_blocks", "msg_too_long", "msg_blocks_too_long", "invalid_arguments", "invalid_attachments")
"""Words of a refusal of what a message looks like: a simpler one is sent instead."""

LONGEST = 2500
"""Characters of a sentence."""

Form = dict[str, Any]


@dataclass
class Voice:
    """One request's way back to the person who made it. Never raises: what cannot be told is logged."""

    client: WebClient
    request: Request
    clock: Callable[[], datetime]
    used: int = 0

    def say(self, sentence: str) -> None:
        """One sentence, to this person only."""
        self.tell([plain(sentence)])

    def show(self, message: Message, *, share: bool = False) -> None:
        """A message, to this person or to the whole channel; simpler where Slack refuses it."""
        self.tell(list(forms(message)), share=share)

    def tell(self, ladder: list[Form], *, share: bool = False) -> None:
        """The first of `ladder` that Slack takes."""
        kind = "in_channel" if share else "ephemeral"
        for form in ladder:
            answer = self._by_url({**form, "response_type": kind, "replace_original": False})
            if answer == "ok":
                return
            if not answer.startswith(REFUSED):
                break
        if not self._by_message(ladder):
            log.error("an answer to %s could not be delivered", self.request.user)

    def _by_url(self, body: Form) -> str:
        """`ok`, or why not."""
        from slack_sdk.http_retry import RetryHandler
        from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
        from slack_sdk.webhook import WebhookClient

        url = self.request.response_url
        if url is None or self.used >= USES or self.clock() - self.request.at >= USABLE:
            return "unusable"
        self.used += 1
        again: list[RetryHandler] = [RateLimitErrorRetryHandler()]
        client = WebhookClient(url, timeout=TIMEOUT, ssl=self.client.ssl, logger=quiet("api"), retry_handlers=again)
        try:
            answer = client.send_dict(body)
        except (OSError, HTTPException) as error:
            return told(error)
        return "ok" if answer.status_code == 200 else answer.body

    def _by_message(self, ladder: list[Form]) -> bool:
        """In the channel, seen by this person only, else as a direct message; always the person's own."""
        from slack_sdk.errors import SlackApiError, SlackClientError

        user, channel = self.request.user, self.request.channel
        for form in ladder:
            try:
                if channel:
                    self.client.chat_postEphemeral(channel=channel, user=user, **_postable(form))
                    return True
                break
            except SlackApiError as error:
                if not told(error).startswith(REFUSED):
                    break
            except (SlackClientError, OSError, HTTPException):
                return False
        return self._direct(ladder)

    def _direct(self, ladder: list[Form]) -> bool:
        from slack_sdk.errors import SlackApiError, SlackClientError

        for form in ladder:
            try:
                self.client.chat_postMessage(channel=self.request.user, **form)
            except SlackApiError as error:
                if not told(error).startswith(REFUSED):
                    return False
            except (SlackClientError, OSError, HTTPException):
                return False
            else:
                return True
        return False


def _postable(form: Form) -> Form:
    """chat.postEphemeral knows no unfurling."""
    return {name: value for name, value in form.items() if not name.startswith("unfurl")}


def forms(message: Message) -> Iterator[Form]:
    """The message as rich as Slack may take it, then simpler."""
    for rung in ladder(message):
        yield {**rung.payload, "unfurl_links": False, "unfurl_media": False}


def spoken(sentence: str) -> str:
    """A sentence as it is shown: with a capital, everything invisible written out, no longer than Slack takes."""
    return shorten(visible(sentence[:1].upper() + sentence[1:]), LONGEST)


def plain(sentence: str) -> Form:
    """One sentence in which nothing is markup."""
    said = spoken(sentence)
    element = {"type": "text", "text": said}
    blocks = [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}]
    return {"text": escaped(said), "blocks": blocks, "unfurl_links": False, "unfurl_media": False}
