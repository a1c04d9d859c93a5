"""`serve` as it is typed: what it refuses, --once with its report and exit code, --dry-run, the dead man's switch."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from monitor.core.secret import Secret
from monitor.core.settings import Schedule
from monitor.entrypoints.arguments import parser
from monitor.entrypoints.cli import main
from monitor.entrypoints.serve import serve
from monitor.entrypoints.service import alarm, ping
from monitor.store.repository import open_store
from tests.slack_server import ALERT, BOT_TOKEN, DIGEST, SlackServer
from tests.slack_server.faults import error
from tests.worker.company import Clock, at, write

SECRETS = (
    *("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL", "SMTP_PASSWORD"),
    *("WEBHOOK_SECRET", "SMB_MONITOR_WEB_TOKEN", "DEAD_MAN_URL", "DATABASE_URL"),
)
MAIL = "email: {host: mail.acme.example, from: monitor@acme.example, username: monitor}"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    with SlackServer() as server:
        monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
        monkeypatch.setenv("SLACK_API_URL", server.url)
        yield server


@pytest.mark.parametrize(
    ("more", "given", "named"),
    [
        ("", {}, ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]),
        ("", {"SLACK_BOT_TOKEN": BOT_TOKEN}, ["SLACK_APP_TOKEN"]),
        (MAIL, {"SLACK_BOT_TOKEN": BOT_TOKEN, "SLACK_APP_TOKEN": "xapp-1"}, ["SMTP_PASSWORD"]),
        ("webhook: {url: https://acme.example/hook}", {"SLACK_BOT_TOKEN": BOT_TOKEN}, ["WEBHOOK_SECRET"]),
        ("web: {host: 0.0.0.0}", {"SLACK_BOT_TOKEN": BOT_TOKEN}, ["SMB_MONITOR_WEB_TOKEN", "0.0.0.0"]),
    ],
)
def test_it_does_not_start_without_what_only_the_environment_holds(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: str,
    given: dict[str, str],
    named: list[str],
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert main(["--config", str(write(tmp_path, more=more)), "serve"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert all(name in said for name in named)
    assert not any(name in said for name in given)


def test_a_port_that_is_taken_is_said_in_a_sentence(
    tmp_path: Path, slack: SlackServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "a-signing-secret")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = write(tmp_path, slack=", mode: http", more=f"web: {{port: {port}}}")
        assert main(["--config", str(config), "serve"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"web.port {port}: nobody can listen there" in said


def test_a_day_makes_no_sense_to_a_worker(
    tmp_path: Path, slack: SlackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(write(tmp_path)), "serve", "--once", "--as-of", "2026-09-27"]) == 2
    assert "--as-of" in capsys.readouterr().err


def once(config: Path, now: str, *words: str) -> int:
    return serve(parser().parse_args(["--config", str(config), "serve", "--once", *words]), Clock(at(now)))


def test_once_runs_what_is_due_delivers_it_and_reports(
    tmp_path: Path, slack: SlackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write(tmp_path)
    assert once(config, "2026-09-28T08:05") == 0
    assert "Ran daily:2026-09-28, digest:2026-W39." in capsys.readouterr().out
    assert len(slack.messages(DIGEST)) == 1
    assert once(config, "2026-09-28T08:06") == 0
    assert "Nothing was due." in capsys.readouterr().out
    assert len(slack.messages(DIGEST)) == 1


def test_once_catches_up_after_downtime(tmp_path: Path, slack: SlackServer) -> None:
    config = write(tmp_path)
    once(config, "2026-09-28T08:05")
    assert once(config, "2026-10-13T10:00") == 0
    assert len(slack.messages(DIGEST)) == 2


def test_once_ends_with_4_when_something_could_not_be_delivered(
    tmp_path: Path, slack: SlackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.script("chat.postMessage", *[error("not_in_channel")] * 20)
    assert once(write(tmp_path), "2026-09-28T08:05", "--json") == 4
    assert "not_in_channel" in capsys.readouterr().out
    assert slack.messages(ALERT) == []


def test_once_ends_with_3_when_the_data_cannot_be_used(
    tmp_path: Path, slack: SlackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write(tmp_path)
    (tmp_path / "data" / "opportunities.csv").unlink()
    assert once(config, "2026-09-28T08:05") == 3
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("smb-monitor: ")]
    assert len(said) == 1 and "opportunities" in said[0]
    assert slack.messages(ALERT)  # who hears of problems does hear of it


def test_a_dry_run_shows_who_would_get_what_and_leaves_no_trace(
    tmp_path: Path, slack: SlackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write(tmp_path)
    assert main(["--config", str(config), "serve", "--dry-run", "--as-of", "2026-09-27"]) == 0
    assert DIGEST in capsys.readouterr().out
    assert slack.calls() == []
    assert not (tmp_path / "smb-monitor.db").exists()


def test_the_log_of_once_is_not_mixed_with_its_report(
    tmp_path: Path, slack: SlackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    once(write(tmp_path), "2026-09-28T08:05", "--json")
    said = capsys.readouterr()
    assert json.loads(said.out)["headline"]
    assert all(json.loads(line)["event"] for line in said.err.splitlines())


# The dead man's switch.


@contextmanager
def switch(status: int) -> Iterator[tuple[str, list[str]]]:
    """A server that is pinged; its URL and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return None

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=partial(server.serve_forever, poll_interval=0.01))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/ping/abc", asked
        server.shutdown()
        thread.join()


def test_a_good_weekly_run_calls_the_configured_url_once(
    tmp_path: Path, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write(tmp_path)
    with switch(200) as (url, asked):
        monkeypatch.setenv("DEAD_MAN_URL", url)
        once(config, "2026-09-28T08:05")
        once(config, "2026-09-29T08:05")
    assert asked == ["/ping/abc"]


@pytest.mark.parametrize("status", [404, 500])
def test_a_switch_that_fails_fails_nothing(caplog: pytest.LogCaptureFixture, status: int) -> None:
    with switch(status) as (url, asked):
        ping(Secret(url))
    assert asked == ["/ping/abc"]
    assert "not told" in caplog.text


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://no-such-host.invalid/x"])
def test_a_switch_out_of_reach_fails_nothing(caplog: pytest.LogCaptureFixture, url: str) -> None:
    ping(Secret(url))
    assert "not told" in caplog.text


def test_no_switch_is_no_call(caplog: pytest.LogCaptureFixture) -> None:
    ping(None)
    assert caplog.text == ""


# The alarm.


@pytest.mark.parametrize(("weekday", "day"), [(0, "2026-10-05"), (1, "2026-09-29"), (6, "2026-10-04")])
def test_the_alarm_rings_on_the_weekday_that_was_meant(weekday: int, day: str) -> None:
    rings = alarm(Schedule("America/New_York", weekday), lambda: None).get_jobs()
    (digest,) = (job for job in rings if job.id == "digest")
    at_next = digest.trigger.get_next_fire_time(None, at("2026-09-28T08:01"))
    assert at_next.isoformat() == f"{day}T08:00:00-04:00"


def test_a_slot_that_the_alarm_slept_through_still_rings() -> None:
    scheduler = alarm(Schedule("America/New_York"), lambda: None)
    scheduler.start(paused=True)
    assert [(job.misfire_grace_time, job.coalesce) for job in scheduler.get_jobs()] == [(None, True)] * 2
    scheduler.shutdown()


def test_what_once_recorded_a_worker_does_not_send_again(tmp_path: Path, slack: SlackServer) -> None:
    config = write(tmp_path)
    once(config, "2026-09-28T08:05")
    with open_store(f"sqlite:///{tmp_path}/smb-monitor.db") as store:
        assert store.slots.done("digest:2026-W39")
