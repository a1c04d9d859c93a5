"""A session of Spark that reads, and keeps in the cluster's memory what has to be kept."""

from __future__ import annotations

from typing import Any, cast

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.pyspark import Backend
from ibis.backends.pyspark.datatypes import PySparkType
from ibis.common.exceptions import IbisTypeError
from ibis.expr.schema import Schema
from ibis.formats.pyarrow import PyArrowData
from ibis.util import gen_name
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql.types import DataType

from monitor.sources.sql.spark_dialect import SparkDialect


class Session(Backend):  # type: ignore[misc]
    """Ibis' own, in the dialect of the facts; what is fetched comes as Arrow, decimals and all."""

    compiler = SparkDialect()

    def create_table(self, name: str, /, obj: ir.Table, **_: Any) -> ir.Table:
        """The rows in the cluster's memory, or on its disks, worked out now; a view alone would be anew each time."""
        self._run_pre_execute_hooks(obj)
        frame = self._session.sql(self.compile(obj)).persist(StorageLevel.MEMORY_AND_DISK)
        frame.count()
        self._cached_dataframes[name] = frame
        return self._named(name, frame, obj.schema())

    def drop_table(self, name: str, /, **_: Any) -> None:
        self._session.catalog.dropTempView(name)
        self._cached_dataframes.pop(name).unpersist()

    def forget_all(self) -> None:
        """Everything that is still kept."""
        for name in list(self._cached_dataframes):
            self.drop_table(name)

    def view(self, frame: DataFrame) -> ir.Table:
        """Somebody's table under a name of ours; columns of types that nothing here reads are text."""
        kinds = {field.name: _read_as(field.dataType) for field in frame.schema.fields}
        columns = {name: frame[f"`{name.replace('`', '``')}`"] for name in kinds}
        told = frame.select(
            *(column if kinds[name] else column.cast("string").alias(name) for name, column in columns.items())
        )
        schema = Schema({name: kind or dt.string for name, kind in kinds.items()})
        return self._named(gen_name("monitor_source"), told, schema)

    def to_pyarrow(self, expr: ir.Expr, /, **_: Any) -> pa.Table:
        self._run_pre_execute_hooks(expr)
        table = expr.as_table()
        found = self._session.sql(self.compile(table)).toArrow()
        return expr.__pyarrow_result__(PyArrowData.convert_table(found, table.schema()))

    def _named(self, name: str, frame: DataFrame, schema: Schema) -> ir.Table:
        frame.createOrReplaceTempView(name)
        made = ops.DatabaseTable(name, schema=schema, source=self, namespace=ops.Namespace())
        return cast(ir.Table, made.to_expr())

    def _register_udfs(self, expr: ir.Expr) -> None:
        """There are none but the engine's own."""

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        rows = op.data.to_pyarrow(op.schema)
        self._session.createDataFrame(rows).createOrReplaceTempView(op.name)


def _read_as(kind: DataType) -> dt.DataType | None:
    """The type by which Ibis knows it, None where it knows none or where nothing here reads it."""
    try:
        found: dt.DataType = PySparkType.to_ibis(kind)
    except (NotImplementedError, IbisTypeError):
        return None
    return found if found.is_primitive() or found.is_decimal() or found.is_temporal() else None
