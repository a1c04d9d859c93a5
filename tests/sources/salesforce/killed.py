"""Reads Salesforce in real processes that kill themselves at their N-th touch of the cache's folder.

A job is a line of JSON on standard input: `address`, `folder`, `now`, `at` (0: never); the answer is one too: `killed`,
`code`. Every job is a process of its own, forked from this one so that it need not import it all again. A touch is
whatever Python tells of: a file opened to be written, a rename, a new folder, a file removed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from datetime import datetime
from itertools import count
from pathlib import Path

import ibis.backends.duckdb  # noqa: F401  imported before the fork, as is all that is imported late
import pyarrow.parquet  # noqa: F401

import monitor.sources.salesforce.sync
import monitor.sources.salesforce.tables
from monitor.sources.salesforce.line import Line
from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import Org

TOUCHES = ("os.rename", "os.mkdir", "os.remove")


def kill_at(number: int, folder: str) -> None:
    touches = count(1)

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        touched = event in TOUCHES or (event == "open" and "w" in str(arguments[1]))
        if touched and str(arguments[0]).startswith(folder) and next(touches) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)


def read(address: str, folder: str, now: str) -> None:
    """What a reading does up to the tables."""
    reader = Reader(Org({}, datetime.fromisoformat(now), url=address), Path(folder))
    with reader.cache.alone(), Line(reader.spec().secrets, reader.world(), reader.share) as line:
        monitor.sources.salesforce.sync.synchronise(line, reader.cache, reader.spec(), reader.world())


def run(job: dict[str, str], at: int) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        kill_at(at, job["folder"])
        read(**job)
    except BaseException:  # noqa: BLE001  # the child says what happened and never returns into the parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    for text in sys.stdin:
        given = json.loads(text)
        code = run(given, given.pop("at"))
        print(json.dumps({"killed": code == -signal.SIGKILL, "code": code}), flush=True)
