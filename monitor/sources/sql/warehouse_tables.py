"""The tables of a warehouse, by what Ibis offers for all of them."""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from monitor.errors import DataError
from monitor.sources.sql.names import found_in
from monitor.sources.sql.place import first_line
from monitor.sources.sql.warehouse_place import Warehouse
from monitor.sources.sql.warehouse_sessions import Scratch, session_of


class WarehouseTables:
    """The tables of one warehouse."""

    def __init__(self, place: Warehouse) -> None:
        self.where = f"the {place.kind.name} of SOURCE_URL"
        options = place.options()
        session = session_of(place.scheme)
        try:
            self._session: Scratch = session().connect(**options)
        except session.errors as error:
            raise DataError(
                f"The {place.kind.name} of SOURCE_URL cannot be reached ({first_line(error)}): check the address, the "
                f"user and its rights; it is written like {place.kind.address}."
            ) from None
        self._session.scratch = place.scratch

    def schemas(self) -> list[str]:
        return list(self._session.list_databases())

    def first_schema(self) -> str:
        return str(self._session.current_database)

    def names(self, schema: str) -> list[str]:
        return list(self._session.list_tables(database=schema))

    def table(self, name: str, schema: str) -> ir.Table:
        """The table; columns of types that nothing here reads are text."""
        table = self._session.table(name, database=schema)
        return table.mutate(
            **{column: table[column].cast("string") for column, kind in table.schema().items() if not _is_read(kind)}
        )

    def trace(self, names: Iterable[str], schema: str | None) -> str:
        """The number of rows and the sum of a hash of each, of every table that is looked for."""
        schema = schema or self.first_schema()
        there = self.names(schema)
        found = sorted({name for name in (found_in(there, each) for each in names) if name is not None})
        return repr([(name, *_sums(self.table(name, schema))) for name in found])

    def close(self) -> None:
        self._session.forget_all()
        self._session.disconnect()


def _sums(rows: ir.Table) -> tuple[object, ...]:
    whole = ibis.literal("|").join([rows[column].cast("string").fill_null("\\N") for column in rows.columns])
    found = rows.agg(rows=rows.count(), sum=_hash(whole).cast("decimal(38, 0)").sum()).to_pyarrow().to_pylist()
    return tuple(found[0].values())


@ibis.udf.scalar.builtin(name="hash", signature=((dt.string,), dt.int64))  # type: ignore[untyped-decorator]
def _hash(text: str) -> int:  # type: ignore[empty-body]
    """The engine's own, by the dialects."""


def _is_read(kind: dt.DataType) -> bool:
    return bool(kind.is_primitive() or kind.is_decimal() or kind.is_temporal())
