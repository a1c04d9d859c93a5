"""The tables of Fivetran's own test data, of which nothing can be computed: that is said, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from monitor.entrypoints.cli import main

CONFIG = """
company: Acme
expansion: {started: 2026-01-01}
source:
  type: sql
  preset: %s
  path: seeds.duckdb
"""


@pytest.fixture(params=["texts", "types"])
def seeds(request: pytest.FixtureRequest, shared: Path, tmp_path: Path) -> Any:
    """Puts the seeds of a CRM into a DuckDB file, all as text or with the types that they look like."""

    def put(crm: str) -> Path:
        with duckdb.connect(str(tmp_path / "seeds.duckdb")) as connection:
            for path in (shared / "data" / f"fivetran-{crm}").glob("*.csv"):
                how = ", all_varchar = true" if request.param == "texts" else ""
                read = f"SELECT * FROM read_csv('{path}'{how})"
                connection.execute(f'CREATE TABLE "{path.stem}" AS {read}')
        (tmp_path / "config.yaml").write_text(CONFIG % crm, encoding="utf-8")
        return tmp_path / "config.yaml"

    return put


def heard(capsys: Any) -> str:
    """What was said, in one line."""
    said = capsys.readouterr()
    return " ".join((said.out + said.err).split())


@pytest.mark.parametrize(("command", "code"), [("status", 3), ("digest", 3), ("doctor", 1)])
def test_salesforces_seeds_hold_only_deleted_deals_and_that_is_said(
    seeds: Any, command: str, code: int, capsys: Any
) -> None:
    assert main([command, "--config", str(seeds("salesforce"))]) == code
    said = heard(capsys)
    assert "Nothing can be computed, because every one of the 10 rows of table opportunity is deleted" in said
    assert "Traceback" not in said


def test_hubspots_seeds_hold_no_amount_and_nothing_is_made_up(seeds: Any, capsys: Any) -> None:
    config = str(seeds("hubspot"))
    assert main(["status", "--as-of", "2020-12-31", "--config", config]) == 0
    said = heard(capsys)
    assert said.count("no data") == 8
    assert "worth 0 USD" in said
    assert main(["doctor", "--as-of", "2020-12-31", "--config", config]) == 1
    said = heard(capsys)
    assert "the preset hubspot cannot tell role and segment" in said
    assert "finds no quotas and no spend" in said
    assert "opportunities.amount" in said
