"""Transitions posted to a real HTTP server, over TLS where it is not this machine's own."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from monitor.channels.webhook import WebhookChannel, place
from monitor.core.checks import Outcome
from monitor.core.outbox import Absent, Failed, Retry, Sent
from monitor.core.routes import WEBHOOK, Address
from monitor.core.secret import Secret
from monitor.core.settings import WebhookSettings
from monitor.errors import ConfigError
from tests.channels.rows import claimed, outgoing
from tests.mail_server import SILENT, serving
from tests.npm import free_port

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime.now(UTC)


def now() -> datetime:
    """This moment: what is verified must not be five minutes old, and a run of all tests takes longer."""
    return datetime.now(UTC)


"""The library that verifies knows only the real clock."""
TO = Address(WEBHOOK, "the configured URL", "webhook", "webhook")
ROW = claimed(outgoing(to=TO, key="trip:2026-07-07:webhook"))


@dataclass
class Receiver:
    """What a server was posted, and what it answers."""

    url: str
    answer: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[bytes] = field(default_factory=list)
    heard: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@contextmanager
def receiving(tls: ssl.SSLContext | None = None, **settings: object) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.heard.append({name.lower(): text for name, text in self.headers.items()})
            receiver.paths.append(self.path)
            self.send_response(receiver.answer)
            for name, text in {**receiver.headers, "Content-Length": "6"}.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(b"thanks")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme, port = ("https" if tls else "http"), server.server_address[1]
    receiver = Receiver(f"{scheme}://localhost:{port}/hooks/smb?token=abc", **settings)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def channel(url: str, secret: str | None = SECRET, limit: timedelta = timedelta(seconds=20)) -> WebhookChannel:
    return WebhookChannel(WebhookSettings(url, Secret(secret) if secret else None), limit)


def test_a_transition_is_posted_with_a_signature_that_the_library_accepts(tls: ssl.SSLContext, trusted: Path) -> None:
    with receiving(tls) as receiver:
        answer = channel(receiver.url).send(ROW, now())
    assert Webhook(SECRET).verify(receiver.bodies[0], receiver.heard[0]) == {
        "type": "breaker.tripped",
        "timestamp": ROW.created_at.isoformat(),
        "data": {"event": "trip", "indicators": ["pipeline_coverage"]},
    }
    assert receiver.paths == ["/hooks/smb?token=abc"]
    assert receiver.heard[0]["content-type"] == "application/json"
    assert answer == Sent({"id": receiver.heard[0]["webhook-id"]})


def test_a_repetition_has_the_same_id_and_body_and_a_signature_of_its_own_time() -> None:
    with receiving() as receiver:
        for seconds in (0, 60):
            channel(receiver.url).send(ROW, now() + timedelta(seconds=seconds))
        other = replace(ROW, outgoing=replace(ROW.outgoing, key="recovered:2026-10-07:webhook", kind="recovered"))
        channel(receiver.url).send(other, now())
    assert receiver.bodies[0] == receiver.bodies[1]
    first, again, another = receiver.heard
    assert first["webhook-id"] == again["webhook-id"] != another["webhook-id"]
    assert first["webhook-signature"] != again["webhook-signature"]
    assert Webhook(SECRET).verify(receiver.bodies[1], again)
    assert json.loads(receiver.bodies[2])["type"] == "breaker.recovered"


def test_a_changed_body_or_another_secret_fails_the_signature() -> None:
    with receiving() as receiver:
        channel(receiver.url).send(ROW, now())
    for secret, body in ((SECRET, receiver.bodies[0] + b" "), ("whsec_" + "A" * 32, receiver.bodies[0])):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, receiver.heard[0])


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(200, Sent), (201, Sent), (202, Sent), (204, Sent), (301, Failed), (302, Failed), (307, Failed), (308, Failed),
     (400, Failed), (401, Failed), (403, Failed), (404, Failed), (408, Retry), (410, Failed), (413, Failed),
     (422, Failed), (425, Retry), (429, Retry), (500, Retry), (502, Retry), (503, Retry), (504, Retry), (599, Retry)],
)  # fmt: skip
def test_each_answer_means_what_the_specification_says(code: int, outcome: type) -> None:
    with receiving(answer=code) as receiver:
        receiver.headers["Location"] = receiver.url
        answer = channel(receiver.url).send(ROW, NOW)
    assert type(answer) is outcome
    assert len(receiver.bodies) == 1
    assert "thanks" not in repr(answer) and "token" not in repr(answer)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), ("0", 0), (format_datetime(NOW.replace(microsecond=0) + timedelta(minutes=2)), 120),
     (format_datetime(NOW - timedelta(days=1)), 0), ("soon", None), ("-5", None), ("", None), ("1e9", None)],
    ids=["120", "0", "in two minutes", "yesterday", "soon", "-5", "", "1e9"],
)  # fmt: skip
@pytest.mark.parametrize("code", [429, 503])
def test_a_server_that_asks_for_patience_gets_it(said: str, seconds: int | None, code: int) -> None:
    with receiving(answer=code, headers={"Retry-After": said}) as receiver:
        answer = channel(receiver.url).send(ROW, NOW.replace(microsecond=0))
    assert isinstance(answer, Retry)
    assert answer.after == seconds


def test_a_server_that_says_nothing_or_nonsense_is_told_again(tls: ssl.SSLContext) -> None:
    for script in ({"banner": SILENT}, {"banner": "220 this is a mail server"}, {"banner": "drip"}):
        with serving(tls, script) as server:
            url = f"http://localhost:{server.port}/"
            answer = channel(url, limit=timedelta(seconds=0.3)).send(ROW, NOW)
        assert isinstance(answer, Retry)


def test_a_server_that_cannot_be_reached_or_trusted_is_told_again(tls: ssl.SSLContext) -> None:
    assert isinstance(channel(f"http://localhost:{free_port()}/").send(ROW, NOW), Retry)
    with receiving(tls) as receiver:
        answer = channel(receiver.url).send(ROW, NOW)
    assert isinstance(answer, Retry)
    assert "certificate" in answer.error
    assert not receiver.bodies


def test_an_uncertain_post_may_be_repeated_because_receivers_know_it_by_its_id() -> None:
    assert isinstance(channel("https://hooks.example/").find(ROW, NOW), Absent)


BAD_URLS = [
    "http://hooks.example/",
    "http://127.0.0.1.hooks.example/",
    "ftp://localhost/",
    "https://",
    "https:///path",
    "https://user:pass@hooks.example/",
    "https://hooks.example:0/",
    "https://hooks.example:99999/",
    "https://hooks.example/\r\nX-Evil: 1",
    "https://hooks.example/a b",
    "https://[::1/",
    "hooks.example",
    "",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_url_that_may_not_be_posted_to_is_refused_without_repeating_it(url: str) -> None:
    answer, (check,) = channel(url).send(ROW, NOW), channel(url).examine()
    assert isinstance(answer, Failed)
    assert check.outcome is Outcome.FAILED
    assert "webhook.url" in answer.error and check.text == answer.error
    assert len(url) < 10 or url not in answer.error


@pytest.mark.parametrize(
    "url", ["https://hooks.example/x", "http://127.0.0.1:8000/", "http://[::1]/", "http://localhost/"]
)
def test_a_url_over_tls_or_on_this_machine_may_be_posted_to(url: str) -> None:
    assert place(url).hostname
    assert channel(url).examine()[0].outcome is Outcome.OK


@pytest.mark.parametrize("secret", [None, "", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_é",
                                    "whsec_" + "A" * 88, "whsec_!!!!MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])  # fmt: skip
def test_a_secret_that_is_none_is_refused_without_repeating_it(secret: str | None) -> None:
    hook = channel("https://hooks.example/", secret)
    answer, (check,) = hook.send(ROW, NOW), hook.examine()
    assert isinstance(answer, Failed) and check.outcome is Outcome.FAILED
    assert "WEBHOOK_SECRET" in answer.error
    said = f"{answer}{check}{hook.settings}"
    assert not secret or secret == "whsec_" or secret not in said


@pytest.mark.parametrize("padding", ["", "=", "=="])
def test_a_secret_counts_with_or_without_the_padding_of_its_base64(padding: str) -> None:
    secret = "whsec_" + "A" * 34 + padding
    assert channel("https://hooks.example/", secret).examine()[0].outcome is Outcome.OK


def test_place_says_what_is_wrong() -> None:
    with pytest.raises(ConfigError, match="is not encrypted"):
        place("http://hooks.example/")


def test_a_number_that_json_cannot_hold_is_said_and_not_sent() -> None:
    with receiving() as receiver:
        odd = replace(ROW, outgoing=replace(ROW.outgoing, data={"value": float("nan")}))
        answer = channel(receiver.url).send(odd, NOW)
    assert isinstance(answer, Failed) and "JSON" in answer.error
    assert not receiver.bodies
