"""The app manifest: what Slack's published schema asks of it, and that it asks for what the program uses, no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from monitor.channels.slack import SCOPES
from tests.slack.conftest import Room
from tests.slack.people import GIL

MANIFEST: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "manifest.yaml").read_text(encoding="utf-8"))
FLAG = {"type": "boolean"}


def text(most: int, **more: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": most, **more}


def part(needed: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(needed), "properties": properties}


def several(items: dict[str, Any], most: int) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "maxItems": most, "uniqueItems": True, "items": items}


ADDRESS = {"type": "string", "pattern": "^https?://", "maxLength": 3500}
COMMAND = part(
    ("command", "description"),
    command=text(32, pattern="^/"),
    description=text(2000),
    usage_hint=text(1000),
    should_escape=FLAG,
    url=ADDRESS,
)
# The parts of slackapi/manifest-schema, versions 1.0.0 and 2.0.0, that a manifest of ours may have.
SCHEMA = part(
    ("display_information",),
    _metadata=part(major_version={"type": "integer"}, minor_version={"type": "integer"}),
    display_information=part(
        ("name",),
        name=text(35),
        description=text(140),
        background_color=text(7, pattern="^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$"),
        long_description={"type": "string", "minLength": 175, "maxLength": 4000},
    ),
    features=part(
        app_home=part(home_tab_enabled=FLAG, messages_tab_enabled=FLAG, messages_tab_read_only_enabled=FLAG),
        bot_user=part(("display_name",), display_name=text(80), always_online=FLAG),
        slash_commands=several(COMMAND, 50),
    ),
    oauth_config=part(scopes=part(bot=several(text(50), 255))),
    settings=part(
        event_subscriptions=part(bot_events=several(text(50), 100), request_url=ADDRESS),
        interactivity=part(("is_enabled",), is_enabled=FLAG, request_url=ADDRESS),
        org_deploy_enabled=FLAG,
        socket_mode_enabled=FLAG,
        token_rotation_enabled=FLAG,
    ),
)


def test_the_manifest_is_valid() -> None:
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(MANIFEST)] == []


@pytest.mark.parametrize(
    ("place", "key", "wrong"),
    [
        ((), "display_information", {}),
        (("display_information",), "name", "n" * 36),
        (("features", "slash_commands", 0), "command", "smb-health"),
        (("features",), "slash_command", []),
        (("oauth_config", "scopes"), "bot", ["chat:write", "chat:write"]),
        (("settings", "event_subscriptions"), "bot_events", "app_home_opened"),
        (("settings",), "socket_mode_enabled", "yes"),
    ],
)
def test_the_rules_notice_what_slack_would_refuse(place: tuple[Any, ...], key: str, wrong: Any) -> None:
    broken = yaml.safe_load(yaml.safe_dump(MANIFEST))
    at: Any = broken
    for step in place:
        at = at[step]
    at[key] = wrong
    assert list(Draft7Validator(SCHEMA).iter_errors(broken)) != []


def test_the_manifest_asks_for_exactly_the_scopes_that_are_used() -> None:
    assert sorted(MANIFEST["oauth_config"]["scopes"]["bot"]) == sorted(SCOPES)


def test_the_manifest_switches_on_what_the_program_stands_on() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"] is True
    assert MANIFEST["settings"]["interactivity"]["is_enabled"] is True
    assert MANIFEST["settings"]["token_rotation_enabled"] is False
    assert MANIFEST["settings"]["event_subscriptions"]["bot_events"] == ["app_home_opened"]
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"] is True
    assert [each["command"] for each in MANIFEST["features"]["slash_commands"]] == ["/smb-health"]


def test_with_these_scopes_nothing_that_people_do_is_refused(room: Room) -> None:
    room.slack.workspace.scopes = set(MANIFEST["oauth_config"]["scopes"]["bot"])
    shown = {"ts": "1.000001", "text": "an alert", "blocks": []}
    room.person(GIL).types("why coverage")
    room.ada.clicks("ack", room.incident, shown)
    room.ada.clicks("checklist", room.incident)
    room.ada.opens_home()
    assert "are shown to leadership" not in str(room.person(GIL).hears("Pipeline coverage"))
    methods = {"usergroups.users.list", "chat.update", "chat.postMessage"}
    methods |= {"views.open", "views.update", "views.publish"}
    room.slack.wait_for(lambda: methods <= {call.method for call in room.slack.calls()})
