"""A session of PostgreSQL that reads, and writes nothing but temporary tables of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir
import psycopg
import sqlglot as sg
from ibis.backends.postgres import Backend
from psycopg import sql

from monitor.sources.sql.dialect import Dialect

_SESSION = (
    "SET default_transaction_read_only = on",
    "SET DateStyle = 'ISO, YMD'",
    "SET jit = off",
    "SET work_mem = '64MB'",
    "SET temp_buffers = '128MB'",
)
"""Reading only; days as ISO has them; no compiling of long expressions, which takes longer than they do."""


class Session(Backend):  # type: ignore[misc]
    """Ibis' own, in the dialect of the facts. Every temporary table goes with the session."""

    compiler = Dialect()

    def create_table(self, name: str, /, obj: ir.Table, *, temp: bool = True, **_: Any) -> ir.Table:
        """The rows as a temporary table, its columns of the types that Ibis knows them by. Nothing else is created."""
        self._run_pre_execute_hooks(obj)
        query = self.compiler.to_sqlglot(obj).sql(self.dialect)
        named = sg.to_identifier(name, quoted=True).sql(self.dialect)
        with self._writing(), self.con.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {named} AS {query}")
            cursor.execute(f"ANALYZE {named}")
        namespace = ops.Namespace(catalog=None, database=None)
        return ops.DatabaseTable(name, schema=obj.schema(), source=self, namespace=namespace).to_expr()

    def drop_table(self, name: str, /, **more: Any) -> None:
        with self._writing():
            super().drop_table(name, **more)

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        with self._writing():
            super()._register_in_memory_table(op)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """PostgreSQL counts a temporary table as writing; what it holds is nobody else's."""
        with self.con.transaction():
            self.con.execute("SET TRANSACTION READ WRITE")
            yield


def connect(url: str, schema: str | None = None) -> Session:
    """A session with the database at `url`, its names looked up in `schema`. Raises psycopg.Error."""
    connection = psycopg.connect(url, autocommit=True, application_name="smb-monitor")
    try:
        for statement in _SESSION:
            connection.execute(statement)  # type: ignore[call-overload]
        if schema is not None:
            connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(schema)))
        session: Session = Session.from_connection(connection)
    except BaseException:
        connection.close()
        raise
    return session
