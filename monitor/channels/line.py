"""Connections that are verified and end in time, however the other side behaves."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from time import monotonic

LIMIT = timedelta(seconds=45)
"""For a whole conversation: well below core.outbox.SEND_LIMIT, so that the row's lease is still held at its end."""
DIALLING = 20.0
"""Seconds for all addresses of a host together, less than LIMIT; half of it for each."""


def dial(host: str, port: int, seconds: float) -> socket.socket:
    """The first of the host's addresses that answers; at most `seconds` are then waited for each answer.

    Raises OSError where none answers, UnicodeError for a name that is none.
    """
    until = monotonic() + min(seconds, DIALLING)
    refused: OSError = TimeoutError(f"{host} did not answer")
    for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        left = until - monotonic()
        if left <= 0:
            break
        try:
            line = socket.create_connection((str(address[0]), port), min(left, DIALLING / 2))
        except OSError as error:
            refused = error
        else:
            line.settimeout(seconds)
            return line
    raise refused


def verified() -> ssl.SSLContext:
    """Certificates are verified against the system's list, or SSL_CERT_FILE."""
    tls = ssl.create_default_context()
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return tls


@contextmanager
def cut_off(after: timedelta, line: Callable[[], object]) -> Iterator[None]:
    """Hangs up what `line` gives `after` so long, however slowly the other side talks: reading then ends at once."""
    timer = threading.Timer(after.total_seconds(), _hang_up, (line,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def _hang_up(line: Callable[[], object]) -> None:
    open_line = line()
    if isinstance(open_line, socket.socket):
        with suppress(OSError):
            socket.socket.shutdown(open_line, socket.SHUT_RDWR)  # an SSLSocket's own would first drop its encryption
