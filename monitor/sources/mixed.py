"""Tables with a place of their own (`quotas: {type: csv, path: quotas.csv}`), lent to the engine of the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.core.tables import ON_SHEETS
from monitor.errors import DataError
from monitor.sources.own import own_table
from monitor.sources.source import Addressed, CallsOut, Copied, Source

if TYPE_CHECKING:
    import ibis

    from monitor.sources.engine import Engine

NAMING = ("reps", "quotas")
"""Tables that name people."""
MAKING = {"reps", "opportunities"}
"""Tables that quotas by a rule are made of."""


@dataclass(frozen=True)
class Parted:
    """A source's spec taken apart: what the rest is opened from, each table's own, and quotas to be made last."""

    rest: SourceSpec
    own: Mapping[str, SourceSpec]
    quotas: TableSpec | None = None
    """Quotas by a constant of each rep, where the reps or the deals have a place of their own."""
    lacking: str = ""
    """A sentence for the first file that is not there: whoever reads is told, whoever only opens is not."""


def parted(spec: SourceSpec) -> Parted:
    """What `spec` says of tables with a place of their own."""
    own = {name: _alone(spec, name, table) for name, table in spec.tables.items() if table.type is not None}
    quotas = spec.table("quotas")
    late = quotas.from_reps is not None and quotas.type is None and bool(own.keys() & MAKING)
    rest = replace(spec, with_addresses=any(name in own for name in NAMING))
    gone = (name for name in own if _is_gone(spec.table(name)))
    lacking = next((_lacking(name, spec.table(name)) for name in gone), "")
    return Parted(rest, own, quotas if late else None, lacking)


def _is_gone(table: TableSpec) -> bool:
    return table.type == "csv" if table.path is None else not table.path.exists()


def _lacking(name: str, table: TableSpec) -> str:
    on_sheet = table.type == "csv" and name in ON_SHEETS
    template = f" (`smb-monitor init --template {name}` writes one to fill in)" if on_sheet else ""
    return f"source.tables.{name}.path: there is no '{table.path}': put the file there{template}, or mend the path."


def _alone(spec: SourceSpec, name: str, table: TableSpec) -> SourceSpec:
    """A folder or a database of one table; people bring the rule by which their quotas are made."""
    alone = replace(spec, tables={name: replace(table, type=None, path=None)})
    if name == "reps" and (rule := spec.table("quotas")).from_reps and rule.type is None:
        alone = replace(alone, tables={**alone.tables, "quotas": rule})  # whose column of the reps is an amount
    return _in_database(alone, name, table) if table.type == "sql" else _in_files(alone, name, table)


def _in_files(spec: SourceSpec, name: str, table: TableSpec) -> SourceSpec:
    path = table.path or Path()
    folder = path if path.is_dir() else path.parent
    file = table.file if path.is_dir() else path.name
    return replace(spec, type="csv", path=folder, tables={**spec.tables, name: replace(spec.table(name), file=file)})


def _in_database(spec: SourceSpec, name: str, table: TableSpec) -> SourceSpec:
    """That of SOURCE_URL, or where there is a path, that DuckDB file. The table has to be there: it was asked for."""
    tables = {**spec.tables, name: replace(spec.table(name), table=table.table or name)}
    secrets = spec.secrets if table.path is None else {}
    return replace(spec, type="sql", path=table.path, preset=None, schema=None, secrets=secrets, tables=tables)


class Mixed:
    """A source whose tables come from two places."""

    def __init__(self, main: Source, parts: Parted) -> None:
        self._main = main
        self._parts = parts
        self._owned = {name: own_table(spec, name) for name, spec in parts.own.items()}
        self._remarks: list[str] = []
        self._tables: Mapping[str, ibis.Table] | None = None
        self._own: Engine | None = None

    def tables(self) -> Mapping[str, ibis.Table]:
        if self._tables is None:
            self._tables = self._read()
        return self._tables

    def _read(self) -> Mapping[str, ibis.Table]:
        self._must_be_there()
        import ibis
        from ibis.util import gen_name

        from monitor.sources.addresses import matched
        from monitor.sources.rep_quotas import add_quotas

        found = {name: table for name, table in self._main.tables().items() if name not in self._parts.own}
        engine = next(iter(found.values())).get_backend() if found else self._engine().ibis
        for name, own in self._owned.items():
            rows, remarks = own.read()
            self._remarks += remarks
            if rows is not None and isinstance(self._main, Addressed):
                rows, remarks = matched(rows, name, self._main.addresses)
                self._remarks += remarks
            if rows is not None:
                found[name] = engine.create_table(gen_name(f"own_{name}"), ibis.memtable(rows), temp=True)
        late = self._parts.quotas
        if late and "reps" in found:
            add_quotas(found, late, self._parts.rest)
        return found

    def _must_be_there(self) -> None:
        if self._parts.lacking:
            raise DataError(self._parts.lacking)

    def _engine(self) -> Engine:
        """One of our own, where every table has a place of its own."""
        from monitor.sources.engine import Engine

        self._own = Engine()
        return self._own

    def stamp(self) -> str:
        self._must_be_there()
        digest = hashlib.sha256(self._main.stamp().encode())
        for name, own in sorted(self._owned.items()):
            digest.update(f"{name}\0{own.stamp()}\0".encode())
        return digest.hexdigest()

    def today(self) -> date | None:
        return self._main.today()

    def remarks(self) -> tuple[str, ...]:
        self.tables()
        return (*self._main.remarks(), *self._remarks)

    def synced(self) -> datetime | None:
        return self._main.synced() if isinstance(self._main, Copied) else None

    def close(self) -> None:
        self._tables = None
        self._remarks.clear()
        if self._own is not None:
            self._own.close()
            self._own = None
        for own in self._owned.values():
            own.close()
        self._main.close()


class MixedCalling(Mixed):
    """The same, where the rest is read from somebody's API."""

    def __init__(self, main: Source, calls: CallsOut, parts: Parted) -> None:
        super().__init__(main, parts)
        self._calls = calls

    def forecast(self) -> tuple[str, ...]:
        return self._calls.forecast()


def mixed(main: Source, parts: Parted) -> Source:
    """The source `main` with the tables that have a place of their own."""
    return MixedCalling(main, main, parts) if isinstance(main, CallsOut) else Mixed(main, parts)
