"""The tables that a Spark can read: those of a catalog, or the Parquet files of one folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import ibis.expr.types as ir
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame

from monitor.errors import DataError
from monitor.sources.sql.names import there
from monitor.sources.sql.place import Cluster, first_line
from monitor.sources.sql.spark import Session
from monitor.sources.sql.spark_reaching import join, leave

_FILES = """
SELECT count(*), sum(CAST(xxhash64(file_path, file_size, file_modification_time) AS DECIMAL(38, 0)))
FROM (SELECT DISTINCT _metadata.file_path, _metadata.file_size, _metadata.file_modification_time FROM {})
"""
"""What a table of files stands on: none of them is ever changed in its place without a new time."""
_ROWS = "SELECT count(*), sum(CAST(xxhash64(*) AS DECIMAL(38, 0))) FROM {}"
"""Of views and tables that are no files."""
_PARTS = "spark.sql.shuffle.partitions"
_MOST, _LEAST = 1_000_000, 100_000
"""Rows of all tables in a part: more do not fit into little memory, fewer take longer to hand out than to read."""


class SparkTables:
    """The tables of one cluster."""

    where = "the Spark of SOURCE_URL"

    def __init__(self, place: Cluster) -> None:
        self._files = place.parquet() if place.folder is not None else None
        self._folder = str(place.folder)
        self._spark = join(place)
        self._parts_are_given = _PARTS in self._spark.conf.getAll
        self._rows: dict[tuple[str, str], int] = {}
        self._session: Session = Session().connect(self._spark)

    @contextmanager
    def answering(self) -> Iterator[None]:
        try:
            yield
        except PySparkException as error:
            raise DataError(
                f"The Spark of SOURCE_URL does not answer ({first_line(error)}): look at its catalog, the "
                "tables, and the rights of its user."
            ) from error

    def schemas(self) -> list[str]:
        if self._files is not None:
            return [self._folder]
        found = self._asked("SHOW SCHEMAS")
        here = self._spark.catalog.currentCatalog()
        for name in self._asked("SHOW CATALOGS"):
            if name != here:
                found += [f"{name}.{schema}" for schema in self._asked(f"SHOW SCHEMAS IN {_quoted(name)}")]
        return found

    def first_schema(self) -> str:
        return self._folder if self._files is not None else str(self._spark.catalog.currentDatabase())

    def names(self, schema: str) -> list[str]:
        if self._files is not None:
            return list(self._files)
        rows = self._spark.sql(f"SHOW TABLES IN {_quoted(schema)}").collect()
        return [row.tableName for row in rows if not row.isTemporary]

    def table(self, name: str, schema: str) -> ir.Table:
        """Raises DataError where it cannot be read."""
        try:
            frame = self._frame(name, schema)
            self._choose_parts((schema, name), frame)
            return self._session.view(frame)
        except PySparkException as error:
            raise DataError(
                f"Table {name} of {self.where} cannot be read ({first_line(error)}): mend it, or let the cluster's "
                "user read it."
            ) from error

    def trace(self, names: Iterable[str], schema: str | None) -> str:
        """What changes whenever one of these tables may have."""
        found = [f"{_quoted(place)}.{_quoted(name)}" for place, name in there(self, names, schema)]
        return repr([(table, self._held(table)) for table in found])

    def close(self) -> None:
        self._session.forget_all()
        leave()

    def _choose_parts(self, table: tuple[str, str], frame: DataFrame) -> None:
        """Where nobody said into how many parts Spark sorts rows out, as many as all tables together are worth."""
        if self._parts_are_given or table in self._rows:
            return
        self._rows[table] = frame.count()  # a matter of the files' footers, not of their rows
        parts = _parts(sum(self._rows.values()), self._spark.sparkContext.defaultParallelism)
        self._spark.conf.set(_PARTS, parts)

    def _held(self, table: str) -> tuple[object, ...]:
        try:
            rows = self._spark.sql(_FILES.format(table)).collect()
        except AnalysisException:
            rows = self._spark.sql(_ROWS.format(table)).collect()
        return tuple(rows[0])

    def _frame(self, name: str, schema: str) -> DataFrame:
        if self._files is not None:
            return self._spark.read.parquet(str(self._files[name]))
        return self._spark.table(f"{_quoted(schema)}.{_quoted(name)}")

    def _asked(self, statement: str) -> list[str]:
        return [row[0] for row in self._spark.sql(statement).collect()]


def _parts(rows: int, cores: int) -> int:
    """Into how many parts that many rows are sorted out: one for each core, unless those are too large or too small."""
    return max(-(-rows // _MOST), min(cores, -(-rows // _LEAST)), 1)


def _quoted(name: str) -> str:
    """A name of one or more parts."""
    return ".".join(f"`{part.replace('`', '``')}`" for part in name.split("."))
