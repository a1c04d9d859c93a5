"""Many companies in one set of tables, and each of them alone: rows as text in, facts out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import ibis
import pandas as pd

from monitor.core.facts import Facts
from monitor.core.policy import FactsPolicy
from monitor.core.tables import TABLES
from monitor.errors import DataError
from monitor.facts.load import Companies, Loaded, find_companies, load, load_companies
from tests.facts.company import AS_OF, Row, Tables, as_arrow, change, deal, filler, rep

Group = Mapping[str, Tables]
COLUMN = "Company_ID"


def together(group: Group, policy: FactsPolicy, shared: Tables | None = None) -> Companies:
    """All companies loaded at once, told apart by a column; `shared` tables have none."""
    tables = made(rows_of(group) | dict(shared or {}))
    return load_companies(tables, policy, AS_OF, find_companies(tables, policy, COLUMN.lower()))


def alone(group: Group, name: str, policy: FactsPolicy, shared: Tables | None = None) -> Loaded:
    """One of them from its own rows; a table in which it has none is empty and has the columns of the others."""
    whole = {table: [row for row in rows if row[COLUMN] == name] for table, rows in rows_of(group).items()}
    columns = {table: columns_of(rows) for table, rows in rows_of(group).items()}
    own = {table: [{key: row.get(key) for key in columns[table]} for row in rows] for table, rows in whole.items()}
    engine = ibis.duckdb.connect()
    tables = {
        table: engine.create_table(
            table, as_arrow(table, rows or [dict.fromkeys(columns[table])], {}).slice(0, len(rows))
        )
        for table, rows in (own | dict(shared or {})).items()
    }
    return load(tables, policy, AS_OF)


def rows_of(group: Group) -> dict[str, list[Row]]:
    """One set of tables, every row with its company."""
    names = sorted({table for tables in group.values() for table in tables})
    return {
        table: [{COLUMN: company, **row} for company, tables in group.items() for row in tables.get(table, ())]
        for table in names
    }


def columns_of(rows: list[Row]) -> list[str]:
    """Every column that any row has but the company's."""
    return list(dict.fromkeys(column for row in rows for column in row if column != COLUMN))


def made(tables: Tables) -> dict[str, Any]:
    """Tables of a new engine."""
    engine = ibis.duckdb.connect()
    return {
        name: engine.create_table(name, as_arrow(name, rows, {}))
        for name, rows in ({name: _whole(name, rows) for name, rows in tables.items()}).items()
    }


def _whole(name: str, rows: Any) -> list[Row]:
    """The rows with every column that the table has to have."""
    return [dict.fromkeys(TABLES[name].required) | dict(row) for row in rows]


def told(make: Callable[[], Loaded]) -> tuple[dict[str, Any] | str, list[Any]]:
    """All that can be asked of a company: every field of its facts and the deals behind them, or why there is none."""
    try:
        loaded = make()
    except DataError as error:
        return str(error), []
    return fields(loaded.facts), explained(loaded)


def fields(facts: Facts) -> dict[str, Any]:
    """The facts as plain values that can be compared."""
    return {
        name: value.to_dict("list") if isinstance(value, pd.DataFrame) else value for name, value in vars(facts).items()
    }


def explained(loaded: Loaded) -> list[Any]:
    """What `explain` shows of one day."""
    day, since = date(2025, 6, 20), date(2025, 1, 1)
    deals = loaded.deals
    return [
        deals.open_fresh("smb", day, 3),
        deals.decided("smb", since, day, day, 3, won_only=False),
        deals.left_out("strategic", since, day),
    ]


PEOPLE = [rep("r1"), rep("r2", end="2025-03-01"), rep("r1", "2026-01-01")]
MIGRATED = [change(f"m{number}", "amount", None, "700", "2025-02-01") for number in range(30)]
RATES = [{"currency": "EUR", "rate": rate, "month": month} for rate, month in (("1.1", None), ("1.25", "2025-03-01"))]
WON: dict[str, Any] = {"closed": "2025-05-05", "won": True, "is_closed": "true", "owner_id": "r1"}

NASTY: dict[str, Tables] = {
    "Plain": {
        "opportunities": [deal("A", owner_id="r1", account_id="a1"), deal("B", **WON), deal("C", account_id="ghost")],
        "reps": PEOPLE,
        "accounts": [{"account_id": "a1", "employees": "10", "fit_segment": "smb"}],
        "opportunity_history": [
            change("A", "amount", "5", "1000", "2025-02-02"),
            change("B", "owner_id", "r1", "r2", "2025-01-20"),
            change("C", "amount", None, "9", "2025-02-01"),
            change("A", "close_date", "2025-04-01", "2025-09-01", "2025-02-03"),
        ],
    },
    "Same ids": {
        "opportunities": [
            deal("A", amount="77", segment=None, account_id="a1"),
            deal("B", owner_id="r1", segment=None, account_id="zz"),
        ],
        "reps": [rep("r2")],
        "accounts": [{"account_id": "a1", "employees": "5000", "fit_segment": "strategic"}],
        "opportunity_history": [
            change("A", "segment", "smb", "strategic", "2025-02-02"),
            change("A", "segment", "strategic", "mid_market", "2025-02-02"),
        ],
    },
    "Disputed": {
        "opportunities": [deal("A"), deal("A", amount="3"), deal("B"), deal("B"), deal("C"), *filler()],
        "accounts": [{"account_id": "a1"}, {"account_id": "a1"}],
    },
    "Rotten deals": {"opportunities": [deal("A", created="?"), deal("B", amount="x"), deal("C"), deal("D")]},
    "Rotten history": {
        "opportunities": [deal("A")],
        "opportunity_history": [change("A", "colour", "a", "b", "2025-01-02"), change("A", "amount", "a", "5", "?")],
    },
    "No deals": {"reps": [rep("r1")]},
    "Foreign": {
        "opportunities": [deal("A", currency="EUR"), deal("B", currency="eur", **WON), deal("C", amount=None)],
        "reps": PEOPLE,
        "spend": [{"month": "2025-01-01", "segment": "smb", "function": "sales", "amount": "5", "currency": "EUR"}],
    },
    "Migrated": {
        "opportunities": [deal(f"m{number}") for number in range(45)],
        "opportunity_history": [*MIGRATED, change("m1", "amount", "700", "1000", "2025-03-01")],
    },
    "Review": {"opportunities": [deal(f"R{number}", segment="galaxy") for number in range(3)]},
    "Unsegmented": {"opportunities": [deal(f"R{number}", segment=None, amount=None) for number in range(3)]},
    "New stage": {
        "opportunities": [
            deal("A", "2024-01-01", "2024-02-01", stage="Won"),
            deal("B", "2025-06-01", stage="Brand new"),
            deal("N", stage="Proposal"),
        ],
        "opportunity_history": [change("A", "stage", "Proposal", "Won", "2024-02-01")],
    },
    "ünï'c\"öde": {
        "opportunities": [
            deal("A", owner_id="nobody", account_id=None, _file="a.csv", _line=3),
            deal("B", type="barter", _file="a.csv", _line=4),
            *(row | {"_file": "a.csv", "_line": 9} for row in filler()),
            deal("E", created="?", _file="b.csv", _line=7),
        ],
        "opportunity_history": [
            change("A", "amount", None, "5", "2025-01-05"),
            change("A", "amount", "", "6", "2025-01-05"),
        ],
    },
}
"""Companies of which each would spoil the others if anything leaked."""
