"""A message that Slack refuses in one form arrives in the next plainer one, and what it lacks is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.outbox import Absent, Failed, Op, Retry, Sent, Unknown
from tests.channels.rows import NOW, TREND
from tests.channels.slack_rows import ALARM, PLAIN, phone, row
from tests.slack_server import ALERT, DIGEST, SlackServer, faults
from tests.slack_server.faults import PASS


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


def kinds(slack: SlackServer, channel: str = ALERT) -> set[str]:
    return {block["type"] for message in slack.messages(channel) for block in message.blocks}


def test_without_native_charts_the_table_stays_and_the_chart_follows_in_the_thread(slack: SlackServer) -> None:
    slack.workspace.refused_blocks = {"data_visualization"}
    outcome = phone(slack).send(row(ALARM))
    assert isinstance(outcome, Sent) and outcome.note == "without native charts: invalid_blocks"
    assert "table" in kinds(slack)
    (follow,) = outcome.follow
    assert (follow.key, follow.op, follow.target) == (
        "trip:2026-07-07:C0ALERT:chart",
        Op.CHART,
        "trip:2026-07-07:C0ALERT",
    )
    assert follow.message.blocks == (TREND,)
    assert follow.address == row().outgoing.address


def test_a_workspace_that_refused_a_native_chart_is_not_asked_again(slack: SlackServer) -> None:
    slack.workspace.refused_blocks = {"data_visualization"}
    line = phone(slack)
    line.send(row(ALARM))
    outcome = line.send(row(ALARM, to=DIGEST))
    assert len(slack.calls("chat.postMessage")) == 3
    assert isinstance(outcome, Sent) and len(outcome.follow) == 1
    assert outcome.note == "without native charts: this workspace refused one before"


def test_one_bad_message_does_not_cost_the_others_their_charts(slack: SlackServer) -> None:
    line = phone(slack)
    slack.script("chat.postMessage", *[faults.error("msg_blocks_too_long")] * 2)
    line.send(row(ALARM))
    line.send(row(ALARM, to=DIGEST))
    assert "data_visualization" in kinds(slack, DIGEST)


def test_without_tables_it_is_sent_as_plain_sections_with_its_buttons(slack: SlackServer) -> None:
    slack.workspace.refused_blocks = {"table"}
    outcome = phone(slack).send(row(PLAIN))
    assert isinstance(outcome, Sent) and outcome.note == "as plain sections: invalid_blocks"
    assert kinds(slack) == {"section", "actions"}
    assert "Pipeline coverage: 3.20x breakage" in str(slack.messages(ALERT)[0].blocks)


def test_without_any_blocks_it_is_sent_as_text_that_says_how_to_act(slack: SlackServer) -> None:
    slack.workspace.refused_blocks = {"*"}
    outcome = phone(slack).send(row(ALARM))
    (message,) = slack.messages(ALERT)
    assert isinstance(outcome, Sent) and outcome.note == "as text, without its buttons: invalid_blocks"
    assert message.text.splitlines()[:2] == [ALARM.headline, "To act: /smb-health ack, /smb-health override"]
    assert "From 4.10x to 3.20x" in message.text
    assert message.blocks == []


@pytest.mark.parametrize("code", faults.DEGRADE)
@pytest.mark.parametrize("refusals", [1, 2, 3])
def test_each_refusal_of_a_form_leads_to_the_next_and_one_message(slack: SlackServer, code: str, refusals: int) -> None:
    slack.script("chat.postMessage", *[faults.error(code)] * refusals)
    line = phone(slack)
    outcome = line.send(row(ALARM))
    assert isinstance(outcome, Sent) and outcome.note.endswith(code)
    assert len(slack.messages(ALERT)) == 1
    assert line.waits == [1.0] * refusals


def test_what_is_refused_even_as_text_fails_and_is_reported(slack: SlackServer) -> None:
    slack.script("chat.postMessage", *[faults.error("invalid_blocks")] * 4)
    assert phone(slack).send(row(ALARM)) == Failed("chat.postMessage: invalid_blocks")


@pytest.mark.parametrize("fault", [faults.drop(accepted=True), faults.error("fatal_error", accepted=True)], ids=str)
def test_an_answer_lost_halfway_down_is_searched_for_and_its_chart_follows(
    slack: SlackServer, fault: faults.Fault
) -> None:
    slack.script("chat.postMessage", faults.error("invalid_blocks"), fault)
    line = phone(slack)
    assert isinstance(line.send(row(ALARM)), Unknown)
    found = line.find(row(ALARM))
    assert isinstance(found, Sent) and [each.op for each in found.follow] == [Op.CHART]
    assert len(slack.messages(ALERT)) == 1


def test_a_message_found_with_its_native_chart_needs_no_picture(slack: SlackServer) -> None:
    line = phone(slack)
    slack.script("chat.postMessage", faults.drop(accepted=True))
    line.send(row(ALARM))
    found = line.find(row(ALARM))
    assert isinstance(found, Sent) and found.follow == ()


def test_a_limit_halfway_down_is_a_retry_and_nothing_was_posted(slack: SlackServer) -> None:
    slack.script("chat.postMessage", faults.error("invalid_blocks"), faults.limited(30), PASS)
    line = phone(slack)
    assert isinstance(line.send(row(ALARM)), Retry)
    assert isinstance(line.find(row(ALARM)), Absent)
    assert isinstance(line.send(row(ALARM), NOW + timedelta(minutes=1)), Sent)
    assert len(slack.messages(ALERT)) == 1


def test_only_a_trend_of_two_points_or_more_is_worth_a_picture(slack: SlackServer) -> None:
    slack.workspace.refused_blocks = {"*"}
    single = replace(TREND, labels=TREND.labels[:1], spark=replace(TREND.spark, values=(4.1,), tones=()))
    outcome = phone(slack).send(row(replace(ALARM, blocks=(single,))))
    assert isinstance(outcome, Sent) and outcome.follow == ()
