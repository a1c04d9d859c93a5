"""Workers as processes of their own, to be killed at their N-th step or to race.

A job is a line of JSON on standard input (see `Job`). Every job is forked from this process, so that it need not import
it all again; its pid is answered first, then how it ended. A step is a statement, a commit, the moment after one, a
connection, and each piece that is sent to Slack or to the mail server.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import alembic.command  # noqa: F401  imported before the fork, as is all that sending imports late
import psycopg  # noqa: F401
import slack_sdk.errors
import slack_sdk.web  # noqa: F401
from sqlalchemy import Engine, Pool, event

from monitor.app.delivery import drain
from monitor.core.plan import Plan
from monitor.store.repository import open_store
from tests.delivery.rows import PEOPLE, ROWS
from tests.delivery.scene import Clock, channels, settings

NETWORK = ("http.client.connect", "http.client.send", "smtplib.connect", "smtplib.send")


@dataclass(frozen=True)
class Job:
    """Records the rows named `record`, if any, and delivers `rounds` times, two seconds apart from `now` on.

    Killed at step `at` (0: never). `go`: waits for a line on standard input between recording and delivering.
    """

    url: str
    slack: str
    token: str
    smtp: int
    now: str
    by: str = "first"
    record: str = ""
    rounds: int = 1
    at: int = 0
    timeout: float = 5.0


def kill_at(number: int) -> None:
    steps = count(1)

    def step(*_: object) -> None:
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(name: str, _: object) -> None:
        if name in NETWORK:
            step()

    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)
    event.listen(Pool, "checkin", step)
    sys.addaudithook(heard)


def work(job: Job) -> None:
    clock = Clock(datetime.fromisoformat(job.now))
    opened = channels(*settings(job.slack, job.smtp, job.token), clock, job.timeout)
    kill_at(job.at)
    with open_store(job.url) as store:
        if job.record:
            store.commit(Plan(outgoing=ROWS[job.record], expected_head=store.head()), clock())
        for _ in range(job.rounds):
            drain(store, opened, PEOPLE, clock, job.by)
            clock.now += timedelta(seconds=2)


def forked(job: Job, say: Callable[[object], None]) -> int:
    """The exit code of a process that does the job; negative: the signal that ended it."""
    child = os.fork()
    if child:
        say(child)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 70
    try:
        work(job)
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    def say(word: object) -> None:
        print(word, flush=True)

    for line in sys.stdin:
        say(forked(Job(**json.loads(line)), say))


if __name__ == "__main__":
    main()
