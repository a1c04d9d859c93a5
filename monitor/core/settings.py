"""How the channels, the worker's clock and its web server are set up. Made by `config`, read by whoever needs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from monitor.core.secret import Secret

SLACK_API = "https://slack.com/api/"


@dataclass(frozen=True)
class SlackSettings:
    """One Slack app in one workspace. Channels and the user group are ids (`C0123`, `S0123`)."""

    digest_channel: str
    alert_channel: str
    mode: str = "socket"
    """`socket`, or `http` with signed requests to /slack/events."""
    details_group: str | None = None
    """A user group whose members see names and amounts, besides leadership."""
    bot_token: Secret | None = None
    app_token: Secret | None = None
    signing_secret: Secret | None = None
    api_url: str = SLACK_API


@dataclass(frozen=True)
class EmailSettings:
    """One SMTP server, always over verified TLS."""

    host: str
    sender: str
    port: int = 587
    security: str = "starttls"
    """`starttls` or `tls`."""
    username: str | None = None
    password: Secret | None = None
    reply_to: str | None = None


@dataclass(frozen=True)
class WebhookSettings:
    """Where transitions are posted to, signed after Standard Webhooks (`whsec_...`)."""

    url: str
    secret: Secret | None = None


@dataclass(frozen=True)
class WebSettings:
    """What `serve` listens on. Beyond loopback a token is needed. `public_url` is where people reach the dashboard."""

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    token: Secret | None = None


@dataclass(frozen=True)
class Schedule:
    """Local wall times in the company's zone (an IANA name). `weekday`: Monday is 0."""

    timezone: str = "UTC"
    weekday: int = 0
    digest_at: time = time(8, 0)
    daily_at: time = time(7, 0)
    max_lateness: timedelta = timedelta(days=3)
    ping: Secret | None = None
    """A URL that is called after every good weekly run, so that somebody else notices when there is none."""
