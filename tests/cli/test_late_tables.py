"""Who looks before the quotas are filled in loses nothing by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.cli.conftest import Run
from tests.sources.company import write_csv
from tests.sources.mutations import AS_OF, clean_company

CONFIG = """company: Acme
timezone: America/New_York
expansion: {{started: 2026-01-01}}
source: {{type: csv, path: data}}
indicators: {{cac_payback: {{gross_margin: {{smb: 0.75}}}}}}
database: sqlite:///{name}.db
"""


def test_quarters_are_sealed_by_the_first_run_that_finds_the_quotas(run: Run, tmp_path: Path) -> None:
    def status(name: str) -> Any:
        config = tmp_path / f"{name}.yaml"
        config.write_text(CONFIG.format(name=name), encoding="utf-8")
        return run("status", "--json", "--config", config, "--as-of", AS_OF).json["indicators"]

    company = clean_company()
    for name in company.keys() - {"quotas"}:
        write_csv(tmp_path / "data" / f"{name}.csv", company[name])
    before = status("early")["attainment"]["quarters"]
    assert {(quarter["reason"], quarter["sealed"]) for quarter in before} == {("missing_table", False)}
    write_csv(tmp_path / "data" / "quotas.csv", company["quotas"])
    early, fresh = status("early"), status("fresh")
    for key, indicator in fresh.items():
        assert list(map(told, early[key]["quarters"])) == list(map(told, indicator["quarters"]))
        assert any(quarter["sealed"] for quarter in indicator["quarters"])


def told(quarter: dict[str, Any]) -> dict[str, Any]:
    """A quarter but for the day that sealed it, which is the day of the run that could read it."""
    return {name: cell for name, cell in quarter.items() if name != "sealed_on"}
