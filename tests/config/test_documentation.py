"""docs/configuration.md says what the program does, and the shipped config.yaml is one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.config import check, read
from monitor.config.built_in import built_in
from monitor.core.policy import BreakerPolicy
from tests.config.reference import rows
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_table_of_keys_is_what_the_schema_says() -> None:
    table = PAGE.partition("## Every key")[2]
    assert re.findall(r"^\| `.*$", table, re.MULTILINE) == rows()


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
def test_every_example_works(tmp_path: Path, block: str) -> None:
    company = "" if "company:" in block else "company: Acme\n"
    source = "" if "source:" in block else "source: {type: demo}\n"
    file = tmp_path / "config.yaml"
    file.write_text(company + source + block, encoding="utf-8")
    assert check(file, {}) == []


def test_what_is_shipped_runs_the_built_in_company_with_the_rule_as_specified() -> None:
    config = read(ROOT / "config.yaml", {})
    policy = config.policy()
    assert (config.source_spec().type, config.source_spec().scenario) == ("demo", "trap")
    assert policy.breaker == BreakerPolicy()
    assert len(policy.approvers) == 3


@pytest.mark.parametrize("scenario", ["healthy", "trap", "shock", "thin", "dirty"])
def test_the_demo_is_read_by_the_same_rules_as_the_shipped_configuration(scenario: str, tmp_path: Path) -> None:
    shipped = (ROOT / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(shipped.replace("scenario: trap", f"scenario: {scenario}"), encoding="utf-8")
    assert built_in(scenario).policy() == read(tmp_path / "config.yaml", {}).policy()
