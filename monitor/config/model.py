"""The keys of config.yaml: what each means, what it takes, what it is when absent. The text under a key is its help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

from monitor.config.kinds import (
    Cell,
    Currency,
    Database,
    Day,
    Delimiter,
    Encoding,
    HistoryBegins,
    Share,
    Text,
    TimeZone,
)
from monitor.config.telling import (
    EmailSection,
    LeadershipSection,
    RoutesSection,
    ScheduleSection,
    SlackSection,
    WebhookSection,
    WebSection,
    Weekday,
    WinsSection,
)
from monitor.core.indicators import INDICATORS
from monitor.core.tables import TABLES

Segment = Literal["smb", "mid_market", "strategic"]
DealType = Literal["new_business", "expansion", "renewal"]
SourceType = Literal["csv", "sql", "salesforce", "hubspot", "demo"]
TableName = Literal[*TABLES]  # type: ignore[valid-type]  # the list of tables is the one place that knows them


class _Indicators:
    """Makes the keys under `indicators` from the list of indicators, so that a new one needs no change here."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        kinds = {i.key: handler.generate_schema(i.Settings) for i in INDICATORS}
        keys = {key: core_schema.typed_dict_field(kind, required=False) for key, kind in kinds.items()}
        return core_schema.typed_dict_schema(keys, extra_behavior="forbid")


@dataclass(frozen=True)
class Expansion:
    started: Day
    """The day on which the expansion to mid-market began; the breaker watches from its quarter on, and the win rate is
    measured against the four quarters before it."""


@dataclass(frozen=True)
class DeriveSection:
    column: Annotated[Text, Field(alias="from")]
    """The column that tells the flag, by their name or the canonical one."""
    values: Annotated[tuple[Cell, ...] | None, Field(alias="in", min_length=1)] = None
    """The flag is true where the column holds one of these."""
    others: Annotated[tuple[Cell, ...] | None, Field(alias="not_in", min_length=1)] = None
    """The flag is true where the column holds none of these."""


@dataclass(frozen=True)
class TableSection:
    file: Text | None = None
    """A file, folder or glob, relative to `source.path`; when absent, it is found by the table's name."""
    table: Text | None = None
    """Only for `sql`: the name of the table or view, as `deals` or `crm.deals`; when absent, the canonical one."""
    type: Literal["csv", "sql"] | None = None
    """Where this table comes from when it is not where the rest does: `csv`, files of its own; `sql`, the database of
    SOURCE_URL, or with `path` a DuckDB file."""
    path: Text | None = None
    """With `type`: the file, or the folder that holds it (`csv`), or a DuckDB file (`sql`); relative to this file."""
    columns: Mapping[str, Text] = field(default_factory=dict)
    """Canonical column to their name for it."""
    values: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)
    """By canonical column: their value to the canonical one."""
    derive: Mapping[str, DeriveSection] = field(default_factory=dict)
    """Flags that another column tells, such as `is_won: {from: stage, in: [Closed Won]}`."""
    defaults: Mapping[str, Cell] = field(default_factory=dict)
    """Constants for columns that the source lacks and for cells that are empty."""
    date_format: Text | None = None
    """How this table writes dates, such as `%d/%m/%Y`; when absent, 2025-04-23."""
    number_format: Literal["1,234.50", "1.234,50", "1 234,50"] | None = None
    """How this table writes numbers; when absent, `1234.50`, `1,234.50` and, in the reporting currency, `$1,234.50`."""
    from_reps: Text | None = None
    """Only for `quotas`: the column of the reps' file that holds a rep's constant quota."""
    per: Literal["quarter", "year"] = "quarter"
    """What the quota in `from_reps` is for; when absent, a quarter."""
    ramp: tuple[Share, ...] = ()
    """Only with `from_reps`: parts of the quota by quarter since a rep's start, such as `[0.5, 0.75]`; then 1."""


@dataclass(frozen=True)
class SourceSection:
    type: SourceType
    """`csv`: a folder of CSV or Parquet files; `sql`: a database or warehouse; `salesforce`, `hubspot`: the CRM itself;
    `demo`: the built-in company."""
    path: Text | None = None
    """The folder of the files (`csv`, which needs it) or a DuckDB file (`sql`, in place of SOURCE_URL in the
    environment), or beside the SOURCE_URL of a Spark a folder of Parquet; relative to this file."""
    preset: Literal["salesforce", "hubspot"] | None = None
    """Only for `sql`: whose tables these are, as Fivetran or Airbyte writes them; when absent, the canonical ones."""
    schema: Text | None = None
    """Only for `sql`: the schema that holds the tables; when absent, the database's own first one."""
    scratch: Text | None = None
    """Only for `sql`: the schema for the steps between rows and facts, in a warehouse without temporary tables."""
    cache: Text | None = None
    """Only for `salesforce` and `hubspot`: the folder in which what was read is kept, relative to this file."""
    max_calls: Share | None = None
    """Only for `salesforce`: the share of the day's API calls, of all programs together, at which reading stops until
    later; when absent, 0.8."""
    encoding: Encoding = "utf-8"
    """Of CSV files."""
    delimiter: Delimiter | None = None
    """Of CSV files; when absent, it is found out from each file's header."""
    history_begins: HistoryBegins | None = None
    """The day on which a migrated CRM's history begins, or `false` for never; when absent, it is found out."""
    tables: Mapping[TableName, TableSection] = field(default_factory=dict)
    """By canonical table: how a source with other names and values is mapped."""
    scenario: Literal["healthy", "trap", "shock", "thin", "dirty"] = "trap"
    """Only for `demo`: which story the built-in company plays."""
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)] = 1
    """Only for `demo`: another number, another company with the same story."""


@dataclass(frozen=True)
class BreakerSection:
    quarters_to_trip: Annotated[int, Field(ge=1, le=12)] = 2
    """Breakage quarters in a row after which one indicator trips the breaker."""
    seal_after_days: Annotated[int, Field(ge=0, le=90)] = 7
    """Days after a quarter's end on which its verdicts are sealed."""
    seal_deadline_days: Annotated[int, Field(ge=0, le=366)] = 45
    """Days after a quarter's end up to which a verdict waits for late data, such as spend."""
    recovered_when: Literal["healthy", "warning"] = "healthy"
    """The band in which a sealed quarter of an indicator that tripped counts as recovered."""
    resume: Literal["automatic", "approval"] = "automatic"
    """Whether hiring opens by itself on recovery or when a named approver confirms."""
    approvals: Annotated[int, Field(ge=1, le=20)] = 2
    """Different approvers that an override takes, the asker being one of them."""


@dataclass(frozen=True)
class EmployeeBands:
    smb: Annotated[int, Field(ge=1, le=10_000_000)] = 50
    """The most employees of an SMB company."""
    mid_market: Annotated[int, Field(ge=1, le=10_000_000)] = 1000
    """The most employees of a mid-market company."""


@dataclass(frozen=True)
class AcvBands:
    smb: Annotated[Decimal, Field(gt=0)] = Decimal(50_000)
    """An SMB deal's annual value is below this."""
    mid_market: Annotated[Decimal, Field(gt=0)] = Decimal(500_000)
    """A mid-market deal's annual value is below this."""


@dataclass(frozen=True)
class SegmentsSection:
    by: Annotated[tuple[Literal["employees", "acv", "fit"], ...], Field(min_length=1)] = ("employees", "acv", "fit")
    """The signals that vote on a deal's segment; of two or three, two must agree."""
    employees: EmployeeBands = EmployeeBands()
    acv: AcvBands = AcvBands()
    named_accounts: Mapping[str, Segment] = field(default_factory=dict)
    """Accounts whose segment is decided, by account id."""


@dataclass(frozen=True)
class BulkSection:
    days: Annotated[int, Field(ge=1, le=92)] = 14
    """How many days before the as-of day are looked through for changes of close dates and amounts made in bulk."""
    deals: Annotated[int, Field(ge=2, le=1_000_000)] = 5
    """The fewest open deals, of one owner or of everybody on one day, that are a bulk."""
    pushed: Share = Decimal("0.5")
    """The least share of the open deals, of one owner or of everybody, whose close dates were put off on one day."""
    rounded: Share = Decimal("0.25")
    """The least share of the open deals, of one owner or of everybody, whose amounts were rounded up on one day."""


@dataclass(frozen=True)
class QualitySection:
    max_bad_rows: Share = Decimal("0.05")
    """The share of a needed table's rows that may be set aside before a run stops."""
    max_age: Annotated[int, Field(ge=1, le=3660)] = 7
    """Days after which a source is stale and every reading from it reads no data."""
    bulk: BulkSection = BulkSection()


@dataclass(frozen=True, kw_only=True)
class Document:
    """config.yaml as it stands, defaults filled in."""

    company: Text
    """The company's name, as every surface shows it."""
    timezone: TimeZone = "UTC"
    """An IANA name such as America/New_York; days are days there."""
    currency: Currency = "USD"
    """The reporting currency, three letters."""
    fiscal_year_start: Annotated[int, Field(ge=1, le=12)] = 1
    """The month in which the fiscal year begins; a fiscal year is named for the year in which it ends."""
    week_ends: Weekday = "sunday"
    """The last day of a week; weekly readings are as of it."""
    deal_types: Annotated[tuple[DealType, ...], Field(min_length=1)] = ("new_business",)
    """The types of deals that count."""
    expansion: Expansion | None = None
    source: SourceSection
    indicators: Annotated[Mapping[str, Any], _Indicators()] = field(default_factory=dict)
    breaker: BreakerSection = BreakerSection()
    segments: SegmentsSection = SegmentsSection()
    quality: QualitySection = QualitySection()
    leadership: LeadershipSection | None = None
    """When absent, nobody can override the breaker."""
    slack: SlackSection | None = None
    """When absent, nothing is posted to Slack."""
    email: EmailSection | None = None
    """When absent, no mail is sent."""
    webhook: WebhookSection | None = None
    """When absent, no machine is told."""
    schedule: ScheduleSection = field(default_factory=ScheduleSection)
    routes: RoutesSection = field(default_factory=RoutesSection)
    wins: WinsSection = field(default_factory=WinsSection)
    web: WebSection = field(default_factory=WebSection)
    templates: Text | None = None
    """A folder of templates of your own, relative to this file; when absent, the built-in ones."""
    database: Database = "sqlite:///smb-monitor.db"
    """Where the state is kept, with a relative file in this file's folder; DATABASE_URL in the environment wins, and is
    where a password belongs."""


@cache
def adapter(*, with_help: bool = False) -> TypeAdapter[tuple[Document]]:
    """What validates a document; `with_help` reads the help texts from the source (slow, only for the schema)."""
    config = ConfigDict(extra="forbid", use_attribute_docstrings=with_help)
    return TypeAdapter(tuple[Document], config=config)


def validated(given: Mapping[str, Any]) -> Document:
    """The document with the values `given`. Raises pydantic's ValidationError, whose locations begin with 0."""
    (document,) = adapter().validate_python((_filled(given),))
    return document


def _filled(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The defaults of every indicator under what is given, so that a map may be given in part."""
    own = given.get("indicators", {})
    defaults = {indicator.key: indicator.Settings() for indicator in INDICATORS}
    return {**given, "indicators": _under(own, defaults)}


def _under(given: Any, defaults: Any) -> Any:
    if is_dataclass(defaults):
        defaults = {each.name: getattr(defaults, each.name) for each in fields(defaults)}
    if not isinstance(given, dict) or not isinstance(defaults, Mapping):
        return given
    whole = {key: _under({}, value) if is_dataclass(value) else value for key, value in defaults.items()}
    return {**whole, **{key: _under(value, defaults.get(key)) for key, value in given.items()}}
