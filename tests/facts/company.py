"""Small companies for the tests of the facts: rows as text in, facts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from monitor.core.policy import FactsPolicy
from monitor.core.sums import AMOUNT, SQUARES
from monitor.core.tables import TABLES
from monitor.facts.load import Loaded, load

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
AS_OF = date(2025, 6, 29)
POLICY = FactsPolicy(history_begins=False)


def read(
    tables: Tables, policy: FactsPolicy = POLICY, as_of: date = AS_OF, **types: Mapping[str, pa.DataType]
) -> Loaded:
    """Loads tables given as rows; every cell is text unless `types` says otherwise."""
    engine = ibis.duckdb.connect()
    made = {name: engine.create_table(name, as_arrow(name, rows, types.get(name, {}))) for name, rows in tables.items()}
    return load(made, policy, as_of)


def as_arrow(name: str, rows: Sequence[Row], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Rows as a table, with the columns that any of them has (without rows, the required ones)."""
    names = list(dict.fromkeys(column for row in rows for column in row)) or list(TABLES[name].required)
    helpers = {"_line": pa.int64()}
    schema = pa.schema([(column, types.get(column, helpers.get(column, pa.string()))) for column in names])
    return pa.Table.from_pylist([{column: row.get(column) for column in names} for row in rows], schema=schema)


def deal(
    key: str = "A", created: str = "2025-01-01", closed: str | None = None, *, won: bool = False, **more: Any
) -> dict[str, Any]:
    """One opportunity: open unless `closed` is given, 1000 in SMB unless `more` says otherwise."""
    row = {
        "opportunity_id": key,
        "created_date": created,
        "close_date": closed,
        "is_closed": str(closed is not None).lower(),
        "is_won": str(won).lower(),
        "amount": "1000",
        "segment": "smb",
    }
    return row | more


def change(key: str, field: str, old: str | None, new: str | None, at: str) -> dict[str, Any]:
    """One row of history."""
    return {"opportunity_id": key, "field": field, "old_value": old, "new_value": new, "changed_at": at}


def rep(key: str, start: str = "2024-01-01", end: str | None = None, role: str = "ae") -> dict[str, Any]:
    """One row of people."""
    return {"rep_id": key, "role": role, "segment": "smb", "start_date": start, "end_date": end}


def open_on(loaded: Loaded, day: str, segment: str = "smb", *, fresh: bool = False) -> tuple[int, Decimal]:
    """Deals and amount open at the end of a day."""
    frame = loaded.facts.pipeline
    wanted = frame["fresh"] if fresh else frame["change"] != "aged_out"
    until = frame["day"].map(lambda known: known <= date.fromisoformat(day)).astype(bool)
    rows = frame[(frame["segment"] == segment) & wanted & until]
    return int(rows["deals"].sum()), sum(money(rows, "amount"), Decimal(0))


def changes(loaded: Loaded, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of the changes of the open pipeline, by day."""
    return lines(loaded.facts.pipeline.sort_values(["day", "segment", "change"], kind="stable"), *columns)


def sets_aside(loaded: Loaded, table: str = "opportunities") -> dict[str, int]:
    """What was set aside of a table, by reason."""
    return dict(loaded.facts.quality.set_aside.get(table, {}))


def suspects(loaded: Loaded, table: str = "opportunities") -> dict[str, int]:
    """What looks odd in a table, by reason."""
    return dict(loaded.facts.quality.suspicious.get(table, {}))


def lines(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a frame as plain tuples, money in the currency's own unit."""
    return list(zip(*(money(frame, column) for column in columns), strict=True))


def money(frame: pd.DataFrame, column: str) -> list[Any]:
    """A column of a frame; whole units of amounts, or of their squares, as decimals."""
    scale = AMOUNT if "amount" in column else SQUARES if "squares" in column else 0
    with localcontext(prec=60):
        return [Decimal(cell).scaleb(-scale) if scale and type(cell) is int else cell for cell in frame[column]]


def filler(rows: int = 40) -> list[dict[str, Any]]:
    """Deals that keep a bad row from being more than five in a hundred; they belong to another segment."""
    return [deal(f"filler{number}", segment="strategic") for number in range(rows)]
