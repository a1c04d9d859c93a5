"""A database or warehouse as a source: the engine that holds the data is the one that makes the facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, datetime
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.sources.sql.database import Database
from monitor.sources.sql.names import wanted_names
from monitor.sources.sql.opening import open_database, trace
from monitor.sources.sql.place import place_of
from monitor.sources.sql.warehouse_place import Warehouse

if TYPE_CHECKING:
    import ibis

    from monitor.sources.sql.tables import Loaded


def open_source(spec: SourceSpec) -> SqlSource:
    """The database that SOURCE_URL or `path` names. Nobody is connected to yet. Raises ConfigError."""
    return SqlSource(spec)


class SqlSource:
    """A database as a source. The engine starts, or the session begins, with the first call of `tables`."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        self._place = place_of(spec)
        self._database: Database | None = None
        self._loaded: Loaded | None = None
        self._stamp = ""

    def tables(self) -> Mapping[str, ibis.Table]:
        return self._load().tables

    def remarks(self) -> tuple[str, ...]:
        found = self._load().remarks
        return (*found, self._place.remark) if isinstance(self._place, Warehouse) else found

    def synced(self) -> datetime | None:
        return self._load().synced

    def addresses(self) -> Mapping[str, str]:
        from monitor.sources.presets import addresses

        users = self._load().users
        with self._opened().answering():
            return addresses(users)

    def stamp(self) -> str:
        """A hash of the configuration and of what tells whether the tables have changed (`trace`).

        Of tables that were loaded the stamp is the one from before: what was written since belongs to the next run.
        """
        if self._loaded is not None:
            return self._stamp
        told = trace(self._place, wanted_names(self._spec), self._spec.schema, self._opened)
        return hashlib.sha256(f"{self._spec!r}\n{told}".encode()).hexdigest()

    def today(self) -> date | None:
        return None

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = self._loaded = None

    def _load(self) -> Loaded:
        if self._loaded is None:
            from monitor.sources.sql.tables import load  # the engine takes a second to import

            self._stamp = self.stamp()
            with ExitStack() as unless_loaded:
                unless_loaded.callback(self.close)
                self._loaded = load(self._spec, self._opened)
                unless_loaded.pop_all()
        return self._loaded

    def _opened(self) -> Database:
        if self._database is None:
            self._database = open_database(self._place)
        return self._database
