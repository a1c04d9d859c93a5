"""A mail server on loopback that does as scripted at each step: refuses, hangs up, keeps silent, loses its answer."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

HANG_UP, RESET, SILENT, DRIP = "hang up", "reset", "silent", "drip"
"""What the server does at a step instead of answering. DRIP: it sends a letter at a time and never ends the line."""
STEPS = ("banner", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "body", "end")
"""`body`: after 354, before the mail was read. `end`: after the mail was read and taken in."""
FINE = {
    "banner": "220 mail.test ready",
    "STARTTLS": "220 go on",
    "AUTH": "235 welcome",
    "MAIL": "250 fine",
    "RCPT": "250 fine",
    "DATA": "354 go on",
    "body": "",
    "end": "250 taken",
    "QUIT": "221 bye",
    "RSET": "250 fine",
    "NOOP": "250 fine",
}
EXTENSIONS = ("SIZE 10000000", "AUTH PLAIN")


@dataclass
class Mail:
    """One mail that was taken in."""

    sender: str
    to: str
    raw: bytes

    @property
    def read(self) -> EmailMessage:
        """As Python's own parser reads it."""
        read = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read


@dataclass
class MailServer:
    """`script`: by step, what happens there instead of an answer that goes on, the last of several from then on."""

    tls: ssl.SSLContext
    implicit: bool = False
    extensions: tuple[str, ...] = EXTENSIONS
    starttls: bool = True
    script: dict[str, list[str]] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)
    heard: list[tuple[bool, str]] = field(default_factory=list)
    """Every command, and whether it came encrypted."""
    ended: bool = False

    def __post_init__(self) -> None:
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Condition()
        self._reached: set[str] = set()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def close(self) -> None:
        self.ended = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join()
        with self._lock:
            for line in self._open:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def logins(self) -> list[str]:
        """What AUTH PLAIN said, decoded."""
        return [base64.b64decode(text.split()[2]).decode() for _, text in self.heard if text.startswith("AUTH PLAIN ")]

    def in_the_clear(self) -> list[str]:
        return [text.split()[0].upper() for encrypted, text in self.heard if not encrypted]

    def wait_for(self, step: str, seconds: float = 10.0) -> None:
        """Return once somebody was at `step`; AssertionError after `seconds`."""
        with self._lock:
            assert self._lock.wait_for(lambda: step in self._reached, seconds), f"nobody came to {step}"

    def _accept(self) -> None:
        while not self.ended:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(line)
            thread = threading.Thread(target=self._serve, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        with ExitStack() as stack:
            stack.callback(self._drop, line)
            with suppress(OSError, _Ended):
                if self.implicit:
                    line = self._encrypted(line)
                    stack.callback(self._drop, line)
                _Conversation(self, line, stack).run()

    def _encrypted(self, line: socket.socket) -> socket.socket:
        with self._lock:
            self._open.discard(line)
            try:
                line = self.tls.wrap_socket(line, server_side=True, suppress_ragged_eofs=True)
            finally:
                self._open.add(line)
        return line

    def _drop(self, line: socket.socket) -> None:
        with self._lock:
            self._open.discard(line)
        line.close()

    def next_step(self, step: str) -> str:
        """What happens at `step` now."""
        with self._lock:
            self._reached.add(step)
            self._lock.notify_all()
            said = self.script.get(step)
            if not said:
                return FINE.get(step, "")
            return said.pop(0) if len(said) > 1 else said[0]


class _Ended(Exception):
    """The conversation is over."""


class _Conversation:
    """One connection."""

    def __init__(self, server: MailServer, line: socket.socket, stack: ExitStack) -> None:
        self.server, self.line, self.stack = server, line, stack
        self.encrypted = server.implicit
        self.buffer = b""
        self.sender = self.to = ""

    def run(self) -> None:
        self._step("banner")
        while True:
            said = self._read_line()
            self.server.heard.append((self.encrypted, said))
            verb = said.split()[0].upper() if said.strip() else ""
            match verb:
                case "EHLO":
                    self._hello()
                case "STARTTLS":
                    self._encrypt()
                case "DATA":
                    self._data()
                case "MAIL" | "RCPT":
                    place = said.partition("<")[2].partition(">")[0]
                    self.sender, self.to = (place, "") if verb == "MAIL" else (self.sender, place)
                    self._step(verb)
                case "QUIT":
                    self._step("QUIT")
                    raise _Ended
                case _ if verb in FINE:
                    self._step(verb)
                case _:
                    self._write("502 what?")

    def _hello(self) -> None:
        if self.server.script.get("EHLO"):
            self._step("EHLO")
            return
        offered = ["mail.test", *self.server.extensions]
        if self.server.starttls and not self.encrypted:
            offered.append("STARTTLS")
        for at, each in enumerate(offered, 1):
            self._write(f"250{' ' if at == len(offered) else '-'}{each}")

    def _encrypt(self) -> None:
        self._step("STARTTLS")
        if self.server.script.get("STARTTLS"):
            return
        self.line = self.server._encrypted(self.line)
        self.stack.callback(self.server._drop, self.line)
        self.encrypted, self.buffer = True, b""

    def _data(self) -> None:
        self._step("DATA")
        if not self.server.script.get("DATA"):
            self._step("body")
            lines = []
            while (text := self._read_bytes()) != b".":
                lines.append(text.removeprefix(b".") if text.startswith(b".") else text)
            self.server.mails.append(Mail(self.sender, self.to, b"\r\n".join([*lines, b""])))
            self._step("end")

    def _step(self, step: str) -> None:
        said = self.server.next_step(step)
        match said:
            case "":
                return
            case "hang up":
                raise _Ended
            case "reset":
                self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                raise _Ended
            case "silent":
                while self.line.recv(1000):
                    pass
                raise _Ended
            case "drip":
                self.line.settimeout(0.02)
                while not self.server.ended:
                    self.line.sendall(b"2")
                    with suppress(TimeoutError):
                        if not self.line.recv(1000):
                            break
                raise _Ended
            case _:
                self._write(said)

    def _write(self, text: str) -> None:
        self.line.sendall(text.encode() + b"\r\n")

    def _read_line(self) -> str:
        return self._read_bytes().decode("utf-8", "replace")

    def _read_bytes(self) -> bytes:
        while b"\r\n" not in self.buffer:
            more = self.line.recv(65536)
            if not more:
                raise _Ended
            self.buffer += more
        text, _, self.buffer = self.buffer.partition(b"\r\n")
        return text


@contextmanager
def serving(
    tls: ssl.SSLContext,
    script: Mapping[str, str | list[str]] | None = None,
    *,
    implicit: bool = False,
    starttls: bool = True,
    extensions: tuple[str, ...] = EXTENSIONS,
) -> Iterator[MailServer]:
    """A server, until the end of the block. It reaches every connection then and waits for its threads."""
    steps = {step: [said] if isinstance(said, str) else list(said) for step, said in (script or {}).items()}
    server = MailServer(tls, implicit, extensions, starttls, steps)
    try:
        yield server
    finally:
        server.close()
