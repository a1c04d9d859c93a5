"""Jobs for a process that imports all there is to import once, and forks a process for each, to be killed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

Fork = Callable[..., dict[str, Any]]


@contextmanager
def forking(module: str) -> Iterator[Fork]:
    """Hands jobs, given as keywords, to `module`, which reads and answers each as a line of JSON."""
    root = Path(__file__).resolve().parent.parent
    with Popen([sys.executable, "-m", module], stdin=PIPE, stdout=PIPE, text=True, cwd=root) as process:
        assert process.stdin is not None and process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def fork(**job: object) -> dict[str, Any]:
            stdin.write(json.dumps(job) + "\n")
            stdin.flush()
            answer: dict[str, Any] = json.loads(stdout.readline())
            return answer

        yield fork
        stdin.close()
