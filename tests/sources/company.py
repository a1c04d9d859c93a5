"""A tiny company as rows, and the ways in which somebody may have exported it."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.sources import open_source

Rows = list[dict[str, str]]

_DEALS = """
opportunity_id,account_id,owner_id,created_date,close_date,stage,is_closed,is_won,amount,currency,segment
D1,A1,R1,2025-01-06,2025-01-20,Closed Won,true,true,1200.50,USD,smb
D2,A2,R1,2025-02-03,2025-02-21,Closed Lost,true,false,900,USD,smb
D3,A3,R2,2025-03-10,2025-06-30,Proposal,false,false,,EUR,mid_market
D4,A1,R2,2025-04-01,,Discovery,false,false,450,USD,
D5,A2,R1,2025-04-02,2025-04-30,Closed Won,true,true,99.99,EUR,smb
""".strip()
_REPS = """
rep_id,name,role,segment,start_date,end_date
R1,"Ada, Jr.",ae,smb,2024-11-15,
R2,Bob,ae,mid_market,2025-01-01,2025-03-31
""".strip()
_HISTORY = """
opportunity_id,field,old_value,new_value,changed_at
D1,amount,1000,1200.50,2025-01-10T09:30:00
D3,close_date,2025-05-31,2025-06-30,2025-03-20
""".strip()


def company() -> dict[str, Rows]:
    """Rows by table, every cell as text, empty where there is none."""
    return {
        "opportunities": _parse(_DEALS),
        "reps": _parse(_REPS),
        "opportunity_history": _parse(_HISTORY),
    }


def _parse(text: str) -> Rows:
    return list(csv.DictReader(text.splitlines()))


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], **style: Any) -> Path:
    """One CSV file; `style` goes to csv.DictWriter, `encoding` to the file."""
    encoding = style.pop("encoding", "utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]), **style)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_parquet(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """One Parquet file of texts, empty cells null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {name: pa.array([row[name] or None for row in rows], pa.string()) for name in rows[0]}
    pq.write_table(pa.table(columns), path)
    return path


def write_company(folder: Path, **more: Rows) -> Path:
    """The tiny company as one CSV file a table."""
    for name, rows in (company() | more).items():
        write_csv(folder / f"{name}.csv", rows)
    return folder


def read(folder: Path, kind: str = "csv", tables: Mapping[str, TableSpec] | None = None, **spec: Any) -> dict[str, Any]:
    """Every table of a folder as rows (helper columns left out, cells as text), as a user of the source sees it."""
    source = open_source(SourceSpec(type=kind, path=folder, tables=tables or {}, **spec))
    try:
        return {name: rows_of(table) for name, table in source.tables().items()}
    finally:
        source.close()


def rows_of(table: Any, *, helpers: bool = False) -> list[tuple[tuple[str, str], ...]]:
    """Rows as sorted pairs of column and text, null cells left out, sorted."""
    names = [name for name in table.columns if helpers or not name.startswith("_")]
    return sorted(
        tuple(sorted((name, str(row[name])) for name in names if row[name] is not None))
        for row in table.select(*names).to_pyarrow().to_pylist()
    )
