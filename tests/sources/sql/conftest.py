"""An empty database of each kind. PostgreSQL's sorts texts as people do, which must change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PASSWORD, USER, Server, server_or_skip
from tests.sources.sql.databases import Database

NUMBERS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    yield from server_or_skip()


@pytest.fixture
def postgres(server: Server, tmp_path: Path) -> Database:
    name = f"source{next(NUMBERS)}"
    conninfo = f"host={server.folder} user={USER} password={PASSWORD} dbname=postgres"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'".encode())
    return Database(tmp_path / "unused", server.url(name))


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Database:
    return Database(tmp_path / "company.duckdb")


@pytest.fixture(params=["duckdb", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database; the test runs on a DuckDB file and on PostgreSQL."""
    found: Database = request.getfixturevalue("postgres" if request.param == "postgresql" else "duckdb_file")
    return found
