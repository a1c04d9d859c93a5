"""The files of one table in the cache: written whole, compared, put together."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.sources.salesforce.objects import Shape
from monitor.sources.salesforce.rows import PART
from monitor.sources.salesforce.state import Cache, name_of


def write(cache: Cache, table: str, number: int, rows: pa.Table) -> str:
    """Writes a part, whole or not at all; its name, which tells whether anything of it was touched since."""
    content = io.BytesIO()
    pq.write_table(rows, content, compression="zstd")
    name = name_of(number, content)
    with cache.replacing(f"{table}/{name}") as path:
        path.write_bytes(content.getbuffer())
    return name


def since(paths: Sequence[Path], shape: Shape, moment: datetime) -> dict[str, dict[str, Any]]:
    """The rows that changed at `moment` or later, by id, as they stand."""
    found: dict[str, dict[str, Any]] = {}
    for path in paths:
        for row in pq.read_table(path, partitioning=None, filters=[(shape.by, ">=", moment)]).to_pylist():
            found[row["id"]] = row
    return found


def changed(rows: pa.Table, known: dict[str, dict[str, Any]]) -> pa.Table:
    """The rows that are not already known just so."""
    new = [_bare(row) != _bare(known.get(row["id"], {})) for row in rows.to_pylist()] if known else None
    return rows if new is None else rows.filter(pa.array(new, pa.bool_()))


def together(paths: Sequence[Path], number: int) -> pa.Table:
    """The rows of several parts as one, of each id the last."""
    rows = pa.concat_tables([pq.read_table(path, partitioning=None) for path in paths], promote_options="default")
    last = {row: place for place, row in enumerate(rows["id"].to_pylist())}
    kept = rows.take(pa.array(last.values(), pa.int64()))
    return kept.set_column(kept.schema.get_field_index(PART), PART, pa.array([number] * len(kept), pa.int32()))


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != PART}
