"""docs/configuration.md says what the program does, and the shipped config.yaml is one."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from monitor.channels.slack.scopes import SCOPES
from monitor.config import check, read
from monitor.config.built_in import built_in
from monitor.config.environment import SECRETS
from monitor.core.policy import BreakerPolicy
from tests.config.reference import rows
from tests.conftest import ROOT

WITH_EXAMPLES = (
    "configuration", "csv", "sql", "spark", "warehouses", "fivetran", "slack", "running", "delivery", "runbook",
    "many-companies",
)  # fmt: skip
PAGES = [ROOT / "docs" / f"{name}.md" for name in WITH_EXAMPLES]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_the_table_of_keys_is_what_the_schema_says() -> None:
    table = PAGE.partition("## Every key")[2]
    assert re.findall(r"^\| `.*$", table, re.MULTILINE) == rows()


def examples() -> list[str]:
    """Every piece of a config.yaml in the documentation."""
    pages = (text for page in PAGES for text in [page.read_text(encoding="utf-8")])
    return [dedent(block) for page in pages for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


@pytest.mark.parametrize("block", examples())
def test_every_example_works(tmp_path: Path, block: str) -> None:
    company = "" if "company:" in block else "company: Acme\n"
    source = "" if "source:" in block else "source: {type: demo}\n"
    file = tmp_path / "config.yaml"
    file.write_text(company + source + block, encoding="utf-8")
    assert check(file, {}) == []


def test_every_secret_of_the_environment_is_in_the_table_and_in_the_example_file() -> None:
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
    assert table == {*SECRETS, "DATABASE_URL", "SMB_MONITOR_CONFIG"}
    example = (ROOT / "deploy" / "secrets.env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE)) == {*SECRETS, "DATABASE_URL"} - {
        "SLACK_API_URL",
        "HUBSPOT_API_URL",
    }


def test_the_commented_parts_of_the_shipped_configuration_are_valid_too(tmp_path: Path) -> None:
    shipped = (ROOT / "config.yaml").read_text(encoding="utf-8")
    told = shipped[shipped.index("# slack:") : shipped.index("database:")]
    plain = "\n".join(line.removeprefix("# ") for line in told.splitlines())
    file = tmp_path / "config.yaml"
    file.write_text(shipped.replace(told, plain + "\n"), encoding="utf-8")
    config = read(file, {})
    assert config.slack() and config.email()
    assert config.directory().routes["reminder"] == {2: ("alert", "owner"), 5: ("alert", "owner", "leadership")}


def test_the_scopes_that_are_explained_are_those_that_are_asked_for() -> None:
    page = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?`) \|", page.partition("| scope |")[2], re.MULTILINE)
    assert sorted(re.findall(r"`([\w:]+)`", " ".join(rows))) == sorted(SCOPES)


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
