"""Salesforce and HubSpot as Fivetran and Airbyte write them give the same company as its plain tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest

from monitor.entrypoints.cli import main
from tests import postgres
from tests.sources import crm
from tests.sources.company import write_csv
from tests.sources.mutations import AS_OF
from tests.sources.preset_company import SPEC, facts_of, made, put, rows


@pytest.mark.parametrize("shape", crm.SHAPES)
def test_the_same_company_gives_the_same_facts_in_every_shape(shape: str, engine: Any) -> None:
    preset, make = crm.SHAPES[shape]
    company, raw = make()
    plain = ibis.duckdb.connect()
    expected = facts_of(put(plain, company)).facts
    tables = dict(made(engine, preset, raw).tables)
    tables |= put(engine, {name: company[name] for name in ("quotas", "spend") if name not in tables})
    found = facts_of(tables).facts
    assert found.fingerprint == expected.fingerprint
    assert not found.quality.set_aside
    assert found.has_history
    plain.disconnect()


CONFIG = """
company: Acme
timezone: America/New_York
expansion: {started: 2026-01-01}
indicators: {cac_payback: {gross_margin: {smb: 0.75}}}
source: """


def status(folder: Path, source: str, capsys: Any) -> dict[str, Any]:
    """What `status --json` answers, but for what it says of the rows and of the configuration."""
    config = folder / "config.yaml"
    config.write_text(CONFIG + source, encoding="utf-8")
    assert main(["status", "--json", "--as-of", str(AS_OF), "--config", str(config)]) in (0, 1)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return {key: part for key, part in answer.items() if key not in ("data", "run", "configuration")}


@pytest.mark.parametrize("shape", crm.SHAPES)
def test_the_same_company_gives_the_same_status_in_every_shape(shape: str, tmp_path: Path, capsys: Any) -> None:
    preset, make = crm.SHAPES[shape]
    company, raw = make()
    elsewhere = ("spend",) if preset == "salesforce" else ("spend", "quotas", "reps")
    connection = ibis.duckdb.connect(tmp_path / "crm.duckdb")
    put(connection, raw)
    put(connection, {name: company[name] for name in elsewhere})
    connection.disconnect()
    for folder in (tmp_path / "plain", tmp_path / "preset"):
        folder.mkdir()
    for name, table in company.items():
        write_csv(tmp_path / "plain" / f"{name}.csv", table)
    tables = [f"{name}: {{table: {name}}}" for name in elsewhere] + ["opportunities: {defaults: {segment: smb}}"]
    tables += ["reps: {defaults: {segment: smb}}"] if preset == "salesforce" else []
    source = f"{{type: sql, path: ../crm.duckdb, preset: {preset}, tables: {{{', '.join(tables)}}}}}"
    found = status(tmp_path / "preset", source, capsys)
    assert found == status(tmp_path / "plain", "{type: csv, path: .}", capsys)


TYPES = {
    "created_date": "timestamp('UTC')", "last_login_date": "timestamp", "close_date": "timestamp('UTC')",
    "is_closed": "boolean", "is_won": "boolean", "is_deleted": "boolean", "amount": "float64",
    "start_date": "date", "quota_amount": "decimal(18, 2)", "number_of_employees": "int64",
}  # fmt: skip


def test_a_warehouse_with_types_gives_the_same_facts_as_one_of_texts(engine: Any) -> None:
    company, raw = crm.salesforce()
    engine.raw_sql("SET TimeZone = 'UTC'")
    typed = made(engine, "salesforce", raw, SPEC, **TYPES)
    tables = dict(typed.tables) | put(engine, {"spend": company["spend"]})
    plain = ibis.duckdb.connect()
    assert facts_of(tables).facts.fingerprint == facts_of(put(plain, company)).facts.fingerprint
    plain.disconnect()


@pytest.mark.parametrize("shape", ["salesforce by Fivetran", "hubspot by Airbyte"])
def test_postgresql_gives_the_same_tables_as_duckdb(shape: str, engine: Any, database: Any) -> None:
    preset, make = crm.SHAPES[shape]
    raw = {name: rows[:150] for name, rows in make()[1].items()}
    here, there = made(engine, preset, raw), made(database, preset, raw)
    assert set(here.tables) == set(there.tables)
    assert here.remarks == there.remarks
    for name in here.tables:
        assert rows(here, name) == rows(there, name)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    for server in postgres.server_or_skip():
        server.create("presets")
        yield server


@pytest.fixture
def database(server: postgres.Server) -> Iterator[Any]:
    server.clear("presets")
    connection = ibis.postgres.connect(
        host=str(server.folder), user=postgres.USER, password=postgres.PASSWORD, database="presets"
    )
    yield connection
    connection.disconnect()
