"""Salesforce as the program uses it: the command line, the same company as from a folder, the stamp."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import threading
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.secret import Secret
from monitor.core.source_spec import TableSpec
from monitor.core.tables import TABLES
from monitor.entrypoints.cli import main
from monitor.sources import open_source
from monitor.sources.source import BAD, FILE, LINE, CallsOut
from tests.sources.company import rows_of
from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import TOKEN, Org
from tests.sources.sql.databases import Database

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


CONFIG = "company: Acme\nsource: {type: salesforce, cache: cache}\n"
BAR = re.compile(rb"Salesforce: Opportunity: 12 of 12 rows.* 100%.* \d:\d\d:\d\d")


@pytest.mark.usefixtures("signed")
def test_a_first_reading_shows_rows_and_an_estimate_on_a_terminal(org: Org, reader: Reader, tmp_path: Path) -> None:
    """Salesforce begins the next job only when the bar tells of the last one's end."""
    (tmp_path / "config.yaml").write_text(CONFIG)
    shown, (screen, terminal) = threading.Event(), pty.openpty()
    org.bulk = lambda name: "JobComplete" if name == "Opportunity" or shown.wait(60) else "Failed"
    command = [sys.executable, "-m", "monitor.entrypoints.cli", "doctor", "--config", str(tmp_path / "config.yaml")]
    environ = os.environ | {"SALESFORCE_INSTANCE_URL": org.url, "COLUMNS": "120", "TERM": "xterm"}
    with subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=terminal):
        os.close(terminal)
        heard = b""
        with suppress(OSError):  # by which a terminal says that nobody writes any more
            while more := os.read(screen, 4096):
                heard += more
                if BAR.search(re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", heard)):
                    shown.set()
    os.close(screen)
    assert shown.is_set(), heard


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


def test_spend_of_a_database_stands_beside_salesforce(reader: Reader, postgres: Database) -> None:
    month = {"month": "2025-01-01", "segment": "smb", "function": "sales"}
    kinds = {"marketing_spend.month": "date", "marketing_spend.cost": "numeric"}
    postgres.put({"marketing_spend": [month | {"cost": "1200.50"}]}, kinds)
    own = TableSpec(type="sql", table="public.marketing_spend", columns={"amount": "cost"})
    spec = replace(reader.spec(), tables={**reader.tables, "spend": own})
    spec = replace(spec, secrets={**spec.secrets, "SOURCE_URL": Secret(postgres.url or "")})
    with closing(open_source(spec, reader.world())) as source:
        tables = source.tables()
        assert tables["opportunities"].count().to_pyarrow().as_py() == len(reader.ids())
        assert rows_of(tables["spend"]) == [tuple(sorted((month | {"amount": "1200.50"}).items()))]
        assert not any("spend" in remark for remark in source.remarks())
        assert isinstance(source, CallsOut) and any("Opportunity" in told for told in source.forecast())
