"""The tables of a warehouse, by what Ibis offers for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from monitor.errors import DataError
from monitor.sources.sql.names import there
from monitor.sources.sql.place import first_line
from monitor.sources.sql.warehouse_place import Warehouse
from monitor.sources.sql.warehouse_sessions import Scratch, credentials, session_of


class WarehouseTables:
    """The tables of one warehouse."""

    def __init__(self, place: Warehouse) -> None:
        self.where = f"the {place.kind.name} of SOURCE_URL"
        self._place = place
        kind = session_of(place.scheme)
        self._errors = kind.errors
        with self.answering():
            self._session: Scratch = kind().connect(**place.options(), **credentials(place.scheme))
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
        found = there(self, names, schema)
        held = (sums(self.table(name, schema)).to_pyarrow().to_pylist()[0] for schema, name in found)
        return repr([(place, tuple(row.values())) for place, row in zip(found, held, strict=True)])

    def close(self) -> None:
        self._session.forget_all()
        self._session.disconnect()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Some connect only with the first question, so that any may be the one that nobody answers."""
        try:
            yield
        except self._errors as error:
            kind = self._place.kind
            raise DataError(
                f"The {kind.name} of SOURCE_URL cannot be reached or read ({first_line(error)}): check the address, "
                f"the user and its rights; it is written like {kind.address}."
            ) from None


def sums(rows: ir.Table) -> ir.Table:
    """How many rows there are, and the sum of a hash of each."""
    whole = ibis.literal("|").join([rows[column].cast("string").fill_null("\\N") for column in rows.columns])
    return rows.agg(rows=rows.count(), sum=_hash(whole).cast("decimal(38, 0)").sum())


@ibis.udf.scalar.builtin(name="id_hash", signature=((dt.string,), dt.int64))  # type: ignore[untyped-decorator]
def _hash(text: str) -> int:  # type: ignore[empty-body]
    """The engine's own, by the dialects."""


def _is_read(kind: dt.DataType) -> bool:
    return bool(kind.is_primitive() or kind.is_decimal() or kind.is_temporal())
