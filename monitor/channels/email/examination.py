"""What `doctor` finds out about mail. Sends nothing."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Any

from monitor.channels.email.headers import mailbox
from monitor.channels.email.session import FAULTS, LoginRefused, judged, session
from monitor.core.checks import Check, Outcome
from monitor.core.settings import EmailSettings
from monitor.errors import DeliveryError
from monitor.render.plain import visible

PART = "email"


def examine(settings: EmailSettings, limit: timedelta) -> list[Check]:
    """The sender's address, then the server: reachable, encrypted, verified, logged in."""
    return [*_people(settings), *_server(settings, limit)]


def _people(settings: EmailSettings) -> Iterator[Check]:
    for key, written in (("email.from", settings.sender), ("email.reply_to", settings.reply_to)):
        if written is not None:
            try:
                yield Check(PART, Outcome.OK, f"{key} is {mailbox(written).address}")
            except DeliveryError as error:
                yield Check(PART, Outcome.FAILED, str(error), f"set {key} to an address such as monitor@example.com")


def _server(settings: EmailSettings, limit: timedelta) -> Iterator[Check]:
    try:
        with session(settings, limit) as line:
            certificate = line.sock.getpeercert() if isinstance(line.sock, ssl.SSLSocket) else None
    except (*FAULTS, LoginRefused) as error:
        yield Check(PART, Outcome.FAILED, judged(error, settings).error, "see email in docs/configuration.md")
        return
    login = f"the login of {settings.username} works" if settings.username else "no login is configured"
    yield Check(PART, Outcome.OK, f"{settings.host}:{settings.port} answers over verified TLS; {login}")
    yield Check(PART, Outcome.OK, _shown(certificate or {}))


def _shown(certificate: Any) -> str:
    """Who issued the certificate, and until when it holds."""
    issuer = dict(chain.from_iterable(certificate.get("issuer", ())))
    name = issuer.get("organizationName") or issuer.get("commonName") or "an unnamed authority"
    return f"its certificate is by {visible(str(name))} and holds until {certificate.get('notAfter', 'an unnamed day')}"
