"""The files of one table in the cache: written whole, compared, put together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.errors import DataError
from monitor.sources.salesforce.objects import Shape
from monitor.sources.salesforce.rows import PART
from monitor.sources.salesforce.state import Cache


def name_of(number: int) -> str:
    """The file of a part."""
    return f"{number:06}.parquet"


def write(cache: Cache, table: str, number: int, rows: pa.Table) -> str:
    """Writes a part, whole or not at all; its name."""
    name = name_of(number)
    with cache.replacing(f"{table}/{name}") as path:
        pq.write_table(rows, path, compression="zstd")
    return name


def since(paths: Sequence[Path], shape: Shape, moment: datetime) -> dict[str, dict[str, Any]]:
    """The rows that changed at `moment` or later, by id, as they stand."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        for row in _read(path, filters=[(shape.by, ">=", moment)]).to_pylist():
            found[row["id"]] = row
    return found


def changed(rows: pa.Table, known: dict[str, dict[str, Any]]) -> pa.Table:
    """The rows that are not already known just so."""
    new = [_bare(row) != _bare(known.get(row["id"], {})) for row in rows.to_pylist()] if known else None
    return rows if new is None else rows.filter(pa.array(new, pa.bool_()))


def together(paths: Sequence[Path], number: int) -> pa.Table:
    """The rows of several parts as one, of each id the last."""
    rows = pa.concat_tables([_read(path) for path in paths], promote_options="default")
    last = {row: place for place, row in enumerate(rows["id"].to_pylist())}
    kept = rows.take(pa.array(last.values(), pa.int64()))
    return kept.set_column(kept.schema.get_field_index(PART), PART, pa.array([number] * len(kept), pa.int32()))


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != PART}


def _read(path: Path, **how: Any) -> pa.Table:
    try:
        return pq.read_table(path, partitioning=None, **how)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"'{path}' is damaged or gone: delete the folder source.cache; it is read anew.") from error
