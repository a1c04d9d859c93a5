"""How each kind of database is opened, and the library that it takes."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from monitor.errors import ConfigError
from monitor.sources.sql.place import Cluster, File, Place, Server
from monitor.sources.sql.warehouse_place import Warehouse

if TYPE_CHECKING:
    from monitor.sources.sql.database import Database


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

            return PostgresTables(place.url)
        case Cluster():
            from monitor.sources.sql.spark_tables import SparkTables

            return SparkTables(place)
        case Warehouse():
            from monitor.sources.sql.warehouse_tables import WarehouseTables

            return WarehouseTables(place)
        case File():
            from monitor.sources.sql.duckdb_file import DuckdbTables

            return DuckdbTables(place)
