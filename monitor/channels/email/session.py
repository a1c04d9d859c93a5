"""A session with the mail server over verified TLS, and what its refusals mean."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from io import BufferedReader

from monitor.channels.line import cut_off, dial, verified
from monitor.core.outbox import Failed, Retry
from monitor.core.settings import EmailSettings
from monitor.render.plain import shorten, visible

FAULTS = (OSError, ValueError)
"""What smtplib and ssl raise: SMTPException is an OSError, a name or password beyond ASCII a ValueError."""
OUT_OF_TIME = (9, 10)
"""OpenSSL's reasons that pass by themselves or by a renewal: not yet valid, expired."""
_CODE = re.compile(r"\d\.\d{1,3}\.\d{1,3}")


class LoginRefused(Exception):
    """The server does not take the name or the password. `code` 0: they were not even sent."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code


class _WholeLines:
    """What the server says. smtplib takes `25` for an answer when the connection ends after it."""

    def __init__(self, said: BufferedReader) -> None:
        self._said = said

    def readline(self, limit: int) -> bytes:
        line = self._said.readline(limit)
        if line and len(line) < limit and not line.endswith(b"\n"):
            raise ConnectionError("the answer was cut off")
        return line

    def close(self) -> None:
        self._said.close()


class Line(smtplib.SMTP):
    """smtplib's client, with `dial` and, where the session starts with it, TLS."""

    def __init__(self, settings: EmailSettings, tls: ssl.SSLContext, seconds: float) -> None:
        super().__init__(local_hostname=_me(settings), timeout=seconds)
        self._host = settings.host
        self.tls = tls
        self.implicit = settings.security == "tls"

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _WholeLines(self.sock.makefile("rb"))
        return super().getreply()

    def hello(self) -> None:
        """Introduces us. Not by HELO, where EHLO is refused: there is no STARTTLS after that."""
        code, said = self.ehlo()
        if not 200 <= code < 300:
            raise smtplib.SMTPHeloError(code, said)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = dial(host, port, timeout)
        return self.tls.wrap_socket(line, server_hostname=host) if self.implicit else line


def _me(settings: EmailSettings) -> str:
    """How we introduce ourselves; asking the resolver for our own name can take long."""
    domain = settings.sender.rpartition("@")[2].rstrip("> ")
    return domain if domain.isascii() and domain.isprintable() and " " not in domain and domain else "localhost"


@contextmanager
def session(settings: EmailSettings, limit: timedelta) -> Iterator[smtplib.SMTP]:
    """A session that is encrypted, verified and logged in. Raises FAULTS or LoginRefused; nothing was sent then."""
    line = Line(settings, verified(), limit.total_seconds())
    with cut_off(limit, lambda: line.sock):
        try:
            _begin(line, settings)
            yield line
            with suppress(*FAULTS):
                line.quit()
        finally:
            line.close()


def _begin(line: Line, settings: EmailSettings) -> None:
    code, said = line.connect(settings.host, settings.port)
    if code != 220:
        raise smtplib.SMTPConnectError(code, said)
    line.hello()
    if not line.implicit:
        code, said = line.starttls(context=line.tls)
        if code != 220:
            raise smtplib.SMTPResponseException(code, said)
        line.hello()
    if settings.username is not None:
        _log_in(line, settings)


def _log_in(line: Line, settings: EmailSettings) -> None:
    """Raises LoginRefused. The server's words are left out: some repeat what they were sent."""
    if settings.password is None:
        raise LoginRefused(0, "SMTP_PASSWORD is not set")
    name, password = settings.username or "", settings.password.reveal()
    if not (name + password).isascii():
        raise LoginRefused(0, "email.username or SMTP_PASSWORD has characters beyond ASCII, which SMTP cannot carry")
    try:
        line.login(name, password)
    except smtplib.SMTPAuthenticationError as error:
        detail = _CODE.search(said(error.smtp_error))
        raise LoginRefused(error.smtp_code, f"{error.smtp_code}{f' {detail[0]}' if detail else ''}") from None


def judged(error: Exception, settings: EmailSettings) -> Retry | Failed:
    """What a failure before the mail was handed over means: surely not delivered, for now or for good."""
    server = f"the mail server {settings.host}:{settings.port}"
    match error:
        case LoginRefused():
            return _without_login(error, server)
        case ssl.SSLError():
            return _without_tls(error, server)
        case smtplib.SMTPResponseException(smtp_code=code):
            return refused(code, error.smtp_error, settings, "the session")
        case smtplib.SMTPException():
            return _without_session(error, server)
        case OSError():
            return Retry(f"{server} cannot be reached ({said(error.strerror or str(error) or type(error).__name__)})")
        case _:
            return Failed(f"{server} cannot be spoken to: email.host is no host name")


def _without_login(error: LoginRefused, server: str) -> Retry | Failed:
    if 400 <= error.code < 500:
        return Retry(f"{server} refused the login for now ({error})")
    return Failed(f"{server} refused the login ({error}): check email.username and SMTP_PASSWORD", credentials=True)


def _without_tls(error: ssl.SSLError, server: str) -> Retry | Failed:
    if isinstance(error, ssl.SSLCertVerificationError):
        sentence = f"{server} has no certificate that can be trusted ({error.verify_message}), so nothing was sent"
        mend = "check email.host, or name your own authority in SSL_CERT_FILE"
        return Retry(sentence) if error.verify_code in OUT_OF_TIME else Failed(f"{sentence}: {mend}")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Retry(f"{server} broke off the encryption")
    return Failed(f"{server} and we found no common encryption ({error.reason}): check email.port and email.security")


def _without_session(error: smtplib.SMTPException, server: str) -> Retry | Failed:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Retry(f"{server} broke off before the mail was handed over")
    if isinstance(error, smtplib.SMTPNotSupportedError) and "STARTTLS" in str(error):
        return Failed(f"{server} offers no STARTTLS, so nothing was sent: check email.port and email.security")
    return Failed(f"{server} takes no login that we know: check email.username, or leave it out", credentials=True)


def refused(code: int, answer: bytes | str, settings: EmailSettings, what: str) -> Retry | Failed:
    """What the server's refusal of `what` means: 5xx is for good, anything else for now."""
    sentence = f"the mail server {settings.host}:{settings.port} refused {what} ({code} {said(answer)})"
    if code == 530:
        return Failed(f"{sentence}: give email.username and SMTP_PASSWORD", credentials=True)
    return Failed(sentence) if 500 <= code < 600 else Retry(sentence)


def said(answer: bytes | str) -> str:
    """What a server said, on one short line."""
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    return shorten(" ".join(visible(words).split()), 200)
