"""A cell in a database is read as it is in a file, whatever its type."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pytest
from hypothesis import HealthCheck, given, settings

from monitor.core.policy import FactsPolicy
from monitor.core.source_spec import SourceSpec
from monitor.facts.load import Loaded, load
from monitor.sources import open_source
from tests.facts.companies import companies
from tests.facts.company import AS_OF, POLICY, Tables, as_arrow
from tests.facts.test_oracle import NAMED
from tests.sources.company import write_csv
from tests.sources.mutations import AS_OF as ON
from tests.sources.sql.databases import Database, Raw

NEW_YORK = FactsPolicy(timezone="America/New_York", with_due=True)


def facts_of(spec: SourceSpec, policy: FactsPolicy = NEW_YORK) -> Loaded:
    source = open_source(spec)
    try:
        return load(source.tables(), policy, ON)
    finally:
        source.close()


def from_files(folder: Path, tables: Raw, policy: FactsPolicy = NEW_YORK, **more: Any) -> Loaded:
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)
    return facts_of(SourceSpec(path=folder, **more), policy)


@pytest.mark.thorough
@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(companies())
def test_postgresql_makes_the_facts_that_duckdb_makes(postgres: Database, tables: Tables) -> None:
    engine = ibis.duckdb.connect()
    made = {name: engine.create_table(name, as_arrow(name, rows, {})) for name, rows in tables.items()}
    here = load(made, NAMED, AS_OF).facts
    engine.disconnect()
    postgres.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    postgres.put({name: list(rows) for name, rows in tables.items()})  # type: ignore[arg-type]
    source = open_source(postgres.spec())
    there = load(source.tables(), NAMED, AS_OF).facts
    source.close()
    assert (there.fingerprint, there.quality.set_aside) == (here.fingerprint, here.quality.set_aside)
    assert there.quality.suspicious == here.quality.suspicious


CELLS = [
    {"created_date": "2025-02-29"}, {"created_date": "2024-02-29"}, {"created_date": "1900-02-29"},
    {"created_date": "2025-13-01"}, {"created_date": "0000-01-01"}, {"created_date": "2025-04-31T10:00:00"},
    {"created_date": "2025-03-01T03:04:05Z"}, {"created_date": "2025-03-01T03:04:05.123456789+0000"},
    {"created_date": "2025-03-01 03:04:05 UTC"}, {"created_date": "2025-03-01T23:30:00-05:00"},
    {"created_date": "2025-03-09T02:30:00"}, {"created_date": "2025-03-01 24:00"}, {"created_date": "2025-3-1"},
    {"created_date": "2025-03-01T23:30:00+15:59"}, {"created_date": "2025-03-01T23:30:00+99:99"},
    {"created_date": " 2025-03-01\t"}, {"created_date": "infinity"}, {"created_date": "now"},
    {"amount": "1e3"}, {"amount": "1,5"}, {"amount": "-1"}, {"amount": ".5"}, {"amount": "+7."}, {"amount": "NaN"},
    {"amount": "9999999999999.999999999"}, {"amount": "10000000000000"}, {"amount": "9" * 400},
    {"amount": "0.0000000005"}, {"amount": "0.00000000049"}, {"amount": "1234.5675"}, {"amount": "0." + "1" * 300},
    {"amount": "Infinity"}, {"amount": " 12 "}, {"amount": "1_000"}, {"amount": "١٢"},
    {"is_won": "maybe"}, {"is_won": "T"}, {"segment": "Mid-Market"}, {"segment": " SMB"}, {"segment": "größe"},
    {"opportunity_id": " D1 "}, {"opportunity_id": "D1"}, {"opportunity_id": "d1"}, {"opportunity_id": ""},
]  # fmt: skip
"""Cells that are good, bad or odd, one in a deal each."""


def test_every_odd_cell_is_read_as_duckdb_reads_it(postgres: Database, tmp_path: Path) -> None:
    deal = {"created_date": "2025-02-01", "close_date": "2025-06-01", "is_closed": "true", "is_won": "true"}
    deal |= {"amount": "10.25", "segment": "smb"}
    rows = [{"opportunity_id": f"N{number}", **deal, **odd} for number, odd in enumerate(CELLS)]
    tolerant = replace(NEW_YORK, max_bad_rows=POLICY.max_bad_rows * 0 + 1)
    here = from_files(tmp_path, {"opportunities": rows}, tolerant).facts
    postgres.put({"opportunities": rows})
    there = facts_of(postgres.spec(), tolerant).facts
    assert there.fingerprint == here.fingerprint
    assert there.quality.set_aside == here.quality.set_aside
    assert there.quality.suspicious == here.quality.suspicious
    assert {(row.reason, row.key) for row in there.quality.bad_rows} == {
        (row.reason, row.key) for row in here.quality.bad_rows
    }


ODD_TYPES = ("jsonb", "json", "bytea", "macaddr", "inet", "xml", "tsvector", "bit(3)", "money", "int4range", "text[]")


def test_columns_of_types_that_nobody_asks_for_do_no_harm(postgres: Database) -> None:
    plain = {"opportunity_id": "1", "created_date": "2025-02-01", "is_closed": "false", "is_won": "false"}
    odd = {f"odd {number}": kind for number, kind in enumerate(ODD_TYPES)}
    postgres.put({"opportunities": [plain | dict.fromkeys(odd, "")]}, {f"opportunities.{k}": v for k, v in odd.items()})
    assert facts_of(postgres.spec()).facts.quality.rows["opportunities"] == 1


def test_columns_of_types_that_only_postgresql_has_are_read_as_text(postgres: Database, tmp_path: Path) -> None:
    rows = [
        {"opportunity_id": f"0000000{number}-0000-4000-8000-000000000000", "created_date": "2025-02-01",
         "is_closed": "false", "is_won": "false", "amount": "5", "segment": "smb", "stage": "open"}
        for number in range(3)
    ]  # fmt: skip
    postgres.run("CREATE TYPE size AS ENUM ('smb', 'mid_market')", "CREATE DOMAIN money_text AS text")
    types = {"opportunity_id": "uuid", "segment": "size", "amount": "money_text", "stage": "char(6)"}
    postgres.put({"opportunities": rows}, {f"opportunities.{name}": kind for name, kind in types.items()})
    assert (
        facts_of(postgres.spec()).facts.fingerprint == from_files(tmp_path, {"opportunities": rows}).facts.fingerprint
    )
