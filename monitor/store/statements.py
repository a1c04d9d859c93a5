"""Statements that several parts of the store need: the writers' lock, rows that are inserted once, rows replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from monitor.store.schema import head


def lock(connection: Connection) -> Row[Any]:
    """The head of the log, locked until the transaction ends: one writer at a time.

    On PostgreSQL this row is the lock; SQLite's stands since the transaction began.
    """
    return connection.execute(select(head).with_for_update()).one()


def insert_once(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows whose key is not there yet; the others stay as they are. How many were new."""
    if not values:
        return 0
    statement = _insert_of(connection.dialect.name)(table).on_conflict_do_nothing().inline()
    # Without being asked to, SQLAlchemy keeps the count of an UPDATE and a DELETE only.
    counted = statement.execution_options(preserve_rowcount=True)
    return int(sum(connection.execute(counted, dict(row)).rowcount for row in values))


def replace_rows(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]], *changed: str) -> None:
    """Insert rows; of one whose other columns are there already, only the columns `changed` are."""
    if not values:
        return
    statement = _insert_of(connection.dialect.name)(table)
    key = [name for name in values[0] if name not in changed]
    new = {name: statement.excluded[name] for name in changed}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=new), [dict(row) for row in values])


def _insert_of(dialect: str) -> Any:
    """The dialect's own INSERT, with ON CONFLICT; each takes a while to import, so only the one in use is."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert
    from sqlalchemy.dialects import postgresql

    return postgresql.insert
