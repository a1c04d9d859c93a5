"""What tests of sources share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import ibis
import psycopg
import pytest
import trustme

from tests.postgres import PASSWORD, USER, Server
from tests.sources.shapes import Place
from tests.sources.sql.databases import Database

NUMBERS = count(1)


@pytest.fixture
def engine() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@pytest.fixture
def postgres(postgres_server: Server, tmp_path: Path) -> Database:
    """An empty database of PostgreSQL."""
    name = f"source{next(NUMBERS)}"
    conninfo = f"host={postgres_server.folder} user={USER} password={PASSWORD} dbname=postgres"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'".encode())
    return Database(tmp_path / "unused", postgres_server.url(name))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who signs the certificates of servers on loopback."""
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """The authority is trusted as a company's own would be: by the variable that requests reads."""
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
    return authority


@pytest.fixture
def place(tmp_path: Path, postgres: Database, trusted: trustme.CA) -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(tmp_path, postgres, trusted, stack)
