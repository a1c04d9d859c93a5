"""Salesforce as the program uses it: the command line, the same company as from a folder, the stamp."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.tables import TABLES
from monitor.entrypoints.cli import main
from monitor.sources.source import BAD, FILE, LINE
from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import TOKEN

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", TOKEN)
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.mark.usefixtures("signed")
def test_doctor_says_what_a_reading_would_cost_and_reads_nothing(
    reader: Reader, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALESFORCE_INSTANCE_URL", reader.org.url)
    file = tmp_path / "config.yaml"
    file.write_text("company: Acme\nexpansion: {started: 2025-04-01}\nsource: {type: salesforce, cache: cache}\n")
    assert main(["doctor", "--dry-run", "--config", str(file)]) == 0
    said = capsys.readouterr().out
    assert "salesforce answers" in said and "Opportunity: 12 rows to read for the first time" in said
    assert not (tmp_path / "cache").exists()


def test_the_source_keeps_what_every_source_has_to_keep(reader: Reader) -> None:
    source = reader.source()
    source.close()
    tables = source.tables()
    for name, table in tables.items():
        assert set(TABLES[name].required) <= set(table.columns)
        assert not {column for column in table.columns if column.startswith("_")} - {FILE, LINE, BAD}
        assert table.count().to_pyarrow().as_py() > 0
    source.close()
    source.close()
    assert source.today() is None


def test_no_engine_is_imported_for_a_stamp(reader: Reader) -> None:
    reader.read()
    code = (
        "import sys, pathlib, datetime as d; from monitor.sources import open_source;"
        "from monitor.sources.source import World; from monitor.core.source_spec import SourceSpec;"
        f"spec = SourceSpec(type='salesforce', cache=pathlib.Path({str(reader.folder)!r}));"
        "open_source(spec, World(lambda: d.datetime.now(d.UTC), print)).stamp();"
        "print(sorted({'ibis', 'duckdb', 'pandas', 'pyarrow', 'requests', 'simple_salesforce'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
