"""Reads HubSpot in real processes that kill themselves at their N-th touch of the cache's folder.

A job is a line of JSON on standard input: `address`, `folder`, `at` (0: never); the answer is one too: `killed`,
`error`. Every job is a process of its own, forked from this one so that it need not import it all again. A touch is
whatever Python tells of: a file opened to be written, a rename, a new folder, one removed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from itertools import count
from pathlib import Path

import pyarrow.parquet  # noqa: F401  imported before the fork, as is all that is imported late

import monitor.sources.hubspot.sync  # noqa: F401
from tests.sources.hubspot.reader import Reader

TOUCHES = ("os.rename", "os.mkdir", "os.rmdir", "os.remove", "shutil.rmtree")


def kill_at(number: int, folder: str) -> None:
    touches = count(1)

    def heard(event: str, arguments: tuple[object, ...]) -> None:
        touched = event in TOUCHES or (event == "open" and "w" in str(arguments[1]))
        if touched and str(arguments[0]).startswith(folder) and next(touches) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(heard)


def run(address: str, folder: str, at: int) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        kill_at(at, folder)
        Reader(address, Path(folder)).read()
    except BaseException:  # noqa: BLE001  # the child says what happened and never returns into the parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    for line in sys.stdin:
        job = json.loads(line)
        code = run(job["address"], job["folder"], job["at"])
        print(json.dumps({"killed": code == -signal.SIGKILL, "code": code}), flush=True)
