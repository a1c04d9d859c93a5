"""A certificate authority that the program trusts, and mail servers that hold its certificates."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest
import trustme

from monitor.channels.email import EmailChannel
from monitor.core.secret import Secret
from monitor.core.settings import EmailSettings
from monitor.render.words import Words
from tests.mail_server import MailServer, serving

PASSWORD = "correct-horse-battery"

Serve = Callable[..., AbstractContextManager[MailServer]]
Open = Callable[..., EmailChannel]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def words() -> Words:
    return Words()


def server_side(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """What a server needs to speak TLS as `names`."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(tls)
    return tls


@pytest.fixture(scope="session")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return server_side(authority, "localhost", "127.0.0.1")


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The authority, where the program looks for authorities."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


@pytest.fixture
def serve(tls: ssl.SSLContext, trusted: Path) -> Serve:
    """Starts a mail server that is trusted."""
    return partial(serving, tls)


@pytest.fixture
def mail(words: Words) -> Open:
    """Opens the mail channel for a server's port."""

    def opened(port: int, **more: object) -> EmailChannel:
        limit = {"limit": more.pop("limit")} if "limit" in more else {}
        given = {"username": "monitor", "password": Secret(PASSWORD), "sender": "monitor@acme.example", **more}
        return EmailChannel(EmailSettings("localhost", port=port, **given), words, **limit)  # type: ignore[arg-type]

    return opened
