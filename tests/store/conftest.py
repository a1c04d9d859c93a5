"""An empty database of each kind, by its URL."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.postgres import Server

NUMBERS = count(1)
CLEARED = "cleared"


@pytest.fixture(scope="session")
def postgres(postgres_server: Server) -> Server:
    return postgres_server


@pytest.fixture(scope="session")
def cleared_url(postgres: Server) -> str:
    """One database for all tests, each of which clears it: to make and remove hundreds takes minutes."""
    return postgres.create(CLEARED)


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    return postgres.create(f"test{next(NUMBERS)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes an empty database at each call; the one before is gone."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path / f'store{next(NUMBERS)}.db'}"
    server: Server = request.getfixturevalue("postgres")
    made: str = request.getfixturevalue("cleared_url")

    def emptied() -> str:
        server.clear(CLEARED)
        return made

    return emptied


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    """An empty database; the test runs on SQLite and on PostgreSQL."""
    return new_url()
