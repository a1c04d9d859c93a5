"""Many companies in one PostgreSQL: each has the facts that it has in DuckDB, where they are loaded at once too."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from monitor.facts.load import find_companies, load_companies
from monitor.sources import open_source
from tests.facts.company import AS_OF
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
