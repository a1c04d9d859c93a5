"""Databases of both kinds to put a company into, and the configuration that reads it from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
from psycopg import sql

from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec
from tests.sources.company import Rows

Raw = Mapping[str, Rows]
ZONE = "SET TimeZone = '{zone}'"


TYPES = {
    "opportunities.opportunity_id": "varchar(18)",
    "opportunities.created_date": "timestamp with time zone",
    "opportunities.close_date": "date",
    "opportunities.is_closed": "boolean",
    "opportunities.is_won": "boolean",
    "opportunities.amount": "numeric(18, 2)",
    "opportunity_history.changed_at": "timestamp",
    "accounts.employees": "integer",
    "quotas.period_start": "date",
    "quotas.amount": "double precision",
    "reps.start_date": "date",
    "spend.month": "date",
    "spend.amount": "numeric",
}


@dataclass(frozen=True)
class Database:
    """One empty database: a DuckDB file, or where there is an `url`, a PostgreSQL."""

    file: Path
    url: str | None = None

    def put(self, tables: Raw, types: Mapping[str, str] | None = None, zone: str = "America/New_York") -> None:
        """The rows as tables, every column text unless `types` says otherwise; an empty cell is null.

        Moments that name no offset are of `zone`.
        """
        for name, rows in tables.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            kinds = [(column, (types or {}).get(f"{name}.{column}", "text")) for column in columns]
            cells = [[row.get(column) or None for column in columns] for row in rows]
            self.run(f'CREATE TABLE "{name}" (' + ", ".join(f'"{column}" {kind}' for column, kind in kinds) + ")")
            self._fill(name, [column for column, _ in kinds], cells, zone)

    def run(self, *statements: str) -> None:
        """Statements of somebody else who writes there."""
        if self.url is None:
            with duckdb.connect(str(self.file)) as connection:
                for statement in statements:
                    connection.execute(statement)
            return
        with psycopg.connect(self.url, autocommit=True) as session:
            for statement in statements:
                session.execute(statement.encode())

    def _fill(self, name: str, columns: list[str], rows: list[list[str | None]], zone: str) -> None:
        if self.url is None:
            texts = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
            with duckdb.connect(str(self.file)) as connection:
                connection.execute(ZONE.format(zone=zone))
                connection.from_arrow(pa.table(texts, columns)).insert_into(f'"{name}"')
            return
        copy = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute(ZONE.format(zone=zone).encode())
            with session.cursor().copy(copy) as target:
                for row in rows:
                    target.write_row(row)

    def spec(self, **more: Any) -> SourceSpec:
        """How it is read."""
        if self.url is None:
            return SourceSpec(type="sql", path=self.file, **more)
        return SourceSpec(type="sql", secrets={"SOURCE_URL": Secret(self.url)}, **more)

    def source(self) -> str:
        """The first keys of the configuration's `source`."""
        return "type: sql" + (f", path: {self.file}" if self.url is None else "")

    @property
    def name(self) -> str:
        """Of a PostgreSQL."""
        return (self.url or "").partition("?")[0].rpartition("/")[2]

    @property
    def environ(self) -> dict[str, str]:
        return {} if self.url is None else {"SOURCE_URL": self.url}
