"""Starting `recorder` processes and talking to them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

ROOT = Path(__file__).parents[2]


def start(*arguments: str) -> Popen[str]:
    command = [sys.executable, "-m", "tests.store.recorder", *arguments]
    return Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT)


def ask(process: Popen[str], line: str) -> list[str]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline().split()


@contextmanager
def recording(job: str) -> Iterator[Popen[str]]:
    """A process that forks others which do `job` and may be killed."""
    with start("kill", job) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def all_at_once(processes: Sequence[Popen[str]]) -> list[list[str]]:
    """Let processes go that are all ready, and what each said until its end."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return said
