"""Buttons: who may press them, what happens when two do, when one is stale, when the same click comes twice."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from slack_sdk import WebClient

from monitor.app import actions
from monitor.core.outbox import Settlement, Status
from tests.slack.conftest import Opened, Room
from tests.slack.people import ADA, BEN, GIL, MIA, OTTO
from tests.slack_server import ALERT, SlackServer
from tests.slack_server.faults import error

NOBODY = "U0NOBODY"


@pytest.mark.parametrize("user", [ADA, BEN, MIA])
def test_a_leader_acknowledges_with_one_click(room: Room, user: str) -> None:
    room.person(user).clicks("ack", room.incident)
    room.person(user).hears("Recorded as line")
    assert room.kinds() == ["acknowledged"] and len(room.woken) == 1


@pytest.mark.parametrize("action", ["ack", "approve", "resume", "ack.2", "override", "checklist"])
@pytest.mark.parametrize("user", [OTTO, GIL, NOBODY])
def test_whoever_is_no_leader_changes_nothing_with_any_button(room: Room, user: str, action: str) -> None:
    before = room.store.events()
    room.person(user).clicks(action, room.incident)
    assert room.person(user).hears(" may do this: ask one of Ada Marsh")["response_type"] == "ephemeral"
    assert room.store.events() == before and room.slack.calls("views.open") == []


@pytest.mark.parametrize("action", ["approve", "resume", "override"])
def test_a_leader_who_is_no_approver_may_not_open_hiring(room: Room, action: str) -> None:
    before = room.store.events()
    room.mia.clicks(action, room.incident)
    room.mia.hears("Only approvers may do this: ask one of Ada Marsh, Ben Okoro, Carla Ruiz")
    assert room.store.events() == before and room.slack.calls("views.open") == []


@pytest.mark.parametrize(
    "forged",
    [
        {"user": {"id": MIA, "name": "ada.marsh", "username": "Ada Marsh", "team_id": "T0ACME"}},
        {"user": {"id": OTTO, "real_name": "Ada Marsh"}, "user_id": ""},
        {"user": {}},
        {"user": None},
        {"user": "Ada Marsh"},
    ],
)
def test_a_forged_payload_does_not_make_an_approver(room: Room, forged: dict[str, Any]) -> None:
    act(room, ADA).ask()
    before = room.store.events()
    envelope = room.sockets.send("interactive", room.mia.click("approve", room.incident) | forged)
    room.sockets.acked(envelope)
    room.slack.wait_for(lambda: "Only approvers" in json.dumps(room.slack.responses))
    assert room.store.events() == before


def test_of_two_who_acknowledge_at_once_one_wins_and_the_other_is_told(room: Room) -> None:
    start = Barrier(2)

    def click(user: str) -> None:
        body = room.person(user).click("ack", room.incident)
        start.wait()
        room.sockets.send("interactive", body)

    both = [Thread(target=click, args=(user,)) for user in (ADA, BEN)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    room.slack.wait_for(lambda: len(room.slack.responses) == 2)
    said = sorted(answer["text"].partition(" ")[0] for answer in room.slack.responses)
    assert room.kinds() == ["acknowledged"]
    assert "Recorded" in said and any("has acknowledged this already" in a["text"] for a in room.slack.responses)


def test_of_two_who_approve_at_once_each_counts_once(room: Room) -> None:
    act(room, ADA).ask()
    for user in (BEN, ADA):
        room.person(user).clicks("approve", room.incident)
    room.ben.hears("Recorded as line")
    room.ada.hears("Ada Marsh has agreed to this override already")
    assert room.kinds()[-1] == "override_approved" and room.kinds().count("override_approved") == 1


def test_a_click_that_is_delivered_twice_acts_once(room: Room) -> None:
    body = room.ada.click("ack", room.incident)
    for _ in range(3):
        room.sockets.send("interactive", body, envelope="same")
    room.sockets.acked("same", times=3)
    room.ada.hears("Recorded as line")
    room.ben.types("help")  # comes after whatever a second delivery would have done
    room.ben.hears("What /smb-health answers")
    assert room.kinds() == ["acknowledged"] and len(room.ada.told()) == 1


def test_a_click_that_is_delivered_to_two_processes_acts_once(opened: Opened) -> None:
    first = opened()
    second = opened(folder=first.folder)
    body = first.ada.click("ack", first.incident)
    for connection in (1, 2):
        first.sockets.send("interactive", body, envelope=f"to {connection}", connection=connection)
    first.ada.hears("Recorded as line")
    second.surface.stop()
    first.surface.stop()
    assert first.kinds() == ["acknowledged"] and len(first.ada.told()) == 1


@pytest.mark.parametrize("action", ["ack", "approve", "resume"])
def test_a_button_of_an_earlier_pause_explains_and_changes_nothing(room: Room, action: str) -> None:
    before = room.store.events()
    room.ada.clicks(action, "trip:2024-07-07")
    room.ada.hears("That button is of an earlier pause; hiring was paused anew")
    assert room.store.events() == before and room.woken == []


def test_a_button_of_a_pause_that_is_over_explains_and_changes_nothing(opened: Opened) -> None:
    room = opened("healthy")
    before = room.store.events()
    for action in ("ack", "override", "checklist"):
        room.ada.clicks(action, "trip:2024-07-07")
    room.slack.wait_for(lambda: len(room.slack.calls("views.update")) == 2)
    room.ada.hears("That pause is over and hiring is open: nothing was changed")
    views = json.dumps(room.slack.workspace.views)
    assert views.count("That pause is over and hiring is open") == 2
    assert room.store.events() == before


def test_the_button_of_an_earlier_request_does_not_approve_the_one_that_is_open(room: Room) -> None:
    act(room, ADA).ask()
    line = next(
        each for each in room.store.outbox.lines() if each.kind == "override_asked" and each.address.to == ALERT
    )
    earlier = line.key.replace(":Ada Marsh:", ":Carla Ruiz:")
    rename(room, line.key, earlier)
    room.ben.clicks("approve", room.incident, deliver(room, earlier, ["approve"]))
    room.ben.hears("That request is over; Ada Marsh asked for another override")
    assert room.kinds() == ["override_asked"]


def test_a_click_works_on_a_message_that_the_outbox_lost(room: Room) -> None:
    shown = deliver(room, "", ["ack", "override", "explain"])
    room.ada.clicks("ack", room.incident, shown)
    room.slack.wait_for(lambda: room.slack.calls("chat.update"))
    after = next(m for m in room.slack.messages(ALERT) if m.ts == shown["ts"])
    left = [
        element["action_id"] for block in after.blocks if block["type"] == "actions" for element in block["elements"]
    ]
    assert left == ["explain"] and "Ada Marsh" in json.dumps(after.blocks)
    assert not any("block_id" in block for block in after.blocks) and after.text == shown["text"]


def test_a_message_that_cannot_be_changed_gets_a_reply_in_its_thread(room: Room) -> None:
    shown = deliver(room, "", ["ack"])
    room.slack.script("chat.update", error("edit_window_closed"))
    room.ada.clicks("ack", room.incident, shown)
    room.slack.wait_for(lambda: any(m.thread_ts == shown["ts"] for m in room.slack.messages(ALERT)))
    reply = next(m for m in room.slack.messages(ALERT) if m.thread_ts == shown["ts"])
    assert "Ada Marsh" in reply.text


def test_a_message_that_the_outbox_knows_is_left_to_it(room: Room) -> None:
    now = datetime.now(UTC)
    row = next(c for c in room.store.outbox.claim("test", now) if c.outgoing.address.to == ALERT)
    shown = deliver(room, row.outgoing.key, ["ack"])
    room.store.outbox.settle(row, Settlement(Status.SENT, receipt={"channel": ALERT, "ts": shown["ts"]}), now)
    for message in (shown, {name: value for name, value in shown.items() if name != "metadata"}):
        room.ada.clicks("ack", room.incident, message)
    room.ada.hears("Ada Marsh has acknowledged this already")
    waiting = [line for line in room.store.outbox.lines() if line.op == "update" and line.address.to == ALERT]
    assert room.slack.calls("chat.update") == [] and len(waiting) == 1


def test_explain_answers_from_the_source_after_saying_so(room: Room) -> None:
    room.otto.clicks("explain", "attainment")
    room.otto.hears("Reading the data, the answer follows")
    answer = json.dumps(room.otto.hears("AE attainment"))
    assert "are shown to leadership" in answer


@pytest.mark.parametrize(("action", "value"), [("explain", "everything"), ("launch", ""), ("", ""), ("ack2", "x")])
def test_a_button_of_another_version_does_nothing_and_says_so(room: Room, action: str, value: str) -> None:
    before = room.store.events()
    room.ada.clicks(action, value)
    room.ada.hears("This button is of another version of the monitor")
    assert room.store.events() == before


def test_the_dashboard_button_is_acknowledged_and_nothing_else(room: Room) -> None:
    envelope = room.ada.clicks("dashboard.2")
    room.sockets.acked(envelope)
    room.ada.types("help")
    room.ada.hears("What /smb-health answers")
    assert len(room.ada.told()) == 1


def test_the_breaker_is_answered_with_the_buttons_that_fit(room: Room) -> None:
    room.ada.types("breaker")
    shown = room.ada.hears("Tripped by")
    buttons = {e["action_id"]: e for b in shown["blocks"] if b["type"] == "actions" for e in b["elements"]}
    assert list(buttons) == ["ack", "override", "checklist"]
    assert {button["value"] for button in buttons.values()} == {room.incident}
    room.ada.clicks("ack", buttons["ack"]["value"])
    room.ada.hears("Recorded as line")
    assert room.kinds() == ["acknowledged"]


# What the tests begin with.


class act:  # noqa: N801  reads as what it does: act(room, ADA).ask()
    """Somebody acts, as from the command line."""

    def __init__(self, room: Room, user: str) -> None:
        person = room.company.config.directory().person(user)
        assert person is not None
        asked = room.company.asked(None, date(2026, 1, 1))
        self.act = actions.Act(room.company, room.store, asked, datetime.now(UTC), person.name, "slack")

    def ask(self) -> None:
        actions.ask_override(self.act, "two signed pilots need an owner", self.act.on + timedelta(days=20))


def key(text: str) -> dict[str, Any]:
    return {"event_type": "smb_monitor_message", "event_payload": {"key": text}}


def deliver(room: Room, outbox_key: str, actions: list[str]) -> dict[str, Any]:
    """A message of ours in the alert channel, as Slack puts it into the payload of a click."""
    elements = [
        {"type": "button", "action_id": each, "value": room.incident, "text": {"type": "plain_text", "text": each}}
        for each in actions
    ]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "block_id": "h1", "text": {"type": "plain_text", "text": "Mid-market hiring is paused"}},
        {"type": "actions", "block_id": "a1", "elements": elements},
    ]
    client = WebClient(room.slack.bot_token, base_url=room.slack.url)
    metadata = key(outbox_key) if outbox_key else None
    posted = client.chat_postMessage(
        channel=ALERT, text="Mid-market hiring is paused", blocks=blocks, metadata=metadata
    )
    return dict(posted["message"])


def rename(room: Room, old: str, new: str) -> None:
    """Gives a row of the outbox another key, as if another request had made it."""
    with sqlite3.connect(next(room.folder.glob("*.db"))) as database:
        database.execute("UPDATE outbox SET key = ? WHERE key = ?", (new, old))
    database.close()


@pytest.fixture(autouse=True)
def nobody(slack: SlackServer) -> None:
    slack.add_user(NOBODY, "Nobody")
