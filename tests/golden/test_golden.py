"""The worked cases of an independent implementation, through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from monitor.entrypoints.cli import main

GOLDEN = Path(__file__).parents[3] / "shared" / "golden"

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="../shared is not here")


def status(tmp_path: Path, capsys: pytest.CaptureFixture[str], company: str, as_of: str) -> Any:
    wanted = json.loads((GOLDEN / f"{company}.expected.json").read_text())["configuration"]
    started = wanted.get("expansion.started")
    config = tmp_path / "config.yaml"
    config.write_text(
        f"""
company: {company}
timezone: {wanted["timezone"]}
currency: {wanted["currency"]}
fiscal_year_start: {wanted["fiscal_year_start"]}
{f"expansion: {{started: {started}}}" if started else ""}
source: {{type: csv, path: {GOLDEN / company}}}
indicators: {{cac_payback: {{gross_margin: {{smb: {wanted["gross_margin.smb"]}}}}}}}
"""
    )
    assert main(["status", "--json", "--as-of", as_of, "--config", str(config)]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("company", ["healthy", "trap"])
def test_quarters_streaks_and_breaker_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str], company: str) -> None:
    expected = json.loads((GOLDEN / f"{company}.expected.json").read_text())
    found = status(tmp_path, capsys, company, expected["as_of"])
    for key, wanted in expected["indicators"].items():
        indicator = found["indicators"][key]
        assert indicator["streak"] == wanted["streak"] and indicator["fits_definition"] == wanted["fits_definition"]
        quarters = {quarter["quarter"]: quarter for quarter in indicator["quarters"]}
        for quarter in wanted["quarters"]:
            got = quarters[quarter["quarter"]]
            value = quarter["value"]
            assert got["value"] == (None if value is None else pytest.approx(value, rel=1e-9)), key
            assert got["band"] == quarter["band"], (key, quarter["quarter"])
    breaker = expected["breaker"]
    assert {name: found["breaker"][name] for name in breaker} == breaker


@pytest.mark.parametrize("company", ["healthy", "trap"])
def test_weeks_agree_with_their_inputs_and_intervals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], company: str
) -> None:
    expected = json.loads((GOLDEN / f"{company}.expected.json").read_text())
    for week in expected["weekly"]:
        found = status(tmp_path, capsys, company, week.pop("as_of"))
        for key, wanted in week.items():
            weekly = found["indicators"][key]["weekly"]
            assert weekly["value"] == pytest.approx(wanted.pop("value"), rel=1e-9)
            assert weekly["interval"] == pytest.approx(wanted.pop("interval"), rel=1e-9)
            assert {name: weekly["inputs"][name] for name in wanted} == pytest.approx(wanted, rel=1e-12)
