"""People at their Slack clients: what they type, click, send in and open, over the WebSocket or over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.slack.sockets import Sockets
from tests.slack_server import ALERT, SlackServer

ADA, BEN, CARLA, MIA = "U0ADA", "U0BEN", "U0CARLA", "U0MIA"
"""Three approvers, and a leader who is none."""
GIL, OTTO = "U0GIL", "U0OTTO"
"""A member of the user group that sees names; somebody from anywhere in the company."""

Body = dict[str, Any]
Answers = list[Mapping[str, Any]]


@dataclass(frozen=True)
class Sent:
    """One request on its way, and the place where its answers arrive."""

    envelope: str
    body: Body
    slack: SlackServer

    def answers(self) -> Answers:
        """What came by this request's response_url, which the server names by its last part."""
        name = str(self.body.get("response_url", "")).rpartition("/")[2]
        return [call.args for call in self.slack.calls("response_url") if call.args.get("to", name) == name]


@dataclass
class Somebody:
    """One person in one channel."""

    slack: SlackServer
    sockets: Sockets
    user: str
    channel: str = ALERT

    def command(self, text: str, name: str = "/smb-health") -> Body:
        return {
            "command": name,
            "text": text,
            "user_id": self.user,
            "channel_id": self.channel,
            "team_id": "T0ACME",
            "api_app_id": "A0SMB",
            "trigger_id": self.slack.trigger(),
            "response_url": self.slack.response_url(self.channel, self.user),
        }

    def click(self, action: str, value: str = "", message: Mapping[str, Any] | None = None) -> Body:
        shown = dict(message or {"ts": "1.000001", "text": "an alert", "blocks": []})
        return {
            "type": "block_actions",
            "user": {"id": self.user, "team_id": "T0ACME"},
            "team": {"id": "T0ACME"},
            "api_app_id": "A0SMB",
            "channel": {"id": self.channel},
            "container": {"type": "message", "message_ts": shown["ts"], "channel_id": self.channel},
            "message": shown,
            "trigger_id": self.slack.trigger(),
            "response_url": self.slack.response_url(self.channel, self.user),
            "actions": [{"type": "button", "action_id": action, "value": value, "block_id": "b1"}],
        }

    def submission(self, view: Mapping[str, Any], values: Mapping[str, str | None]) -> Body:
        """The view as it stands, each block holding what it showed or what `values` says."""
        held = {block["block_id"]: _value(block, values) for block in view["blocks"] if block["type"] == "input"}
        return {
            "type": "view_submission",
            "user": {"id": self.user, "team_id": "T0ACME"},
            "team": {"id": "T0ACME"},
            "api_app_id": "A0SMB",
            "trigger_id": self.slack.trigger(),
            "view": {**view, "state": {"values": held}},
            "response_urls": [],
        }

    def home(self, tab: str = "home", view: Mapping[str, Any] | None = None) -> Body:
        event: Body = {"type": "app_home_opened", "user": self.user, "channel": "D0", "tab": tab}
        event |= {"view": dict(view)} if view else {}
        event_id = f"Ev{self.slack.trigger()}"
        return {
            "type": "event_callback",
            "team_id": "T0ACME",
            "api_app_id": "A0SMB",
            "event_id": event_id,
            "event": event,
        }

    def types(self, text: str) -> str:
        """Types a command; the envelope's id."""
        return self.sockets.send("slash_commands", self.command(text))

    def clicks(self, action: str, value: str = "", message: Mapping[str, Any] | None = None) -> str:
        return self.sockets.send("interactive", self.click(action, value, message))

    def submits(self, view: Mapping[str, Any], **values: str | None) -> str:
        return self.sockets.send("interactive", self.submission(view, values))

    def opens_home(self, **more: Any) -> str:
        return self.sockets.send("events_api", self.home(**more))

    def told(self, since: int = 0) -> list[Mapping[str, Any]]:
        """What this person alone was told, in order, by whatever way."""
        mine: list[Mapping[str, Any]] = [each for each in self.slack.responses if each["user"] == self.user]
        seen = [each for each in self.slack.ephemerals if each.get("user") == self.user]
        direct = [each.args for each in self.slack.messages(self.user)]
        return [*mine, *seen, *direct][since:]

    def hears(self, words: str) -> Mapping[str, Any]:
        """Waits until this person is told something that holds `words`."""

        def found() -> list[Mapping[str, Any]]:
            return [each for each in self.told() if words in json.dumps(each, ensure_ascii=False)]

        self.slack.wait_for(found)
        return found()[-1]


def _value(block: Mapping[str, Any], values: Mapping[str, str | None]) -> Body:
    element, name = block["element"], block["block_id"]
    shown = {
        "plain_text_input": ("value", element.get("initial_value")),
        "datepicker": ("selected_date", element.get("initial_date")),
        "static_select": ("selected_option", element.get("initial_option")),
    }
    field, given = shown[element["type"]]
    if name in values:
        given = values[name]
        given = {"value": given} if field == "selected_option" else given
    return {element["action_id"]: {"type": element["type"], field: given}}


def form(body: Body) -> bytes:
    """A body as HTTP carries it: commands as fields, the rest in `payload`, events as JSON."""
    if body.get("type") == "event_callback":
        return json.dumps(body).encode()
    return urlencode(body if "command" in body else {"payload": json.dumps(body)}).encode()


def view_of(slack: SlackServer, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Waits for a modal that is ready."""
    slack.wait_for(lambda: any(ready(view) for view in slack.workspace.views))
    return next(view for view in slack.workspace.views if ready(view))
