"""One company on one Slack workspace: a store in which a run is kept, a server on loopback, the surface between."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.app.observe import observe
from monitor.app.wiring import Company, open_company
from monitor.core.secret import Secret
from monitor.core.settings import SlackSettings
from monitor.entrypoints.slack.surface import SlackSurface
from monitor.store.repository import Store
from tests.once import once
from tests.slack.people import ADA, BEN, CARLA, GIL, MIA, OTTO, Somebody
from tests.slack.sockets import Sockets
from tests.slack_server import ALERT, DIGEST, SlackServer

SECRET = "a-signing-secret"
GROUP = "S0DETAILS"
CONFIG = f"""
company: Acme
timezone: America/New_York
currency: USD
fiscal_year_start: 1
expansion: {{started: 2025-04-01}}
source: {{type: demo, scenario: SCENARIO}}
indicators: {{cac_payback: {{gross_margin: {{smb: 0.75, mid_market: 0.75}}}}}}
leadership:
  approvers:
    - {{name: Ada Marsh, slack: {ADA}}}
    - {{name: Ben Okoro, slack: {BEN}}}
    - {{name: Carla Ruiz, slack: {CARLA}}}
  members: [{{name: Mia Chen, slack: {MIA}}}]
  owner: Carla Ruiz
slack: {{digest_channel: {DIGEST}, alert_channel: {ALERT}, details_group: {GROUP}}}
database: sqlite:///SCENARIO.db
"""


@dataclass
class Clock:
    """The real time, or a while later."""

    later: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.later


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """By scenario of the built-in company, a folder in which its first run has been kept."""

    def folder(scenario: str) -> Path:
        def begin(folder: Path) -> None:
            file = folder / "config.yaml"
            file.write_text(CONFIG.replace("SCENARIO", scenario))
            with open_company(file, {}) as company, company.open_store() as store:
                observe(company, store, company.asked(None, datetime.now(UTC).date()), datetime.now(UTC))

        return once(tmp_path_factory, f"slack-{scenario}", begin)

    return folder


@dataclass
class Room:
    """Everything that a test about Slack needs."""

    folder: Path
    slack: SlackServer
    sockets: Sockets
    surface: SlackSurface
    clock: Clock
    company: Company
    store: Store
    opening: Callable[[], Company]
    woken: list[datetime] = field(default_factory=list)

    def person(self, user: str, channel: str = ALERT) -> Somebody:
        return Somebody(self.slack, self.sockets, user, channel)

    @property
    def ada(self) -> Somebody:
        return self.person(ADA)

    @property
    def ben(self) -> Somebody:
        return self.person(BEN)

    @property
    def mia(self) -> Somebody:
        return self.person(MIA)

    @property
    def otto(self) -> Somebody:
        return self.person(OTTO)

    @property
    def incident(self) -> str:
        """What the buttons of the pause stand for."""
        tripped = [event.on for event in self.store.events() if event.kind == "tripped"]
        return f"trip:{tripped[-1]}" if tripped else "armed"

    def kinds(self) -> list[str]:
        """What people did, in order."""
        return [event.kind for event in self.store.events() if event.surface == "slack"]

    def lock(self) -> sqlite3.Connection:
        """Holds the whole database, against readers too, until it is closed."""
        database = next(self.folder.glob("*.db"))
        held = sqlite3.connect(database, isolation_level=None, timeout=10)
        held.execute("BEGIN EXCLUSIVE")
        return held


Opened = Callable[..., Room]


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        for user, name in ((CARLA, "Carla"), (MIA, "Mia"), (GIL, "Gil"), (OTTO, "Otto")):
            server.add_user(user, name)
        server.workspace.groups[GROUP] = [GIL]
        yield server


@pytest.fixture
def opened(slack: SlackServer, kept: Callable[[str], Path], tmp_path: Path) -> Iterator[Opened]:
    """Starts the surface for a scenario; stops it when the test is over."""
    rooms: list[Room] = []

    def room(
        scenario: str = "trap",
        *,
        mode: str = "socket",
        opening: Callable[[Company], Company] = lambda company: company,
        folder: Path | None = None,
        later: timedelta = timedelta(0),
    ) -> Room:
        place = folder or tmp_path / f"{scenario}{len(rooms)}"
        if folder is None:
            shutil.copytree(kept(scenario), place)
        clock = Clock(later)
        company = open_company(place / "config.yaml", {})
        settings = SlackSettings(
            DIGEST,
            ALERT,
            mode,
            GROUP,
            Secret(slack.bot_token),
            Secret(slack.app_token),
            Secret(SECRET),
            slack.url,
        )
        woken: list[datetime] = []

        def open_again() -> Company:
            return opening(open_company(place / "config.yaml", {}))

        surface = SlackSurface(open_again, settings, clock, wake=lambda: woken.append(clock()))
        sockets = rooms[0].sockets if rooms else Sockets(slack)
        before = sockets.opened
        found = Room(place, slack, sockets, surface, clock, company, company.open_store(), open_again, woken)
        rooms.append(found)
        surface.start()
        if mode == "socket":
            sockets.connected(before + 1)
        return found

    yield room
    for each in rooms:
        each.surface.stop()
        each.store.close()
        each.company.close()


@pytest.fixture
def room(opened: Opened) -> Room:
    """A company whose hiring is paused."""
    return opened()
