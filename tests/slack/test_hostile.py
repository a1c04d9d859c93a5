"""Names that somebody typed into a CRM, a form or the configuration: shown as text, and nothing else happens."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.app.observe import observe
from monitor.app.wiring import open_company
from tests.once import once
from tests.render import slack_rules
from tests.slack.conftest import GROUP, Opened, Room
from tests.slack.people import ADA, BEN, CARLA, MIA, OTTO, view_of
from tests.slack_server import ALERT, DIGEST

AS_OF = date(2026, 6, 23)
NAMES = (
    "<!channel> @here <@U0OTTO>",
    "<https://evil.test|click> #general",
    "{{ 7*7 }} {% raw %} *bold* `code` :smile:",
    "\u202eevil\u202c =?utf-8?q?hi=0ABcc=3A_evil=40x=2Etest?=",
    "Zoë 日本語 👩‍👩‍👧 & <b>",
    "N" * 4000,
)
TYPED = " ".join(NAMES[:5])


@pytest.fixture(scope="session")
def somewhere(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden company with its accounts, reps and leaders renamed, and a run that was kept."""
    return once(tmp_path_factory, "hostile", lambda folder: begin(folder, shared / "golden" / "trap"))


def begin(folder: Path, golden: Path) -> None:
    shutil.copytree(golden, folder / "data")
    for table in ("accounts", "reps"):
        rename(folder / "data" / f"{table}.csv")
    leaders = [{"name": f"{name} {user}", "slack": user} for name, user in zip(NAMES, (ADA, BEN, CARLA), strict=False)]
    config: dict[str, Any] = {
        "company": NAMES[0] + NAMES[2],
        "timezone": "UTC",
        "currency": "USD",
        "fiscal_year_start": 1,
        "expansion": {"started": "2025-07-01"},
        "source": {"type": "csv", "path": "data"},
        "indicators": {"cac_payback": {"gross_margin": {"smb": 0.75}}},
        "leadership": {
            "approvers": leaders,
            "members": [{"name": NAMES[4], "slack": MIA}],
            "owner": leaders[0]["name"],
        },
        "slack": {"digest_channel": DIGEST, "alert_channel": ALERT, "details_group": GROUP},
        "database": "sqlite:///hostile.db",
    }
    (folder / "config.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
    with open_company(folder / "config.yaml", {}) as company, company.open_store() as store:
        observe(company, store, company.asked(None, AS_OF), datetime(2026, 6, 23, 12, tzinfo=UTC))


def rename(file: Path) -> None:
    """Every name of a table replaced."""
    rows = list(csv.DictReader(file.read_text().splitlines()))
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "name": NAMES[at % len(NAMES)]} for at, row in enumerate(rows))


@pytest.fixture
def room(opened: Opened, somewhere: Path, tmp_path: Path) -> Room:
    shutil.copytree(somewhere, tmp_path / "company")
    later = datetime(2026, 6, 23, 18, tzinfo=UTC) - datetime.now(UTC)
    return opened(folder=tmp_path / "company", later=later)


def kinds_of_text(part: object) -> Iterator[str]:
    """How every text is meant to be read."""
    if isinstance(part, dict):
        if "text" in part and isinstance(part["text"], str):
            yield part["type"]
        for value in part.values():
            yield from kinds_of_text(value)
    elif isinstance(part, list):
        for item in part:
            yield from kinds_of_text(item)


def harmless(answer: Any) -> None:
    assert slack_rules.broken({"unfurl_links": False, "unfurl_media": False, **answer}) == []
    assert "<" not in answer["text"] and "\u202e" not in json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize(
    ("typed", "said", "shown"),
    [
        ("status", "Mid-market hiring is paused", "<!channel> @here"),
        ("coverage", "Pipeline coverage: ", "<!channel> @here"),
        ("breaker", "Tripped", "<!channel> @here"),
        ("why coverage", "Pipeline coverage is", "<https://evil.test|click>"),
        ("why attainment", "AE attainment is", "<!channel> @here"),
        ("as-of 2026-03-29", "29 Mar 2026", "<!channel> @here"),
        (TYPED, "There is no word", "<!channel>"),
    ],
)
def test_names_are_text_in_every_answer(room: Room, typed: str, said: str, shown: str) -> None:
    room.ada.types(typed)
    answer = room.ada.hears(said)
    harmless(answer)
    assert shown in json.dumps(answer, ensure_ascii=False)


def test_names_are_text_in_what_is_told_after_an_act(room: Room) -> None:
    room.ada.types(f"ack {TYPED}")
    harmless(room.ada.hears("Recorded as line"))
    room.ben.clicks("ack", room.incident)
    harmless(room.ben.hears("has acknowledged this already"))
    room.otto.clicks("approve", room.incident)
    harmless(room.otto.hears("Only approvers may do this"))
    room.mia.types("breaker")
    harmless(room.mia.hears("Events"))


def test_names_are_text_in_a_message_that_is_changed_where_it_stands(room: Room) -> None:
    text = {"type": "plain_text", "text": "Mid-market hiring is paused"}
    shown = {"ts": room.slack.workspace.ts(), "text": text["text"], "blocks": [{"type": "header", "text": text}]}
    room.ada.clicks("ack", room.incident, shown)
    room.slack.wait_for(lambda: room.slack.calls("chat.update"))
    assert slack_rules.broken_blocks(room.slack.calls("chat.update")[0].args["blocks"]) == []
    room.slack.wait_for(lambda: room.slack.calls("chat.postMessage"))
    assert "<" not in room.slack.calls("chat.postMessage")[0].args["text"]


def test_names_are_text_in_the_forms(room: Room) -> None:
    end = (AS_OF + timedelta(days=20)).isoformat()
    room.ada.clicks("override", room.incident)
    view = view_of(room.slack, lambda view: view["callback_id"] == "override" and "submit" in view)
    room.ada.submits(view, reason=TYPED, until=end)
    harmless(room.ada.hears("Recorded as line"))
    room.mia.clicks("checklist", room.incident)
    view = view_of(room.slack, lambda view: view["callback_id"] == "checklist" and "submit" in view)
    room.mia.submits(view, **{"owner:sdrs": NAMES[3], "owner:roadmap": NAMES[1]})
    harmless(room.mia.hears("Recorded as line"))
    room.ben.clicks("checklist", room.incident)
    room.ben.clicks("override", room.incident)
    room.slack.wait_for(lambda: len(room.slack.calls("views.update")) == 4)
    for view in room.slack.workspace.views:
        assert set(kinds_of_text(view)) <= {"plain_text", "text"}
        assert "\u202e" not in json.dumps(view, ensure_ascii=False)


def test_names_are_text_at_home(room: Room) -> None:
    for user in (ADA, OTTO):
        room.person(user).opens_home()
    room.slack.wait_for(lambda: len(room.slack.workspace.homes) == 2)
    for user in (ADA, OTTO):
        assert slack_rules.broken_blocks(room.slack.workspace.homes[user]["blocks"]) == []


def test_words_of_others_reach_slack_only_where_they_are_escaped(room: Room) -> None:
    """Whatever was called with them, no call names a channel, links names or parses."""
    for typed in ("status share", "breaker share", "why coverage share", f"ack {TYPED}", "approve"):
        room.ada.types(typed)
    room.slack.wait_for(lambda: len(room.ada.told()) >= 5)
    for call in room.slack.calls("response_url"):
        assert not {"link_names", "parse"} & call.args.keys()
        assert call.args["unfurl_links"] is False and call.args["unfurl_media"] is False
