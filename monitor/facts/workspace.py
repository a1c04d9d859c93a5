"""Where the facts are made: temporary tables beside the source's own, in the engine that holds the data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql import SQLBackend
from ibis.util import gen_name

from monitor.errors import DataError

_OUR_FAULT = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.InternalException)


@contextmanager
def _reading() -> Iterator[None]:
    """Files are read when the engine runs: one that is damaged inside is found here, and is a matter of the data."""
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, _OUR_FAULT):
            raise
        cause = str(error).strip().splitlines()[0].rstrip(".")
        raise DataError(
            f"The engine cannot read the data ({cause}): export the file again, or give more room."
        ) from error


@dataclass(frozen=True)
class Workspace:
    """One engine, one run."""

    backend: SQLBackend
    _kept: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def keep(self, name: str, rows: ir.Table) -> ir.Table:
        """The rows as a temporary table, worked out once."""
        called = gen_name(f"monitor_{name}")
        with _reading():
            table = self.backend.create_table(called, rows, temp=True)
        self._kept[name].append(called)
        return table

    def forget(self, *names: str) -> None:
        """Drops what was kept under these names, so that its memory is free."""
        for name in names:
            for called in self._kept.pop(name, ()):
                self.backend.drop_table(called)

    def fetch(self, rows: ir.Table) -> pa.Table:
        """The rows, here."""
        with _reading():
            return self.backend.to_pyarrow(rows)

    def dicts(self, rows: ir.Table) -> list[dict[str, Any]]:
        """The rows, here, each by column name."""
        found: list[dict[str, Any]] = self.fetch(rows).to_pylist()
        return found

    def count(self, rows: ir.Table) -> int:
        """How many rows there are."""
        with _reading():
            return int(self.backend.to_pyarrow(rows.count()).as_py())


def workspace(tables: Mapping[str, ir.Table], timezone: str) -> Workspace:
    """The engine that holds the tables, its session standing in the company's zone."""
    backend = next(iter(tables.values())).get_backend()
    if backend.name == "duckdb":
        backend.raw_sql("SET TimeZone = '{}'".format(timezone.replace("'", "''")))
        backend.raw_sql("SET preserve_insertion_order = false")
    return Workspace(backend)
