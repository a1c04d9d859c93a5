"""Processes that record, to be killed or to race. Reads jobs from standard input, forks one process for each.

`kill JOB`, then lines `URL N`: a process that does the job is killed before its N-th statement or commit (0: never);
the answer is `killed` or `survived`, and what it was told is recorded. Jobs: `plans` records three, `whole` records a
plan with everything that one can hold, claims a row of it and settles that, `open` only opens. `race URL REASON`: one
commit, decided before and made after a line is read; `won` or `lost`. `append URL REASON TIMES`: that many commits.
`claim URL NAME`: claims and settles until nothing is due, after a line is read; the keys.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import alembic.command  # noqa: F401  so that each forked process need not
import psycopg  # noqa: F401
from sqlalchemy import Engine, event

from monitor.core.escalation import Cancel
from monitor.core.outbox import Settlement, Status
from monitor.core.plan import Plan, SlotDone
from monitor.errors import Conflict
from monitor.store.repository import open_store
from tests.store.trade import INCIDENT, NOON, note, outgoing, sealing, seen_week, step, verdict

Tell = Callable[[str], None]

PLANS = ("FY2026-Q1", "FY2026-Q2", "FY2026-Q3")
SLOT = "digest:2026-W40"
WHOLE = replace(
    sealing(verdict()),
    outgoing=(outgoing("a", "C1"), outgoing("b", "C2")),
    escalations=(step("next", incident="trip:other"),),
    cancels=(Cancel(INCIDENT),),
    taken=("due",),
    done=SlotDone(SLOT, "w", "2 rows"),
    seen=seen_week(),
)
"""Everything that a plan can hold, on a store that `prepared` made ready for it."""
INSTEAD = outgoing("a:instead", "C3", fallback_of="a")


def prepared(url: str) -> None:
    """A store with a step that is due, one that waits, and a slot that is being run."""
    with open_store(url) as store:
        store.commit(Plan(escalations=(step("due"), step("waits"))), NOON)
        store.slots.claim(SLOT, "w", NOON, timedelta(minutes=5))


def record_plans(url: str, tell: Tell) -> None:
    with open_store(url) as store:
        for quarter in PLANS:
            if quarter not in {sealed.quarter for sealed in store.verdicts("smb")}:
                store.commit(sealing(verdict(quarter), head=store.head(), reason=quarter), NOON)
                tell(quarter)


def record_whole(url: str, tell: Tell) -> None:
    with open_store(url) as store:
        store.commit(WHOLE, NOON)
        tell("decided")
        (claimed,) = store.outbox.claim("w", NOON, limit=1)
        tell("claimed")
        store.outbox.settle(claimed, Settlement(Status.FAILED, "is_archived", outgoing=(INSTEAD,)), NOON)
        tell("settled")


def only_open(url: str, tell: Tell) -> None:
    open_store(url).close()
    tell("open")


JOBS = {"plans": record_plans, "whole": record_whole, "open": only_open}


def kill_at(number: int) -> None:
    steps = count(1)

    def step(*_: object) -> None:
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)


def race(url: str, reason: str, tell: Tell) -> None:
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


def claim(url: str, name: str, tell: Tell) -> None:
    with open_store(url) as store:
        tell("ready")
        sys.stdin.readline()
        while rows := store.outbox.claim(name, NOON, limit=3):
            for row in rows:
                store.outbox.settle(row, Settlement(Status.SENT), NOON)
                tell(row.outgoing.key)


def in_a_process_to_be_killed(job: str, url: str, at: int) -> tuple[bool, list[str]]:
    """Whether the process survived, and what it was told is recorded."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(write, "w") as pipe:
                kill_at(at)
                JOBS[job](url, lambda done: print(done, file=pipe, flush=True))
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
    elif job == "claim":
        claim(url, rest[0], say)
    else:
        for line in sys.stdin:
            target, at = line.split()
            survived, told = in_a_process_to_be_killed(url, target, int(at))
            say("survived" if survived else "killed", *told)


if __name__ == "__main__":
    main()
