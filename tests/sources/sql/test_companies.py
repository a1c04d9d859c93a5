"""Many companies in one PostgreSQL: each has the facts that it has in DuckDB, where they are loaded at once too."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from monitor.core.source_spec import TableSpec
from monitor.facts.load import find_companies, load_companies
from monitor.sources import open_source
from tests.facts.company import AS_OF, deal
from tests.facts.group import COLUMN, NASTY, RATES, rows_of, together, told
from tests.facts.test_companies import STRICT
from tests.sources.sql.databases import Database


def test_postgresql_makes_the_facts_of_every_company_that_duckdb_makes(postgres: Database) -> None:
    rows: Any = rows_of(NASTY) | {"fx_rates": RATES}
    postgres.put(rows)
    here = together(NASTY, STRICT, {"fx_rates": RATES})
    with closing(open_source(postgres.spec())) as source:
        tables = source.tables()
        there = load_companies(tables, STRICT, AS_OF, find_companies(tables, STRICT, COLUMN))
        assert there.names == here.names
        for name in here.names:
            assert told(lambda: there.one(name)) == told(lambda: here.one(name)), name  # noqa: B023


@pytest.mark.parametrize("kind", ["text", "bigint", "double precision"])
def test_quotas_by_rule_know_their_company_whatever_its_column_is(kind: str, database: Database) -> None:
    """Company 2 has the reps of company 1 with another quota, and no deal after the first quarter."""
    people = [{"rep_id": name, "role": "ae", "segment": "smb", "start_date": "2024-11-01"} for name in ("ann", "bob")]
    quotas = {"1": {"ann": "400", "bob": "800"}, "2": {"ann": "1200", "bob": "40"}}
    deals = {"1": [deal("A", "2025-01-05"), deal("B", "2025-06-01")], "2": [deal("A", "2025-01-05")]}
    rows: Any = {
        "opportunities": [{COLUMN: name, **row} for name, those in deals.items() for row in those],
        "reps": [{COLUMN: name, **row, "yearly": quotas[name][row["rep_id"]]} for name in quotas for row in people],
    }
    database.put(rows, {f"{table}.{COLUMN}": kind for table in rows})
    spec = database.spec(tables={"quotas": TableSpec(from_reps="yearly", per="year")}, company_column=COLUMN.lower())
    with closing(open_source(spec)) as source:
        tables = source.tables()
        found = load_companies(tables, STRICT, AS_OF, find_companies(tables, STRICT, COLUMN.lower()))
        assert found.names == ("1", "2")
        for name in found.names:
            made = found.one(name).facts.quotas
            assert made is not None
            each = dict(zip(made.rep_id, made.amount.map(int), strict=True))
            assert each == {rep: int(quota) // 4 for rep, quota in quotas[name].items()}
            assert made.period_start.max().isoformat() == ("2025-07-01" if name == "1" else "2025-04-01")
