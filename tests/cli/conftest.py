"""The command line as a person types it, in this process, and as a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.entrypoints.cli import main
from tests.once import once

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Types a command; paths and days are given as they are."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("SMB_MONITOR_CONFIG", raising=False)

    def typed(*words: object) -> Answer:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return typed


def process(*words: object, **environ: str) -> Answer:
    """Types a command into a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor.entrypoints.cli", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environ},
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


Watched = Callable[..., Path]


@pytest.fixture
def watched(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A company as `configured` makes one whose status has been asked once, to be changed; its configuration."""
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def copied(scenario: str, more: str = "") -> Path:
        def begin(folder: Path) -> None:
            with contextlib.redirect_stdout(io.StringIO()):
                assert main(["status", "--config", str(configured(folder, scenario, more))]) == 0

        name = f"{scenario}-{hashlib.sha256(more.encode()).hexdigest()[:8]}"
        shutil.copytree(once(tmp_path_factory, name, begin), tmp_path, dirs_exist_ok=True)
        return tmp_path / f"{scenario}.yaml"

    return copied


@pytest.fixture
def trap(watched: Watched) -> Path:
    """The configuration of the built-in company, whose breaker has tripped, with a store of its own."""
    return watched("trap")


@pytest.fixture
def healthy(watched: Watched) -> Path:
    """The same while all is well."""
    return watched("healthy")


def configured(folder: Path, scenario: str, more: str = "") -> Path:
    """A configuration of the built-in company in one of its scenarios."""
    file = folder / f"{scenario}.yaml"
    file.write_text(
        f"""
company: Acme
timezone: America/New_York
currency: USD
fiscal_year_start: 1
expansion: {{started: 2025-04-01}}
source: {{type: demo, scenario: {scenario}}}
indicators: {{cac_payback: {{gross_margin: {{smb: 0.75, mid_market: 0.75}}}}}}
leadership: {{approvers: [{{name: Ada Marsh}}, {{name: Ben Okoro}}, {{name: Carla Ruiz}}], owner: Carla Ruiz}}
database: sqlite:///{scenario}.db
{more}"""
    )
    return file
