"""The configuration as the program uses it: what the core, the sources and the store are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from monitor.config import database
from monitor.config.directory import directory
from monitor.config.environment import OF_SOURCES
from monitor.config.mapping import source_spec
from monitor.config.model import Document, adapter
from monitor.core.calendar import WEEKDAYS, FiscalCalendar
from monitor.core.chain import digest
from monitor.core.indicators import INDICATORS
from monitor.core.policy import BreakerPolicy, Bulk, FactsPolicy, Policy, SegmentBands
from monitor.core.routes import Directory
from monitor.core.secret import Secret
from monitor.core.settings import (
    SLACK_API,
    EmailSettings,
    Schedule,
    SlackSettings,
    WebhookSettings,
    WebSettings,
)
from monitor.core.source_spec import SourceSpec

_NOT_READ_WITH = (
    *("company", "leadership", "templates", "database"),
    *("slack", "email", "webhook", "schedule", "routes", "wins", "web"),
)
"""Keys that no reading depends on."""
_PLACES = ("path", "cache", "max_calls")
"""Keys of the source that say where it is and how it is asked, and nothing of what it holds."""
_PIPELINE, _MAPPED = (
    ("opportunities", "accounts", "fx_rates"),
    ("columns", "values", "derive", "defaults", "date_format"),
)
"""Tables that tell the open pipeline, and the keys that say how one is read."""
_SMTP_PORTS = {"starttls": 587, "tls": 465}


@dataclass(frozen=True)
class Membership:
    """That a company is one of many: `name` sets apart its messages, `log` is the database of its own.

    `column`: by which its rows are told from the others', where all have one source. `of_all`: it is no company's place
    but the portfolio's own.
    """

    name: str
    log: str
    column: str | None = None
    of_all: bool = False
    own_log: bool = False
    """Whether `log` is one that its entry names."""


@dataclass(frozen=True)
class Config:
    """A valid configuration. `file` is config.yaml itself; `database_given` is DATABASE_URL, where it is set.

    `secrets` are those of the environment, by variable. `membership`: where it is one of many in that file.
    """

    document: Document
    file: Path
    database_given: str | None = None
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    membership: Membership | None = None

    @property
    def company(self) -> str:
        return self.document.company

    @property
    def folder(self) -> Path:
        """The folder of config.yaml, which relative paths start from."""
        return self.file.parent.absolute()

    @property
    def database_url(self) -> str:
        """A SQLAlchemy URL, password included: DATABASE_URL from the environment, else `database`.

        One of many companies has its own, made from that.
        """
        if self.membership is not None:
            return self.membership.log
        return database.located(self.database_given or self.document.database, self.folder)

    @property
    def database_masked(self) -> str:
        """The same to be shown."""
        return database.masked(self.database_url)

    @property
    def scope(self) -> str:
        """What sets apart the messages of one of many companies; empty where there is one."""
        return self.membership.name if self.membership else ""

    @property
    def signature(self) -> str:
        """What its messages are signed with: the name of one of many companies; empty where nobody could ask whose."""
        return self.company if self.membership and not self.membership.of_all else ""

    @property
    def silent(self) -> bool:
        """Whether it tells nobody by itself."""
        return not any((self.slack(), self.email(), self.webhook()))

    @property
    def database_folder(self) -> Path | None:
        """The folder for the files of many companies, where this one's log is in it."""
        return database.folder_beside(self.membership.log) if self.membership else None

    @property
    def templates(self) -> Path | None:
        """The company's own templates; None for the built-in ones."""
        return None if self.document.templates is None else self.folder / self.document.templates

    @property
    def approvers(self) -> tuple[str, ...]:
        """The names of those who may override."""
        leadership = self.document.leadership
        return tuple(person.name for person in leadership.approvers) if leadership else ()

    @property
    def owner(self) -> str | None:
        """Who owns the reinvestment cycle at first."""
        leadership = self.document.leadership
        return leadership.owner.name if leadership and leadership.owner else None

    @property
    def dashboard(self) -> str | None:
        """Where people reach the dashboard."""
        return self.document.web.public_url

    @property
    def large_win(self) -> Decimal:
        """The amount from which a mid-market win is told; by default twice what makes a deal too large for SMB."""
        return self.document.wins.at_least or 2 * self.document.segments.acv.smb

    def directory(self) -> Directory:
        """Who is reached where, and who hears what."""
        return directory(self.document)

    def schedule(self) -> Schedule:
        """The worker's times."""
        times = self.document.schedule
        return Schedule(
            timezone=self.document.timezone,
            weekday=WEEKDAYS.index(times.digest.weekday),
            digest_at=times.digest.at,
            daily_at=times.daily_at,
            max_lateness=timedelta(days=times.max_lateness_days),
            ping=self.secrets.get("DEAD_MAN_URL"),
        )

    def slack(self) -> SlackSettings | None:
        """The Slack app; None where the file names none. Its tokens may be missing."""
        slack, api = self.document.slack, self.secrets.get("SLACK_API_URL")
        if slack is None:
            return None
        return SlackSettings(
            digest_channel=slack.digest_channel,
            alert_channel=slack.alert_channel,
            mode=slack.mode,
            details_group=slack.details_group,
            bot_token=self.secrets.get("SLACK_BOT_TOKEN"),
            app_token=self.secrets.get("SLACK_APP_TOKEN"),
            signing_secret=self.secrets.get("SLACK_SIGNING_SECRET"),
            api_url=f"{api.reveal().rstrip('/')}/" if api else SLACK_API,
        )

    def email(self) -> EmailSettings | None:
        """The mail server; None where the file names none. Its password may be missing."""
        email = self.document.email
        if email is None:
            return None
        return EmailSettings(
            host=email.host,
            sender=email.sender,
            port=email.port or _SMTP_PORTS[email.security],
            security=email.security,
            username=email.username,
            password=self.secrets.get("SMTP_PASSWORD"),
            reply_to=email.reply_to,
        )

    def webhook(self) -> WebhookSettings | None:
        """The machine that is told of transitions; None where the file names none."""
        webhook = self.document.webhook
        return WebhookSettings(webhook.url, self.secrets.get("WEBHOOK_SECRET")) if webhook else None

    def web(self) -> WebSettings:
        """What `serve` listens on."""
        web = self.document.web
        return WebSettings(web.host, web.port, web.public_url, self.secrets.get("SMB_MONITOR_WEB_TOKEN"))

    def policy(self) -> Policy:
        """What the core is told."""
        document = self.document
        return Policy(
            company=document.company,
            calendar=self.calendar,
            facts=self._facts_policy(),
            breaker=BreakerPolicy(**vars(document.breaker)),
            settings=MappingProxyType(dict(document.indicators)),
            expansion_started=document.expansion.started if document.expansion else None,
            max_age=document.quality.max_age,
            approvers=self.approvers,
            owner=self.owner,
            configuration=digest(_canonical(dumped(document))),
        )

    @property
    def calendar(self) -> FiscalCalendar:
        """The company's quarters and weeks."""
        return FiscalCalendar(self.document.fiscal_year_start, WEEKDAYS.index(self.document.week_ends))

    def source_spec(self) -> SourceSpec:
        """What the source is opened from."""
        given = {name: self.secrets[name] for name in OF_SOURCES if name in self.secrets}
        document = self.document
        spec = source_spec(document.source, self.folder, self.calendar, document.currency, given)
        return replace(spec, company_column=self.membership.column if self.membership else None)

    def _facts_policy(self) -> FactsPolicy:
        document = self.document
        coverage, wins = document.indicators["pipeline_coverage"], document.indicators["win_rate_trend"]
        employees, acv = document.segments.employees, document.segments.acv
        return FactsPolicy(
            currency=document.currency,
            timezone=document.timezone,
            calendar=self.calendar,
            deal_types=document.deal_types,
            segments_by=document.segments.by,
            segment_bands=SegmentBands((employees.smb, employees.mid_market), (acv.smb, acv.mid_market)),
            named_accounts=MappingProxyType(dict(document.segments.named_accounts)),
            max_age_days=MappingProxyType(dict(coverage.max_age_days)),
            stale_after_days=wins.stale_after_days,
            history_begins=document.source.history_begins,
            max_bad_rows=document.quality.max_bad_rows,
            bulk=Bulk(**vars(document.quality.bulk)),
            mapping=_mapping(document),
            with_due=any(i.wants_due_dates(document.indicators[i.key]) for i in INDICATORS),
        )


def dumped(document: Document) -> dict[str, Any]:
    """The document as plain values in the order of its keys; absent keys are left out."""
    (made,) = adapter().dump_python((document,), by_alias=True, exclude_none=True)
    return dict(made)


def _canonical(values: dict[str, Any]) -> dict[str, Any]:
    """What readings depend on, as JSON holds it. The source's places are left out: facts have a hash of their own."""
    kept = {key: value for key, value in values.items() if key not in _NOT_READ_WITH}
    kept["source"] = {key: value for key, value in values["source"].items() if key not in _PLACES}
    return {key: _plain(value) for key, value in kept.items()}


def _mapping(document: Document) -> str:
    """Hash of how the tables that tell the open pipeline are mapped; nothing where they are taken as they are."""
    tables = dumped(document)["source"].get("tables", {})
    mapped = {name: {key: tables.get(name, {}).get(key) for key in _MAPPED} for name in _PIPELINE}
    given = {name: {key: _plain(value) for key, value in said.items() if value} for name, said in mapped.items()}
    return digest(given) if any(given.values()) else ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if isinstance(value, (bool, int, str)) else str(value)
