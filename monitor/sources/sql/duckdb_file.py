"""The tables of a DuckDB file, which is opened for reading beside the embedded engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import ibis.expr.types as ir
from ibis.common.exceptions import TableNotFound

from monitor.errors import DataError
from monitor.sources.engine import Engine
from monitor.sources.sql.place import File, first_line

_ALIAS = "source"
_SCHEMAS = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = ? AND NOT internal ORDER BY 1"
_NAMES = """
SELECT table_name FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2
UNION ALL SELECT view_name FROM duckdb_views() WHERE database_name = $1 AND schema_name = $2 AND NOT internal
"""


class DuckdbTables:
    """The tables of one file."""

    def __init__(self, place: File) -> None:
        place.check()
        self.where = f"'{place.path.name}'"
        self.engine = Engine()
        try:
            self.engine.ibis.attach(place.path, _ALIAS, read_only=True)
            self.engine.ibis.raw_sql(f"USE {_ALIAS}")  # views name the tables under them without saying where
        except duckdb.Error as error:
            self.engine.close()
            raise DataError(
                f"'{place.path}' cannot be read as a DuckDB file ({first_line(error)}): check {place.key}, and that no "
                "other program has it open for writing."
            ) from error

    @contextmanager
    def answering(self) -> Iterator[None]:
        try:
            yield
        except (duckdb.ParserException, duckdb.InternalException):
            raise  # no file can cause these
        except duckdb.Error as error:
            raise DataError(
                f"{self.where} cannot be read ({first_line(error)}): mend the table or view, or copy the file again."
            ) from error

    def schemas(self) -> list[str]:
        made = [name for (name,) in self.engine.ibis.con.execute(_SCHEMAS, [_ALIAS]).fetchall()]
        return sorted({"main", *made})  # which every file has, and DuckDB calls internal

    def first_schema(self) -> str:
        return "main"

    def names(self, schema: str) -> list[str]:
        return [name for (name,) in self.engine.ibis.con.execute(_NAMES, [_ALIAS, schema]).fetchall()]

    def table(self, name: str, schema: str) -> ir.Table:
        """Raises DataError for a view on what is not there."""
        try:
            return self.engine.ibis.table(name, database=(_ALIAS, schema))
        except TableNotFound as error:
            raise DataError(
                f"The view {schema}.{name} of {self.where} reads a table that is not there: mend or drop it."
            ) from error

    def close(self) -> None:
        self.engine.close()
