"""Mail taken in by servers that others wrote: aiosmtpd over both kinds of TLS, and maildev with its own parser."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Handler
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from monitor.core.checks import Outcome
from monitor.core.outbox import Failed, Sent
from monitor.core.secret import Secret
from monitor.render import chart
from tests.channels.conftest import PASSWORD, Open
from tests.channels.rows import NOW, TREND, TRIP, claimed, outgoing
from tests.npm import free_port, installed

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
"""aiosmtpd does not see that a connection which begins with TLS has it."""
PATIENCE = 60
"""Seconds for a server of others to start."""


class Keeper(Handler):
    """Keeps what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[str] = []

    def handle_message(self, message: Any) -> None:
        self.subjects.append(message["Subject"])


def only_ours(_server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode() and given.login == b"monitor"
    return AuthResult(success=right, handled=False)


@contextmanager
def aiosmtpd(tls: ssl.SSLContext, *, implicit: bool) -> Iterator[tuple[int, Keeper]]:
    keeper = Keeper()
    encrypted: dict[str, Any] = {"ssl_context": tls} if implicit else {"tls_context": tls, "require_starttls": True}
    login: dict[str, Any] = {"authenticator": only_ours, "auth_required": True, "auth_require_tls": not implicit}
    controller = Controller(keeper, "127.0.0.1", free_port(), **encrypted, **login)
    controller.start()
    try:
        yield controller.port, keeper
    finally:
        controller.stop()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_arrives_over_either_kind_of_tls(tls: ssl.SSLContext, trusted: Path, mail: Open, security: str) -> None:
    with aiosmtpd(tls, implicit=security == "tls") as (port, keeper):
        assert isinstance(mail(port, security=security).send(claimed(), NOW), Sent)
    assert keeper.subjects == ["[SMB Monitor: tripped] Mid-market hiring pause of 7 Jul 2026"]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_wrong_password_stops_the_channel_on_a_real_server(
    tls: ssl.SSLContext, trusted: Path, mail: Open, security: str
) -> None:
    with aiosmtpd(tls, implicit=security == "tls") as (port, keeper):
        channel = mail(port, security=security, password=Secret("wrong-horse"))
        answer, checks = channel.send(claimed(), NOW), channel.examine()
    assert isinstance(answer, Failed) and answer.credentials
    assert [check.outcome for check in checks] == [Outcome.OK, Outcome.FAILED]
    assert "wrong-horse" not in f"{answer}{checks}"
    assert not keeper.subjects


@pytest.fixture(scope="module")
def maildev(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """The port of a running maildev, and the address of its API."""
    commands, folder = installed("maildev", "2.2.1"), tmp_path_factory.mktemp("maildev")
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    smtp, web = free_port(), free_port()
    tls = ["--incoming-secure", "--incoming-cert", str(folder / "cert.pem"), "--incoming-key", str(folder / "key.pem")]
    login = ["--incoming-user", "monitor", "--incoming-pass", PASSWORD]
    place = ["--ip", "127.0.0.1", "-s", str(smtp), "-w", str(web), "--mail-directory", str(folder / "mails")]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            [str(commands / "maildev"), *tls, *login, *place], stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        try:
            _await(f"http://127.0.0.1:{web}/email", running, folder / "log")
            yield smtp, f"http://127.0.0.1:{web}/email"
        finally:
            running.terminate()
            running.wait()


def _await(url: str, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            ask(url)
            return
        except urllib.error.URLError:
            assert running.poll() is None and time.monotonic() < until, log.read_text()
            with suppress(subprocess.TimeoutExpired):
                running.wait(0.1)


def ask(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.loads(answer.read())


def test_another_parser_sees_the_same_mail_and_the_same_thread(
    maildev: tuple[int, str], trusted: Path, mail: Open
) -> None:
    port, api = maildev
    channel = mail(port, security="tls")
    for kind in ("trip", "recovered"):
        row = outgoing(kind=kind, key=f"{kind}:ada@acme.example")
        assert isinstance(channel.send(claimed(row), NOW), Sent)
    first, second = sorted(ask(api), key=lambda each: str(each["subject"]), reverse=True)
    assert first["subject"] == "[SMB Monitor: tripped] Mid-market hiring pause of 7 Jul 2026"
    assert second["subject"] == "[SMB Monitor: recovered] Mid-market hiring pause of 7 Jul 2026"
    assert first["to"] == [{"address": "ada@acme.example", "name": "Ada Marsh"}]
    assert TRIP.headline in first["text"] and "3.20x breakage" in first["text"]
    assert first["headers"]["auto-submitted"] == "auto-generated"
    assert first["headers"]["in-reply-to"] == second["headers"]["in-reply-to"] == first["headers"]["references"]
    assert first["headers"]["message-id"] != second["headers"]["message-id"]


def test_another_parser_shows_the_chart_where_the_page_asks_for_it(
    maildev: tuple[int, str], trusted: Path, mail: Open
) -> None:
    port, api = maildev
    row = outgoing(kind="reminder", key="reminder:ada@acme.example")
    assert isinstance(mail(port, security="tls").send(claimed(row), NOW), Sent)
    held = next(each for each in ask(api) if "reminder" in each["subject"])
    (picture,) = held["attachments"]
    assert picture["contentType"] == "image/png" and picture["contentDisposition"] == "inline"
    assert f"cid:{picture['contentId']}" in held["html"]
    with urllib.request.urlopen(f"{api}/{held['id']}/attachment/{picture['generatedFileName']}", timeout=10) as answer:
        assert answer.read() == chart.png(TREND)


def test_another_parser_finds_no_recipient_in_a_hostile_name(
    maildev: tuple[int, str], trusted: Path, mail: Open
) -> None:
    port, api = maildev
    name = "=?utf-8?q?hi=0ABcc=3A_evil=40x=2Etest?="
    row = outgoing(incident=f"win:{name}", key="hostile", message=type(TRIP)("win", name, TRIP.tone, ()))
    assert isinstance(mail(port, security="tls").send(claimed(row), NOW), Sent)
    held = next(each for each in ask(api) if "evil" in each["subject"])
    assert held["subject"] == "[SMB Monitor] = ?utf-8?q?hi=0ABcc=3A_evil=40x=2Etest?="
    assert "bcc" not in held["headers"] and not held.get("bcc") and len(held["envelope"]["to"]) == 1
