"""What Slack sends, as values: who asks, where, how to answer, and by what a redelivery is recognised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

Body = Mapping[str, Any]
"""One payload as Slack sends it, read from JSON or a form."""


@dataclass(frozen=True)
class Request:
    """One command, click, submission or event. What may act in our name (`trigger`, `response_url`) is never shown.

    `id` is the same when Slack sends the same thing again.
    """

    id: str
    user: str
    at: datetime
    channel: str | None = None
    trigger: str | None = field(default=None, repr=False)
    response_url: str | None = field(default=None, repr=False)


def request_of(body: Body, at: datetime) -> Request:
    """The request behind any payload. A field that is missing or no text is left empty."""
    event = _part(body, "event")
    trigger = _text(body.get("trigger_id"))
    known = trigger or _text(body.get("event_id")) or sha256(repr(body).encode("utf-8", "replace")).hexdigest()
    return Request(
        id=f"slack:{known}",
        user=_text(body.get("user_id")) or _text(_part(body, "user").get("id")) or _text(event.get("user")) or "",
        at=at,
        channel=_text(body.get("channel_id")) or _text(_part(body, "channel").get("id")),
        trigger=trigger,
        response_url=_text(body.get("response_url")),
    )


@dataclass(frozen=True)
class Click:
    """One button that was clicked: which act, on what, and the message that it stands in."""

    act: str
    value: str
    message: Mapping[str, Any]


def click_of(body: Body) -> Click:
    """The first action of a payload; `ack.2` is the act `ack`."""
    actions = body.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else {}
    name = _text(action.get("action_id")) or ""
    return Click(name.partition(".")[0], _text(action.get("value")) or "", _part(body, "message"))


def _part(body: Body, name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
