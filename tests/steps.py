"""Kills this process at its N-th step: a statement that changes something, a commit, the moment after, a word sent."""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import Engine, Pool, event

READS = ("SELECT", "PRAGMA", "BEGIN", "SHOW", "SET")
NETWORK = ("http.client.connect", "http.client.send", "smtplib.connect", "smtplib.send")
"""What Python announces by itself: a connection, and each piece that is sent by it."""


def kill_at(number: int) -> None:
    """Count from now on; step 0 never comes."""
    steps = Steps(number)
    event.listen(Engine, "before_cursor_execute", steps.statement)
    event.listen(Engine, "commit", steps.commit)
    event.listen(Pool, "checkin", steps.after_commit)
    sys.addaudithook(steps.announced)


class Steps:
    """The steps until the last one."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.written = False

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, _connection: object, _cursor: object, text: str, *_: object) -> None:
        if not text.lstrip().upper().startswith(READS):
            self.written = True
            self.step()

    def commit(self, _connection: object) -> None:
        if self.written:
            self.step()

    def after_commit(self, *_: object) -> None:
        if self.written:
            self.written = False
            self.step()

    def announced(self, name: str, _: object) -> None:
        if name in NETWORK:
            self.step()
