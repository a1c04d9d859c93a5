"""Where the facts are made: temporary tables beside the source's own, in the engine that holds the data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql import SQLBackend
from ibis.util import gen_name

from monitor.facts.engines import Engine, engine_of


@dataclass(frozen=True)
class Workspace:
    """One engine, one run."""

    backend: SQLBackend
    engine: Engine
    _kept: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def keep(self, name: str, rows: ir.Table) -> ir.Table:
        """The rows as a temporary table, worked out once."""
        called = gen_name(f"monitor_{name}")
        with self.engine.reading():
            table = self.backend.create_table(called, rows, temp=True)
        self._kept[name].append(called)
        return table

    def forget(self, *names: str) -> None:
        """Drops what was kept under these names, so that its memory is free."""
        for name in names:
            for called in self._kept.pop(name, ()):
                with self.engine.reading():
                    self.backend.drop_table(called)

    def fetch(self, rows: ir.Table) -> pa.Table:
        """The rows, here."""
        with self.engine.reading():
            return self.backend.to_pyarrow(rows)

    def dicts(self, rows: ir.Table) -> list[dict[str, Any]]:
        """The rows, here, each by column name."""
        found: list[dict[str, Any]] = self.fetch(rows).to_pylist()
        return found

    def count(self, rows: ir.Table) -> int:
        """How many rows there are."""
        with self.engine.reading():
            return int(self.backend.to_pyarrow(rows.count()).as_py())


def workspace(tables: Mapping[str, ir.Table], timezone: str) -> Workspace:
    """The engine that holds the tables, its session standing in the company's zone."""
    # Every engine merges layers itself; for Ibis it is an eighth of a small run. So an order has to come last.
    ibis.options.sql.fuse_selects = False
    backend = next(iter(tables.values())).get_backend()
    engine = engine_of(backend)
    engine.prepare(backend, timezone)
    return Workspace(backend, engine)
