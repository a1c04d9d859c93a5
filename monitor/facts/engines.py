"""What the engines have in common and Ibis does not hide: the session's time zone, and their errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ibis.backends.sql import SQLBackend

from monitor.errors import DataError

_ROOM = 2_200_000_000
"""What a DuckDB of ours holds anyhow (`sources.engine`)."""


@dataclass(frozen=True)
class Engine:
    """One kind of engine: what its session is told, and which of its errors are the data's fault."""

    settings: tuple[str, ...] = ()
    """Statements, in which {zone} is the company's time zone as a literal."""
    errors: tuple[type[Exception], ...] = ()
    our_fault: tuple[type[Exception], ...] = ()
    """Those among the errors that no data can cause."""
    room: str = ""
    """A statement that lets it hold {bytes} before it turns to the disk."""
    servers_fault: tuple[type[Exception], ...] = ()
    """Those by which a server says that it has no time, no room, or goes away."""

    @property
    def is_here(self) -> bool:
        """Whether it works in this process, and holds its memory."""
        return bool(self.room)

    def prepare(self, backend: SQLBackend, timezone: str) -> None:
        """Puts the session into the company's zone, so that a moment is cut to the company's day."""
        zone = "'{}'".format(timezone.replace("'", "''"))
        with self.reading():
            for statement in self.settings:
                backend.raw_sql(statement.format(zone=zone))

    def make_room(self, backend: SQLBackend) -> None:
        """Lets an engine in this process hold a third of the machine's memory, for what a thousand companies need."""
        third = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 3
        if self.is_here and third > _ROOM:
            backend.raw_sql(self.room.format(bytes=third))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The data are read when the engine runs: what is damaged or forbidden is found here, a matter of the data."""
        try:
            yield
        except self.errors as error:
            if isinstance(error, self.our_fault):
                raise
            cause = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
            if isinstance(error, self.servers_fault):
                raise DataError(
                    f"The engine stopped ({cause}): look at what it allows a user of time and room, and run it again."
                ) from error
            raise DataError(
                f"The engine cannot read the data ({cause}): mend the file or the table, or give more room."
            ) from error


def engine_of(backend: SQLBackend) -> Engine:
    """The engine behind a backend; one that nobody knows is told nothing, and its errors are shown as they are."""
    made = _KNOWN.get(backend.name)
    return made() if made else Engine()


_ID_HASH = "CREATE OR REPLACE TEMP MACRO id_hash(id, company) AS hash(id, '0000' || id, company)"
"""DuckDB's hash takes eight bytes at a time, and texts that differ in the last bytes of two such blocks often share its
number: it never mixes them downwards. Moved on by half a block, the same bytes cannot cancel out again.
"""


def _duckdb() -> Engine:
    import duckdb

    return Engine(
        ("SET TimeZone = {zone}", "SET preserve_insertion_order = false", _ID_HASH),
        (duckdb.Error,),
        (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.InternalException),
        "SET memory_limit = '{bytes} bytes'",
    )


def _postgres() -> Engine:
    from psycopg import Error, OperationalError, errors

    return Engine(
        ("SET TimeZone = {zone}",),
        (Error,),
        (errors.SyntaxError, errors.UndefinedColumn, errors.UndefinedFunction, errors.DatatypeMismatch),
        servers_fault=(OperationalError,),
    )


def _spark() -> Engine:
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    return Engine(("SET TIME ZONE {zone}",), (PySparkException,), (AnalysisException, ParseException))


@dataclass(frozen=True)
class _Warehouse:
    """An engine whose library nobody needs but its users."""

    setting: str
    module: str
    error: str

    def __call__(self) -> Engine:
        return Engine((self.setting,), (getattr(import_module(self.module), self.error),))


class _Jobs(Engine):
    """BigQuery, where every statement is a job of its own, which forgets what another one set."""

    def prepare(self, backend: Any, timezone: str) -> None:
        zone = import_module("google.cloud.bigquery").ConnectionProperty("time_zone", timezone)
        backend.client.default_query_job_config.connection_properties = [zone]


def _bigquery() -> Engine:
    return _Jobs(errors=(import_module("google.api_core.exceptions").GoogleAPIError,))


_KNOWN: Mapping[str, Callable[[], Engine]] = {
    "duckdb": _duckdb,
    "postgres": _postgres,
    "pyspark": _spark,
    "snowflake": _Warehouse("ALTER SESSION SET TIMEZONE = {zone}", "snowflake.connector.errors", "Error"),
    "bigquery": _bigquery,
    "databricks": _Warehouse("SET TIME ZONE {zone}", "databricks.sql.exc", "Error"),
    "trino": _Warehouse("SET TIME ZONE {zone}", "trino.exceptions", "Error"),
}
