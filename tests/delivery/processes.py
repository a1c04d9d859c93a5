"""The test's side of `tests/delivery/workers.py`: start a job, hear how it ended."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict, replace
from pathlib import Path
from subprocess import PIPE, Popen
from types import TracebackType
from typing import Self

from tests.delivery.scene import Scene
from tests.delivery.workers import Job

ROOT = Path(__file__).parents[2]


class Workers:
    """Where processes are forked from."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.delivery.workers"]
        self.process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.__exit__(kind, error, at)

    def begin(self, job: Job) -> int:
        """Start the job; the pid of its process."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asdict(job)) + "\n")
        self.process.stdin.flush()
        return self._said()

    def killed(self) -> bool:
        """Whether the job that was begun was killed; it must not end otherwise than well."""
        code = self._said()
        assert code in (0, -signal.SIGKILL)
        return code != 0

    def _said(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


def job(scene: Scene, **more: object) -> Job:
    """A worker in the scene, at its moment."""
    asked = Job(scene.url, scene.slack.url, scene.slack.bot_token, scene.mail.port, scene.clock().isoformat())
    return replace(asked, **more)  # type: ignore[arg-type]
