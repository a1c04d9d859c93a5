"""One table of a database beside a source that is somewhere else: its rows are fetched, not read where they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError, DataError
from monitor.sources.sql.database import Database
from monitor.sources.sql.opening import open_database, trace
from monitor.sources.sql.place import place_of
from monitor.sources.sql.warehouse_place import Warehouse

if TYPE_CHECKING:
    import pyarrow as pa


class OwnInDatabase:
    """The table `name`, which `spec` maps and nothing else. Nobody is connected to yet. Raises ConfigError."""

    def __init__(self, spec: SourceSpec, name: str) -> None:
        self._spec, self._name = spec, name
        self._place = place_of(spec, name)
        self._database: Database | None = None
        self._stamp = ""

    def read(self) -> tuple[pa.Table | None, tuple[str, ...]]:
        from monitor.sources.sql.tables import read_table  # the engine takes a second to import

        try:
            stamp = self.stamp()
            with self._named():
                rows, remarks = read_table(self._spec, self._name, self._opened)
        finally:
            self._leave()
        self._stamp = stamp
        return rows, (*remarks, self._place.remark) if isinstance(self._place, Warehouse) else remarks

    def stamp(self) -> str:
        """Of rows that were read the stamp is the one from before: what was written since belongs to the next run."""
        if self._stamp:
            return self._stamp
        names = [self._spec.table(self._name).table or self._name]
        with self._named():
            told = trace(self._place, names, None, self._opened)
        return hashlib.sha256(f"{self._spec!r}\n{told}".encode()).hexdigest()

    def close(self) -> None:
        self._leave()
        self._stamp = ""

    def _opened(self) -> Database:
        if self._database is None:
            self._database = open_database(self._place)
        return self._database

    def _leave(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Two places are read: what goes wrong at this one says so."""
        key = f"source.tables.{self._name}"
        try:
            yield
        except (DataError, ConfigError) as error:
            if key in str(error):
                raise
            raise type(error)(f"{key}: {error}") from error
