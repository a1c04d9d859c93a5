"""The webhook channel: transitions as JSON for machines, signed after Standard Webhooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import http.client
import ipaddress
import json
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from monitor.channels.line import LIMIT, cut_off, dial, verified
from monitor.channels.wanted import Wanted
from monitor.core.checks import Check
from monitor.core.checks import Outcome as Result
from monitor.core.outbox import Absent, Claimed, Failed, Found, Outcome, Retry, Sent
from monitor.core.routes import WEBHOOK
from monitor.core.settings import WebhookSettings
from monitor.errors import ConfigError

PART = "webhook"
TYPES = {"trip": "tripped"}
"""Kinds of messages whose event has another name; any other is `breaker.<kind>`."""
PASSING = (408, 425, 429)
"""Of the 4xx those that another try may mend."""
SECRET = (24, 64)
"""Bytes that a secret may have. Source: the Standard Webhooks specification."""
FAULTS = (OSError, http.client.HTTPException, ValueError)
"""What a connection raises; a host name that is none is a ValueError."""


def open_channel(wanted: Wanted) -> WebhookChannel | None:
    """The webhook, where one is configured."""
    return WebhookChannel(wanted.webhook) if wanted.webhook else None


class WebhookChannel:
    """Posts to one URL, which stands in no error: it may be a secret itself. Every post has its own connection."""

    name = WEBHOOK

    def __init__(self, settings: WebhookSettings, limit: timedelta = LIMIT) -> None:
        self.settings = settings
        self.limit = limit

    def send(self, row: Claimed, now: datetime) -> Outcome:
        """Post the row. A lost answer is Retry, not Unknown: receivers know a repetition by its `webhook-id`."""
        try:
            url = place(self.settings.url)
            body = json.dumps(_content(row), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            headers = self._signed(webhook_id(row.outgoing.key), body, now)
        except ConfigError as error:
            return Failed(str(error))
        except ValueError:
            return Failed("the event has a number that JSON cannot hold, so the webhook was not told")
        try:
            code, after = self._post(url, body.encode(), headers)
        except ssl.SSLCertVerificationError as error:
            return Retry(f"{_server(url)} has no certificate that can be trusted ({error.verify_message})")
        except FAULTS as error:
            return Retry(f"{_server(url)} did not answer ({type(error).__name__})")
        return _judged(code, retry_after(after, now), url, webhook_id(row.outgoing.key))

    def find(self, row: Claimed, now: datetime) -> Found:
        """Nothing can be looked for, and nothing need be: a repetition has the same id, and receivers drop it."""
        return Absent()

    def examine(self) -> Sequence[Check]:
        """Are the URL and the secret what they must be? Posts nothing."""
        try:
            url = place(self.settings.url)
            self._signed("msg_check", "{}", datetime(2026, 1, 1, tzinfo=UTC))
        except ConfigError as error:
            return [Check(PART, Result.FAILED, str(error), "see webhook in docs/configuration.md")]
        return [Check(PART, Result.OK, f"transitions are posted to {url.hostname}, signed")]

    def close(self) -> None:
        """Nothing is kept open between two rows."""

    def _signed(self, identity: str, body: str, now: datetime) -> dict[str, str]:
        from standardwebhooks import Webhook

        moment = now.astimezone(UTC)
        return {
            "Content-Type": "application/json",
            "User-Agent": "smb-monitor",
            "webhook-id": identity,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(self._secret()).sign(identity, moment, body),
        }

    def _secret(self) -> bytes:
        """The key behind `whsec_...`. Raises ConfigError, without the secret in it."""
        text = self.settings.secret.reveal() if self.settings.secret else ""
        encoded = text.removeprefix("whsec_").rstrip("=")
        try:
            key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not text.startswith("whsec_") or not SECRET[0] <= len(key) <= SECRET[1]:
            raise ConfigError(
                "WEBHOOK_SECRET is not `whsec_` and 24 to 64 bytes in Base64: generate one where it is received."
            )
        return key

    def _post(self, url: SplitResult, body: bytes, headers: Mapping[str, str]) -> tuple[int, str | None]:
        """Status and Retry-After of the answer. Redirects are not followed, and the answer's body is not read."""
        seconds = self.limit.total_seconds()
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        with cut_off(self.limit, lambda: connection.sock):
            try:
                line = dial(host, port, seconds)
                connection.sock = line
                if url.scheme == "https":
                    connection.sock = verified().wrap_socket(line, server_hostname=host)
                target = (url.path or "/") + (f"?{url.query}" if url.query else "")
                connection.request("POST", target, body, dict(headers))
                with connection.getresponse() as answer:
                    return answer.status, answer.getheader("Retry-After")
            finally:
                connection.close()


def place(url: str) -> SplitResult:
    """The parts of a URL that may be posted to. Raises ConfigError, without the URL in it."""
    try:
        parts = urlsplit(url)
        usable = parts.port != 0 and bool(parts.hostname) and parts.username is None and url.isascii()
    except ValueError:
        raise ConfigError("webhook.url is no URL: give one that begins with https://.") from None
    if not usable or not url.isprintable() or " " in url:
        raise ConfigError("webhook.url is no URL: give one that begins with https://.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname or "")):
        raise ConfigError("webhook.url is not encrypted: give one that begins with https://.")
    return parts


def webhook_id(key: str) -> str:
    """The id of one message, the same however often it is sent."""
    return "msg_" + hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:32]


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks for, as a number or a moment; None where it asks for nothing sensible."""
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text[:9])
    try:
        return max((parsedate_to_datetime(text) - now).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _content(row: Claimed) -> dict[str, Any]:
    """The body, the same whenever it is sent."""
    kind = row.outgoing.kind
    return {
        "type": f"breaker.{TYPES.get(kind, kind)}",
        "timestamp": row.created_at.isoformat(),
        "data": dict(row.outgoing.data),
    }


def _server(url: SplitResult) -> str:
    return f"the webhook's server {url.hostname}"


def _judged(code: int, after: float | None, url: SplitResult, identity: str) -> Outcome:
    match code:
        case _ if 200 <= code < 300:
            return Sent({"id": identity})
        case _ if 300 <= code < 400:
            return Failed(f"{_server(url)} points elsewhere ({code}), which is not followed: correct webhook.url")
        case 410:
            return Failed(f"{_server(url)} wants no more of this (410): remove webhook, or correct webhook.url")
        case _ if 400 <= code < 500 and code not in PASSING:
            return Failed(f"{_server(url)} refused the event ({code}): check webhook.url and WEBHOOK_SECRET there")
        case _:
            return Retry(f"{_server(url)} cannot take the event now ({code})", after)
