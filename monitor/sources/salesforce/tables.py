"""The cache as tables in the embedded engine: of every row its last state, in Fivetran's shape."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb
import ibis

from monitor.errors import DataError
from monitor.sources.engine import Engine
from monitor.sources.salesforce.rows import PART
from monitor.sources.salesforce.state import Cache, TableState


def raw_table(engine: Engine, cache: Cache, name: str, table: TableState) -> ibis.Table | None:
    """One table, lazy; None where nothing was read of it. Raises DataError where a file is damaged."""
    with _reading(cache):
        base, delta = (_parts(engine, cache, name, each) for each in (table.base, table.delta))
        if delta is not None:
            newest = delta.group_by("id").agg(**{PART: delta[PART].max()})
            delta = delta.semi_join(newest, ["id", PART])
            base = None if base is None else base.anti_join(delta, "id")
    both = [each for each in (base, delta) if each is not None]
    if not both:
        return None
    columns = [column for _, column, _ in table.fields]
    whole = [_filled(each, columns) for each in both]
    return whole[0] if len(whole) == 1 else whole[0].union(whole[1])


def living(cache: Cache, name: str, table: TableState, until: str | None) -> int:
    """How many rows are not deleted, of those created up to `until`."""
    engine = Engine()
    try:
        rows = raw_table(engine, cache, name, table)
        if rows is None:
            return 0
        if "is_deleted" in rows.columns:
            rows = rows.filter(~rows.is_deleted.fill_null(False))
        if until is not None:
            rows = rows.filter(rows.created_date <= ibis.literal(datetime.fromisoformat(until)))
        with _reading(cache):
            return int(rows.count().to_pyarrow().as_py())
    finally:
        engine.close()


def _filled(rows: ibis.Table, columns: list[str]) -> ibis.Table:
    missing = {name: ibis.null("string") for name in columns if name not in rows.columns}
    return rows.mutate(**missing).select(*columns)


def _parts(engine: Engine, cache: Cache, name: str, parts: tuple[str, ...]) -> ibis.Table | None:
    if not parts:
        return None
    paths = [glob.escape(str(cache.path(name, part))) for part in parts]
    return engine.ibis.read_parquet(paths, union_by_name=True, hive_partitioning=False)


@contextmanager
def _reading(cache: Cache) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise DataError(f"The cache in '{cache.folder}' is damaged: delete the folder, and it is read anew.") from error
