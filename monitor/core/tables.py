"""The canonical tables of the data contract: names, columns, kinds, what is required. Nothing else knows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

SEGMENTS = ("smb", "mid_market", "strategic")
REVIEW = "review"
"""Where a deal goes whose segment cannot be told; belongs to no segment."""
ALL_SEGMENTS = (*SEGMENTS, REVIEW)


class Kind(Enum):
    """How a cell is read."""

    TEXT = "text"
    DATE = "date"
    """A calendar day in the company's zone; a timestamp with an offset is converted and cut."""
    INSTANT = "instant"
    """A moment, kept to order changes within a day; a bare date is the start of its day."""
    MONEY = "money"
    """An exact decimal."""
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"


@dataclass(frozen=True)
class Column:
    """One column: its name, kind, whether the table is useless without it, and the values a choice may take."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None


@dataclass(frozen=True)
class Table:
    """One canonical table; `key` are the columns that make a row unique (empty: rows may repeat)."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)


def _text(name: str, required: bool = False) -> Column:
    return Column(name, Kind.TEXT, required)


def _date(name: str, required: bool = False) -> Column:
    return Column(name, Kind.DATE, required)


def _money(name: str, required: bool = False) -> Column:
    return Column(name, Kind.MONEY, required)


def _choice(name: str, *choices: str, required: bool = False, default: str | None = None) -> Column:
    return Column(name, Kind.CHOICE, required, choices, default)


def _segment(required: bool = False, *more: str) -> Column:
    return _choice("segment", *SEGMENTS, *more, required=required)


_ALL = (
    Table(
        "accounts",
        (
            _text("account_id", True),
            _text("name"),
            Column("employees", Kind.NUMBER),
            _money("annual_revenue"),
            _text("industry"),
            _choice("fit_segment", *SEGMENTS),
            _date("created_date"),
        ),
        ("account_id",),
    ),
    Table(
        "opportunities",
        (
            _text("opportunity_id", True),
            _text("account_id"),
            _text("owner_id"),
            _choice("type", "new_business", "expansion", "renewal", default="new_business"),
            _date("created_date", True),
            _date("close_date"),
            _text("stage"),
            Column("is_closed", Kind.FLAG, True),
            Column("is_won", Kind.FLAG, True),
            _money("amount"),
            _text("currency"),
            _segment(),
            _choice("source", "inbound", "plg", "outbound", "partner"),
        ),
        ("opportunity_id",),
    ),
    Table(
        "opportunity_history",
        (
            _text("opportunity_id", True),
            _choice("field", "amount", "close_date", "stage", "owner_id", "segment", required=True),
            _text("old_value"),
            _text("new_value"),
            Column("changed_at", Kind.INSTANT, True),
        ),
    ),
    Table(
        "reps",
        (
            _text("rep_id", True),
            _text("name"),
            _choice("role", "ae", "sdr", "csm", "manager", "se", required=True),
            _segment(True),
            _text("manager_id"),
            _date("start_date", True),
            _date("end_date"),
        ),
    ),
    Table(
        "quotas",
        (_text("rep_id", True), _date("period_start", True), _money("amount", True)),
        ("rep_id", "period_start"),
    ),
    Table(
        "spend",
        (
            _date("month", True),
            _segment(True, "shared"),
            _choice("function", "sales", "marketing", required=True),
            _money("amount", True),
            _text("currency"),
        ),
    ),
    Table(
        "revenue",
        (_date("month", True), _text("account_id", True), _segment(), _money("arr", True)),
        ("month", "account_id"),
    ),
    Table(
        "leads",
        (_text("lead_id", True), _date("created_date", True), _date("qualified_date"), _segment()),
        ("lead_id",),
    ),
    Table(
        "resources",
        (
            _date("period_start", True),
            _segment(True),
            _choice("resource", "engineering", "marketing_budget", "headcount", required=True),
            _money("planned", True),
            _money("actual"),
        ),
        ("period_start", "segment", "resource"),
    ),
    Table("releases", (_date("date", True), _segment(True))),
    Table(
        "requisitions",
        (
            _text("requisition_id", True),
            _segment(True),
            _text("role"),
            _choice("status", "open", "paused", "offer", "filled", "cancelled", required=True),
            _date("opened_date", True),
            _date("status_date"),
        ),
        ("requisition_id",),
    ),
    Table("fx_rates", (_text("currency", True), _money("rate", True), _date("month"))),
)

TABLES = {table.name: table for table in _ALL}
"""Every canonical table by name."""

EXAMPLE = "EXAMPLE"
"""Stands in the one row of a template for a spreadsheet; a row that holds it is never counted."""
ON_SHEETS = ("reps", "quotas", "spend", "revenue")
"""Tables that a CRM seldom has, and that people keep in spreadsheets."""
