"""One worker at work: channels out of reach, rows that wait, a stop, a store that fails. Each scene is judged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Event

import pytest

from monitor.app.delivery import drain
from monitor.channels.channel import Channel
from monitor.core.checks import Check
from monitor.core.outbox import LEASE, SEND_LIMIT, SETTLE, Claimed, Found, Outcome, Status
from monitor.core.settle import PROBE
from monitor.errors import StoreError
from tests.channels.rows import TREND
from tests.delivery.conftest import Run
from tests.delivery.rows import (
    ALERT_ROW,
    NOON,
    PEOPLE,
    ROWS,
    TO_ADA_BY_MAIL,
    TO_ALERT,
    TO_BEN,
    TO_CLEO_BY_MAIL,
    TO_DIGEST,
    WITHOUT_MAIL,
    message,
    outgoing,
)
from tests.delivery.scene import Scene
from tests.slack_server.faults import PASS, drop, error

LEADERS = ["ada@acme.example", "ben@acme.example"]
SECOND = timedelta(seconds=1)


def subjects(scene: Scene, part: str) -> list[str]:
    """Who got a mail whose subject holds `part`."""
    return sorted(mail.to for mail in scene.mail.mails if part in str(mail.read["Subject"]))


def test_all_is_sent_at_once_and_the_report_names_it(run: Run) -> None:
    with run() as scene:
        scene.record(*ROWS["trip"])
        report = scene.drain()
        assert sorted(report.sent) == sorted(row.key for row in ROWS["trip"])
        assert (report.failed, report.retry, report.unknown, report.left, report.next_at) == ((), (), (), 0, None)


def test_a_second_message_to_a_channel_waits_a_second(run: Run) -> None:
    with run() as scene:
        scene.record(ALERT_ROW, outgoing(TO_ALERT, subject="trip:2"))
        assert scene.drain().next_at == NOON + SECOND
        assert scene.drain().sent == ()
        scene.deliver()


def test_a_dead_token_stops_posting_sends_mails_instead_and_is_told_once(run: Run) -> None:
    with run() as scene:
        scene.slack.workspace.bot_token = "xoxb-another"
        for number in range(4):
            scene.deliver(outgoing(TO_DIGEST, subject=f"trip:{number}"), outgoing(TO_BEN, subject=f"trip:{number}"))
        assert len([*scene.slack.calls("chat.postMessage"), *scene.slack.calls("conversations.open")]) == 1
        assert subjects(scene, "Slack is out of reach: ") == LEADERS
        assert len(scene.mail.mails) == len(LEADERS) + 4 * (2 + 1)
        assert scene.store.health("slack") is not None


def test_a_token_that_is_mended_is_found_out_within_a_quarter_of_an_hour(run: Run) -> None:
    with run() as scene:
        scene.slack.workspace.bot_token = "xoxb-another"
        scene.deliver(outgoing(TO_DIGEST))
        scene.slack.workspace.bot_token = scene.token
        scene.clock.now += PROBE - SECOND
        scene.drain()
        assert scene.store.health("slack") is not None
        scene.clock.now += SECOND
        scene.drain()
        assert scene.store.health("slack") is None
        scene.deliver(ALERT_ROW)
        assert scene.status(ALERT_ROW) is Status.SENT


def test_a_dead_token_is_looked_at_once_a_quarter_of_an_hour_whoever_asks(run: Run) -> None:
    with run() as scene:
        scene.slack.workspace.bot_token = "xoxb-another"
        scene.deliver(ALERT_ROW)
        for minutes in range(1, 61):
            scene.clock.now = NOON + timedelta(minutes=minutes)
            scene.drain("worker")
            scene.drain("another")
        assert len(scene.slack.calls("auth.test")) == 4


def test_a_mark_goes_with_the_next_message_where_something_else_is_still_wrong(run: Run) -> None:
    with run() as scene:
        scene.slack.workspace.bot_token = "xoxb-another"
        scene.deliver(outgoing(TO_DIGEST))
        scene.slack.workspace.bot_token = scene.token
        scene.slack.workspace.channels[TO_DIGEST.to].archived = True
        scene.clock.now += PROBE
        scene.deliver(ALERT_ROW)
        assert (scene.status(ALERT_ROW), scene.store.health("slack")) == (Status.SENT, None)


def test_without_mail_messages_wait_for_the_token_and_arrive_then(run: Run) -> None:
    with run() as scene:
        scene.elsewhere = WITHOUT_MAIL
        scene.slack.workspace.bot_token = "xoxb-another"
        scene.record(*ROWS["trip"][:3])
        assert len(scene.drain().retry) == 3
        scene.slack.workspace.bot_token = scene.token
        scene.deliver()
        assert all(scene.status(row) is Status.SENT for row in ROWS["trip"][:3])
        assert scene.clock() - NOON < 2 * PROBE


def test_a_mail_password_that_is_refused_is_told_in_slack_and_the_mails_wait_for_it(run: Run) -> None:
    with run() as scene:
        scene.mail.script = {"AUTH": ["535 5.7.8 no"]}
        scene.record(outgoing(TO_ADA_BY_MAIL), outgoing(TO_CLEO_BY_MAIL))
        scene.drain()
        assert scene.slack.messages(TO_ALERT.to)[0].text.startswith("The mail server is out of reach: ")
        assert len(scene.mail.logins()) == 1
        scene.mail.script = {}
        scene.deliver()
        assert sorted(mail.to for mail in scene.mail.mails) == ["ada@acme.example", "cleo@board.example"]
        assert len(scene.slack.messages()) == 1


def test_a_channel_that_was_taken_out_of_the_configuration(run: Run) -> None:
    with run() as scene:
        scene.channels = {"email": scene.channels["email"]}
        scene.deliver(outgoing(TO_DIGEST), outgoing(TO_CLEO_BY_MAIL))
        assert subjects(scene, "") == [*LEADERS, "cleo@board.example"]


class Broken:
    """A channel with a bug."""

    name = "slack"

    def send(self, row: Claimed, now: datetime) -> Outcome:
        raise KeyError("xoxb-secret")

    def find(self, row: Claimed, now: datetime) -> Found:
        raise ZeroDivisionError

    def examine(self) -> Sequence[Check]:
        raise ZeroDivisionError

    def close(self) -> None:
        """Nothing."""


def test_a_channel_that_breaks_stops_no_other_and_says_no_secret(run: Run) -> None:
    with run() as scene:
        scene.channels = {**scene.channels, "slack": Broken()}
        scene.record(outgoing(TO_DIGEST), ALERT_ROW, outgoing(TO_CLEO_BY_MAIL))
        assert scene.drain().sent == (outgoing(TO_CLEO_BY_MAIL).key,)
        scene.deliver()
        line = scene.store.outbox.line(ALERT_ROW.key)
        assert line is not None and line.error.startswith("perhaps undelivered: the slack channel broke: ZeroDivision")
        tried = [detail for _, _, detail in scene.store.outbox.attempts(ALERT_ROW.key)]
        assert "KeyError in send" in tried[0] and "xoxb-secret" not in str(tried)


def test_a_channel_that_breaks_when_it_is_looked_at_again_is_logged_without_its_words(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    with run() as scene:
        scene.channels = {**scene.channels, "slack": Broken()}
        scene.store.set_health("slack", "invalid_auth", scene.clock())
        scene.drain()
    assert "the slack channel broke when it was looked at again: ZeroDivisionError" in caplog.messages


@dataclass
class Slow:
    """A real channel, and what happens between its answer and our noting it."""

    real: Channel
    then: Callable[[], object]
    begun: list[timedelta] = field(default_factory=list)
    """What was left of each row's lease when it was begun."""

    @property
    def name(self) -> str:
        return self.real.name

    def send(self, row: Claimed, now: datetime) -> Outcome:
        self.begun.append(row.lease_until - now)
        outcome = self.real.send(row, now)
        self.then()
        return outcome

    def find(self, row: Claimed, now: datetime) -> Found:
        return self.real.find(row, now)

    def examine(self) -> Sequence[Check]:
        return self.real.examine()

    def close(self) -> None:
        """The scene closes the real one."""


def through(scene: Scene, then: Callable[[], object], name: str = "slack") -> Slow:
    """Put a slow channel in place of one."""
    slow = Slow(scene.channels[name], then)
    scene.channels = {**scene.channels, name: slow}
    return slow


def test_no_row_is_begun_whose_lease_could_end_before_it_is_sent_and_can_be_found(run: Run) -> None:
    mails = [outgoing(replace(TO_ADA_BY_MAIL, to=f"{number}@acme.example")) for number in range(6)]
    with run() as scene:
        slow = through(scene, lambda: scene.clock.pass_by(50), "email")
        scene.record(*mails)
        assert sorted(scene.drain().sent) == sorted(mail.key for mail in mails)
        assert min(slow.begun) >= SEND_LIMIT + SETTLE and len(slow.begun) == len(mails)


def test_a_worker_that_took_too_long_finds_its_row_settled_by_another(run: Run) -> None:
    with run() as scene:
        channels = scene.channels

        def another_takes_over() -> None:
            scene.clock.now += LEASE
            assert drain(scene.store, channels, PEOPLE, scene.clock, "another").sent == (ALERT_ROW.key,)

        through(scene, another_takes_over)
        scene.record(ALERT_ROW)
        report = scene.drain()
        assert (report.lost, report.sent, report.left) == ((ALERT_ROW.key,), (), 0)


def test_when_the_store_fails_after_sending_the_message_is_found_and_not_sent_again(run: Run) -> None:
    with run() as scene:
        scene.record(ALERT_ROW, outgoing(TO_DIGEST))
        disk_full = (
            "CREATE TRIGGER full BEFORE UPDATE ON outbox WHEN NEW.status = 'sent' BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
        touch(scene, disk_full)
        with pytest.raises(StoreError, match="full"):
            scene.drain()
        touch(scene, "DROP TRIGGER full")
        scene.deliver()
        assert len(scene.slack.messages()) == 2


FULL = "CREATE TRIGGER full BEFORE UPDATE ON outbox WHEN NEW.status = 'sent' BEGIN SELECT RAISE(FAIL, 'full'); END"


def touch(scene: Scene, statement: str) -> None:
    with closing(sqlite3.connect(scene.url.removeprefix("sqlite:///"))) as database, database:
        database.execute(statement)


def test_told_to_stop_a_worker_finishes_the_row_in_hand_and_gives_back_the_others(run: Run) -> None:
    with run() as scene:
        stopped = Event()
        through(scene, stopped.set)
        scene.record(*ROWS["trip"][:3])
        report = drain(scene.store, scene.channels, PEOPLE, scene.clock, "worker", stop=stopped.is_set)
        assert (len(report.sent), report.left) == (1, 2)
        assert {line.status for line in scene.store.outbox.lines()} == {Status.SENT, Status.QUEUED}
        assert all(line.attempts == (line.status is Status.SENT) for line in scene.store.outbox.lines())
        scene.deliver()


def test_only_the_rows_that_were_asked_for_are_sent_and_what_follows_from_them(run: Run) -> None:
    with run() as scene:
        scene.slack.script("chat.postMessage", error("is_archived"))
        scene.record(outgoing(TO_DIGEST), outgoing(TO_BEN))
        key = outgoing(TO_DIGEST).key
        report = drain(scene.store, scene.channels, PEOPLE, scene.clock, "worker", keys=[key])
        assert (report.failed, report.sent) == ((key,), (f"{key}:instead:{TO_ALERT.to}",))
        assert scene.status(outgoing(TO_BEN)) is Status.QUEUED
        scene.deliver()


@pytest.mark.parametrize("lost", [False, True], ids=["taken", "answer lost"])
def test_a_chart_that_the_workspace_takes_only_as_a_picture_follows_in_the_thread(run: Run, lost: bool) -> None:
    trend = replace(message(), blocks=(*message().blocks, TREND))
    with run() as scene:
        scene.slack.workspace.refused_blocks = {"data_visualization"}
        if lost:
            scene.slack.script("chat.postMessage", PASS, drop(accepted=True))
            scene.slack.script("files.completeUploadExternal", drop(accepted=True))
        scene.deliver(outgoing(TO_ALERT, message=trend))
        post, picture = scene.slack.messages()
        assert (picture.thread_ts, len(picture.files)) == (post.ts, 1)


def test_a_picture_that_cannot_be_uploaded_is_in_the_ledger_and_holds_nothing_back(run: Run) -> None:
    trend = replace(message(), blocks=(*message().blocks, TREND))
    with run() as scene:
        scene.slack.workspace.refused_blocks = {"data_visualization"}
        scene.slack.script("files.getUploadURLExternal", error("storage_limit_reached"))
        scene.deliver(outgoing(TO_ALERT, message=trend))
        assert len(scene.slack.messages()) == 1
        [line] = scene.store.outbox.undelivered(scene.clock())
        assert "storage_limit_reached" in line.error
