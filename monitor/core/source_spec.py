"""Where the data come from and how they are mapped, as the configuration says it; a source is opened from this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from monitor.core.calendar import FiscalCalendar
from monitor.core.secret import Secret

Constant = str | int | float | bool | Decimal | date


@dataclass(frozen=True)
class Derive:
    """A flag that another column tells (`derive: {is_won: {from: stage, in: [Closed Won]}}`).

    True where the cell of `column` (theirs, or else the canonical name) is one of `values`, without regard to case and
    to spaces around; with `negate` (`not_in`) where it is none of them. An empty cell stays empty.
    """

    column: str
    values: tuple[str, ...]
    negate: bool = False


@dataclass(frozen=True)
class TableSpec:
    """How one canonical table is found and mapped. Every name on the left is canonical."""

    file: str | None = None
    """A file, folder or glob, relative to the source's path; None: found by the table's name."""
    table: str | None = None
    """In a database: the name of the table or view, a schema before it or not; None: the canonical name."""
    type: str | None = None
    """The source that this table comes from; None: the one of the rest."""
    path: Path | None = None
    """With `type`: its file or folder; in a database, a DuckDB file, and None is the one of SOURCE_URL."""
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Canonical column to theirs."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """By canonical column: their value to the canonical one."""
    derive: Mapping[str, Derive] = field(default_factory=lambda: MappingProxyType({}))
    defaults: Mapping[str, Constant] = field(default_factory=lambda: MappingProxyType({}))
    """Constants for columns that the source lacks and for cells that are empty."""
    date_format: str | None = None
    """Of every date of the table, as `strptime` has it; None: ISO."""
    number_format: str | None = None
    """How every number of the table is written, by the example of 1234.5; None: `1234.5` or `1,234.5`."""
    from_reps: str | None = None
    """Only for `quotas`: the column of the reps' own table (theirs) that holds a rep's constant quota."""
    per: Literal["quarter", "year"] = "quarter"
    """What the quota in `from_reps` is for."""
    ramp: tuple[Decimal, ...] = ()
    """Parts of the quota by fiscal quarter since the start, the first for the quarter of the start; then 1."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the table has a place of its own, so that no preset makes it."""
        return self.type is not None or self.table is not None


@dataclass(frozen=True)
class SourceSpec:
    """One source: `type` is a key of the list of sources; the rest as that type needs it."""

    type: str = "csv"
    path: Path | None = None
    preset: str | None = None
    """Whose tables a database holds; None: the canonical ones."""
    schema: str | None = None
    """Of a database; None: its own first one."""
    scratch: str | None = None
    """Of a warehouse without temporary tables: the schema that may be written; what is left there, nobody needs."""
    cache: Path | None = None
    """Where what a CRM answered is kept."""
    max_calls: Decimal | None = None
    """The share of the day's calls, of all programs together, at which Salesforce is read no further; None: 0.8."""
    secrets: Mapping[str, Secret] = field(default_factory=lambda: MappingProxyType({}))
    """What the environment gives for sources, by variable."""
    encoding: str = "utf-8"
    delimiter: str | None = None
    """None: found out from each file's header."""
    tables: Mapping[str, TableSpec] = field(default_factory=lambda: MappingProxyType({}))
    scenario: str = "trap"
    seed: int = 1
    calendar: FiscalCalendar = field(default_factory=FiscalCalendar)
    currency: str = "USD"
    """The reporting one: a CRM's own rates are turned to it, and its sign may stand before an amount."""
    company_column: str | None = None
    """Where one source holds many companies: the column that says whose a row is."""
    with_addresses: bool = False
    """Whether the mail addresses of a CRM's users are read, to tell people of a spreadsheet by."""

    def table(self, name: str) -> TableSpec:
        """The mapping of one table; one that maps nothing where none is given."""
        return self.tables.get(name, TableSpec())
