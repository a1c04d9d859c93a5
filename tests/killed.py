"""Runs `smb-monitor` in real processes that kill themselves at their N-th write.

A job is a line of JSON on standard input: `argv`, `at` (0: never), `environ`, and `now` where the clock shall not show
the real time; the answer is one too: `killed`, `exit`, `out`, `err`. Every job is a process of its own, forked from
this one so that it need not import it all again.
A write is a statement that changes something, a commit, or the moment after one (`tests/steps.py`).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import alembic.command  # noqa: F401  imported before the fork, as is all that `main` imports late
import psycopg  # noqa: F401

import monitor.app.actions
import monitor.core.snapshot
import monitor.entrypoints.acting
import monitor.entrypoints.reading
import monitor.facts.load
import monitor.render.audit
import monitor.render.status
import monitor.sources.csv_folder
import monitor.store.repository
import monitor.store.wire  # noqa: F401
from monitor.entrypoints import opening
from monitor.entrypoints.cli import main
from monitor.store.migrate import _blank
from tests.lent import at
from tests.steps import kill_at


def run(job: dict[str, Any], out: IO[str], err: IO[str]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 70
    try:
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        os.environ.update(job["environ"])
        if "now" in job:
            opening.datetime = at(datetime.fromisoformat(job["now"]))  # type: ignore[attr-defined]
        kill_at(job["at"])
        code = main(job["argv"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def warm_up() -> None:
    """What costs a process the more the first time, half of a run, is done before the fork; but for making a store."""
    os.environ.pop("DATABASE_URL", None)
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        (Path(folder) / "opportunities.csv").write_text(
            "opportunity_id,segment,created_date,close_date,is_closed,is_won,amount\n"
            "D1,smb,2026-01-05,2026-02-05,true,true,1000\n"
        )
        config = Path(folder) / "config.yaml"
        config.write_text("company: Warm\nsource: {type: csv, path: .}\ndatabase: sqlite:///warm.db\n")
        assert main(["--config", str(config), "--as-of", "2026-06-28", "status"]) == 0
    _blank.cache_clear()


def serve() -> None:
    warm_up()
    for line in sys.stdin:
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            code = run(json.loads(line), out, err)
            out.seek(0)
            err.seek(0)
            answer = {"killed": code == -signal.SIGKILL, "exit": code, "out": out.read(), "err": err.read()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve()
