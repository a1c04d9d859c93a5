"""How fresh a warehouse's copy is: the newest moment at which Fivetran or Airbyte wrote a row."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import ibis

from monitor.sources.presets.asking import dicts
from monitor.sources.presets.cells import moment
from monitor.sources.presets.preset import Raw

_WRITTEN = ("_fivetran_synced", "_airbyte_extracted_at", "_airbyte_emitted_at")


def newest(tables: Iterable[ibis.Table]) -> datetime | None:
    """The newest moment of the tables that have such a column; None where none of them says one."""
    found = (_of(table) for table in tables)
    return max((each for each in found if each is not None), default=None)


def _of(table: ibis.Table) -> datetime | None:
    cell = Raw(table).cell(*_WRITTEN)
    if cell is None:
        return None
    last = dicts(table.aggregate(last=cell.max()).mutate(last=lambda rows: moment(rows.last).cast("string")))[0]["last"]
    try:
        said = datetime.fromisoformat(last or "")
    except ValueError:
        return None
    return said if said.tzinfo else said.replace(tzinfo=UTC)
