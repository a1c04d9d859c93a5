"""The mail channel: one row, one mail, one recipient."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.channels.email.examination import examine
from monitor.channels.email.letter import Letter, write
from monitor.channels.email.session import FAULTS, LoginRefused, judged, refused, said, session
from monitor.channels.line import LIMIT
from monitor.core.checks import Check
from monitor.core.outbox import Absent, Claimed, Failed, Found, Outcome, Sent, Unknown
from monitor.core.routes import EMAIL
from monitor.core.settings import EmailSettings
from monitor.errors import DeliveryError
from monitor.render.words import Words


class EmailChannel:
    """Mail by one SMTP server. Every row has a session of its own, so that threads share nothing."""

    name = EMAIL

    def __init__(self, settings: EmailSettings, words: Words, limit: timedelta = LIMIT) -> None:
        self.settings = settings
        self.words = words
        self.limit = limit

    def send(self, row: Claimed, now: datetime) -> Outcome:
        """Hand the mail over. Lost before DATA it surely was not delivered; lost after that it may have been."""
        try:
            letter = write(row.outgoing, self.settings, self.words, now)
        except DeliveryError as error:
            return Failed(str(error))
        try:
            with session(self.settings, self.limit) as line:
                return self._hand_over(line, letter)
        except (*FAULTS, LoginRefused) as error:
            return judged(error, self.settings)

    def find(self, row: Claimed, now: datetime) -> Found:
        """A mail cannot be looked for. It is sent a second time, under the same Message-ID, and never a third.

        So a row of which one attempt may have arrived is Absent, which has it sent again; one of which several may is
        Unknown, which has it reported as perhaps delivered. Attempts that the server refused surely did not arrive.
        """
        if row.perhaps <= 1:
            return Absent()
        return Unknown(
            f"the mail to {row.outgoing.address.to} was sent again once after a lost answer; it was perhaps delivered,"
            " and is not sent a third time: ask the recipient"
        )

    def examine(self) -> Sequence[Check]:
        """Is the sender an address, does the server answer over verified TLS, does it take the login?"""
        return examine(self.settings, self.limit)

    def close(self) -> None:
        """Nothing is kept open between two rows."""

    def _hand_over(self, line: smtplib.SMTP, letter: Letter) -> Outcome:
        """One recipient a session, so that a refusal is its own row's; the bytes are those that were checked."""
        size = (f"SIZE={len(letter.raw)}",) if line.has_extn("size") else ()
        code, answer = line.mail(letter.sender.address, size)
        if code != 250:
            return refused(code, answer, self.settings, f"the sender {letter.sender.address}")
        code, answer = line.rcpt(letter.to.address)
        if code not in (250, 251):
            return refused(code, answer, self.settings, f"the recipient {letter.to.address}")
        code, answer = line.docmd("DATA")
        if code != 354:
            return refused(code, answer, self.settings, "the mail")
        try:
            line.send(_dotted(letter.raw))
            code, answer = line.getreply()
        except FAULTS as error:
            return self._perhaps(type(error).__name__)
        if 200 <= code < 300:
            return Sent({"message_id": letter.message_id}, letter.left_out)
        return refused(code, answer, self.settings, "the mail") if 400 <= code < 600 else self._perhaps(said(answer))

    def _perhaps(self, why: str) -> Unknown:
        server = f"{self.settings.host}:{self.settings.port}"
        return Unknown(f"the mail server {server} did not say whether it took the mail ({why})")


def _dotted(raw: bytes) -> bytes:
    """The mail as DATA carries it: a dot before each line that begins with one, and a line with a dot to end it."""
    whole = raw if raw.endswith(b"\r\n") else raw + b"\r\n"
    return (b"." if whole.startswith(b".") else b"") + whole.replace(b"\r\n.", b"\r\n..") + b".\r\n"
