"""Everything is acknowledged at once, whatever the database, the source, Slack and our own code are doing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest

from monitor.app.wiring import Company
from monitor.entrypoints.slack.desk import SIZES, Lane
from monitor.errors import DataError
from monitor.sources.source import Source
from tests.slack.conftest import Opened, Room
from tests.slack.people import OTTO
from tests.slack_server.faults import drop, error


@dataclass
class Slow:
    """A source that gives nothing before it is let go."""

    source: Source
    go: Event

    def tables(self) -> Mapping[str, Any]:
        assert self.go.wait(120)
        return self.source.tables()

    def stamp(self) -> str:
        return self.source.stamp()

    def today(self) -> date | None:
        return self.source.today()

    def remarks(self) -> tuple[str, ...]:
        return self.source.remarks()

    def close(self) -> None:
        self.source.close()


def everything(room: Room) -> list[tuple[str, dict[str, Any]]]:
    """One of each kind of request."""
    override = {"type": "modal", "callback_id": "override", "private_metadata": "{}", "id": "V1", "blocks": INPUTS}
    until = (room.company.source.today() or date(2026, 1, 1)) + timedelta(days=20)
    words = (
        "",
        "status",
        "coverage",
        "breaker",
        "why coverage",
        "as-of 2026-03-29",
        "ack",
        "approve",
        "resume",
        "override",
    )
    return [
        *[("slash_commands", room.ada.command(text)) for text in words],
        *[("interactive", room.ada.click(act, room.incident)) for act in ("ack", "approve", "resume", "override")],
        *[
            ("interactive", room.ada.click(act, "attainment"))
            for act in ("checklist", "explain", "dashboard", "unknown")
        ],
        ("interactive", room.ada.submission(override, {"reason": "r" * 30, "until": until.isoformat()})),
        ("events_api", room.ada.home()),
        ("events_api", room.ada.home() | {"event": {"type": "member_joined_channel", "user": OTTO}}),
    ]


INPUTS = [
    {"type": "input", "block_id": name, "element": {"type": kind, "action_id": name}}
    for name, kind in (("reason", "plain_text_input"), ("until", "datepicker"))
]


def test_everything_is_acknowledged_while_the_database_is_locked(room: Room) -> None:
    requests = everything(room)
    held = room.lock()
    try:
        envelopes = [room.sockets.send(kind, body) for kind, body in requests]
        for envelope in envelopes:
            room.sockets.acked(envelope)
        assert room.slack.responses == [] or all("Reading the data" in r["text"] for r in room.slack.responses)
        assert room.slack.workspace.homes == {}
    finally:
        held.close()
    room.ada.hears("Mid-market hiring is paused")
    room.ada.hears("Recorded as line")


def test_a_form_opens_while_the_database_is_locked_and_is_filled_afterwards(room: Room) -> None:
    held = room.lock()
    try:
        room.ada.clicks("override", "")
        room.slack.wait_for(lambda: room.slack.workspace.views)
        assert "One moment" in json.dumps(room.slack.workspace.views)
    finally:
        held.close()
    room.slack.wait_for(lambda: "submit" in room.slack.workspace.views[0])


def test_explaining_is_acknowledged_and_status_answered_while_the_source_is_slow(opened: Opened) -> None:
    go = Event()
    room = opened(opening=lambda company: replace(company, source=Slow(company.source, go)))
    envelopes = [
        room.ada.types("why coverage"),
        room.ada.clicks("explain", "attainment"),
        room.ada.types("as-of 2026-03-29"),
    ]
    for envelope in envelopes:
        room.sockets.acked(envelope)
    room.ada.types("status")
    room.ada.hears("Mid-market hiring is paused")
    assert not any("Pipeline coverage is" in json.dumps(each) for each in room.ada.told())
    go.set()
    room.ada.hears("Pipeline coverage is")
    room.ada.hears("week to Sun 29 Mar 2026")


def test_a_handler_that_fails_acknowledges_tells_the_person_and_logs(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(company: Company) -> Company:
        if len(calls) > 1:
            raise ZeroDivisionError("nobody thought of this")
        calls.append(company)
        return company

    calls: list[Any] = [None]
    room = opened(opening=broken)
    room.sockets.acked(room.ada.types("why coverage"))
    room.ada.hears("Something went wrong on our side: the log of the monitor says what")
    assert "nobody thought of this" in caplog.text


def test_data_that_cannot_be_read_are_told_without_what_concerns_the_operator(
    opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    def unreadable(company: Company) -> Company:
        if first:
            raise DataError("table opportunities, column amount of /srv/secret: mend it")
        first.append(1)
        return company

    first: list[int] = []
    room = opened(opening=unreadable)
    room.otto.types("why coverage")
    room.otto.hears("The data cannot be read right now")
    assert "/srv/secret" not in json.dumps(room.slack.responses) and "/srv/secret" in caplog.text


@pytest.mark.parametrize(
    "strange",
    [
        {"actions": None},
        {"actions": [None]},
        {"actions": [{"action_id": 5, "value": ["x"]}]},
        {"message": "no message"},
        {"channel": 7, "user": [], "trigger_id": 3},
        {"response_url": 12},
    ],
)
def test_a_payload_that_makes_no_sense_is_acknowledged(room: Room, strange: dict[str, Any]) -> None:
    before = room.store.events()
    room.sockets.acked(room.sockets.send("interactive", room.otto.click("ack", room.incident) | strange))
    assert room.store.events() == before


@pytest.mark.parametrize(
    "strange", [{"text": None}, {"text": 5}, {"user_id": None}, {"channel_id": ""}, {"command": "/x"}]
)
def test_a_command_that_makes_no_sense_is_acknowledged(room: Room, strange: dict[str, Any]) -> None:
    room.sockets.acked(room.sockets.send("slash_commands", room.otto.command("ack") | strange))
    assert room.kinds() == []


@pytest.mark.parametrize(
    "strange",
    [
        {"view": None},
        {"view": {"callback_id": "override", "state": {"values": []}, "private_metadata": 3}},
        {"view": {"callback_id": "override", "state": {"values": {"reason": {"reason": {"value": 7}}}}}},
        {"view": {"callback_id": "checklist", "blocks": [{"type": "input"}, 7], "state": None}},
        {"view": {"callback_id": "override", "private_metadata": '{"incident": 5, "channel": 6}'}},
    ],
)
def test_a_submission_that_makes_no_sense_is_acknowledged(room: Room, strange: dict[str, Any]) -> None:
    view = {"type": "modal", "callback_id": "override", "blocks": [], "id": "V1"}
    room.sockets.acked(room.sockets.send("interactive", room.ada.submission(view, {}) | strange))
    assert room.kinds() == []


# Ways back to the person.


def test_a_response_url_that_is_used_up_is_followed_by_a_message_that_only_they_see(room: Room) -> None:
    body = room.otto.command("status")
    room.slack.workspace.response_urls[body["response_url"].rpartition("/")[2]].uses = 5
    room.sockets.send("slash_commands", body)
    room.slack.wait_for(lambda: room.slack.ephemerals)
    told = room.slack.ephemerals[0]
    assert (told["user"], told["channel"]) == (OTTO, body["channel_id"]) and "is paused" in told["text"]


def test_after_half_an_hour_the_response_url_is_not_even_tried(room: Room) -> None:
    held = room.lock()
    try:
        room.sockets.acked(room.otto.types("status"))
        room.clock.later = timedelta(minutes=31)
    finally:
        held.close()
    room.slack.wait_for(lambda: room.slack.ephemerals)
    assert room.slack.calls("response_url") == []


def test_where_the_app_is_not_in_the_channel_the_person_is_told_directly(room: Room) -> None:
    room.slack.add_channel("C0SECRET", member=False)
    stranger = room.person(OTTO, "C0SECRET")
    room.slack.script("response_url", drop(accepted=False))
    stranger.types("status")
    room.slack.wait_for(lambda: room.slack.messages(OTTO))
    assert "is paused" in room.slack.messages(OTTO)[0].text


def test_an_answer_that_slack_refuses_is_told_more_plainly(room: Room) -> None:
    room.slack.workspace.refused_blocks = {"table", "data_visualization"}
    room.otto.types("coverage")
    answer = room.otto.hears("Pipeline coverage: ")
    assert {block["type"] for block in answer["blocks"]} == {"section"}
    room.slack.workspace.refused_blocks = {"*"}
    room.otto.types("cac")
    room.slack.wait_for(lambda: any("CAC payback: " in r["text"] and not r["blocks"] for r in room.slack.responses))


def test_an_answer_that_cannot_be_told_at_all_is_logged_and_hurts_nobody(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.slack.script("response_url", drop(accepted=False))
    room.slack.script("chat.postEphemeral", error("user_not_in_channel"))
    room.slack.script("chat.postMessage", error("channel_not_found"))
    room.otto.types("status")
    room.slack.wait_for(room.slack.unscripted)
    room.surface.stop()
    assert room.slack.messages(OTTO) == [] and "an answer to U0OTTO could not be delivered" in caplog.text


def test_when_too_many_ask_at_once_the_others_are_told_and_all_are_acknowledged(room: Room) -> None:
    most = sum(SIZES[Lane.QUICK])
    held = room.lock()
    try:
        envelopes = [room.otto.types("status") for _ in range(most + 3)]
        for envelope in envelopes:
            room.sockets.acked(envelope)
        room.slack.wait_for(lambda: len(room.slack.responses) == 3)
        assert all("Too many are asking at once" in r["text"] for r in room.slack.responses)
    finally:
        held.close()
    room.slack.wait_for(lambda: len(room.slack.responses) == most + 3)


def test_an_act_for_which_there_is_no_room_says_so_in_its_form(room: Room) -> None:
    most = sum(SIZES[Lane.QUICK])
    view = {"type": "modal", "callback_id": "override", "private_metadata": "{}", "id": "V1", "blocks": INPUTS}
    until = (room.company.source.today() or date(2026, 1, 1)) + timedelta(days=20)
    held = room.lock()
    try:
        for envelope in [room.otto.types("status") for _ in range(most)]:
            room.sockets.acked(envelope)
        envelope = room.ada.submits(view, reason="r" * 30, until=until.isoformat())
        assert "Too many are asking" in room.sockets.acked(envelope).payload["errors"]["reason"]
    finally:
        held.close()
    room.slack.wait_for(lambda: len(room.slack.responses) == most)
    assert room.kinds() == []


def test_no_secret_is_ever_logged(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for kind, body in everything(room):
        room.sockets.acked(room.sockets.send(kind, body))
    room.ada.hears("week to Sun 29 Mar 2026")
    room.surface.stop()
    workspace = room.slack.workspace
    secrets = [room.slack.bot_token, room.slack.app_token, "ticket=", *workspace.response_urls, *workspace.triggers]
    assert [secret for secret in secrets if secret in caplog.text] == []
