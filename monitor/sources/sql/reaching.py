"""A connection to PostgreSQL for reading, and in one sentence why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from monitor.core.secret import Secret
from monitor.errors import ConfigError, DataError
from monitor.sources.sql.place import first_line

Connection = psycopg.Connection[tuple[Any, ...]]
_SESSION = (
    "SET default_transaction_read_only = on",
    "SET DateStyle = 'ISO, YMD'",
    "SET TimeZone = 'UTC'",
    "SET jit = off",
)
"""Reading only; days as ISO has them; no compiling of long expressions, which takes longer than they do."""


def connected(url: Secret) -> Connection:
    """A connection that can only read. Raises ConfigError, DataError."""
    try:
        connection = psycopg.connect(url.reveal(), autocommit=True, application_name="smb-monitor", connect_timeout=15)
    except psycopg.OperationalError as error:
        raise DataError(
            f"The database of SOURCE_URL cannot be reached ({first_line(error)}): check the address, the password and "
            "that it lets this machine in."
        ) from error
    except psycopg.Error:  # its words may repeat a part of the password
        raise ConfigError(
            "SOURCE_URL is no address that PostgreSQL understands: write it like "
            "postgresql://user:password@host/database, a / or @ in the password as %2F, %40."
        ) from None
    with answering():
        for statement in _SESSION:
            connection.execute(statement)
    return connection


@contextmanager
def reach(url: Secret) -> Iterator[Connection]:
    """A connection for a few questions; what goes wrong while asking is a DataError too."""
    connection = connected(url)
    try:
        with answering():
            yield connection
    finally:
        connection.close()


@contextmanager
def answering() -> Iterator[None]:
    """What the server says instead of an answer becomes a DataError that says what to do."""
    try:
        yield
    except _OUR_FAULT:
        raise
    except psycopg.Error as error:
        advice = next((advice for kind, advice in _ADVICE if isinstance(error, kind)), "run it again")
        raise DataError(f"The database of SOURCE_URL does not answer ({first_line(error)}): {advice}.") from error


_OUR_FAULT = (psycopg.errors.SyntaxError, psycopg.errors.UndefinedColumn, psycopg.errors.UndefinedFunction)
_ADVICE = (
    (
        psycopg.errors.InsufficientPrivilege,
        "its user needs USAGE on the schema and SELECT on the tables, and on what its views read",
    ),
    (psycopg.errors.QueryCanceled, "give its user a longer statement_timeout (ALTER ROLE ... SET statement_timeout)"),
    (psycopg.errors.LockNotAvailable, "another program holds a table, so run it again when that is done"),
    (psycopg.DataError, "mend that cell, or read a view that leaves it out"),
)
