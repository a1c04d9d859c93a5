"""The canonical tables of a database: found by name, mapped, or made by a preset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

import ibis
import ibis.expr.datatypes as dt
import pyarrow as pa

from monitor.core.source_spec import SourceSpec
from monitor.core.tables import TABLES
from monitor.errors import DataError
from monitor.sources import presets
from monitor.sources.mapping import HELPERS, Names, check_columns, check_spec, map_table
from monitor.sources.rep_quotas import add_quotas
from monitor.sources.sql.database import Database
from monitor.sources.sql.names import found_in, mapped_names

NEEDED = "opportunities"
_ENOUGH = 3
"""Tables of a preset by which a schema looks like it; one or two may be anybody's."""


@dataclass(frozen=True)
class Loaded:
    """The tables, and what a person should know about them."""

    tables: Mapping[str, ibis.Table]
    remarks: tuple[str, ...]
    synced: datetime | None = None
    """When a preset's tables were last brought up to date."""
    users: ibis.Table | None = None
    """Those of a preset, with their mail addresses."""


def load(spec: SourceSpec, opened: Callable[[], Database]) -> Loaded:
    """Find and map the tables. Raises DataError, ConfigError where they cannot be used."""
    for name, table_spec in spec.tables.items():
        check_spec(TABLES[name], table_spec)
    database = opened()
    with database.answering():
        return _Loading(spec, database).run()


def read_table(spec: SourceSpec, name: str, opened: Callable[[], Database]) -> tuple[pa.Table | None, tuple[str, ...]]:
    """One canonical table by itself, here, None where it holds no row; and what a person should know.

    Raises DataError, ConfigError where it cannot be used.
    """
    check_spec(TABLES[name], spec.table(name))
    database = opened()
    with database.answering():
        loading = _Loading(spec, database)
        table = loading.mapped(name, spec.table(name).table or name)
        rows = None if table is None else _portable(table, _read_of(table, name, spec)).to_pyarrow()
        return rows, tuple(loading.remarks)


def _read_of(table: ibis.Table, name: str, spec: SourceSpec) -> set[str]:
    """The columns that are read: the canonical ones, the company's, and the one that a quota rule needs."""
    theirs = Names(table.columns)
    named = (spec.company_column, spec.table("quotas").from_reps if name == "reps" else None)
    return {column.name for column in TABLES[name].columns} | {theirs.find(each) or "" for each in named if each}


def _portable(table: ibis.Table, read: set[str]) -> ibis.Table:
    """Its columns as every engine holds them: what has no bounds or is of an odd type as text, exactly.

    Of a column that nothing reads only the name is fetched: it may be a salary.
    """
    kept = {name: table[name] if name in read else ibis.null("string") for name in table.columns if name not in HELPERS}
    return table.select(
        **{name: cell if _is_portable(cell.type()) else cell.cast("string") for name, cell in kept.items()}
    )


def _is_portable(kind: dt.DataType) -> bool:
    """A moment keeps its zone, which not every engine writes out."""
    is_moment = kind.is_timestamp() and kind.timezone is not None
    return bool(is_moment or kind.is_string() or kind.is_boolean() or kind.is_signed_integer() or kind.is_floating())


class _Loading:
    """One reading of a database."""

    def __init__(self, spec: SourceSpec, database: Database) -> None:
        self.spec = spec
        self.database = database
        self.schema = self.known_schema(spec.schema, "source.schema") if spec.schema else database.first_schema()
        self.names = database.names(self.schema)
        self.remarks: list[str] = []

    def run(self) -> Loaded:
        tables: dict[str, ibis.Table] = {}
        synced, users = None, None
        if self.spec.preset is not None:
            self.check_any(self.spec.preset)
            made = presets.load(self.spec.preset, self.raw, self.spec)
            tables |= made.tables
            self.remarks += made.remarks
            synced, users = presets.synced(self.spec.preset, self.raw), made.users
        for name, theirs in sorted(mapped_names(self.spec).items(), key=lambda each: each[0] != NEEDED):
            table = self.mapped(name, theirs)
            if table is not None:
                tables[name] = table
        self.add_quotas(tables)
        return Loaded(tables, tuple(self.remarks), synced, users)

    def check_any(self, preset: str) -> None:
        """Raises DataError for a schema in which nothing is that the preset reads."""
        if not self.held(preset):
            raise DataError(
                f"Schema {self.schema} of {self.database.where} has none of the tables of the preset {preset} (it "
                f"holds {_listed(self.names)}): name the schema where they are as source.schema{self.likely()}."
            )

    def check_deals(self, name: str, raw: ibis.Table | None) -> None:
        """Raises DataError where `name` are the deals and they are not there."""
        if name == NEEDED and raw is None:
            raise DataError(
                f"There is no table {NEEDED} in schema {self.schema} of {self.database.where}, which holds "
                f"{_listed(self.names)}: name yours under source.tables.{NEEDED}.table, another schema as "
                f"source.schema, or a source.preset{self.likely()}."
            )

    def held(self, preset: str) -> int:
        """How many of the tables that the preset reads are there."""
        return sum(found_in(self.names, name) is not None for name in presets.raw_tables(preset))

    def likely(self) -> str:
        """The end of a sentence on tables that are not there: whose those may be that are."""
        found = [preset for preset in presets.PRESETS if self.held(preset) >= _ENOUGH]
        return f" (what is there looks like source.preset: {' or '.join(found)})" if found else ""

    def known_schema(self, wanted: str, key: str) -> str:
        schemas = self.database.schemas()
        found = found_in(schemas, wanted)
        if found is None:
            raise DataError(
                f"{key}: there is no schema '{wanted}' in {self.database.where}, which has {_listed(schemas)}."
            )
        return found

    def raw(self, name: str) -> ibis.Table | None:
        """The table of that name, None where there is none."""
        found = found_in(self.names, name)
        return None if found is None else self.database.table(found, self.schema)

    def mapped(self, name: str, theirs: str) -> ibis.Table | None:
        """One canonical table; None where nobody named it and it is not there, or without a row."""
        raw = self.named(name, theirs)
        self.check_deals(name, raw)
        if raw is None:
            return None
        table, table_spec = TABLES[name], self.spec.table(name)
        check_columns(table, table_spec, raw.columns, f"Table {theirs} of {self.database.where}")
        if raw.limit(1).count().to_pyarrow().as_py():
            return map_table(raw, table, table_spec, self.spec.currency)
        if name == NEEDED:
            raise DataError(f"Table {theirs} of {self.database.where} has no row, and deals are needed for anything.")
        self.remarks.append(f"Table {theirs} holds no rows, so table {name} is taken as absent.")
        return None

    def named(self, name: str, theirs: str) -> ibis.Table | None:
        """Their table, in the source's schema or in the one before the point."""
        raw = self.raw(theirs)
        if raw is not None or self.spec.table(name).table is None:
            return raw
        said, _, bare = theirs.rpartition(".")
        schema = self.known_schema(said, f"source.tables.{name}.table") if said else self.schema
        there = self.database.names(schema)
        found = found_in(there, bare)
        if found is None:
            raise DataError(
                f"source.tables.{name}.table: there is no table '{theirs}' in {self.database.where}; schema "
                f"{said or schema} holds {_listed(there)}{_nearest(bare, there)}."
            )
        return self.database.table(found, schema)

    def add_quotas(self, tables: dict[str, ibis.Table]) -> None:
        quotas = self.spec.table("quotas")
        elsewhere = quotas.type is not None or self.spec.table("reps").type is not None
        if quotas.from_reps is None or elsewhere or NEEDED not in tables or "quotas" in tables:
            return
        if "reps" not in tables:
            raise DataError(
                f"source.tables.quotas.from_reps needs the table reps, which is not in {self.database.where}: add it."
            )
        add_quotas(tables, quotas, self.spec)


def _listed(names: list[str]) -> str:
    some = sorted(names)[:12]
    return (", ".join(some) + (f" and {len(names) - 12} more" if len(names) > 12 else "")) or "nothing"


def _nearest(name: str, names: list[str]) -> str:
    near = get_close_matches(name.lower(), [each.lower() for each in names], n=1)
    return f", nearest '{near[0]}'" if near else ""
