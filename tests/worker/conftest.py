"""An office for each test, on SQLite or on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.postgres import Server
from tests.worker.company import Clock, Office, at, write

NUMBERS = count(1)
Offices = Callable[..., Office]


@pytest.fixture(scope="session")
def postgres(postgres_server: Server) -> Server:
    return postgres_server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database; the test runs on SQLite and on PostgreSQL."""
    name = f"worker{next(NUMBERS)}"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / name}.db"
    server: Server = request.getfixturevalue("postgres")
    return server.create(name)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Offices]:
    """Opens offices; closes them."""
    offices: list[Office] = []

    def opening(now: str, url: str = "", more: str = "") -> Office:
        office = Office(write(tmp_path, more=more), url or f"sqlite:///{tmp_path}/monitor.db", Clock(at(now)))
        offices.append(office)
        return office

    yield opening
    for office in offices:
        office.close()
