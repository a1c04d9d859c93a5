"""The forms: opened at once for those who may, wrong fields named, submissions checked again, everything once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from monitor.app import actions
from tests.slack.conftest import Opened, Room
from tests.slack.people import GIL, MIA, OTTO, view_of
from tests.slack_server.faults import error

REASON = "two signed pilots need an owner"
NOT_IN_MODALS = {"table", "data_table", "data_visualization", "markdown", "carousel", "container"}


def filled(room: Room, kind: str) -> dict[str, Any]:
    """The form once it can be filled in."""
    return view_of(room.slack, lambda view: view["callback_id"] == kind and "submit" in view)


def until(room: Room, days: int) -> str:
    today = room.company.source.today()
    assert today is not None
    return (today + timedelta(days=days)).isoformat()


def test_the_override_form_asks_for_a_reason_and_an_end(room: Room) -> None:
    room.ada.clicks("override", room.incident)
    view = filled(room, "override")
    assert [block["block_id"] for block in view["blocks"] if block["type"] == "input"] == ["reason", "until"]
    assert json.loads(view["private_metadata"])["incident"] == room.incident


def test_a_submitted_override_is_recorded_and_told(room: Room) -> None:
    room.ada.types("override")
    envelope = room.ada.submits(filled(room, "override"), reason=f"  {REASON} ", until=until(room, 30))
    assert room.sockets.acked(envelope).payload == {}
    room.ada.hears("Recorded as line")
    event = room.store.events()[-1]
    assert (event.kind, event.actor, event.reason, event.surface) == ("override_asked", "Ada Marsh", REASON, "slack")
    assert event.payload["until"] == until(room, 30) and len(room.woken) == 1
    assert any(line.kind == "override_asked" for line in room.store.outbox.lines())


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"reason": "too short"}, "reason", "at least 20 characters"),
        ({"reason": "   " * 20 + "short"}, "reason", "at least 20 characters"),
        ({"reason": None}, "reason", "at least 20 characters"),
        ({"until": None}, "until", "ends after"),
        ({"until": "not a day"}, "until", "ends after"),
        ({"until": 0}, "until", "ends after"),
        ({"until": -1}, "until", "ends after"),
        ({"until": 400}, "until", "no later than"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(room: Room, given: Mapping[str, Any], field: str, said: str) -> None:
    room.ada.clicks("override", room.incident)
    values = {"reason": REASON, "until": until(room, 20), **given}
    if isinstance(values["until"], int):
        values["until"] = until(room, values["until"])
    envelope = room.ada.submits(filled(room, "override"), **values)
    answer = room.sockets.acked(envelope).payload
    assert (
        answer["response_action"] == "errors" and list(answer["errors"]) == [field] and said in answer["errors"][field]
    )
    assert room.kinds() == []


def test_what_the_form_refuses_the_rule_refuses_too_and_the_last_day_is_the_same(room: Room) -> None:
    today = room.company.source.today()
    assert today is not None
    room.ada.clicks("override", room.incident)
    room.ada.submits(filled(room, "override"), reason=REASON, until=until(room, 400))
    room.slack.wait_for(lambda: any("errors" in ack.payload for ack in room.sockets.acks))
    latest = next(ack for ack in room.sockets.acks if "errors" in ack.payload)
    named = date.fromisoformat(latest.payload["errors"]["until"].rstrip(".").rpartition(" ")[2])
    act = actions.Act(
        room.company, room.store, room.company.asked(None, today), datetime.now(UTC), "Ada Marsh", "slack"
    )
    with pytest.raises(Exception, match="no later than"):
        actions.ask_override(act, REASON, named + timedelta(days=1))
    assert actions.ask_override(act, REASON, named)[0].kind == "override_asked"


@pytest.mark.parametrize("user", [MIA, GIL, OTTO])
def test_an_override_sent_in_by_somebody_else_than_an_approver_is_refused(room: Room, user: str) -> None:
    room.ada.clicks("override", room.incident)
    view = filled(room, "override")
    envelope = room.person(user).submits(view, reason=REASON, until=until(room, 20))
    assert "Only approvers may do this".lower() in room.sockets.acked(envelope).payload["errors"]["reason"].lower()
    assert room.kinds() == []


def test_a_form_that_nobody_opened_is_refused_too(room: Room) -> None:
    forged = {"type": "modal", "callback_id": "override", "private_metadata": "{", "blocks": [], "id": "V1"}
    envelope = room.otto.submits(forged)
    assert "errors" in room.sockets.acked(envelope).payload
    room.sockets.acked(room.ada.submits({**forged, "callback_id": "another", "private_metadata": "[1]"}))
    assert room.kinds() == []


def test_a_submission_that_comes_again_asks_once(room: Room) -> None:
    room.ada.clicks("override", room.incident)
    body = room.ada.submission(filled(room, "override"), {"reason": REASON, "until": until(room, 20)})
    for _ in range(3):
        room.sockets.send("interactive", body, envelope="same")
    room.sockets.acked("same", times=3)
    room.ada.hears("Recorded as line")
    room.ben.types("help")
    room.ben.hears("What /smb-health answers")
    assert room.kinds() == ["override_asked"] and len(room.ada.told()) == 1


def test_of_two_who_ask_at_once_the_second_is_told_who_was_first(room: Room) -> None:
    room.ada.clicks("override", room.incident)
    first = filled(room, "override")
    room.ada.submits(first, reason=REASON, until=until(room, 20))
    room.ada.hears("Recorded as line")
    room.ben.submits(first, reason="another reason of some length", until=until(room, 25))
    room.ben.hears("Ada Marsh has asked for an override already: approve it instead")
    assert room.kinds() == ["override_asked"]


def test_while_a_request_is_open_the_form_says_so_instead(room: Room) -> None:
    room.ada.clicks("override", room.incident)
    room.ada.submits(filled(room, "override"), reason=REASON, until=until(room, 20))
    room.ada.hears("Recorded as line")
    room.ben.clicks("override", room.incident)
    view_of(room.slack, lambda view: "asked for an override already" in json.dumps(view) and "submit" not in view)


def test_a_form_of_an_earlier_pause_records_nothing(room: Room) -> None:
    room.ada.clicks("override", room.incident)
    view = filled(room, "override")
    held = json.dumps({**json.loads(view["private_metadata"]), "incident": "trip:2024-07-07"})
    room.ada.submits({**view, "private_metadata": held}, reason=REASON, until=until(room, 20))
    room.ada.hears("That button is of an earlier pause")
    assert room.kinds() == []


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("expired_trigger_id", "Slack gave the form too little time to open: click again"),
        ("missing_scope", "Slack does not open the form"),
    ],
)
def test_a_form_that_slack_does_not_open_is_told(room: Room, refusal: str, said: str) -> None:
    room.slack.script("views.open", error(refusal))
    room.ada.clicks("override", room.incident)
    room.ada.hears(said)


def test_a_click_that_two_processes_get_opens_one_form_and_complains_of_nothing(opened: Opened) -> None:
    first = opened()
    opened(folder=first.folder)
    body = first.ada.click("override", first.incident)
    for connection in (1, 2):
        first.sockets.send("interactive", body, envelope=f"to {connection}", connection=connection)
    first.slack.wait_for(lambda: len(first.slack.calls("views.open")) == 2)
    filled(first, "override")
    assert len(first.slack.workspace.views) == 1 and first.ada.told() == []


# The checklist.


def checklist(room: Room) -> dict[str, Any]:
    room.mia.clicks("checklist", room.incident)
    return filled(room, "checklist")


def test_the_checklist_shows_state_owner_and_due_day_of_every_item(room: Room) -> None:
    view = checklist(room)
    fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    assert {"state:sdrs", "owner:sdrs", "due:sdrs", "state:roadmap"} <= set(fields) and len(fields) % 3 == 0
    assert not {block["type"] for block in view["blocks"]} & NOT_IN_MODALS


def test_only_what_was_changed_is_recorded(room: Room) -> None:
    view = checklist(room)
    room.mia.submits(view, **{"state:sdrs": "doing", "owner:sdrs": "Dana Ruiz", "due:roadmap": "2026-12-24"})
    room.mia.hears("Recorded as line")
    done = [event.payload for event in room.store.events() if event.kind == "checklist_set"]
    assert done == [
        {"item": "sdrs", "state": "doing", "owner": "Dana Ruiz"},
        {"item": "roadmap", "due": "2026-12-24"},
    ]


def test_two_who_work_on_the_checklist_do_not_undo_each_other(room: Room) -> None:
    view = checklist(room)
    room.mia.submits(view, **{"state:sdrs": "doing"})
    room.mia.hears("Recorded as line")
    room.ada.submits(view, **{"state:roadmap": "done"})
    room.ada.hears("Recorded as line")
    done = [event.payload for event in room.store.events() if event.kind == "checklist_set"]
    assert done == [{"item": "sdrs", "state": "doing"}, {"item": "roadmap", "state": "done"}]


def test_a_checklist_without_changes_is_closed_without_a_word(room: Room) -> None:
    assert room.sockets.acked(room.mia.submits(checklist(room))).payload == {}
    assert room.kinds() == [] and room.mia.told() == []


def test_a_field_of_the_checklist_cannot_be_emptied(room: Room) -> None:
    envelope = room.mia.submits(checklist(room), **{"owner:sdrs": None, "due:sdrs": None})
    errors = room.sockets.acked(envelope).payload["errors"]
    assert set(errors) == {"owner:sdrs", "due:sdrs"} and room.kinds() == []


@pytest.mark.parametrize("user", [GIL, OTTO])
def test_a_checklist_sent_in_by_somebody_else_than_a_leader_is_refused(room: Room, user: str) -> None:
    envelope = room.person(user).submits(checklist(room), **{"state:sdrs": "done"})
    assert "errors" in room.sockets.acked(envelope).payload and room.kinds() == []


def test_an_item_that_there_is_not_is_refused(room: Room) -> None:
    view = checklist(room)
    blocks = [
        b | {"block_id": b["block_id"].replace("sdrs", "yachts")} if "block_id" in b else b for b in view["blocks"]
    ]
    room.mia.submits({**view, "blocks": blocks}, **{"state:yachts": "done"})
    room.mia.hears("The checklist has no item 'yachts'")
    assert room.kinds() == []


def test_a_checklist_state_that_there_is_not_is_refused(room: Room) -> None:
    room.mia.submits(checklist(room), **{"state:sdrs": "sold"})
    room.mia.hears("an item is open, doing, done")
    assert room.kinds() == []
