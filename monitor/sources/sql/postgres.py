"""A session of PostgreSQL that reads, and writes nothing but temporary tables of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.postgres import Backend
from sqlglot import expressions as sge

from monitor.errors import DataError
from monitor.sources.sql.dialect import Dialect
from monitor.sources.sql.place import Server
from monitor.sources.sql.reaching import answering, connected

_ROOM = ("SET work_mem = '64MB'", "SET temp_buffers = '128MB'")
_FETCHED = 100_000
"""Rows turned at a time."""
_NAMES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'm', 'v', 'f')
"""
_ODD = """
SELECT a.attname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND (t.typtype <> 'b' OR t.typcategory = 'U')
"""
"""Columns of enums, domains and types that Ibis does not know, or takes for text that they are not."""


class Session(Backend):  # type: ignore[misc]
    """Ibis' own, in the dialect of the facts. Every temporary table goes with the session."""

    compiler = Dialect()

    def create_table(self, name: str, /, obj: ir.Table, **_: Any) -> ir.Table:
        """The rows as a temporary table, its columns of the types that Ibis knows them by. Nothing else is created."""
        self._run_pre_execute_hooks(obj)
        query = self.compiler.to_sqlglot(obj).sql(self.dialect)
        named = sge.to_identifier(name, quoted=True).sql(self.dialect)
        with self._writing():
            self.con.execute(f"CREATE TEMPORARY TABLE {named} AS {query}")
            self.con.execute(f"ANALYZE {named}")
        made = ops.DatabaseTable(name, schema=obj.schema(), source=self, namespace=ops.Namespace())
        return cast(ir.Table, made.to_expr())

    def to_pyarrow_batches(
        self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, **_: Any
    ) -> pa.RecordBatchReader:
        """The rows by one plain statement. Ibis declares a cursor, for which PostgreSQL plans as if few rows were to be
        fetched and with one process, and asks six times over the network.
        """
        schema = expr.as_table().schema()
        row = schema.as_struct().to_pyarrow()
        query = self.compile(expr, params=params, limit=limit)

        def batches() -> Iterator[pa.RecordBatch]:
            with self.con.cursor() as cursor:
                cursor.execute(query)
                while rows := cursor.fetchmany(_FETCHED):
                    yield pa.RecordBatch.from_struct_array(pa.array(rows, type=row))

        return pa.RecordBatchReader.from_batches(schema.to_pyarrow(), batches())

    def drop_table(self, name: str, /, **more: Any) -> None:
        with self._writing():
            super().drop_table(name, **more)

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        """The rows by their places: Ibis names a placeholder for each column, which a title with a bracket breaks."""
        columns = op.schema.to_sqlglot_column_defs(self.dialect)
        shape = sge.Schema(this=sge.to_identifier(op.name, quoted=True), expressions=columns).sql(self.dialect)
        with self._writing(), self.con.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE {shape}")
            with cursor.copy(f"COPY {sge.to_identifier(op.name, quoted=True).sql(self.dialect)} FROM STDIN") as target:
                for row in zip(*op.data.to_pyarrow(op.schema).to_pydict().values(), strict=True):
                    target.write_row(row)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """PostgreSQL counts a temporary table as writing; what it holds is nobody else's."""
        with self.con.transaction():
            self.con.execute("SET TRANSACTION READ WRITE")
            yield


class PostgresTables:
    """The tables of one PostgreSQL."""

    where = "the database of SOURCE_URL"

    def __init__(self, place: Server) -> None:
        connection = connected(place.url)
        with ExitStack() as unless_ready:
            unless_ready.callback(connection.close)
            with answering():
                for statement in _ROOM:
                    connection.execute(statement)
                self.session: Session = Session.from_connection(connection)
                if place.makes_facts:
                    self._check_rights()
            unless_ready.pop_all()

    def answering(self) -> AbstractContextManager[None]:
        return answering()

    def schemas(self) -> list[str]:
        rows = self._ask("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1")
        return [name for (name,) in rows if name != "information_schema"]

    def first_schema(self) -> str:
        ((name,),) = self._ask("SELECT coalesce(current_schema(), 'public')")
        return str(name)

    def names(self, schema: str) -> list[str]:
        return [name for (name,) in self._ask(_NAMES, schema)]

    def table(self, name: str, schema: str) -> ir.Table:
        """The table, its odd columns as text. Raises DataError where it may not be read."""
        quoted = sge.table_(name, db=schema, quoted=True).sql("postgres")
        ((may_read,),) = self._ask("SELECT has_table_privilege(%s::regclass, 'SELECT')", quoted)
        if not may_read:
            raise DataError(
                f"Table {schema}.{name} may not be read by the user of SOURCE_URL: GRANT SELECT ON {quoted} to it, and "
                f"USAGE ON SCHEMA {schema}."
            )
        table = self.session.table(name, database=schema)
        odd = {column for (column,) in self._ask(_ODD, quoted)}
        return table.mutate(
            **{column: _text(table[column]) for column in odd},
            **{
                column: table[column].cast("string")
                for column in set(table.columns) - odd
                if _is_unknown(table[column])
            },
        )

    def close(self) -> None:
        self.session.disconnect()

    def _check_rights(self) -> None:
        """Raises DataError where no temporary table can be made."""
        asked = (
            "SELECT pg_is_in_recovery(), has_database_privilege(current_database(), 'TEMPORARY'), current_database()"
        )
        ((replica, temporary, database),) = self._ask(asked)
        if replica:
            raise DataError(
                "The database of SOURCE_URL is a replica, which has no temporary tables: name the primary, or another "
                "copy that can be written."
            )
        if not temporary:
            raise DataError(
                f"The user of SOURCE_URL may make no temporary tables, which the facts need: GRANT TEMPORARY ON "
                f"DATABASE {database} to it."
            )

    def _ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self.session.con.execute(statement, values).fetchall()
        return rows


def _is_unknown(column: ir.Value) -> bool:
    return bool(column.type().is_unknown() or column.type().is_uuid())


@ibis.udf.scalar.builtin(name="text", signature=((None,), dt.string))  # type: ignore[untyped-decorator]
def _as_text(value: Any) -> str:  # type: ignore[empty-body]
    """PostgreSQL's own cast; Ibis leaves one out where it takes the column for text already."""


def _text(column: ir.Value) -> ir.Value:
    return column.cast("string") if _is_unknown(column) else _as_text(column)
