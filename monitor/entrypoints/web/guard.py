"""Who may ask: the token where one is configured, the right Host on loopback, and headers that keep a page harmless."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.config.places import loopback
from monitor.core.settings import WebSettings

OPEN = "/healthz"
"""Whoever watches the process holds no token."""
SIGNED = "/slack/events"
"""Slack signs what it sends, and reaches us by whatever name the proxy has."""
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="SMB Monitor", charset="UTF-8"'}


class Guard:
    """Stands before the pages."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._app = app
        self._token = settings.token.reveal().encode() if settings.token else None
        self._hosts = _hosts(settings) if loopback(settings.host) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refused = self._refused(scope["path"], Headers(scope=scope))

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (refused or self._app)(scope, receive, guarded)

    def _refused(self, path: str, headers: Headers) -> Response | None:
        if path == SIGNED:
            return None
        if self._hosts is not None and _name(headers.get("host", "")) not in self._hosts:
            return _no(421, "this host is not served here: use localhost, or name it in web.public_url")
        if path != OPEN and self._token is not None and not _matches(headers.get("authorization", ""), self._token):
            answer = _no(401, "the token is missing or wrong: send SMB_MONITOR_WEB_TOKEN as bearer or as password")
            answer.headers.update(_CHALLENGE)
            return answer
        return None


def _no(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)


def _hosts(settings: WebSettings) -> frozenset[str]:
    """The names that a browser on this machine knows us by; a page of somebody else's has another (DNS rebinding)."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    return frozenset(filter(None, ("localhost", "127.0.0.1", "::1", settings.host.strip("[]").lower(), public)))


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _matches(given: str, token: bytes) -> bool:
    """Whether the Authorization header holds the token; told in the same time, whatever it holds."""
    scheme, _, value = given.partition(" ")
    sent = value.strip().encode("utf-8", "replace")
    if scheme.lower() == "basic":
        try:
            sent = base64.b64decode(sent, validate=True).partition(b":")[2]
        except binascii.Error:
            return False
    elif scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(sent, token)
