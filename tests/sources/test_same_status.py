"""The one suite for all sources: a company answers the same through the command line wherever it is held.

The shapes stand in `shapes.py`, one line each.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.config.environment import SECRETS
from monitor.entrypoints.cli import main
from tests.sources.mutations import AS_OF
from tests.sources.shapes import SHAPES, Held, Place, configuration, csv_files

DIFFER = {
    ("configuration",): "the hash of config.yaml, which says where the company is held",
    ("data", "remarks"): "what a source says of itself, such as what a CRM does not hold",
    ("data", "synced"): "a copy says when it was made, a folder does not",
    ("data", "ignored_columns"): "columns that belong to a tool or a CRM",
    ("data", "rows", "opportunity_history"): "HubSpot tells the first value of a property too, which is no change",
}
"""What may differ between two sources of the same company, and why. Nothing else does."""


def status(held: Held, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """What `status --json` answers, but for what may differ."""
    for variable in (*SECRETS, "DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    for variable, text in held.environ.items():
        monkeypatch.setenv(variable, text)
    file = folder / "config.yaml"
    file.write_text(configuration(folder, held), encoding="utf-8")
    capsys.readouterr()
    code = main(["status", "--json", "--as-of", str(AS_OF), "--config", str(file)])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert not any(secret in said.out for variable, secret in held.environ.items() if variable in SECRETS)
    answer = json.loads(said.out)
    for *above, key in DIFFER:
        part = answer
        for name in above:
            part = part[name]
        part.pop(key, None)
    return answer


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """The answer from plain CSV files, once it was asked for."""
    return {}


@pytest.fixture
def wanted(
    told: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> dict[str, Any]:
    """What the company answers from plain CSV files: something in every reading."""
    if not told:
        folder = tmp_path_factory.mktemp("plain")
        told |= status(csv_files(folder), folder, monkeypatch, capsys)
        assert all(one["weekly"]["band"] != "no_data" for one in told["indicators"].values())
        assert not told["data"]["set_aside"]
    return told


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_company_gives_the_same_status(
    shape: str, place: Place, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert status(SHAPES[shape](place), place.folder, monkeypatch, capsys) == wanted
