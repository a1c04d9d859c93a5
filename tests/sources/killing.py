"""Readings in real processes that kill themselves at their N-th touch of a folder.

A job is a line of JSON on standard input: `folder`, `at` (0: never), and whatever else the reading takes; the answer is
one too: `killed`, `code`. Every job is a process of its own, forked from this one so that it need not import it all
again. A touch is whatever Python tells of: a file opened to be written, a rename, a new folder, one removed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.forks import forking

TOUCHES = ("os.rename", "os.mkdir", "os.rmdir", "os.remove", "shutil.rmtree")
Killed = Callable[..., bool]


@contextmanager
def killing(module: str) -> Iterator[Killed]:
    """Hands jobs to `module`, which does them by `do_jobs`; whether one was killed."""
    with forking(module) as fork:

        def one(at: int, folder: Path, **more: str) -> bool:
            answer = fork(at=at, folder=str(folder), **more)
            assert answer["killed"] or answer["code"] == 0
            return bool(answer["killed"])

        yield one


def do_jobs(read: Callable[..., object]) -> None:
    """Does every job on standard input by `read(folder, ...)`."""
    for line in sys.stdin:
        job = json.loads(line)
        code = _run(job.pop("at"), read, job)
        print(json.dumps({"killed": code == -signal.SIGKILL, "code": code}), flush=True)


def _run(at: int, read: Callable[..., object], job: dict[str, str]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        _kill_at(at, job["folder"])
        read(**job)
    except BaseException:  # noqa: BLE001  # the child says what happened and never returns into the parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _kill_at(number: int, folder: str) -> None:
    touches = count(1)

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        touched = event in TOUCHES or (event == "open" and "w" in str(arguments[1]))
        if touched and str(arguments[0]).startswith(folder) and next(touches) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)
