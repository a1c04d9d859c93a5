"""What Slack's answers mean, and what no answer means."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from socket import gaierror

from monitor.core.outbox import Failed, Retry, Unknown


class Kind(StrEnum):
    """What is to be done about it."""

    REFUSED = "refused"
    """For good."""
    DEGRADE = "degrade"
    """In this form; a plainer one may pass."""
    CREDENTIALS = "credentials"
    """Whatever we ask, until somebody mends the token."""
    WAIT = "wait"
    """For now."""
    UNREACHED = "unreached"
    """Nothing arrived."""
    LOST = "lost"
    """It may have arrived."""


class Trouble(Exception):
    """A call that did not do what it was to do. `code` is Slack's word for it, empty where it said none."""

    def __init__(self, kind: Kind, error: str, code: str = "", after: float | None = None) -> None:
        super().__init__(error)
        self.kind = kind
        self.error = error
        self.code = code
        self.after = after

    def outcome(self) -> Retry | Unknown | Failed:
        """How a row ends that met it."""
        match self.kind:
            case Kind.WAIT | Kind.UNREACHED:
                return Retry(self.error, self.after)
            case Kind.LOST:
                return Unknown(self.error)
            case _:
                return Failed(self.error, credentials=self.kind is Kind.CREDENTIALS)


_DEGRADE = frozenset({"invalid_attachments", "msg_too_long", "msg_blocks_too_long"})
_CREDENTIALS = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "access_denied",
        "app_access_restricted",
        "not_allowed_token_type",
        "org_login_required",
    }
)
_WAIT = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded", "accesslimited", "team_added_to_org"})
_LOST = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
_MEND = {
    "channel_not_found": "check its id, and invite the bot where it is private",
    "is_archived": "unarchive it or configure another",
    "not_in_channel": "type /invite @SMB Monitor there",
    "missing_scope": "install the app again from manifest.yaml",
    "user_not_found": "check the person's Slack id",
    "invalid_auth": "check SLACK_BOT_TOKEN",
    "not_authed": "set SLACK_BOT_TOKEN",
    "account_inactive": "install the app again and set SLACK_BOT_TOKEN anew",
    "token_revoked": "install the app again and set SLACK_BOT_TOKEN anew",
    "token_expired": "switch token rotation off and set SLACK_BOT_TOKEN anew",
    "not_allowed_token_type": "SLACK_BOT_TOKEN must be a bot's token (xoxb-)",
}
_WORD = re.compile(r"[a-z0-9_]+")
_TOO_MANY = 429
_SERVER = 500


def kind_of(code: str, status: int = 200) -> Kind:
    """What an answer of `ok: false` means by its error and HTTP status.

    A page of a proxy has no error that is one word: what stood behind it may have acted.
    """
    if status == _TOO_MANY or code in _WAIT:
        return Kind.WAIT
    if status >= _SERVER or code in _LOST or not _WORD.fullmatch(code):
        return Kind.LOST
    if code in _DEGRADE or code.startswith("invalid_blocks"):
        return Kind.DEGRADE
    return Kind.CREDENTIALS if code in _CREDENTIALS else Kind.REFUSED


def refused(method: str, code: str, status: int = 200, after: float | None = None, needed: str = "") -> Trouble:
    """The trouble of an answer of `ok: false`, with what mends it."""
    kind = kind_of(code, status)
    said = code if _WORD.fullmatch(code) else "no answer of Slack's"
    parts = [f"{method}: {said}"]
    if status >= _SERVER:
        parts.append(f"HTTP {status}")
    if needed:
        parts.append(f"needs {needed}")
    if code in _MEND:
        parts.append(_MEND[code])
    return Trouble(kind, "; ".join(parts), code if said is code else "", after if kind is Kind.WAIT else None)


def unanswered(method: str, error: BaseException) -> Trouble:
    """The trouble of a call without an answer: surely not arrived only where no connection came about."""
    why = getattr(error, "reason", error)
    before = isinstance(why, ConnectionRefusedError | gaierror | ssl.SSLCertVerificationError)
    said = f"{method}: no connection" if before else f"{method}: the answer was lost"
    return Trouble(Kind.UNREACHED if before else Kind.LOST, f"{said} ({type(why).__name__})")


@contextmanager
def harmless() -> Iterator[None]:
    """Around calls that nobody sees anything of: a lost answer is then no reason to look for a message."""
    try:
        yield
    except Trouble as trouble:
        if trouble.kind is Kind.LOST:
            trouble.kind = Kind.UNREACHED
        raise
