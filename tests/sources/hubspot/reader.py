"""HubSpot as the program reads it, with a clock that a test moves, and what stands in the cache afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.sources.hubspot import HubSpot
from monitor.sources.hubspot.cache import Cache, State
from monitor.sources.hubspot.calls import HubSpotApi
from monitor.sources.hubspot.sync import synchronise
from monitor.sources.source import World
from tests.sources.hubspot.server import TOKEN


@dataclass
class Clock:
    """Time passes only where somebody waits for it."""

    at: datetime = datetime(2026, 11, 22, 8, tzinfo=UTC)
    waited: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += timedelta(seconds=seconds)

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Reader:
    """One company's reading of one portal."""

    address: str
    folder: Path
    clock: Clock = field(default_factory=Clock)
    tables: Mapping[str, TableSpec] = field(default_factory=dict)
    token: str = TOKEN
    told: list[tuple[str, int, int | None]] = field(default_factory=list)

    @property
    def world(self) -> World:
        return World(self.clock.now, self.clock.wait, lambda what, done, total: self.told.append((what, done, total)))

    @property
    def spec(self) -> SourceSpec:
        secrets = {"HUBSPOT_TOKEN": Secret(self.token), "HUBSPOT_API_URL": Secret(self.address)}
        secrets = {name: secret for name, secret in secrets.items() if secret.reveal()}
        return SourceSpec(type="hubspot", cache=self.folder, secrets=secrets, tables=self.tables)

    def open(self) -> HubSpot:
        return HubSpot(self.spec, self.world)

    def read(self) -> State:
        """Reads HubSpot once, whenever it was read last."""
        with closing(HubSpotApi(Secret(self.token), self.world, self.address)) as api:
            return synchronise(api, Cache(self.folder), self.spec, self.world)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """What the cache holds of a table."""
        state = Cache(self.folder).state()
        rows: list[dict[str, Any]] = pq.read_table(self.folder / state.folder / f"{table}.parquet").to_pylist()
        return rows

    def contents(self) -> dict[str, list[Any]]:
        """All that the cache holds, each row once and in order, to be compared."""
        names = (
            "deal", "deal_property_history", "deal_company", "merged_deal", "company", "owner", "deal_pipeline",
            "deal_pipeline_stage",
        )  # fmt: skip
        return {name: sorted(repr(sorted(row.items())) for row in self.rows(name)) for name in names}

    def live(self) -> dict[str, dict[str, Any]]:
        """Deals that count, by id; a deal that stands twice is an error."""
        merged = {row["merged_deal_id"] for row in self.rows("merged_deal")}
        rows = [row for row in self.rows("deal") if not row["is_deleted"] and row["deal_id"] not in merged]
        found = {row["deal_id"]: row for row in rows}
        assert len(found) == len(rows)
        return found
