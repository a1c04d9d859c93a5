"""docs/sql.md, done step by step: from Fivetran's tables in PostgreSQL to a first digest."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from monitor.entrypoints.cli import main
from tests.conftest import ROOT
from tests.sources import crm
from tests.sources.sql.databases import Database

PAGE = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
CONFIG = dedent(re.findall(r"^ *```yaml\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)[0])


def test_the_configuration_of_the_guide_makes_a_digest_of_fivetrans_tables(
    postgres: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(CONFIG.splitlines()) <= 15
    postgres.run("CREATE SCHEMA salesforce", f"ALTER DATABASE {postgres.name} SET search_path = salesforce")
    postgres.put(crm.salesforce()[1])
    postgres.run(f"ALTER DATABASE {postgres.name} RESET search_path")
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("SOURCE_URL", postgres.environ["SOURCE_URL"])
    assert main(["digest", "--as-of", "2026-09-27", "--config", str(tmp_path / "config.yaml")]) == 0
    said = capsys.readouterr().out
    assert re.search(r"Pipeline coverage +[0-9.]+x", said)
    assert re.search(r"AE attainment +[0-9.]+ %", said)
