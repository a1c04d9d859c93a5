"""A worker that is killed at every step of deciding, claiming, sending and settling."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from monitor.core.outbox import LEASE
from tests.delivery.conftest import Run
from tests.delivery.rows import ALERT_ROW, ROWS
from tests.delivery.scene import Scene
from tests.delivery.workers import Job
from tests.mail_server import SILENT
from tests.postgres import Server
from tests.slack_server import Fault
from tests.slack_server.faults import accepted_later, drop, hang

ROOT = Path(__file__).parents[2]
NUMBERS = count(1)
TAKEN_OVER = LEASE + timedelta(seconds=1)


class Workers:
    """Where processes are forked from."""

    def __init__(self, process: Popen[str]) -> None:
        self.process = process

    def begin(self, job: Job) -> int:
        """Start the job; the pid of its process."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asdict(job)) + "\n")
        self.process.stdin.flush()
        return self.said()

    def said(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())

    def killed(self, job: Job) -> bool:
        """Whether the job was killed; it must not end otherwise than well."""
        self.begin(job)
        code = self.said()
        assert code in (0, -signal.SIGKILL)
        return code != 0


@pytest.fixture(scope="module")
def workers(tls: object) -> Iterator[Workers]:
    with Popen(
        [sys.executable, "-m", "tests.delivery.workers"], stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT
    ) as process:
        yield Workers(process)
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """Another empty database each time; None has the scene make one of SQLite."""
    if request.param == "sqlite":
        return lambda: None
    server: Server = request.getfixturevalue("postgres")
    return lambda: server.create(f"delivery{next(NUMBERS)}", request.getfixturevalue("postgres_template"))


def job(scene: Scene, **more: object) -> Job:
    asked = Job(scene.url, scene.slack.url, scene.slack.bot_token, scene.mail.port, scene.clock().isoformat())
    return replace(asked, **more)  # type: ignore[arg-type]


def finish(scene: Scene, what: str) -> None:
    """Somebody else decides the same and delivers, once the lease of what was killed is over."""
    scene.clock.now += TAKEN_OVER
    scene.deliver(*ROWS[what])


@pytest.mark.parametrize("what", ["alert", "message"])
def test_a_worker_killed_at_any_step_from_deciding_to_settling(
    run: Run, workers: Workers, new_url: Callable[[], str | None], what: str
) -> None:
    for at in count(1):
        with run(url=new_url()) as scene:
            killed = workers.killed(job(scene, record=what, at=at))
            finish(scene, what)
        if not killed:
            break
    assert at > 40


def test_a_worker_killed_at_any_step_of_a_mail(run: Run, workers: Workers) -> None:
    for at in count(1):
        with run(mail_at_most=2) as scene:
            killed = workers.killed(job(scene, record="mail", at=at))
            finish(scene, "mail")
        if not killed:
            break
    assert at > 50


def test_a_worker_killed_at_any_step_of_a_change(run: Run, workers: Workers) -> None:
    for at in count(1):
        with run() as scene:
            scene.deliver(ALERT_ROW)
            scene.clock.now += timedelta(minutes=1)
            killed = workers.killed(job(scene, record="change", at=at))
            finish(scene, "change")
        if not killed:
            break
    assert at > 40


@pytest.mark.parametrize("accepted", [True, False], ids=["arrived", "absent"])
def test_a_worker_killed_at_any_step_of_looking_for_what_another_left(
    run: Run, workers: Workers, accepted: bool
) -> None:
    for at in count(1):
        with run() as scene:
            scene.slack.script("chat.postMessage", drop(accepted=accepted))
            scene.record(ALERT_ROW)
            scene.drain()
            scene.clock.now += timedelta(minutes=1)
            killed = workers.killed(job(scene, at=at))
            finish(scene, "alert")
        if not killed:
            break
    assert at > 30


@pytest.mark.parametrize("fault", [hang(accepted=True), hang(accepted=False), accepted_later()], ids=str)
@pytest.mark.parametrize("method", ["chat.postMessage", "conversations.open", "chat.update", "conversations.history"])
def test_a_worker_killed_while_slack_has_its_request(run: Run, workers: Workers, method: str, fault: Fault) -> None:
    what = {"conversations.open": "message", "chat.update": "change"}.get(method, "alert")
    with run() as scene:
        if what == "change":
            scene.deliver(ALERT_ROW)
        if method == "conversations.history":
            scene.slack.script("chat.postMessage", drop(accepted=True))
            scene.record(ALERT_ROW)
            scene.drain()
        scene.clock.now += timedelta(minutes=1)
        before = len(scene.slack.calls(method))
        scene.slack.script(method, fault)
        pid = workers.begin(job(scene, record=what, timeout=30.0))
        scene.slack.wait_for(lambda: len(scene.slack.calls(method)) > before)
        os.kill(pid, signal.SIGKILL)
        assert workers.said() == -signal.SIGKILL
        scene.slack.release()
        finish(scene, what)


@pytest.mark.parametrize("step", ["banner", "STARTTLS", "AUTH", "RCPT", "DATA", "body", "end"])
def test_a_worker_killed_while_the_mail_server_has_its_word(run: Run, workers: Workers, step: str) -> None:
    with run(mail_at_most=2) as scene:
        scene.mail.script = {step: [SILENT]}
        pid = workers.begin(job(scene, record="mail", timeout=30.0))
        scene.mail.wait_for(step)
        os.kill(pid, signal.SIGKILL)
        assert workers.said() == -signal.SIGKILL
        scene.mail.script = {}
        finish(scene, "mail")
