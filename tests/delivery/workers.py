"""Workers as processes of their own, to be killed at their N-th step or to race.

A job is a line of JSON on standard input (see `Job`). Every job is forked from this process, so that it need not import
it all again; its pid is answered first, then how it ended.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg  # noqa: F401  imported before the fork, as is all that sending imports late
import slack_sdk.errors
import slack_sdk.web  # noqa: F401

from monitor.app.delivery import drain
from monitor.core.plan import Plan
from monitor.store.repository import open_store
from tests.delivery.rows import PEOPLE, ROWS
from tests.delivery.scene import Clock, channels, settings
from tests.steps import kill_at


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
    timeout: float = 20.0


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
