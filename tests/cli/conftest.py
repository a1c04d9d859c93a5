"""The command line as a person types it, in this process, and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.entrypoints.cli import main

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


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """The configuration of the built-in company, with a store of its own."""
    return configured(tmp_path, "trap")


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
