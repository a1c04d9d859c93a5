"""`serve --once`, killed at its writes and followed by another worker: each slot is run, each message arrives once."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from monitor.app.delivery import drain
from monitor.core.calendar import WEEKDAYS
from monitor.core.schedule import due
from monitor.store.repository import open_store
from tests.forks import Fork
from tests.postgres import Server
from tests.slack_server import BOT_TOKEN, DIGEST, SlackServer
from tests.worker.company import NEW_YORK, Clock, Office, write

ROOT = Path(__file__).parents[2]
NUMBERS = count(1)


def killed(forks: Fork, config: Path, url: str, slack: SlackServer, at: int) -> bool:
    """Whether `serve --once` was killed at its write `at`; it must not end otherwise than well."""
    environ = {"DATABASE_URL": url, "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": slack.url}
    answer = forks(argv=["--config", str(config), "serve", "--once"], at=at, environ=environ)
    assert answer["killed"] or answer["exit"] == 0, answer["err"]
    return bool(answer["killed"])


def company(folder: Path, today: datetime) -> Path:
    """A company whose digest was due at midnight."""
    weekday = WEEKDAYS[today.weekday()]
    more = f'schedule: {{digest: {{weekday: {weekday}, at: "0:00"}}, daily_at: "0:00"}}'
    return write(folder, more=more, until=today.date())


def follow(office: Office, slack: SlackServer) -> None:
    """Another worker takes over, some minutes later."""
    environ = {"DATABASE_URL": office.url, "SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_API_URL": slack.url}
    office.worker("another").tick()
    with office.open_company(environ) as opened:
        channels = opened.channels(lambda _: None)
        elsewhere = opened.elsewhere()
        while drain(office.store, channels, elsewhere, office.clock, "another").left:
            office.clock.pass_by(minutes=1)
        for channel in channels.values():
            channel.close()


@pytest.mark.parametrize(
    ("kind", "every"),
    [
        ("sqlite", 5),
        pytest.param("postgresql", 5, marks=pytest.mark.thorough),  # the store's own tests kill it there too
        pytest.param("sqlite", 1, marks=pytest.mark.thorough),
    ],
)
def test_killed_at_any_write_every_slot_is_run_and_every_message_arrives_once(
    kind: str, every: int, forks: Fork, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    today = datetime.now(NEW_YORK)
    config = company(tmp_path, today)
    for at in count(1, every):
        server: Server | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
        url = server.create(f"slots{next(NUMBERS)}") if server else f"sqlite:///{tmp_path}/{at}.db"
        open_store(url).close()  # that creating it survives a kill is tried in tests/test_kill.py
        with SlackServer() as slack:
            died = killed(forks, config, url, slack, at)
            with closing(Office(config, url, Clock(datetime.now(UTC) + timedelta(minutes=4)))) as office:
                follow(office, slack)
                schedule, calendar = office.company.config.schedule(), office.company.policy.calendar
                over = {each.slot for each in office.store.slots.last("")}
                left = due(schedule, calendar, office.clock(), over)
                assert (left.digest, left.daily, left.missed) == (None, None, ()), at
                assert [message.key for message in slack.messages()] == [f"{_newest(over)}:{DIGEST}"], at
                assert office.store.verify() == []
        if not died:
            break
    assert at > 15


def _newest(slots: set[str]) -> str:
    """The digest that was run; the one before it is where the first worker began to count."""
    return max(slot for slot in slots if slot.startswith("digest"))
