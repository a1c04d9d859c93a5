"""Real `serve` processes: started, asked over HTTP, killed, stopped; what they wrote down."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0


def wait_for(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What the condition comes to, looked at a hundred times a second."""
    pause, until = Event(), time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        pause.wait(0.01)
    raise AssertionError(f"{what}: not within {seconds:.0f} seconds")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class FileClock:
    """The clock of all processes of a test."""

    file: Path

    def set(self, moment: datetime) -> None:
        beside = self.file.with_suffix(".new")
        beside.write_text(str(moment.timestamp() - time.time()))
        beside.replace(self.file)

    def seconds(self) -> float:
        return time.time() + float(self.file.read_text())

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds()).astimezone()


@dataclass
class Served:
    """One process."""

    config: Path
    environ: dict[str, str]
    port: int
    name: str = "worker"
    words: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] = field(init=False)
    _files: list[IO[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._files = [self.path(name).open("wb") for name in ("out", "err")]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.worker.process", "--config", str(self.config), "serve", *self.words],
            stdout=self._files[0],
            stderr=self._files[1],
            cwd=ROOT,
            env={**os.environ, **self.environ},
        )

    def path(self, name: str) -> Path:
        return self.config.parent / f"{self.name}.{name}"

    @property
    def written(self) -> str:
        return self.path("out").read_text() + self.path("err").read_text()

    @property
    def log(self) -> list[dict[str, Any]]:
        """Its whole lines."""
        return [json.loads(line) for line in self.path("err").read_text().split("\n")[:-1] if line]

    def logged(self, event: str, **more: str) -> dict[str, Any]:
        """Waits for a line of the log."""

        def found() -> dict[str, Any] | None:
            wanted = {"event": event, **more}
            return next((line for line in self.log if line.items() >= wanted.items()), None)

        return dict(wait_for(found, f"{self.name} logs {event} {more}"))

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        request = Request(f"http://127.0.0.1:{self.port}{path}", headers=headers)
        try:
            with urlopen(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except (URLError, OSError):
            return 0, ""

    def ready(self) -> dict[str, Any]:
        """Waits until it says that it is."""
        wait_for(lambda: self.get("/readyz")[0] == 200, f"{self.name} is ready")
        return dict(json.loads(self.get("/readyz")[1]))

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code, which it has within the ten seconds that a container is given."""
        self.process.send_signal(by)
        return self.process.wait(10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        for file in self._files:
            file.close()
