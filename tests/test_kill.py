"""`smb-monitor`, killed at every write of a command and started again, ends where it would have without the kill.

The first start runs on both databases; that each kind of commit survives on both is also tried in `tests/store`.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url

from monitor.core.plan import SealedVerdict
from monitor.store.repository import open_store
from tests.forks import Fork
from tests.postgres import Server

ROOT = Path(__file__).parents[1]
NUMBERS = count(1)
SUNDAY = date(2026, 7, 5)
MONDAY = "2026-07-06T12:00+00:00"
"""What the clock shows: early enough to see what was open on Sunday."""
CONFIG = """
company: Acme
timezone: America/New_York
expansion: {{started: 2025-01-01}}
source: {{type: csv, path: {data}}}
slack: {{digest_channel: C0DIGEST, alert_channel: C0ALERT}}
leadership:
  approvers:
    - {{name: Ada Marsh, email: ada@acme.example}}
    - {{name: Ben Okoro, email: ben@acme.example}}
"""


def company(folder: Path, *, restated: bool) -> Path:
    """A company of one AE who wins a deal a week, of half the size since October; its configuration.

    `restated`: what the deals of a quarter long sealed were worth was corrected downwards.
    """
    data = folder / ("restated" if restated else "data")
    data.mkdir(exist_ok=True)
    rows = ["opportunity_id,segment,owner_id,created_date,close_date,is_closed,is_won,amount"]
    for number in range((SUNDAY - date(2022, 12, 25)).days // 7):
        created = date(2022, 12, 25) + timedelta(weeks=number)
        closed = created + timedelta(days=20)
        amount = 4000 if created >= date(2025, 9, 7) else 8000
        if restated and date(2025, 4, 1) <= closed < date(2025, 7, 1):
            amount = 6000
        won = closed <= SUNDAY
        rows.append(f"D{number},smb,ann,{created},{closed},{won},{won},{amount}")
    quotas = [f"ann,{year}-{month:02}-01,100000" for year in range(2023, 2027) for month in (1, 4, 7, 10)]
    (data / "opportunities.csv").write_text("\n".join(rows))
    (data / "reps.csv").write_text("rep_id,role,segment,start_date\nann,ae,smb,2022-01-01")
    (data / "quotas.csv").write_text("\n".join(["rep_id,period_start,amount", *quotas]))
    config = folder / f"{data.name}.yaml"
    config.write_text(CONFIG.format(data=data))
    return config


@pytest.fixture(scope="module")
def postgres(postgres_server: Server) -> Server:
    return postgres_server


@dataclass(frozen=True)
class Databases:
    """Databases of one kind: new ones, and copies."""

    folder: Path
    server: Server | None

    def new(self) -> str:
        name = f"kill{next(NUMBERS)}"
        return self.server.create(name) if self.server else f"sqlite:///{self.folder / name}.db"

    def copy(self, url: str) -> str:
        name = f"kill{next(NUMBERS)}"
        if self.server:
            return self.server.create(name, str(make_url(url).database))
        database = Path(str(make_url(url).database))
        if database.exists():
            shutil.copy(database, self.folder / f"{name}.db")
        return f"sqlite:///{self.folder / name}.db"


@dataclass(frozen=True)
class Desk:
    """Where somebody types."""

    fork: Fork
    databases: Databases

    def type(self, config: Path, url: str, words: list[str], at: int = 0) -> dict[str, Any]:
        """Run `smb-monitor` with `words`, killed at its write `at` (0: never)."""
        argv = ["--config", str(config), "--as-of", str(SUNDAY), *words]
        return self.fork(argv=argv, at=at, environ={"DATABASE_URL": url}, now=MONDAY)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)])
def desk(request: pytest.FixtureRequest, forks: Fork, tmp_path: Path) -> Desk:
    server: Server | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return Desk(forks, Databases(tmp_path, server))


def recorded(url: str) -> tuple[list[object], list[SealedVerdict], list[object]]:
    """The log, but for when it was written, every version of the verdicts, what is to be said of it, pending steps, and
    what was seen to be open."""
    with open_store(url) as store:
        assert store.verify() == []
        lines = [(e.seq, e.kind, e.on, e.actor, e.surface, e.reason, e.payload) for e in store.events()]
        rows = [(line.key, line.status, line.headline) for line in store.outbox.lines()]
        return (
            list(lines),
            store.verdict_versions("smb"),
            [*rows, *store.escalations.pending(), *store.seen_weeks.weeks()],
        )


def killed_everywhere(desk: Desk, config: Path, before: str, words: list[str]) -> int:
    """Kill `words` at each of its writes, on copies of `before`; how often it was killed until it survived."""
    whole = desk.databases.copy(before)
    done = desk.type(config, whole, words)
    assert done["exit"] == 0, done
    start, state = recorded(desk.databases.copy(before)), recorded(whole)
    assert state != start
    shown = desk.type(config, whole, ["status", "--json"])["out"]
    finished: list[object] = []
    for at in count(1):
        url = desk.databases.copy(before)
        if not desk.type(config, url, words, at)["killed"]:
            assert recorded(url) == state
            return at - 1
        left = recorded(url)
        assert left[0][: len(start[0])] == start[0], "what was recorded before is lost"
        assert all(verdict in left[1] for verdict in start[1])
        if left not in finished:  # each state that a kill leaves is finished once
            finished.append(left)
            desk.type(config, url, words)
            assert recorded(url) == state
            assert desk.type(config, url, ["status", "--json"])["out"] == shown
    raise AssertionError


def begun(desk: Desk, config: Path) -> str:
    """The database of a company that is watched already, and whose breaker is tripped."""
    url = desk.databases.new()
    seen = json.loads(desk.type(config, url, ["status", "--json"])["out"])
    assert (seen["breaker"]["state"], seen["breaker"]["tripped_by"]) == ("tripped", ["attainment"])
    return url


def test_a_first_status_killed_at_any_write(desk: Desk, tmp_path: Path) -> None:
    config = company(tmp_path, restated=False)
    assert killed_everywhere(desk, config, desk.databases.new(), ["status"]) >= 20


@pytest.mark.thorough
@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_a_run_that_does_nothing_but_see_the_week_killed_at_any_write(desk: Desk, tmp_path: Path) -> None:
    config, before = company(tmp_path, restated=False), desk.databases.new()
    desk.type(config, before, ["status"])
    with open_store(before) as store:
        head, seen = store.head(), store.seen_weeks.weeks()
    assert [week.as_of for week in seen] == [SUNDAY]
    other = "source: {type: csv"  # ages that no deal reaches: the same company, the weeks anew
    config.write_text(
        config.read_text().replace(other, f"indicators: {{pipeline_coverage: {{max_age_days: {{smb: 91}}}}}}\n{other}")
    )
    assert killed_everywhere(desk, config, before, ["status"]) >= 3
    with open_store(before) as store:
        assert (store.head(), store.seen_weeks.weeks()) == (head, seen)


@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_an_override_killed_at_any_write(desk: Desk, tmp_path: Path) -> None:
    config = company(tmp_path, restated=False)
    why = "The enterprise round closes only with four engineers"
    words = ["breaker", "override", "--by", "Ada Marsh", "--reason", why, "--until", "2026-12-31"]
    assert killed_everywhere(desk, config, begun(desk, config), words) >= 6


@pytest.mark.thorough
@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_a_reseal_killed_at_any_write(desk: Desk, tmp_path: Path) -> None:
    before = begun(desk, company(tmp_path, restated=False))
    words = ["reseal", "--all", "--by", "Ada Marsh", "--reason", "finance has corrected the second quarter"]
    assert killed_everywhere(desk, company(tmp_path, restated=True), before, words) >= 11
