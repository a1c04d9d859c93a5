"""The generated rows brought into the embedded engine, every cell as text, as a CSV export would hold them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import pyarrow as pa

from monitor.core.tables import TABLES
from monitor.sources.demo.company import rows
from monitor.sources.engine import Engine


@dataclass(frozen=True)
class Loaded:
    """The tables, and the engine that holds them."""

    tables: Mapping[str, ibis.Table]
    engine: Engine

    def close(self) -> None:
        self.engine.close()


def load(scenario: str, seed: int) -> Loaded:
    """Generate a company and load it; tables without rows are absent."""
    engine = Engine()
    tables = {}
    for name, lines in rows(scenario, seed).items():
        if not lines:
            continue
        names = [column.name for column in TABLES[name].columns]
        columns = [pa.array(cells, pa.string()) for cells in zip(*lines, strict=True)]
        engine.ibis.con.from_arrow(pa.table(columns, names)).create(name)
        tables[name] = engine.ibis.table(name)
    return Loaded(tables, engine)
