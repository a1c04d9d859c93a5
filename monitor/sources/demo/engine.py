"""The generated rows brought into the embedded engine, every cell as text, as a CSV export would hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ibis
import pyarrow as pa

from monitor.core.tables import TABLES
from monitor.sources.demo.company import rows
from monitor.sources.demo.history import Row
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
    for name, lines in generated(scenario, seed).items():
        engine.ibis.con.from_arrow(lines).create(name)
        tables[name] = engine.ibis.table(name)
    return Loaded(tables, engine)


@lru_cache(maxsize=4)
def generated(scenario: str, seed: int) -> Mapping[str, pa.Table]:
    """The tables that have rows, made once for all readings of a process."""
    return {name: _columns(name, lines) for name, lines in rows(scenario, seed).items() if lines}


def _columns(name: str, lines: Sequence[Row]) -> pa.Table:
    names = [column.name for column in TABLES[name].columns]
    return pa.table([pa.array(cells, pa.string()) for cells in zip(*lines, strict=True)], names)
