"""Real processes: they start, send, stop when told to, take over from each other, and write no secret down."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import pytest

from monitor.store.repository import open_store
from tests.postgres import PASSWORD, Server
from tests.slack_server import APP_TOKEN, BOT_TOKEN, DIGEST, SlackServer
from tests.slack_server.faults import error, hang
from tests.worker.company import at, write
from tests.worker.served import FileClock, Served, free_port, wait_for

MONDAY = at("2026-09-28T08:05")
SECRETS = {
    "SLACK_BOT_TOKEN": BOT_TOKEN,
    "SLACK_APP_TOKEN": APP_TOKEN,
    "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5",
    "SMTP_PASSWORD": 'mail-p4ssw0rd "quoted"',
    "WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "SMB_MONITOR_WEB_TOKEN": "a-token-of-the-web-server",
    "DEAD_MAN_URL": "http://127.0.0.1:9/ping/5f2c1d3e-secret",
}
NUMBERS = count(1)
Serving = Callable[..., Served]


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[SlackServer]:
    clock = FileClock(tmp_path / "ahead")
    clock.set(MONDAY)
    with SlackServer(clock.seconds) as server:
        yield server


@pytest.fixture
def clock(slack: SlackServer, tmp_path: Path) -> FileClock:
    return FileClock(tmp_path / "ahead")


@pytest.fixture
def serving(slack: SlackServer, tmp_path: Path) -> Iterator[Serving]:
    """Starts processes on one database; ends those that still run."""
    started: list[Served] = []
    numbers = count(1)

    def start(url: str, *words: str, more: str = "", **environ: str) -> Served:
        number, port = next(numbers), free_port()
        folder = tmp_path / f"at{number}"
        folder.mkdir()
        config = write(folder, slack=", mode: http", more=f"web: {{port: {port}}}\n{more}")
        given = {
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRETS["SLACK_SIGNING_SECRET"],
            "SLACK_API_URL": slack.url,
            "CLOCK_FILE": str(tmp_path / "ahead"),
            "DATABASE_URL": url,
        }
        started.append(Served(config, {**given, **environ}, port, f"worker{number}", words))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def postgres_url(postgres: Server) -> str:
    return postgres.create(f"process{next(NUMBERS)}")


def digests(slack: SlackServer) -> list[str]:
    return [message.text for message in slack.messages(DIGEST) if message.thread_ts is None]


def test_it_starts_sends_the_digest_answers_and_stops_when_told(serving: Serving, slack: SlackServer, url: str) -> None:
    one = serving(url)
    wait_for(lambda: digests(slack), "the digest arrives")
    assert one.ready()["ready"] is True
    assert one.get("/")[0] == one.get("/metrics")[0] == 200
    assert one.stop() == 0
    assert [line["event"] for line in one.log][-2:] == ["stopping", "stopped"]
    assert len(digests(slack)) == 1


@pytest.mark.parametrize("by", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.thorough)])
def test_told_to_stop_while_it_sends_it_ends_what_it_sends_and_nothing_is_sent_twice(
    serving: Serving, slack: SlackServer, clock: FileClock, tmp_path: Path, by: signal.Signals
) -> None:
    url = f"sqlite:///{tmp_path}/one.db"
    slack.script("chat.postMessage", hang(accepted=True))
    one = serving(url)
    wait_for(lambda: slack.calls("chat.postMessage"), "it begins to send")
    one.process.send_signal(by)
    one.logged("stopping")
    slack.release()  # whether it arrived cannot be told any more
    assert one.process.wait(10) == 0
    with open_store(url) as store:
        assert [line.status for line in store.outbox.lines() if line.kind == "digest"] == ["unknown"]
    clock.set(at("2026-09-28T08:09"))
    assert serving(url).ready()["ready"] is True
    assert len(digests(slack)) == 1


@pytest.mark.parametrize("url", [pytest.param("sqlite", marks=pytest.mark.thorough), "postgresql"], indirect=True)
def test_stopped_over_a_run_that_does_not_end_it_leaves_within_seconds_and_the_slot_to_others(
    serving: Serving, slack: SlackServer, url: str
) -> None:
    one = serving(url, HANG="yes")
    one.logged("slot begins")
    assert one.stop() == 0
    serving(url)  # at once, by the same clock
    wait_for(lambda: digests(slack), "the digest arrives")


@pytest.mark.parametrize("url", [pytest.param("sqlite", marks=pytest.mark.thorough), "postgresql"], indirect=True)
def test_killed_over_a_slot_it_is_followed_by_another_when_its_lease_is_over(
    serving: Serving, slack: SlackServer, clock: FileClock, url: str
) -> None:
    one = serving(url, HANG="yes")
    begun = one.logged("slot begins")["slot"]
    one.kill()
    other = serving(url)
    other.logged("serving")
    clock.set(at("2026-09-28T08:08"))
    other.logged("finished", what=begun)
    wait_for(lambda: digests(slack), "the digest arrives")
    assert other.stop() == 0
    assert len(digests(slack)) == 1


def test_of_two_on_one_database_one_sends_and_the_other_takes_over(
    serving: Serving, slack: SlackServer, clock: FileClock, postgres_url: str
) -> None:
    one, other = serving(postgres_url), serving(postgres_url)
    for each in (one, other):
        each.ready()
    wait_for(lambda: digests(slack), "the digest arrives")
    one.kill()
    clock.set(at("2026-10-05T08:00:30"))
    wait_for(lambda: len(digests(slack)) == 2, "the next digest arrives")
    other.logged("finished", what="digest:2026-W40")
    assert other.stop() == 0
    ran = [line["what"] for each in (one, other) for line in each.log if line["event"] == "finished"]
    assert sorted(ran) == sorted(set(ran))
    assert len(digests(slack)) == 2


def test_after_a_week_of_downtime_one_late_digest_is_sent(
    serving: Serving, slack: SlackServer, clock: FileClock, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/one.db"
    one = serving(url)
    wait_for(lambda: digests(slack), "the digest arrives")
    assert one.stop() == 0
    clock.set(at("2026-10-13T10:00"))
    two = serving(url)
    wait_for(lambda: len(digests(slack)) == 2, "the late digest arrives")
    two.logged("digest missed", slot="digest:2026-W40")
    assert two.stop() == 0
    late = slack.messages(DIGEST)[-1]
    assert "12 Oct 2026" in str(late.blocks)
    assert "4 Oct 2026" in str(late.blocks)


MORE = """
email: {{host: 127.0.0.1, port: {closed}, from: monitor@acme.example, username: monitor}}
webhook: {{url: "http://127.0.0.1:{closed}/hook"}}
"""


ALIKE = (
    "wss://wss-primary.slack.example/link/?ticket=a-ticket&app_id=1",
    "response_url=https://hooks.slack.example/commands/T1/2/a-response-url",
    "xoxb-somebody-elses",
    "Authorization: Bearer a-bearer-of-others",
)


def test_nothing_that_is_written_down_holds_a_secret(serving: Serving, slack: SlackServer, postgres_url: str) -> None:
    """Everything fails that can: mail, webhook and the dead man's switch are out of reach, Slack refuses the token."""
    more = MORE.format(closed=free_port())
    broken = serving(postgres_url, more=more, **SECRETS, BROKEN=" ".join((*SECRETS.values(), postgres_url, *ALIKE)))
    broken.logged("broke, tried again in 15 minutes")
    assert broken.stop() == 0
    slack.script("*", *[error("invalid_auth")] * 3)
    one = serving(postgres_url, "--debug", more=more, **SECRETS)
    one.logged("finished", what="digest:2026-W39")
    token = SECRETS["SMB_MONITOR_WEB_TOKEN"]
    assert one.get(f"/?token={token}", Authorization="Bearer wrong")[0] == 401
    assert one.get(f"/api/{token}", Authorization=f"Bearer {token}")[0] == 404
    one.logged("outbox")
    assert one.stop() == 0
    assert "RuntimeError" in broken.written
    assert "dead-man's switch not told" in one.written
    for each in (broken, one):
        assert leaked(each.written) == []


def leaked(written: str) -> list[str]:
    """What is secret and stands in the text, in whatever spelling."""
    held = [*SECRETS.values(), PASSWORD, "5f2c1d3e-secret", SECRETS["WEBHOOK_SECRET"].removeprefix("whsec_")]
    held += ["a-ticket", "a-response-url", "somebody-elses", "a-bearer-of-others"]
    spelled = [spelling for each in held for spelling in (each, json.dumps(each)[1:-1], quote(each, ""))]
    return [each for each in spelled if each in written] + re.findall(r"xox[a-z]-|xapp-", written)
