"""People of a spreadsheet who are told by their mail address, as the CRM's users."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from monitor.core.counted import counted
from monitor.sources.source import LINE

_NAMING = {"reps": ("rep_id", "manager_id"), "quotas": ("rep_id",)}
"""Columns that name people, by table."""
_LISTED = 10


def matched(rows: pa.Table, name: str, addresses: Callable[[], Mapping[str, str]]) -> tuple[pa.Table, tuple[str, ...]]:
    """The rows of the table `name` with the ids of the users whose addresses stand in them, and what to remark.

    `addresses` gives the id of each user by address in lower case; it is asked only where there is an address. A cell
    with the address of nobody stays as it is; its line is told, not the address, since remarks are read in channels.
    """
    columns = [column for column in _NAMING.get(name, ()) if column in rows.column_names and _has_any(rows[column])]
    if not columns:
        return rows, ()
    known, lost = addresses(), dict[int, None]()
    for column in columns:
        cells = rows[column].to_pylist()
        found = [known.get(cell.strip().lower(), cell) if _is_address(cell) else cell for cell in cells]
        if column == "rep_id":
            lost |= dict.fromkeys(at for at, cell in enumerate(found) if _is_address(cell))
        rows = rows.set_column(rows.column_names.index(column), column, pa.array(found, pa.string()))
    return rows, _remarks(rows, name, known, list(lost))


def _has_any(column: pa.ChunkedArray) -> bool:
    return pa.types.is_string(column.type) and bool(pc.any(pc.match_substring(column, "@")).as_py())


def _is_address(cell: str | None) -> bool:
    return cell is not None and "@" in cell


def _remarks(rows: pa.Table, name: str, known: Mapping[str, str], lost: list[int]) -> tuple[str, ...]:
    if not lost:
        return ()
    if not known:
        return (f"Table {name} names people by mail address, and the CRM tells none of its users': have them synced.",)
    many = f"{len(lost):,} of {counted(rows.num_rows, 'row')} of {name}"
    names, counts = ("names", "counts") if len(lost) == 1 else ("name", "count")
    where = ""
    if LINE in rows.column_names:
        lines = sorted({str(rows[LINE][at].as_py()) for at in lost}, key=int)
        more = f" and {len(lines) - _LISTED} more" if len(lines) > _LISTED else ""
        where = f" (line {', '.join(lines[:_LISTED])}{more})"
    shared = "people by a mail address that no user, or more than one, has in the CRM"
    return (f"{many} {names} {shared}, and {counts} for nobody{where}.",)
