"""How each kind of database is opened, the library that it takes, and what tells whether it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.util import find_spec

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError
from monitor.sources.sql.database import Database, Traced
from monitor.sources.sql.place import Cluster, File, Place, Server
from monitor.sources.sql.warehouse_place import Warehouse


def check_library(place: Place) -> None:
    """Raises ConfigError where the library is not installed."""
    library, extra = _library(place)
    if not _is_there(library):
        raise ConfigError(f"SOURCE_URL needs {library}: pip install 'smb-monitor[{extra}]'.")


def _library(place: Place) -> tuple[str, str]:
    """What has to be importable, and the extra that brings it."""
    match place:
        case Server():
            return "psycopg", "postgres"
        case Cluster():
            return "pyspark", "spark"
        case Warehouse():
            return place.kind.library, place.kind.extra
        case File():
            return "duckdb", ""


def _is_there(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ModuleNotFoundError:  # the package that it is a part of
        return False


def open_database(place: Place) -> Database:
    """The database, connected. Raises DataError, ConfigError."""
    check_library(place)
    match place:
        case Server():
            from monitor.sources.sql.postgres import PostgresTables

            return PostgresTables(place)
        case Cluster():
            from monitor.sources.sql.spark_tables import SparkTables

            return SparkTables(place)
        case Warehouse():
            from monitor.sources.sql.warehouse_tables import WarehouseTables

            return WarehouseTables(place)
        case File():
            from monitor.sources.sql.duckdb_file import DuckdbTables

            return DuckdbTables(place)


class Link:
    """The way to one database. Nobody is connected to before it is asked for, nor after `close`."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._database: Database | None = None

    def database(self) -> Database:
        """Connected. Raises DataError, ConfigError."""
        if self._database is None:
            self._database = open_database(self._place)
        return self._database

    def remarks(self) -> tuple[str, ...]:
        """What a person should know who reads from there."""
        return (self._place.remark,) if isinstance(self._place, Warehouse) else ()

    def stamp(self, spec: SourceSpec, names: Iterable[str]) -> str:
        """A hash of the configuration and of what tells whether the tables `names` have changed.

        Raises DataError, ConfigError.
        """
        return hashlib.sha256(f"{spec!r}\n{self._trace(names, spec.schema)}".encode()).hexdigest()

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _trace(self, names: Iterable[str], schema: str | None) -> str:
        """The times and sizes of files, or what the engine says of every row of the tables that are looked for."""
        place = self._place
        if isinstance(place, File) or (isinstance(place, Cluster) and place.folder is not None):
            return place.trace()
        check_library(place)
        if isinstance(place, Server):
            from monitor.sources.sql.stamps import of_server  # the driver is needed only here

            return of_server(place, names, schema)
        database = self.database()
        assert isinstance(database, Traced)  # every place but files and PostgreSQL is
        with database.answering():
            return database.trace(names, schema)
