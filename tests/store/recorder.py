"""Processes that record, to be killed or to race. Reads jobs from standard input, forks one process for each.

`kill -`, then lines `URL N`: a process that records three plans is killed before its N-th statement or commit (0:
never); the answer is `killed` or `survived`, and which plans it was told are recorded. `race URL REASON`: one commit,
decided before and made after a line is read; `won` or `lost`. `append URL REASON TIMES`: that many commits.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count

import alembic.command  # noqa: F401  so that each forked process need not
import psycopg  # noqa: F401
from sqlalchemy import Engine, event

from monitor.core.plan import Plan
from monitor.errors import Conflict
from monitor.store.repository import open_store
from tests.store.trade import NOON, note, sealing, verdict

PLANS = ("FY2026-Q1", "FY2026-Q2", "FY2026-Q3")


def record_until_killed(url: str, at: int, tell: Callable[[str], None]) -> None:
    steps = count(1)

    def step(*_: object) -> None:
        if next(steps) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)
    with open_store(url) as store:
        for quarter in PLANS:
            if quarter not in {sealed.quarter for sealed in store.verdicts("smb")}:
                store.commit(sealing(verdict(quarter), head=store.head(), reason=quarter), NOON)
                tell(quarter)


def race(url: str, reason: str, tell: Callable[[str], None]) -> None:
    with open_store(url) as store:
        head = store.head()
        tell("ready")
        sys.stdin.readline()
        try:
            store.commit(Plan((note(reason),), (), head), NOON)
        except Conflict:
            tell("lost")
        else:
            tell("won")


def append(url: str, reason: str, times: int) -> None:
    """Commit `times` notes, deciding again whenever somebody else was first."""
    with open_store(url) as store:
        for number in range(times):
            while True:
                try:
                    store.commit(Plan((note(f"{reason}{number}"),), (), store.head()), NOON)
                    break
                except Conflict:
                    continue


def in_a_process_to_be_killed(url: str, at: int) -> tuple[bool, list[str]]:
    """Whether the process survived, and what it was told is recorded."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(write, "w") as pipe:
                record_until_killed(url, at, lambda done: print(done, file=pipe, flush=True))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read().split()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise SystemExit(f"the recording process ended with {status}")
    return status == 0, told


def say(*words: object) -> None:
    print(*words, flush=True)


def main() -> None:
    job, url, *rest = sys.argv[1:]
    if job == "race":
        race(url, rest[0], say)
    elif job == "append":
        append(url, rest[0], int(rest[1]))
    else:
        for line in sys.stdin:
            target, at = line.split()
            survived, told = in_a_process_to_be_killed(target, int(at))
            say("survived" if survived else "killed", *told)


if __name__ == "__main__":
    main()
