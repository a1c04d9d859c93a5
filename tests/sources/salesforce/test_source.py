"""Salesforce as the program uses it: the command line, the same company as from a folder, the stamp."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from monitor.core.tables import TABLES
from monitor.entrypoints.cli import main
from monitor.sources.source import BAD, FILE, LINE
from tests.sources import crm
from tests.sources.company import Rows, write_csv
from tests.sources.mutations import AS_OF
from tests.sources.salesforce.conftest import FIELDS
from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import TOKEN, Org, Table, serving

ROOT = Path(__file__).resolve().parents[3]
OBJECTS = {"Opportunity": "Opportunity", "Account": "Account", "User": "User"} | {
    name: name for name in ("OpportunityFieldHistory", "OpportunityHistory", "UserRole", "ForecastingQuota")
}


def held(raw: dict[str, Rows]) -> Org:
    """The organisation that holds the rows that Airbyte wrote from it."""
    org = Org({name: Table(dict(fields)) for name, fields in FIELDS.items()}, datetime(2026, 9, 28, 8, tzinfo=UTC))
    org.tables["Opportunity"].fields["CurrencyIsoCode"] = "picklist"
    stamp = "2026-09-27T03:00:00.000+0000"
    for name in OBJECTS:
        table = org.tables[name]
        for number, row in enumerate(raw[name]):
            given = {key: typed(row.get(key, ""), kind) for key, kind in table.fields.items()}
            key = given["Id"] or f"{number:015}"
            table.rows.setdefault(str(key), given | {"Id": key, "SystemModstamp": stamp})
    return org


def typed(cell: str, kind: str) -> object:
    if kind == "boolean":
        return cell.lower() == "true"
    if not cell:
        return None
    zoned = cell if "T" in cell else cell.replace(" ", "T") + ".000+0000"
    return float(cell) if kind == "currency" else int(cell) if kind == "int" else zoned if kind == "datetime" else cell


def status(folder: Path, source: str, capsys: pytest.CaptureFixture[str]) -> object:
    """What `status --json` says of the company, but for what names the source itself."""
    folder.mkdir(exist_ok=True)
    file = folder / "config.yaml"
    file.write_text(
        "company: Acme\ntimezone: America/New_York\ncurrency: USD\nexpansion: {started: 2025-04-01}\n"
        f"database: sqlite:///{folder}/monitor.db\n{source}"
        "  tables:\n    opportunities: {defaults: {segment: smb}}\n    reps: {defaults: {segment: smb, role: ae}}\n"
    )
    capsys.readouterr()
    code = main(["status", "--json", "--config", str(file), "--as-of", str(AS_OF)])
    said = capsys.readouterr()
    assert said.out, said.err
    told = json.loads(said.out)
    assert code == 0 and TOKEN not in said.out + said.err
    del told["configuration"], told["data"]["remarks"]
    return told


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESFORCE_ACCESS_TOKEN", TOKEN)
    monkeypatch.delenv("DATABASE_URL", raising=False)


@pytest.mark.usefixtures("signed")
def test_the_same_company_reads_the_same_as_from_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    company, raw = crm.airbytes_salesforce()
    for name in ("opportunities", "opportunity_history", "accounts", "reps", "quotas"):
        write_csv(tmp_path / "plain" / f"{name}.csv", company[name])
    plain = status(tmp_path / "a", f"source:\n  type: csv\n  path: {tmp_path}/plain\n", capsys)
    with serving(held(raw), authority) as address:
        monkeypatch.setenv("SALESFORCE_INSTANCE_URL", address)
        found = status(tmp_path / "b", "source:\n  type: salesforce\n  cache: cache\n", capsys)
    assert found == plain


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
