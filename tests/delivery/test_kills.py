"""A worker that is killed at every step of deciding, claiming, sending and settling."""

from __future__ import annotations

import os
import signal
from datetime import timedelta
from itertools import count

import pytest

from monitor.core.outbox import LEASE
from tests.delivery.conftest import Database, Run
from tests.delivery.processes import Workers, job
from tests.delivery.rows import ALERT_ROW, ROWS
from tests.delivery.scene import Scene
from tests.mail_server import SILENT
from tests.slack_server import Fault
from tests.slack_server.faults import accepted_later, drop, hang

TAKEN_OVER = LEASE + timedelta(seconds=1)


def finish(scene: Scene, what: str) -> None:
    """Somebody else decides the same and delivers, once the lease of what was killed is over."""
    scene.clock.now += TAKEN_OVER
    scene.deliver(*ROWS[what])


@pytest.mark.parametrize(
    ("database", "what"), [("sqlite", "alert"), ("postgresql", "alert"), ("sqlite", "message")], indirect=["database"]
)
def test_a_worker_killed_at_any_step_from_deciding_to_settling(
    run: Run, workers: Workers, database: Database, what: str
) -> None:
    for at in count(1):
        with run(url=database()) as scene:
            workers.begin(job(scene, record=what, at=at))
            killed = workers.killed()
            finish(scene, what)
        if not killed:
            break
    assert at > 12


def test_a_worker_killed_at_any_step_of_a_mail(run: Run, workers: Workers) -> None:
    for at in count(1):
        with run(mail_at_most=2) as scene:
            workers.begin(job(scene, record="mail", at=at))
            killed = workers.killed()
            finish(scene, "mail")
        if not killed:
            break
    assert at > 20


def test_a_worker_killed_at_any_step_of_a_change(run: Run, workers: Workers) -> None:
    for at in count(1):
        with run() as scene:
            scene.deliver(ALERT_ROW)
            scene.clock.now += timedelta(minutes=1)
            workers.begin(job(scene, record="change", at=at))
            killed = workers.killed()
            finish(scene, "change")
        if not killed:
            break
    assert at > 12


def test_a_worker_killed_at_any_step_of_messages_by_two_channels_at_once(run: Run, workers: Workers) -> None:
    for at in count(1):
        with run(mail_at_most=2) as scene:
            workers.begin(job(scene, record="both", at=at))
            killed = workers.killed()
            finish(scene, "both")
        if not killed:
            break
    assert at > 25


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
            workers.begin(job(scene, at=at))
            killed = workers.killed()
            finish(scene, "alert")
        if not killed:
            break
    assert at > 7


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
        assert workers.killed()
        scene.slack.release()
        finish(scene, what)


@pytest.mark.parametrize("step", ["banner", "STARTTLS", "AUTH", "RCPT", "DATA", "body", "end"])
def test_a_worker_killed_while_the_mail_server_has_its_word(run: Run, workers: Workers, step: str) -> None:
    with run(mail_at_most=2) as scene:
        scene.mail.script = {step: [SILENT]}
        pid = workers.begin(job(scene, record="mail", timeout=30.0))
        scene.mail.wait_for(step)
        os.kill(pid, signal.SIGKILL)
        assert workers.killed()
        scene.mail.script = {}
        finish(scene, "mail")
