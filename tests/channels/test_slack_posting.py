"""One post and all that can go wrong with it: what it means, and that the message is there once."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.outbox import Absent, Failed, Outcome, Retry, Sent, Unknown
from monitor.render import digest
from monitor.render.words import Words
from tests.channels.rows import NOW
from tests.channels.slack_rows import ALARM, LATER, PLAIN, phone, row, settings
from tests.render.snapshots import STATES
from tests.slack_server import ALERT, DIGEST, LOST, SlackServer, faults
from tests.slack_server.faults import Fault, Strike


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


def patience(fault: Fault) -> float:
    return 0.3 if fault.strike is Strike.HANG else 5.0


def test_a_post_carries_its_words_its_key_and_nothing_that_pings(slack: SlackServer) -> None:
    outcome = phone(slack).send(row())
    (message,) = slack.messages(ALERT)
    assert outcome == Sent({"channel": ALERT, "ts": message.ts})
    assert message.text == PLAIN.headline == message.blocks[0]["text"]["text"]
    assert message.args["metadata"] == {
        "event_type": "smb_monitor_message",
        "event_payload": {"key": "trip:2026-07-07:C0ALERT"},
    }
    assert (message.args["parse"], message.args["mrkdwn"], message.args.get("link_names")) == ("none", False, None)
    assert (message.args["unfurl_links"], message.args["unfurl_media"]) == (False, False)


def test_a_person_is_reached_in_a_direct_message_that_is_opened_once(slack: SlackServer) -> None:
    line = phone(slack)
    first = line.send(row(to="U0BEN"))
    line.send(row(to="U0BEN"))
    assert isinstance(first, Sent) and first.receipt["channel"] == "D0BEN"
    assert len(slack.messages("U0BEN")) == 2
    assert len(slack.calls("conversations.open")) == 1


def test_a_post_is_known_by_the_same_id_however_often_it_is_tried(slack: SlackServer) -> None:
    for _ in range(2):
        phone(slack).send(row())
    phone(slack).send(row(to=DIGEST))
    ids = [call.args["client_msg_id"] for call in slack.calls("chat.postMessage")]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_lost_answer_is_unknown_and_the_search_tells_whether_it_arrived(slack: SlackServer, fault: Fault) -> None:
    line = phone(slack, patience(fault))
    slack.script("chat.postMessage", fault)
    assert isinstance(line.send(row()), Unknown)
    assert len(slack.calls("chat.postMessage")) == 1
    found = line.find(row())
    if fault.accepted:
        assert isinstance(found, Sent) and found.receipt["ts"] == slack.messages(ALERT)[0].ts
    else:
        assert isinstance(found, Absent)


def test_what_is_not_there_yet_may_still_arrive(slack: SlackServer) -> None:
    line = phone(slack, 0.3)
    slack.script("chat.postMessage", faults.accepted_later())
    assert isinstance(line.send(row()), Unknown)
    assert isinstance(line.find(row(), NOW + timedelta(seconds=29)), Unknown)
    slack.release()
    assert isinstance(line.find(row(), LATER), Sent)


def outcome_of(slack: SlackServer, fault: Fault) -> Outcome:
    slack.script("chat.postMessage", fault)
    return phone(slack).send(row())


@pytest.mark.parametrize("code", faults.PERMANENT)
def test_a_permanent_refusal_fails_this_row_and_names_itself(slack: SlackServer, code: str) -> None:
    outcome = outcome_of(slack, faults.error(code))
    assert isinstance(outcome, Failed) and not outcome.credentials
    assert code in outcome.error
    assert slack.messages() == []


@pytest.mark.parametrize("code", faults.CREDENTIALS)
def test_dead_credentials_fail_the_whole_channel(slack: SlackServer, code: str) -> None:
    outcome = outcome_of(slack, faults.error(code))
    assert isinstance(outcome, Failed) and outcome.credentials
    assert code in outcome.error


@pytest.mark.parametrize("code", faults.WAIT)
def test_what_is_refused_for_now_is_tried_again(slack: SlackServer, code: str) -> None:
    assert isinstance(outcome_of(slack, faults.error(code)), Retry)


def test_an_unknown_refusal_fails_and_is_named(slack: SlackServer) -> None:
    outcome = outcome_of(slack, faults.error("slack_invented_this_yesterday"))
    assert outcome == Failed("chat.postMessage: slack_invented_this_yesterday")


@pytest.mark.parametrize(("channel", "member", "archived"), [("C0OUT", False, False), ("C0OLD", True, True)])
def test_a_channel_that_does_not_take_the_bot_is_a_permanent_refusal(
    slack: SlackServer, channel: str, member: bool, archived: bool
) -> None:
    slack.add_channel(channel, member=member, archived=archived)
    outcome = phone(slack).send(row(to=channel))
    assert isinstance(outcome, Failed) and not outcome.credentials


def test_a_token_that_died_and_one_that_is_not_set_are_told_apart_from_a_bad_channel(slack: SlackServer) -> None:
    line = phone(slack)
    slack.workspace.bot_token = "xoxb-another"
    assert line.send(row()) == Failed("chat.postMessage: invalid_auth; check SLACK_BOT_TOKEN", credentials=True)
    assert phone(slack, bot_token=None).send(row()) == Failed("SLACK_BOT_TOKEN is not set", credentials=True)


@pytest.mark.parametrize("code", ["ratelimited", "rate_limited"])
def test_nothing_is_asked_of_a_method_before_its_retry_after_is_over(slack: SlackServer, code: str) -> None:
    line = phone(slack)
    slack.script("chat.postMessage", faults.limited(40, code))
    first = line.send(row())
    other = line.send(row(to=DIGEST), NOW + timedelta(seconds=30))
    assert isinstance(first, Retry) and first.after == 40
    assert isinstance(other, Retry) and other.after is not None and 9 < other.after <= 15
    assert len(slack.calls("chat.postMessage")) == 1
    assert isinstance(line.send(row(), NOW + timedelta(seconds=46)), Sent)


def test_a_clock_that_was_set_back_ends_the_wait(slack: SlackServer) -> None:
    line = phone(slack)
    slack.script("chat.postMessage", faults.limited(40))
    line.send(row())
    assert isinstance(line.send(row(), NOW - timedelta(hours=1)), Sent)


def nobody_there() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}/api/"


@pytest.mark.parametrize("url", [nobody_there(), "http://nobody.invalid/api/"], ids=["nobody there", "no such host"])
def test_where_no_connection_comes_about_nothing_was_sent(slack: SlackServer, url: str) -> None:
    assert isinstance(phone(slack, api_url=url).send(row()), Retry)


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_lost_answer_before_the_post_itself_is_no_reason_to_search(slack: SlackServer, fault: Fault) -> None:
    slack.script("conversations.open", fault)
    assert isinstance(phone(slack, patience(fault)).send(row(to="U0BEN")), Retry)
    assert slack.messages() == []


def test_a_message_is_found_among_hundreds_and_only_by_its_key(slack: SlackServer) -> None:
    line = phone(slack)
    line.send(row())
    for number in range(450):
        stranger = {"event_type": "another_app", "event_payload": {"key": row().outgoing.key}}
        slack.workspace.messages.append(
            replace(slack.messages(ALERT)[0], ts=slack.workspace.ts(), metadata=stranger if number % 2 else None)
        )
    found = line.find(row())
    assert isinstance(found, Sent) and found.receipt["ts"] == slack.messages(ALERT)[0].ts
    assert len(slack.calls("conversations.history")) == 3
    assert isinstance(line.find(row(to=DIGEST)), Absent)


def test_a_search_looks_back_to_the_first_of_several_tries(slack: SlackServer) -> None:
    line = phone(slack)
    line.send(row())
    slack.workspace.messages[0].ts = f"{(NOW - timedelta(minutes=1)).timestamp():.6f}"
    much_later = replace(row(), tried_at=NOW + timedelta(hours=1), attempts=3)
    assert isinstance(line.find(much_later, NOW + timedelta(hours=2)), Sent)


@pytest.mark.parametrize(
    "fault", [*LOST, *map(faults.error, ("missing_scope", "not_in_channel", "fatal_error"))], ids=str
)
def test_a_search_that_fails_proves_nothing(slack: SlackServer, fault: Fault) -> None:
    slack.script("conversations.history", fault)
    assert isinstance(phone(slack, patience(fault)).find(row()), Unknown)


def test_a_search_waits_shortly_when_asked_to_and_leaves_a_long_wait_to_the_next_try(slack: SlackServer) -> None:
    line = phone(slack)
    slack.script("conversations.history", faults.limited(2))
    assert isinstance(line.find(row()), Absent)
    assert line.waits == [2]
    slack.script("conversations.history", faults.limited(60))
    assert isinstance(line.find(row()), Unknown)


def test_no_call_begins_that_could_end_after_the_lease(slack: SlackServer) -> None:
    from monitor.channels.slack import SlackChannel

    seconds = iter(range(0, 1000, 25))
    channel = SlackChannel(settings(slack), lambda _: None, clock=lambda: next(seconds))
    slack.script("chat.postMessage", faults.error("invalid_blocks"))
    assert isinstance(channel.send(row(), NOW), Retry)
    assert slack.messages() == []


@pytest.mark.parametrize("state", sorted(STATES))
def test_whatever_names_the_data_hold_the_digest_is_posted_and_pings_nobody(slack: SlackServer, state: str) -> None:
    drawn = digest.build(STATES[state](), Words())
    assert isinstance(phone(slack).send(row(drawn)), Sent)
    (message,) = slack.messages(ALERT)
    assert "<" not in message.text
    for kind in ('"user"', '"usergroup"', '"broadcast"', '"channel"', '"link"', '"mrkdwn", "text": "<'):
        assert f'"type": {kind}' not in json.dumps(message.blocks)
    assert message.args["metadata"]["event_payload"] == {"key": row().outgoing.key}


def test_no_token_stands_in_what_is_said_about_a_failure(slack: SlackServer) -> None:
    line = phone(slack)
    for fault in faults.FAULTS:
        if fault.strike is not Strike.HANG:
            slack.script("chat.postMessage", fault)
            assert slack.bot_token not in repr(line.send(row(), LATER + timedelta(days=len(slack.calls()))))


def test_a_message_with_a_trend_is_posted_with_its_native_chart_and_nothing_follows(slack: SlackServer) -> None:
    outcome = phone(slack).send(row(ALARM))
    assert isinstance(outcome, Sent) and outcome.follow == () and outcome.note == ""
    assert "data_visualization" in [block["type"] for block in slack.messages(ALERT)[0].blocks]
