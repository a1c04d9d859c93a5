"""Somebody who reads an organisation into a cache, as the program does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.sources.engine import Engine
from monitor.sources.salesforce import SHARE, SalesforceSource, open_source
from monitor.sources.salesforce.state import Cache, TableState
from monitor.sources.salesforce.tables import raw_table
from monitor.sources.source import World
from tests.sources.company import rows_of
from tests.sources.salesforce.server import TOKEN, Org

APP = {"SALESFORCE_CLIENT_ID": "3MVG9.client", "SALESFORCE_CLIENT_SECRET": "client.secret"}
TABLES = {
    "opportunities": TableSpec(defaults={"segment": "smb"}),
    "reps": TableSpec(defaults={"segment": "smb", "role": "ae"}),
}


@dataclass
class Reader:
    """`env` is what stands in the environment besides the address."""

    org: Org
    folder: Path
    env: Mapping[str, str] = field(default_factory=lambda: {"SALESFORCE_ACCESS_TOKEN": TOKEN})
    tables: Mapping[str, TableSpec] = field(default_factory=lambda: TABLES)
    more: Mapping[str, Any] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    told: list[tuple[str, int, int | None]] = field(default_factory=list)
    skew: timedelta = timedelta()
    """What this machine's clock is ahead of Salesforce's."""

    @property
    def share(self) -> Decimal:
        return SHARE

    @property
    def cache(self) -> Cache:
        return Cache(self.folder)

    def spec(self) -> SourceSpec:
        env = {"SALESFORCE_INSTANCE_URL": self.org.url, **self.env}
        secrets = {name: Secret(text) for name, text in env.items() if text}
        return SourceSpec(type="salesforce", cache=self.folder, secrets=secrets, tables=self.tables, **dict(self.more))

    def world(self) -> World:
        return World(lambda: self.org.now + self.skew, self.waits.append, lambda *said: self.told.append(said))

    def source(self) -> SalesforceSource:
        return open_source(self.spec(), self.world())

    def read(self) -> tuple[str, ...]:
        """Reads once; the remarks."""
        source = self.source()
        try:
            source.tables()
            return source.remarks()
        finally:
            source.close()

    def kept(self, name: str) -> list[dict[str, Any]]:
        """The rows of a raw table as they are shown, deleted ones among them, by id."""
        engine = Engine()
        try:
            table = raw_table(engine, self.cache, name, self.cache.state().shown.get(name, TableState()))
            rows = [] if table is None else table.to_pyarrow().to_pylist()
        finally:
            engine.close()
        ids = [row["id"] for row in rows]
        assert len(set(ids)) == len(ids), "a row is there twice"
        return sorted(rows, key=lambda row: cast(str, row["id"]))

    def ids(self, name: str = "opportunity", *, deleted: bool = False) -> list[str]:
        return [row["id"] for row in self.kept(name) if deleted or not row.get("is_deleted")]

    def canonical(self) -> dict[str, Any]:
        source = self.source()
        try:
            return {name: rows_of(table) for name, table in source.tables().items()}
        finally:
            source.close()

    def with_(self, **changes: Any) -> Reader:
        return replace(self, **changes)
