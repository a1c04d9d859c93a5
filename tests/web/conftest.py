"""A real web server on loopback before the store of a company whose breaker has tripped."""

from __future__ import annotations

import http.client
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.app.observe import observe
from monitor.app.wiring import Company, open_company
from monitor.core.settings import WebSettings
from monitor.entrypoints.slack.surface import SlackSurface
from monitor.entrypoints.web.pages import site
from monitor.entrypoints.web.server import WebServer
from monitor.entrypoints.web.state import Seen
from monitor.store.repository import Store
from tests.once import once

NOW = datetime(2026, 9, 28, 14, tzinfo=UTC)
CONFIG = """
company: Acme
timezone: America/New_York
expansion: {started: 2025-04-01}
source: {type: demo, scenario: trap}
indicators: {cac_payback: {gross_margin: {smb: 0.75, mid_market: 0.75}}}
leadership: {approvers: [{name: Ada Marsh}, {name: Ben Okoro}]}
slack: {digest_channel: C0DIGEST, alert_channel: C0ALERT, mode: http}
database: sqlite:///store.db
"""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Site:
    """A running server, and what stands behind it."""

    company: Company
    store: Store
    seen: Seen
    server: WebServer
    now: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def port(self) -> int:
        return int(self.server.url.rpartition(":")[2])

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            given = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            text = answer.read().decode()
            return Answer(answer.status, {key.lower(): value for key, value in answer.getheaders()}, text)
        finally:
            connection.close()

    def pass_by(self, **time: float) -> None:
        self.now[0] += timedelta(**time)

    @property
    def database(self) -> Path:
        return self.company.config.folder / "store.db"


Sites = Callable[..., Site]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the first run of the built-in company was kept."""

    def begin(folder: Path) -> None:
        (folder / "config.yaml").write_text(CONFIG)
        with open_company(folder / "config.yaml", {}) as company, company.open_store() as store:
            observe(company, store, company.asked(None, NOW.date()), NOW)

    return once(tmp_path_factory, "web", begin)


@pytest.fixture
def sites(kept: Path, tmp_path: Path) -> Iterator[Sites]:
    """Starts a site. `config`: another configuration, with an empty store; `slack`: a surface for its requests."""
    with ExitStack() as stack:

        def start(settings: WebSettings | None = None, config: str = "", slack: SlackSurface | None = None) -> Site:
            folder = shutil.copytree(kept, tmp_path / "site", dirs_exist_ok=True)
            if config:
                (folder / "store.db").unlink()
                (folder / "config.yaml").write_text(config)
            company = stack.enter_context(open_company(folder / "config.yaml", {}))
            store = stack.enter_context(company.open_store())
            now = [NOW]
            seen = Seen(company, store, lambda: now[0], "worker:1", slack)
            wanted = replace(settings or WebSettings(), port=0)
            server = WebServer(site(seen, wanted), wanted)
            server.start()
            stack.callback(server.stop, 10)
            return Site(company, store, seen, server, now)

        yield start


@pytest.fixture
def here(sites: Sites) -> Site:
    """The site as it is by default."""
    return sites()
