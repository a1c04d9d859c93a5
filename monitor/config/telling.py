"""The keys that say who is told, of what, where and when. The text under a key is its help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, PlainValidator
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema

from monitor.config.kinds import Text
from monitor.config.places import ChannelId, From, GroupId, Host, Mail, Port, Time, Url, UserId
from monitor.core.routes import AUDIENCES, DEFAULT_ROUTES
from monitor.core.settings import Schedule

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Audience = Literal[*AUDIENCES]  # type: ignore[valid-type]  # the list of audiences is the one place that knows them

_LAST_DAY = 366


@dataclass(frozen=True)
class PersonSection:
    name: Text
    """As the audit log writes it."""
    email: Mail | None = None
    """Where mails reach them."""
    slack: UserId | None = None
    """Their Slack user id: by it they are known when they act from Slack, and told directly."""


def _named(given: Any) -> Any:
    return {"name": given} if isinstance(given, str) else given


class _OrName:
    """Lets the JSON schema accept a name in place of a person."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(core), "type": ["string", "object"]}


@dataclass(frozen=True)
class LeadershipSection:
    approvers: Annotated[tuple[PersonSection, ...], Field(min_length=1)]
    """Who may ask for, approve and confirm an override."""
    members: tuple[PersonSection, ...] = ()
    """Further leaders: told like approvers, may acknowledge and see names, may not override."""
    owner: Annotated[PersonSection, BeforeValidator(_named), _OrName()] | None = None
    """Whoever owns SMB sales, told directly, and who owns the steps of the reinvestment cycle until somebody else takes
    them: the name of an approver or member, or another person."""
    board: tuple[PersonSection, ...] = ()
    """Who is told by mail when hiring is paused, and again when nobody acknowledged it for long."""


@dataclass(frozen=True)
class SlackSection:
    digest_channel: ChannelId
    """Where the weekly digest goes, as a channel id."""
    alert_channel: ChannelId
    """Where alerts about the breaker go, as a channel id; may be the same."""
    mode: Literal["socket", "http"] = "socket"
    """`socket` needs no public address and SLACK_APP_TOKEN; `http` listens on /slack/events and needs
    SLACK_SIGNING_SECRET."""
    details_group: GroupId | None = None
    """A user group whose members see names and amounts of deals, besides leadership."""


@dataclass(frozen=True)
class EmailSection:
    host: Host
    """The SMTP server; its certificate is always verified."""
    sender: Annotated[From, Field(alias="from")]
    """The sender, with or without a name."""
    port: Port | None = None
    """When absent, 587 for `starttls` and 465 for `tls`."""
    security: Literal["starttls", "tls"] = "starttls"
    """How the connection is made safe."""
    username: Text | None = None
    """When absent, there is no login; its password is SMTP_PASSWORD in the environment."""
    reply_to: From | None = None
    """Where answers go, if not to the sender."""


@dataclass(frozen=True)
class WebhookSection:
    url: Url
    """Where transitions of the breaker are posted to, signed after Standard Webhooks with WEBHOOK_SECRET; https, or
    http on this machine."""


@dataclass(frozen=True)
class WebSection:
    host: Host = "127.0.0.1"
    """What `serve` listens on; beyond this machine it needs SMB_MONITOR_WEB_TOKEN."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    """The port of the dashboard, the API, /healthz, /readyz and /metrics; 0 is any that is free."""
    public_url: Url | None = None
    """Where people reach the dashboard; messages link to it. When absent, they have no link."""


@dataclass(frozen=True)
class DigestTime:
    weekday: Weekday = "monday"
    """The day of the weekly digest."""
    at: Time = Schedule.digest_at
    """When it is sent, in the company's time zone."""


@dataclass(frozen=True)
class ScheduleSection:
    digest: DigestTime = DigestTime()
    daily_at: Time = Schedule.daily_at
    """When data, breaker, escalations and the guardrail are looked at each day, in the company's time zone."""
    max_lateness_days: Annotated[int, Field(ge=1, le=6)] = 3
    """Days after which a digest that could not be sent is given up; the next one says so."""


def _from_day_0(given: Any) -> Any:
    return {"0": given} if isinstance(given, list) else given


_LISTED = {"type": "array", "items": {"enum": list(AUDIENCES)}}


def _days(first: int) -> PlainValidator:
    def days(text: Any) -> int:
        if isinstance(text, str) and text.isdecimal() and text.isascii() and first <= int(text[:9]) <= _LAST_DAY:
            return int(text)
        raise ValueError(f"must be a number of days from {first} to {_LAST_DAY}")

    return PlainValidator(days)


def _by_days(first: int) -> dict[str, Any]:
    days = "^[1-9][0-9]{0,2}$" if first else "^(0|[1-9][0-9]{0,2})$"
    return {"type": "object", "propertyNames": {"pattern": days}, "additionalProperties": _LISTED}


Audiences = tuple[Audience, ...]
AfterDays = Annotated[Mapping[Annotated[int, _days(1)], Audiences], WithJsonSchema(_by_days(1))]
FromDay0 = Annotated[
    Mapping[Annotated[int, _days(0)], Audiences],
    BeforeValidator(_from_day_0),
    WithJsonSchema({**_by_days(0), **_LISTED, "type": ["array", "object"]}),
]


@dataclass(frozen=True)
class RoutesSection:
    digest: Audiences = DEFAULT_ROUTES["digest"][0]
    """The weekly digest."""
    warning: Audiences = DEFAULT_ROUTES["warning"][0]
    """An indicator crosses into warning; the digest says it anyway."""
    breakage: Audiences = DEFAULT_ROUTES["breakage"][0]
    """An indicator crosses into breakage; the digest says it anyway."""
    on_course: Audiences = DEFAULT_ROUTES["on_course"][0]
    """An indicator is on course to trip the breaker."""
    trip: Audiences = DEFAULT_ROUTES["trip"][0]
    """The breaker trips: hiring is paused."""
    reminder: AfterDays = field(default_factory=lambda: DEFAULT_ROUTES["reminder"])
    """Still paused and nobody acknowledged it: who is reminded, days after the trip."""
    standing: AfterDays = field(default_factory=lambda: DEFAULT_ROUTES["standing"])
    """The pause lasts, acknowledged or not: who is told again every so many days."""
    override: Audiences = DEFAULT_ROUTES["override"][0]
    """An override is asked for, approved, ending or over."""
    violation: Audiences = DEFAULT_ROUTES["violation"][0]
    """A hire or transfer while hiring is paused."""
    recovered: Audiences = DEFAULT_ROUTES["recovered"][0]
    """The breaker recovers."""
    problem: FromDay0 = field(default_factory=lambda: DEFAULT_ROUTES["problem"])
    """Data are stale, missing or unreadable, or a message could not be delivered: at once, and days later if it
    lasts."""
    win: Audiences = DEFAULT_ROUTES["win"][0]
    """A large mid-market win, shown with the SMB panel on top."""


@dataclass(frozen=True)
class WinsSection:
    at_least: Annotated[Decimal, Field(gt=0)] | None = None
    """The amount from which a mid-market win is large enough to be told; when absent, twice `segments.acv.smb`. With
    `routes: {win: []}` none is."""
