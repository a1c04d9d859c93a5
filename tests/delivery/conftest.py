"""Scenes for delivery, and the count of those that were judged."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest
import trustme

from monitor.store.repository import open_store
from tests.delivery.judgement import judge
from tests.delivery.processes import Workers
from tests.delivery.scene import Scene, scene
from tests.postgres import Server

RUNS = "delivery_runs"
NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres(postgres_server: Server) -> Server:
    return postgres_server


@pytest.fixture(scope="session")
def postgres_template(postgres: Server) -> str:
    """The name of an empty store to be copied."""
    open_store(postgres.create("delivery_template")).close()
    return "delivery_template"


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ssl.SSLContext]:
    """What the mail server speaks; its authority is one that the program trusts."""
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield context


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store to be copied."""
    file = tmp_path_factory.mktemp("template") / "store.db"
    open_store(f"sqlite:///{file}").close()
    return file


Run = Callable[..., AbstractContextManager[Scene]]


@pytest.fixture
def run(tmp_path: Path, template: Path, tls: ssl.SSLContext, record_property: Callable[[str, object], None]) -> Run:
    """Opens a scene; at its end, what arrived is judged and the run counted."""

    @contextmanager
    def running(*, mail_at_most: int = 1, url: str | None = None) -> Iterator[Scene]:
        with scene(tmp_path, template, tls, url=url) as one:
            yield one
            judge(one.store, one.slack, one.mail, one.recorded, one.clock(), mail_at_most=mail_at_most)
        record_property(RUNS, 1)

    return running


Database = Callable[[], str | None]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Another empty database each time; None has the scene make one of SQLite."""
    if request.param == "sqlite":
        return lambda: None
    server: Server = request.getfixturevalue("postgres")
    return lambda: server.create(f"delivery{next(NUMBERS)}", request.getfixturevalue("postgres_template"))


@pytest.fixture(scope="module")
def workers(tls: ssl.SSLContext) -> Iterator[Workers]:
    """Started here, they trust the mail server too."""
    with Workers() as started:
        yield started
