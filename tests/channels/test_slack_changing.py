"""Messages changed in place, replies where they cannot be, and pictures put below them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from monitor.core.outbox import Absent, Claimed, Failed, Receipt, Retry, Sent, Unknown
from monitor.render import chart as drawing
from tests.channels.slack_rows import ALARM, PLAIN, Phone, change, chart, phone, row
from tests.slack_server import ALERT, LOST, SlackServer, faults
from tests.slack_server.faults import Fault, Strike


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


def posted(line: Phone, to: str = ALERT) -> tuple[Claimed, Receipt]:
    sent = line.send(row(PLAIN, to))
    assert isinstance(sent, Sent)
    return row(PLAIN, to), sent.receipt


def patience(fault: Fault) -> float:
    return 0.3 if fault.strike is Strike.HANG else 5.0


@pytest.mark.parametrize("to", [ALERT, "U0BEN"])
def test_a_change_replaces_words_and_buttons_under_new_ids_and_keeps_the_key(slack: SlackServer, to: str) -> None:
    line = phone(slack)
    before, at = posted(line, to)
    old = {block["block_id"] for block in slack.messages(to)[0].blocks}
    assert line.send(change(before, at)) == Sent(at)
    (message,) = slack.messages(to)
    assert message.blocks[0]["text"]["text"] == "Hiring is paused; Ada Marsh has seen it"
    assert "actions" not in [block["type"] for block in message.blocks]
    assert not old & {block["block_id"] for block in message.blocks}
    assert message.key == before.outgoing.key


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_change_whose_answer_is_lost_is_looked_at(slack: SlackServer, fault: Fault) -> None:
    line = phone(slack, patience(fault))
    before, at = posted(line)
    changed = change(before, at, headline=before.outgoing.message.headline)
    slack.script("chat.update", fault)
    assert isinstance(line.send(changed), Unknown)
    assert isinstance(line.find(changed), Sent if fault.accepted else Absent)
    assert len(slack.messages(ALERT)) == 1


def test_a_change_to_text_alone_takes_the_old_blocks_away_and_is_found(slack: SlackServer) -> None:
    line = phone(slack)
    before, at = posted(line)
    slack.workspace.refused_blocks = {"*"}
    outcome = line.send(change(before, at))
    assert isinstance(outcome, Sent) and outcome.note == "as text: invalid_blocks"
    assert slack.messages(ALERT)[0].blocks == []
    assert isinstance(line.find(change(before, at)), Sent)


@pytest.mark.parametrize("code", ["edit_window_closed", "cant_update_message", "block_mismatch", "slack_new_word"])
def test_what_cannot_be_changed_is_answered_in_its_thread_and_says_so(slack: SlackServer, code: str) -> None:
    line = phone(slack)
    before, at = posted(line)
    slack.script("chat.update", faults.error(code))
    outcome = line.send(change(before, at))
    _, reply = slack.messages(ALERT)
    assert outcome == Sent({"channel": ALERT, "ts": reply.ts}, f"as a new message: {code}")
    assert (reply.thread_ts, reply.key) == (at["ts"], change(before, at).outgoing.key)
    assert f"could not be changed ({code})" in str(reply.blocks)
    assert "Hiring is paused; Ada Marsh has seen it" in reply.text


def test_what_was_deleted_is_said_anew_in_the_channel(slack: SlackServer) -> None:
    line = phone(slack)
    before, at = posted(line)
    slack.workspace.messages.clear()
    outcome = line.send(change(before, at))
    (message,) = slack.messages(ALERT)
    assert isinstance(outcome, Sent) and outcome.note == "as a new message: message_not_found"
    assert message.thread_ts is None
    assert isinstance(line.find(change(before, at)), Sent)


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_reply_whose_answer_is_lost_is_looked_for_in_the_thread(slack: SlackServer, fault: Fault) -> None:
    line = phone(slack, patience(fault))
    before, at = posted(line)
    slack.script("chat.update", faults.error("edit_window_closed"))
    slack.script("chat.postMessage", fault)
    assert isinstance(line.send(change(before, at)), Unknown)
    assert isinstance(line.find(change(before, at)), Sent if fault.accepted else Absent)
    assert len(slack.messages(ALERT)) == 1 + fault.accepted


def test_a_change_in_an_archived_channel_fails_so_that_another_way_is_taken(slack: SlackServer) -> None:
    line = phone(slack)
    before, at = posted(line)
    slack.workspace.channels[ALERT].archived = True
    outcome = line.send(change(before, at))
    assert isinstance(outcome, Failed) and "is_archived" in outcome.error


@pytest.mark.parametrize(("code", "credentials"), [("token_revoked", True), ("invalid_auth", True)])
def test_dead_credentials_are_no_reason_to_reply(slack: SlackServer, code: str, credentials: bool) -> None:
    line = phone(slack)
    before, at = posted(line)
    slack.script("chat.update", faults.error(code))
    outcome = line.send(change(before, at))
    assert isinstance(outcome, Failed) and outcome.credentials is credentials
    assert len(slack.messages(ALERT)) == 1


def test_a_change_that_must_wait_is_tried_again(slack: SlackServer) -> None:
    line = phone(slack)
    before, at = posted(line)
    slack.script("chat.update", faults.limited(7))
    outcome = line.send(change(before, at))
    assert isinstance(outcome, Retry) and outcome.after == 7


def test_a_change_or_picture_of_what_was_never_sent_fails(slack: SlackServer) -> None:
    for following in (change(row(), None), chart(row(ALARM), None)):
        assert isinstance(phone(slack).send(following), Failed)
    assert slack.calls() == []


def test_a_picture_is_put_into_the_thread_with_its_figures_in_words(slack: SlackServer) -> None:
    line = phone(slack)
    before, at = posted(line)
    outcome = line.send(chart(before, at))
    _, shared = slack.messages(ALERT)
    assert isinstance(outcome, Sent) and shared.thread_ts == at["ts"]
    (file,) = shared.files
    assert file["title"] == "Pipeline coverage, last 5 weeks"
    assert "From 4.10x to 3.20x" in file["alt_txt"] and len(file["alt_txt"]) <= 1000
    assert slack.workspace.uploads[file["id"]]["data"].startswith(b"\x89PNG")


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload"])
@pytest.mark.parametrize(
    "fault", [each for each in LOST if each.status != 200 or each.strike is not Strike.ANSWER], ids=str
)
def test_an_upload_that_breaks_before_it_is_shown_is_tried_again(slack: SlackServer, method: str, fault: Fault) -> None:
    line = phone(slack, patience(fault))
    before, at = posted(line)
    slack.script(method, fault)
    assert isinstance(line.send(chart(before, at)), Retry)
    assert isinstance(line.send(chart(before, at)), Sent)
    assert sum(len(message.files) for message in slack.messages(ALERT)) == 1


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_picture_whose_answer_is_lost_is_looked_for_by_its_name(slack: SlackServer, fault: Fault) -> None:
    line = phone(slack, patience(fault))
    before, at = posted(line)
    slack.script("files.completeUploadExternal", fault)
    assert isinstance(line.send(chart(before, at)), Unknown)
    assert isinstance(line.find(chart(before, at)), Sent if fault.accepted else Absent)


def test_a_picture_that_shows_late_is_not_taken_for_lost_too_early(slack: SlackServer) -> None:
    line = phone(slack)
    before, at = posted(line)
    slack.workspace.late_shares = True
    slack.script("files.completeUploadExternal", faults.drop(accepted=True))
    assert isinstance(line.send(chart(before, at)), Unknown)
    assert isinstance(line.find(chart(before, at), row().tried_at or before.created_at), Unknown)
    slack.release()
    assert isinstance(line.find(chart(before, at)), Sent)


def test_a_picture_that_cannot_be_drawn_fails_alone(slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    line = phone(slack)
    before, at = posted(line)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    drawing._drawn.cache_clear()
    outcome = line.send(chart(before, at))
    assert outcome == Failed("the chart could not be drawn (ModuleNotFoundError)")
    assert len(slack.messages(ALERT)) == 1
