"""What may go wrong with one call, and whether it took effect before it did."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Strike(Enum):
    """How a call ends that does not end well."""

    ANSWER = "answer"
    """With an HTTP answer of its own."""
    DROP = "drop"
    RESET = "reset"
    HANG = "hang"
    """No answer until `SlackServer.release` or the end."""
    TRUNCATED = "truncated"
    """Half the body, then the end of the connection."""


@dataclass(frozen=True)
class Fault:
    """One scripted end of one call. `accepted`: it took effect first. `later`: only on `SlackServer.release`."""

    name: str
    strike: Strike = Strike.ANSWER
    accepted: bool = False
    later: bool = False
    status: int = 200
    body: dict[str, Any] | str = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    passes: bool = False
    """Nothing is wrong with this call: it lets one pass before the next fault."""

    def __str__(self) -> str:
        return self.name


PASS = Fault("pass", passes=True)


def _when(accepted: bool) -> str:
    return "after accepting" if accepted else "before accepting"


def drop(*, accepted: bool) -> Fault:
    """The connection is closed without an answer."""
    return Fault(f"dropped {_when(accepted)}", Strike.DROP, accepted)


def reset(*, accepted: bool) -> Fault:
    """The connection is reset (RST)."""
    return Fault(f"reset {_when(accepted)}", Strike.RESET, accepted)


def hang(*, accepted: bool) -> Fault:
    """No answer: the client gives up first."""
    return Fault(f"no answer {_when(accepted)}", Strike.HANG, accepted)


def accepted_later() -> Fault:
    """The client gives up, and only then, on `SlackServer.release`, the call takes effect."""
    return Fault("accepted after the client gave up", Strike.HANG, accepted=True, later=True)


def truncated(*, accepted: bool) -> Fault:
    """Half the answer, then the end of the connection."""
    return Fault(f"truncated {_when(accepted)}", Strike.TRUNCATED, accepted)


def half_json(*, accepted: bool) -> Fault:
    """A whole answer that holds half a JSON text."""
    return Fault(f"half JSON {_when(accepted)}", accepted=accepted, body='{"ok": true, "ts": "17')


def page(status: int, *, accepted: bool) -> Fault:
    """An HTML page of a proxy instead of JSON."""
    body = "<html><body>upstream connect error</body></html>"
    return Fault(f"HTTP {status} page {_when(accepted)}", accepted=accepted, status=status, body=body)


def error(code: str, *, accepted: bool = False, status: int = 200) -> Fault:
    """Slack's own error `code`."""
    body = {"ok": False, "error": code}
    return Fault(f"{code} {_when(accepted)}", accepted=accepted, status=status, body=body)


def limited(seconds: int, code: str = "ratelimited") -> Fault:
    """429 with Retry-After."""
    body = {"ok": False, "error": code}
    return Fault(f"429 {code}", status=429, body=body, headers={"Retry-After": str(seconds)})


DEGRADE = ("invalid_blocks", "invalid_blocks_format", "invalid_attachments", "msg_too_long", "msg_blocks_too_long")
CREDENTIALS = (
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "access_denied",
    "app_access_restricted",
)
PERMANENT = (
    "channel_not_found",
    "is_archived",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
    "restricted_action_non_threadable_channel",
    "no_text",
    "missing_scope",
    "metadata_too_large",
)
WAIT = ("ratelimited", "rate_limited", "message_limit_exceeded")
AMBIGUOUS = ("fatal_error", "internal_error", "service_unavailable", "request_timeout")
REFUSALS = (*PERMANENT, *CREDENTIALS, *WAIT, *DEGRADE)
"""Every refusal of the list: nothing took effect."""

LOST: tuple[Fault, ...] = tuple(
    fault
    for accepted in (False, True)
    for fault in (
        drop(accepted=accepted),
        reset(accepted=accepted),
        hang(accepted=accepted),
        truncated(accepted=accepted),
        half_json(accepted=accepted),
        page(200, accepted=accepted),
        page(500, accepted=accepted),
        page(502, accepted=accepted),
        page(503, accepted=accepted),
        page(504, accepted=accepted),
        *(error(code, accepted=accepted) for code in AMBIGUOUS),
        error("internal_error", accepted=accepted, status=500),
    )
)
"""After each of these nobody on our side can tell whether the call took effect."""

FAULTS: tuple[Fault, ...] = (
    *LOST,
    accepted_later(),
    limited(1),
    limited(30, "rate_limited"),
    *(error(code) for code in REFUSALS),
)
"""Everything that the server can do to one call."""
