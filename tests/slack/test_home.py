"""App Home: the panel for everybody who opens it."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.render import slack_rules
from tests.slack.conftest import Opened, Room
from tests.slack.people import ADA, GIL, OTTO
from tests.slack_server.faults import error


def shown(room: Room, user: str) -> str:
    room.slack.wait_for(lambda: user in room.slack.workspace.homes)
    return json.dumps(room.slack.workspace.homes[user], ensure_ascii=False)


@pytest.mark.parametrize("user", [ADA, OTTO])
def test_whoever_opens_home_for_the_first_time_sees_the_panel(room: Room, user: str) -> None:
    room.person(user).opens_home()
    assert "Mid-market hiring is paused" in shown(room, user) and "Pipeline coverage" in shown(room, user)
    assert slack_rules.broken_blocks(room.slack.workspace.homes[user]["blocks"]) == []


@pytest.mark.parametrize(("user", "named"), [(ADA, True), (GIL, True), (OTTO, False)])
def test_names_are_shown_at_home_only_to_those_who_may_see_them(room: Room, user: str, named: bool) -> None:
    room.ada.types("ack")
    room.ada.hears("Recorded as line")
    room.person(user).opens_home()
    assert ("Acknowledged by Ada Marsh" in shown(room, user)) is named


def test_somebody_else_drew_it_in_the_meantime_so_it_is_drawn_once_more(room: Room) -> None:
    room.otto.opens_home()
    shown(room, OTTO)
    before = room.slack.workspace.homes[OTTO]["id"]
    room.otto.opens_home(view={"type": "home", "hash": "an old one"})
    room.slack.wait_for(lambda: len(room.slack.calls("views.publish")) == 3)
    room.slack.wait_for(lambda: room.slack.workspace.homes[OTTO]["id"] != before)
    assert [call.args.get("hash") for call in room.slack.calls("views.publish")] == [None, "an old one", None]


def test_a_conflict_is_tried_once_more_and_no_further(room: Room) -> None:
    room.slack.script("views.publish", *[error("hash_conflict")] * 5)
    room.otto.opens_home(view={"type": "home", "hash": "an old one"})
    room.slack.wait_for(lambda: len(room.slack.calls("views.publish")) == 2)
    room.otto.types("help")
    room.otto.hears("What /smb-health answers")
    assert len(room.slack.calls("views.publish")) == 2


@pytest.mark.parametrize("times", [1, 2])
def test_what_slack_refuses_at_home_is_drawn_more_plainly(room: Room, times: int) -> None:
    room.slack.script("views.publish", *[error("invalid_arguments")] * times)
    room.otto.opens_home()
    assert "Mid-market hiring is paused" in shown(room, OTTO)
    assert '"table"' not in shown(room, OTTO)


def test_the_other_tabs_are_left_alone(room: Room) -> None:
    room.sockets.acked(room.otto.opens_home(tab="messages"))
    room.otto.types("help")
    room.otto.hears("What /smb-health answers")
    assert room.slack.workspace.homes == {}


def test_before_the_first_run_home_says_so(opened: Opened) -> None:
    room = opened("thin")
    with sqlite3.connect(next(room.folder.glob("*.db"))) as database:
        database.execute("DELETE FROM snapshots")
    database.close()
    room.otto.opens_home()
    assert "Nothing has been read yet" in shown(room, OTTO)
