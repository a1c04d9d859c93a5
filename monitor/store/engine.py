"""The connection to the store's database: dialects, how each is set up to survive a kill, errors as one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from monitor.errors import Conflict, StoreError

PATIENCE = 30
"""Seconds to wait for another process that is writing."""

WRITES = "smb_monitor_writes"
ACCEPTED = "use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE in `database` or DATABASE_URL"


class Database:
    """An engine that reads in one snapshot, writes under one lock and speaks in sentences."""

    def __init__(self, url: str) -> None:
        self.url, self.schema = _parse(url)
        self.engine = _engine(self.url, self.schema)
        self.dialect = self.engine.dialect.name

    @property
    def file(self) -> Path | None:
        """The file of a SQLite store; None for one in memory, for a `file:` URI and for a server."""
        name = self.url.database
        in_file = self.dialect == "sqlite" and name and name != ":memory:" and not name.startswith("file:")
        return Path(name) if in_file and name else None

    @property
    def name(self) -> str:
        """The database as messages name it, without its password."""
        return str(self.file) if self.file else self.url.set(query={}).render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._sentences("read"), self.engine.connect() as plain:
            # SQLite sees one state from a transaction's first read on; PostgreSQL has to be asked for it.
            one_state = {} if self.dialect == "sqlite" else {"isolation_level": "REPEATABLE READ"}
            connection = plain.execution_options(**one_state)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction. On SQLite it holds the write lock from its start; on PostgreSQL, lock a row in it."""
        with self._sentences("written"), self.engine.connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection

    @contextmanager
    def _sentences(self, done: str) -> Iterator[None]:
        try:
            yield
        except IntegrityError as error:
            raise Conflict(
                f"the database {self.name} already holds what was to be recorded ({self._cause(error)}):"
                " somebody else was first; run the command again"
            ) from error
        except SQLAlchemyError as error:
            raise StoreError(
                f"the database {self.name} cannot be {done}: {self._cause(error)}; check `database` or DATABASE_URL"
            ) from error

    def _cause(self, error: SQLAlchemyError) -> str:
        lines = str(getattr(error, "orig", None) or error).strip().splitlines() or [type(error).__name__]
        cause = lines[0].rstrip(".;: ")
        return cause.replace(self.url.password, "***") if self.url.password else cause


def _parse(url: str) -> tuple[URL, str | None]:
    """The URL as SQLAlchemy has it, and the schema of PostgreSQL that its parameter `schema` names."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise StoreError(f"the database's address is no URL: {ACCEPTED}") from error
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise StoreError(f"the store does not run on {parsed.drivername}: {ACCEPTED}")
    schema = parsed.query.get("schema")
    if parsed.drivername.startswith("sqlite") or not isinstance(schema, str):
        return parsed, None
    return parsed.difference_update_query(["schema"]), schema


def _engine(url: URL, schema: str | None) -> Engine:
    try:
        return _sqlite(url) if url.drivername.startswith("sqlite") else _postgresql(url, schema)
    except ModuleNotFoundError as error:
        raise StoreError("a PostgreSQL database needs psycopg: pip install 'smb-monitor[postgres]'") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database's address cannot be used: {ACCEPTED}") from error


def _postgresql(url: URL, schema: str | None) -> Engine:
    patient = {} if "connect_timeout" in url.query else {"connect_timeout": 10}
    engine = create_engine(url, connect_args=patient, pool_pre_ping=True)
    event.listen(engine, "connect", _set_lock_timeout)
    if schema is not None:
        event.listen(engine, "connect", partial(_set_schema, schema))
    return engine


def _set_lock_timeout(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{PATIENCE}s'")
    connection.commit()


def _set_schema(schema: str, connection: Any, _record: object) -> None:
    """Every name is looked for there and nowhere else, so that many stores share a database and nothing in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('search_path', quote_ident(%s), false)", (schema,))
    connection.commit()


def _sqlite(url: URL) -> Engine:
    patient = {} if "timeout" in url.query else {"timeout": PATIENCE}
    engine = create_engine(url, connect_args=patient)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """docs/decisions/store.md says why the journal is a file and is flushed twice."""
    connection.isolation_level = None
    for pragma in ("foreign_keys = ON", "synchronous = EXTRA"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """The driver would begin late, and only before some statements; the lock must stand before the first read."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
