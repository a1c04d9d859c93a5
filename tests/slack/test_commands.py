"""The slash command: every word, who sees the answer, and what names are in it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from monitor.app.queries import explain
from monitor.app.wiring import Asked, open_company
from monitor.core.seen import SeenWeeks
from tests.render import slack_rules
from tests.slack.conftest import Opened, Room
from tests.slack.people import ADA, GIL, MIA, OTTO

SLOW = "Reading the data"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Mid-market hiring is paused"),
        ("status", "Mid-market hiring is paused"),
        ("STATUS", "Mid-market hiring is paused"),
        ("coverage", "Pipeline coverage: "),
        ("win-rate", "Win rate trend: "),
        ("attainment", "AE attainment: "),
        ("cac", "CAC payback: "),
        ("breaker", "Tripped by"),
        ("why coverage", "Pipeline coverage"),
        ("as-of 2026-03-29", "week to Sun 29 Mar 2026"),
        ("help", "What /smb-health answers"),
        ("covrage", 'There is no word \\"covrage\\"; did you mean \\"coverage\\"?'),
        ("qqqq", 'There is no word \\"qqqq\\"'),
        ("why", "Why needs an indicator: /smb-health why coverage|win-rate"),
        ("why everything", "Why needs an indicator"),
        ("as-of", "As-of needs a day: /smb-health as-of 2026-09-27."),
        ("as-of yesterday", "As-of needs a day"),
        ("as-of 2031-01-01", "lies in the future"),
    ],
)
def test_every_word_is_answered_to_the_asker_alone(room: Room, typed: str, said: str) -> None:
    envelope = room.otto.types(typed)
    answer = room.otto.hears(said)
    assert answer["response_type"] == "ephemeral" and answer["replace_original"] is False
    assert slack_rules.broken(dict(answer)) == []
    slow = typed.startswith(("why", "as-of"))
    assert (SLOW in room.sockets.acked(envelope).payload.get("text", "")) == slow


def test_an_indicator_is_answered_with_value_band_trend_and_history(room: Room) -> None:
    room.otto.types("coverage")
    answer = room.otto.hears("Pipeline coverage: ")
    kinds = [block["type"] for block in answer["blocks"]]
    assert {"header", "table", "data_visualization"} <= set(kinds)


@pytest.mark.parametrize("typed", ["status share", "coverage share", "why coverage SHARE", "breaker share"])
def test_share_shows_the_answer_to_the_channel(room: Room, typed: str) -> None:
    room.ada.types(typed)
    room.slack.wait_for(lambda: any(each["response_type"] == "in_channel" for each in room.slack.responses))


def test_help_and_wrong_words_are_never_shared(room: Room) -> None:
    room.ada.types("why share")
    assert room.ada.hears("Why needs an indicator")["response_type"] == "ephemeral"


@pytest.fixture(scope="module")
def names(kept: Callable[[str], Path]) -> set[str]:
    """Deals, accounts and people behind pipeline coverage."""
    with open_company(kept("trap") / "config.yaml", {}) as company:
        today = company.source.today()
        assert today is not None
        asked = Asked(company.asked(None, today).as_of, today)
        found = explain(company, SeenWeeks(), "pipeline_coverage", "smb", asked)
    columns = ("Deal", "Account", "Owner", "Rep", "AE", "Name")
    return {
        row[at]
        for table in found.weighs
        for row in table.rows
        for at, column in enumerate(table.columns)
        if column in columns and len(row[at]) > 3
    }


@pytest.mark.parametrize(
    ("user", "sees"), [(ADA, True), pytest.param(MIA, True, marks=pytest.mark.thorough), (GIL, True), (OTTO, False)]
)
def test_deals_and_people_are_named_to_leadership_and_the_user_group_only(
    room: Room, names: set[str], user: str, sees: bool
) -> None:
    room.person(user).types("why coverage")
    answer = json.dumps(room.person(user).hears("Pipeline coverage"), ensure_ascii=False)
    assert names and any(name in answer for name in names) is sees
    assert ("are shown to leadership" in answer) is not sees


def test_what_is_shared_has_no_names_whoever_shares_it(room: Room, names: set[str]) -> None:
    room.ada.types("why coverage share")
    answer = json.dumps(room.ada.hears("Pipeline coverage"), ensure_ascii=False)
    assert "in_channel" in answer and not any(name in answer for name in names)


def test_while_slack_does_not_list_the_user_group_nobody_counts_as_a_member(room: Room) -> None:
    room.ada.types("ack")
    room.ada.hears("Recorded as line")
    room.slack.workspace.groups.clear()
    room.person(GIL).types("status")
    assert "Acknowledged by a leader" in json.dumps(room.person(GIL).hears("Mid-market hiring is paused"))


def test_the_user_group_is_asked_for_once_in_a_few_minutes(room: Room) -> None:
    for _ in range(3):
        room.person(GIL).types("status")
    room.slack.wait_for(lambda: len(room.person(GIL).told()) == 3)
    assert len(room.slack.calls("usergroups.users.list")) == 1


def test_who_acted_is_named_to_leadership_only(room: Room) -> None:
    room.ada.types("ack I have seen this")
    room.ada.hears("Acknowledged")
    for somebody, named in ((room.mia, True), (room.otto, False)):
        somebody.types("breaker")
        answer = json.dumps(somebody.hears("Events"))
        assert ("Ada Marsh" in answer) is named and ("I have seen this" in answer) is named


def test_a_panel_of_the_past_shows_the_breaker_of_that_day_and_records_nothing(room: Room) -> None:
    before, kept = room.store.events(), room.store.latest_snapshot()
    assert next(event.on for event in before if event.kind == "tripped") > date(2025, 12, 28)
    room.otto.types("as-of 2025-12-28")
    assert "Armed: mid-market hiring is open" in json.dumps(room.otto.hears("week to Sun 28 Dec 2025"))
    assert room.store.events() == before and room.store.latest_snapshot() == kept


def test_before_the_first_run_the_answer_says_so(opened: Opened) -> None:
    room = opened("thin")
    with sqlite3.connect(next(room.folder.glob("*.db"))) as database:
        database.execute("DELETE FROM snapshots")
    database.close()
    room.otto.types("status")
    room.otto.hears("Nothing has been read yet")


@pytest.mark.parametrize(
    ("user", "typed", "said", "recorded"),
    [
        (ADA, "ack", "Recorded as line", ["acknowledged"]),
        (MIA, "ack", "Recorded as line", ["acknowledged"]),
        (OTTO, "ack", "Only leadership may do this: ask one of Ada Marsh", []),
        (GIL, "ack", "Only leadership may do this", []),
        (MIA, "approve", "Only approvers may do this: ask one of Ada Marsh, Ben Okoro, Carla Ruiz", []),
        (MIA, "resume", "Only approvers may do this", []),
        (MIA, "override", "Only approvers may do this", []),
        (OTTO, "override", "Only approvers may do this", []),
        (ADA, "approve", "No override has been asked for", []),
        (ADA, "resume", "The breaker is tripped, not recovering", []),
    ],
)
def test_acts_are_for_those_who_may(room: Room, user: str, typed: str, said: str, recorded: list[str]) -> None:
    room.person(user).types(typed)
    answer = room.person(user).hears(said)
    assert answer["response_type"] == "ephemeral"
    assert room.kinds() == recorded and bool(room.woken) is bool(recorded)
    assert room.slack.calls("views.open") == []


def test_an_act_is_recorded_with_who_did_it_and_from_where(room: Room) -> None:
    room.mia.types("ack  looking   into it")
    room.mia.hears("Recorded as line")
    event = room.store.events()[-1]
    assert (event.kind, event.actor, event.surface, event.reason) == (
        "acknowledged",
        "Mia Chen",
        "slack",
        "looking into it",
    )


@pytest.mark.parametrize(
    "typed", ["<!channel>", "<@U0ADA> @here", "<https://evil.test|click>", "{{ 7*7 }}", "\u202eevil"]
)
def test_what_somebody_types_is_shown_and_does_nothing(room: Room, typed: str) -> None:
    room.otto.types(typed)
    answer = room.otto.hears("There is no word")
    assert slack_rules.broken(dict(answer)) == []
    assert "<" not in answer["text"]
