"""Each test on databases of both kinds. PostgreSQL's sorts texts as people do, which must change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.sql.databases import Database


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Database:
    return Database(tmp_path / "company.duckdb")


@pytest.fixture(params=["duckdb", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database; the test runs on a DuckDB file and on PostgreSQL."""
    found: Database = request.getfixturevalue("postgres" if request.param == "postgresql" else "duckdb_file")
    return found
