"""The page on adding an indicator, done as it says: one module, one line in the list, its thresholds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.xdist_group("fifth indicator")
"""The project is copied once, and its status worked out once, in one process of the tests."""

PAGE = (ROOT / "docs" / "adding-an-indicator.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the page's indicator in it."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("monitor", "templates"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    indicators = folder / "monitor" / "core" / "indicators"
    (indicators / "deal_size.py").write_text(block("python"))
    added = [line[1:] for line in block("diff").splitlines() if line.startswith("+")]
    listed = (indicators / "__init__.py").read_text()
    listed = listed.replace("    CacPayback(),\n", f"    CacPayback(),\n{added[1]}\n")
    listed = listed.replace(
        "from monitor.core.indicators.pipeline", f"{added[0]}\nfrom monitor.core.indicators.pipeline"
    )
    (indicators / "__init__.py").write_text(listed)
    settings = block("yaml").removeprefix("indicators:\n")
    (folder / "config.yaml").write_text(
        f"company: Acme\nexpansion: {{started: 2025-04-01}}\nsource: {{type: demo}}\nindicators:\n{settings}"
    )
    return folder


def typed(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor.entrypoints.cli", *words],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_status_reads_it_and_the_breaker_knows_it(project: Path) -> None:
    status = typed(project, "status", "--json")
    assert status.returncode == 0, status.stderr
    read = json.loads(status.stdout)["indicators"]["deal_size"]
    assert read["weekly"]["value"] > 1000 and read["weekly"]["inputs"]["won_deals"] > 0
    assert len(read["quarters"]) == 11 and read["fits_definition"] is not None


@pytest.mark.parametrize(
    "words",
    [
        ("digest",),
        pytest.param(("history",), marks=pytest.mark.thorough),
        ("explain", "deal_size"),
        pytest.param(("doctor",), marks=pytest.mark.thorough),
    ],
)
def test_every_page_shows_it(project: Path, words: tuple[str, ...]) -> None:
    page = typed(project, *words)
    assert page.returncode in (0, 1) and "verage won deal" in page.stdout, page.stderr


def test_its_thresholds_are_checked_like_the_others(project: Path) -> None:
    wrong = project / "wrong.yaml"
    wrong.write_text((project / "config.yaml").read_text().replace("breakage: 7000", "breakage: 9500"))
    refused = typed(project, "config", "check", "--config", "wrong.yaml")
    assert refused.returncode == 2 and "indicators.deal_size.bands" in refused.stderr
    schema = json.loads(typed(project, "config", "schema").stdout)
    assert "deal_size" in json.dumps(schema)
