"""What a workspace holds: channels, people, messages, files, views; and what reads an argument."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

BOT_USER = "U0SMBBOT"
JSON_ARGUMENTS = ("blocks", "attachments", "metadata", "view", "files", "message")
Args = dict[str, Any]


class RefusedCall(Exception):
    """Slack's `ok: false`."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.body = {"ok": False, "error": error, **more}


@dataclass
class Channel:
    """A channel, or (`user`) a direct message."""

    id: str
    name: str
    member: bool = True
    archived: bool = False
    private: bool = False
    user: str | None = None


@dataclass
class Message:
    """One stored message, as it stands after its last update. `args` is what was asked for, word by word."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Any] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    client_msg_id: str | None = None
    edits: int = 0
    args: Args = field(default_factory=dict)

    @property
    def key(self) -> str | None:
        """Our key in its metadata."""
        payload = (self.metadata or {}).get("event_payload", {})
        return payload.get("key") if isinstance(payload, dict) else None

    def document(self, *, metadata: bool) -> dict[str, Any]:
        found: dict[str, Any] = {"type": "message", "ts": self.ts, "user": self.user, "text": self.text}
        if self.user == BOT_USER:
            found |= {"bot_id": "B0SMBBOT", "app_id": "A0SMB"}
        if self.blocks:
            found["blocks"] = self.blocks
        if self.thread_ts:
            found["thread_ts"] = self.thread_ts
        if self.files:
            found["files"] = self.files
        if self.edits:
            found["edited"] = {"user": self.user, "ts": self.ts}
        if self.metadata and metadata:
            found["metadata"] = self.metadata
        elif self.metadata:
            found["metadata"] = {"event_type": self.metadata.get("event_type")}
        return found


@dataclass(frozen=True)
class Call:
    """One call as it arrived. `at` is monotonic seconds."""

    method: str
    args: Args
    at: float
    token: str


@dataclass
class Trigger:
    """A `trigger_id`: three seconds, one use."""

    made: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where a command or click is answered: five uses in thirty minutes."""

    channel: str
    user: str
    made: float
    uses: int = 0


@dataclass
class Workspace:
    """One workspace, as the app that holds its tokens sees it. Not locked: the server calls it from one thread."""

    clock: Callable[[], float]
    base: str = ""
    bot_token: str = ""
    app_token: str = ""
    scopes: set[str] = field(default_factory=set)
    refused_blocks: set[str] = field(default_factory=set)
    """Types of blocks that this workspace does not take; `*`: none at all."""
    channels: dict[str, Channel] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    ephemerals: list[Args] = field(default_factory=list)
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    late_shares: bool = False
    """Whether uploaded files appear only with `release`."""
    shares: list[Message] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    homes: dict[str, dict[str, Any]] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    responses: list[Args] = field(default_factory=list)
    _last_ts: float = 0.0

    def ts(self) -> str:
        """A timestamp that no other message has."""
        self._last_ts = max(self.clock(), self._last_ts + 0.000_001)
        return f"{self._last_ts:.6f}"

    def id(self, letter: str) -> str:
        return letter + secrets.token_hex(5).upper()

    def direct(self, user: str) -> Channel:
        """The direct message with `user`, opened where it was not."""
        if user not in self.users:
            raise RefusedCall("user_not_found")
        found = next((one for one in self.channels.values() if one.user == user), None)
        if found is None:
            found = Channel(f"D{user[1:]}", f"dm-{user}", user=user)
            self.channels[found.id] = found
        return found

    def channel(self, name: str) -> Channel:
        """A channel by id; a user's id stands for the direct message, as it does in chat.postMessage."""
        if name.startswith("U") and name in self.users:
            return self.direct(name)
        if name not in self.channels:
            raise RefusedCall("channel_not_found")
        return self.channels[name]

    def writable(self, name: str) -> Channel:
        found = self.channel(name)
        if found.archived:
            raise RefusedCall("is_archived")
        if not found.member:
            raise RefusedCall("not_in_channel")
        return found

    def message(self, channel: str, ts: str) -> Message | None:
        return next((m for m in self.messages if m.channel == channel and m.ts == ts), None)

    def reveal_shares(self) -> None:
        self.messages += self.shares
        self.shares.clear()


def read(values: Mapping[str, Any]) -> Args:
    """Arguments as they are meant: JSON texts decoded, `1` and `0` left as they are."""
    found: Args = {}
    for name, value in values.items():
        if name in JSON_ARGUMENTS and isinstance(value, str):
            try:
                found[name] = json.loads(value)
            except ValueError:
                raise RefusedCall("invalid_json" if name != "blocks" else "invalid_blocks_format") from None
        elif value is not None:
            found[name] = value
    return found


def true(value: object) -> bool:
    """Whether a form's or a JSON's flag is set."""
    return value in (True, "1", "true", 1)
