"""Who may ask: the token, the Host on loopback, Slack's signature; and the headers of every answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.app.wiring import open_company
from monitor.core.secret import Secret
from monitor.core.settings import SlackSettings, WebSettings
from monitor.entrypoints.slack.surface import SlackSurface
from monitor.entrypoints.web.guard import HEADERS
from tests.slack_server import ALERT, BOT_TOKEN, DIGEST, SlackServer
from tests.web.conftest import Sites
from tests.web.test_pages import PAGES

TOKEN = "a-token-of-the-web-server"
GUARDED = WebSettings(host="0.0.0.0", token=Secret(TOKEN))
SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Token {TOKEN}",
        TOKEN,
        basic(TOKEN, ""),
        basic("", "wrong"),
        "Basic %%%",
        "Basic " + base64.b64encode(TOKEN.encode()).decode(),
    ],
)
def test_beyond_loopback_nothing_but_life_is_told_without_the_token(sites: Sites, given: str) -> None:
    site = sites(GUARDED)
    headers: Any = {"Authorization": given} if given else {}
    statuses = {path: site.ask(path, "GET", None, **headers).status for path in (*PAGES, "/nope")}
    assert statuses.pop("/healthz") == 200
    assert set(statuses.values()) == {401}


@pytest.mark.parametrize("given", [f"Bearer {TOKEN}", f"bearer {TOKEN}", basic("", TOKEN), basic("anybody", TOKEN)])
def test_the_token_opens_as_bearer_and_as_password(sites: Sites, given: str) -> None:
    site = sites(GUARDED)
    assert {site.ask(path, Authorization=given).status for path in PAGES} <= {200, 503}
    assert site.ask("/", Authorization=given, Host="monitor.acme.example").status == 200


def test_a_browser_is_asked_for_the_token_and_never_shown_it(sites: Sites) -> None:
    answer = sites(GUARDED).ask("/")
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert TOKEN not in answer.text + str(answer.headers)


def test_a_token_on_loopback_is_needed_too(sites: Sites) -> None:
    site = sites(WebSettings(token=Secret(TOKEN)))
    assert site.ask("/").status == 401
    assert site.ask("/", Authorization=f"Bearer {TOKEN}").status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("monitor.acme.example", 200),
        ("monitor.acme.example:443", 200),
        ("evil.example", 421),
        ("evil.example:8080", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil.example", 421),
        ("[", 421),
        ("", 421),
    ],
)
def test_on_loopback_a_page_of_somebody_else_cannot_ask_by_its_own_name(sites: Sites, host: str, status: int) -> None:
    site = sites(WebSettings(public_url="https://monitor.acme.example/"))
    assert site.ask("/api/status", Host=host).status == status


def test_every_answer_keeps_a_browser_from_doing_harm(sites: Sites) -> None:
    open_site = sites()
    answers = [open_site.ask(path) for path in (*PAGES, "/nope")]
    answers += [open_site.ask("/", "POST"), open_site.ask("/", Host="evil.example")]
    for answer in answers:
        assert answer.headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()
        assert "server" not in answer.headers
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


# Slack's requests.


@pytest.fixture
def surface(kept: Path) -> Iterator[SlackSurface]:
    with SlackServer() as slack:
        settings = SlackSettings(DIGEST, ALERT, "http", None, Secret(BOT_TOKEN), None, Secret(SIGNING), slack.url)
        made = SlackSurface(lambda: open_company(kept / "config.yaml", {}), settings, lambda: datetime.now(UTC))
        made.start()
        yield made
        made.stop()


def signed(body: bytes, at: float, secret: str = SIGNING) -> dict[str, str]:
    stamp = str(int(at))
    base = b":".join((b"v0", stamp.encode(), body))
    signature = "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    json = {"Content_Type": "application/json"}
    return {"X_Slack_Request_Timestamp": stamp, "X_Slack_Signature": signature, **json}


CHALLENGE = b'{"type": "url_verification", "token": "t", "challenge": "a-challenge"}'


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (lambda: signed(CHALLENGE, time.time()), 200),
        (lambda: signed(CHALLENGE, time.time() - 400), 401),
        (lambda: signed(CHALLENGE, time.time(), "another"), 401),
        (dict, 401),
    ],
)
def test_slack_is_known_by_its_signature_not_by_the_token_or_a_host(
    sites: Sites, surface: SlackSurface, headers: Callable[[], dict[str, str]], status: int
) -> None:
    for settings in (GUARDED, WebSettings()):
        site = sites(settings, slack=surface)
        answer = site.ask("/slack/events", "POST", CHALLENGE, Host="anything.example", **headers())
        assert answer.status == status
        assert ("a-challenge" in answer.text) == (status == 200)


def test_a_request_that_is_too_large_is_not_read(sites: Sites, surface: SlackSurface) -> None:
    body = b"x" * 1_100_000
    assert sites(slack=surface).ask("/slack/events", "POST", body, **signed(body, time.time())).status == 413


def test_without_slack_there_is_nobody_to_take_its_requests(sites: Sites) -> None:
    assert sites().ask("/slack/events", "POST", CHALLENGE, **signed(CHALLENGE, time.time())).status == 404
    assert sites().ask("/slack/events").status == 405
