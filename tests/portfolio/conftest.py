"""A portfolio that was read once, golden files (`REGOLD=1` writes them anew), and the command line as it is typed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run
from tests.portfolio.company import DAY, KINDS, in_folders
from tests.slack_server import SlackServer

__all__ = ["run"]  # a fixture, used by its name

GOLDEN = Path(__file__).parent / "golden"
EPSILON = "  - {company: Epsilon, source: {type: csv, path: broken}}\n"
"""Its deals lack a column that is needed."""


@pytest.fixture(scope="module")
def northwind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One company of each standing; the configuration of them all."""
    folder = tmp_path_factory.mktemp("northwind")
    (folder / "broken").mkdir()
    (folder / "broken" / "opportunities.csv").write_text("opportunity_id,segment\nD1,smb\n")
    return in_folders(folder, {name: made() for name, made in KINDS.items()}, more=EPSILON)


@pytest.fixture
def ask(run: Run, northwind: Path) -> Run:
    """Types a command about the portfolio, as of its last day."""
    return lambda *words: run(*words, "--config", northwind, "--as-of", DAY)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    with SlackServer() as server:
        monkeypatch.setenv("SLACK_API_URL", server.url)
        monkeypatch.setenv("SLACK_BOT_TOKEN", server.bot_token)
        yield server


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Holds what was printed against `golden/<name>`, whatever the run's id."""

    def check(name: str, printed: str) -> None:
        path, shown = GOLDEN / name, re.sub(r"run [0-9a-f]{8}", "run 00000000", printed)
        if os.environ.get("REGOLD"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(shown, encoding="utf-8")
        assert path.is_file(), f"no golden file {name}: run with REGOLD=1 and look at it"
        assert shown == path.read_text(encoding="utf-8")

    return check
