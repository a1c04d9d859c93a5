"""Warehouses that nobody here can connect to: every statement of a run, written and read again in their words."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ibis
import pytest
import sqlglot
from ibis.backends.duckdb import Backend
from sqlglot import expressions as sge

from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError
from monitor.facts.engines import engine_of
from monitor.facts.load import load
from monitor.sources import open_source, presets
from monitor.sources.sql import tables
from monitor.sources.sql.place import place_of
from monitor.sources.sql.spark_dialect import SparkDialect
from monitor.sources.sql.warehouse_dialects import BigQueryDialect, DatabricksDialect, SnowflakeDialect, TrinoDialect
from monitor.sources.sql.warehouse_place import KINDS, Warehouse
from monitor.sources.sql.warehouse_tables import WarehouseTables, sums
from tests.facts.company import as_arrow
from tests.facts.test_oracle import NAMED
from tests.sources import crm
from tests.sources.mutations import AS_OF, clean_company
from tests.sources.preset_company import SPEC, put
from tests.sources.sample import by_example
from tests.sources.sql.databases import TYPES, Database
from tests.sources.sql.test_cells import NEW_YORK, from_files

pytestmark = pytest.mark.xdist_group("warehouses")
"""A run is listened to once, in one process of the tests."""

DIALECTS: dict[str, Any] = {
    "spark": SparkDialect,
    "snowflake": SnowflakeDialect,
    "bigquery": BigQueryDialect,
    "trino": TrinoDialect,
    "databricks": DatabricksDialect,
}


class Heard(Backend):  # type: ignore[misc]
    """A DuckDB that runs everything, and remembers what it was asked."""

    asked: list[ibis.Table]

    def create_table(self, name: str, /, obj: Any = None, **more: Any) -> ibis.Table:
        self.asked += [obj] if isinstance(obj, ibis.Table) else []
        return super().create_table(name, obj, **more)

    def to_pyarrow(self, expr: Any, /, **more: Any) -> Any:
        self.asked.append(expr.as_table())
        return super().to_pyarrow(expr, **more)


@pytest.fixture(scope="module")
def asked() -> Iterator[list[ibis.Table]]:
    """All that a run asks for, for a company with everything: votes, rates, ties, disputes, bad and odd rows."""
    engine = Heard().connect()
    engine.asked = []
    company = {name: [dict(row) for row in rows] for name, rows in clean_company().items()}
    deals, history = company["opportunities"], company["opportunity_history"]
    deals[0] |= {"currency": "EUR"}
    deals[1] |= {"amount": "much"}
    deals[2] |= {"segment": "", "type": "strange"}
    company["opportunities"] = [*deals, deals[3], deals[4] | {"amount": "1"}]
    company["opportunity_history"] = [*history, *(row | {"new_value": "7"} for row in history[:9])]
    company["fx_rates"] = [{"currency": "EUR", "month": "2025-01-01", "rate": "1.1"}]
    types = {"accounts": {"employees": "float64"}}
    made = {name: engine.create_table(name, as_arrow(name, rows, {})) for name, rows in company.items()}
    made["accounts"] = made["accounts"].cast(types["accounts"])
    loaded = load(made, replace(NAMED, with_due=True, named_accounts={"A1": "smb"}), AS_OF)
    loaded.deals.left_out("smb", AS_OF, AS_OF)
    loaded.deals.open_fresh("smb", AS_OF, 5)
    yield list(engine.asked)
    engine.disconnect()


OWN = {
    "spark": (r"XXHASH64\(", r"TRY_CAST\(", r"RLIKE '[^']*\\\\z'", r"TRY_CAST\(.* AS TIMESTAMP\)"),
    "databricks": (r"XXHASH64\(", r"TRY_CAST\(", r"(RLIKE|REGEXP_LIKE\().*\\\\z'", r"TRY_CAST\(.* AS TIMESTAMP\)"),
    "snowflake": (r"\bHASH\(", r"TRY_CAST\(", r"REGEXP_INSTR\([^)]*\) > 0|REGEXP_INSTR", r"AS TIMESTAMPLTZ\) AS DATE"),
    "bigquery": (r"farm_fingerprint\(", r"SAFE_CAST\(", r"REGEXP_CONTAINS\(", r"SAFE_CAST\(.* AS TIMESTAMP\)"),
    "trino": (r"FROM_BIG_ENDIAN_64\(XXHASH64\(", r"TRY_CAST\(", r"REGEXP_LIKE\(.*\\z'", r"CURRENT_TIMEZONE\(\)"),
}
"""The words that each has for a hash, a cast that may fail, a pattern and a moment of the company's zone."""


TEXT: dict[str, str] = {}
TYPED = {"amount": "decimal(18, 2)", "created_date": "timestamp('UTC')", "is_won": "boolean", "start_date": "date",
         "close_date": "timestamp", "quota_amount": "float64"}  # fmt: skip
COPIES = [("salesforce", crm.salesforce, TYPED), ("hubspot", crm.airbytes_hubspot, TEXT)]


@pytest.fixture(scope="module")
def asked_of_copies() -> Iterator[list[ibis.Table]]:
    """All that presets ask for, and what is asked to see whether anything has changed."""
    found: list[ibis.Table] = []
    engines = []
    for preset, raw, kinds in COPIES:
        engine = Heard().connect()
        engine.asked = []
        copy = put(engine, raw(), kinds)
        engine.asked = [sums(table) for table in copy.values()]
        made = presets.load(preset, copy.get, SPEC)
        presets.synced(preset, copy.get)
        presets.addresses(made.users)
        found += engine.asked
        engines.append(engine)
    yield found
    for engine in engines:
        engine.disconnect()


@pytest.mark.parametrize("dialect", by_example(["snowflake"], DIALECTS))
def test_all_that_a_preset_asks_can_be_said_to_a_warehouse_and_is_read_again(
    dialect: str, asked_of_copies: list[ibis.Table]
) -> None:
    compiler = DIALECTS[dialect]()
    said = [compiler.to_sqlglot(each).sql(compiler.dialect) for each in asked_of_copies]
    assert len(said) > 30 and all(sqlglot.parse_one(each, dialect=dialect).find(sge.Select) for each in said)
    assert "id_hash" not in " ".join(said).lower()


@dataclass(frozen=True)
class Here(Warehouse):
    """A MotherDuck whose database is a file, since it speaks DuckDB's own words."""

    file: Path = Path()

    def options(self) -> dict[str, Any]:
        return {"database": str(self.file)}


@pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")  # of Ibis, asking for the names of tables
def test_a_warehouse_keeps_what_it_needs_in_the_scratch_schema_and_leaves_nothing_there(tmp_path: Path) -> None:
    crm_file = Database(tmp_path / "crm.duckdb")
    crm_file.put(clean_company(), TYPES)
    crm_file.run("CREATE SCHEMA scratch")
    place, names = Here(Secret("md:crm"), "crm.scratch", crm_file.file), ["opportunities", "reps", "nothing"]
    with closing(WarehouseTables(place)) as found:
        before, again = found.trace(names, None), found.trace(names, "MAIN")
        made = tables.load(SourceSpec(type="sql"), lambda: found)
        there = load(made.tables, NEW_YORK, AS_OF).facts
        assert all(name.startswith("ibis_monitor_") for name in found.names("scratch")) and found.names("scratch")
    assert there.fingerprint == from_files(tmp_path / "files", clean_company()).facts.fingerprint
    crm_file.run("UPDATE reps SET name = 'Ada' WHERE rep_id = (SELECT min(rep_id) FROM reps)")
    with closing(WarehouseTables(place)) as found:
        assert found.names("scratch") == []
        assert before == again != found.trace(names, None)


def test_every_job_of_bigquery_is_handed_the_companys_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a session of its own, so that what one of them sets is forgotten by the next."""
    theirs = SimpleNamespace(ConnectionProperty=lambda key, value: {key: value}, GoogleAPIError=OSError)
    for module in ("google.cloud.bigquery", "google.api_core.exceptions"):
        monkeypatch.setitem(sys.modules, module, theirs)
    session: Any = SimpleNamespace(name="bigquery", client=SimpleNamespace(default_query_job_config=SimpleNamespace()))
    engine_of(session).prepare(session, "America/New_York")
    assert session.client.default_query_job_config.connection_properties == [{"time_zone": "America/New_York"}]


DECIMALS = {"bigquery": ("BIGNUMERIC(20, 14)", " AS NUMERIC)")}
"""How a rate and an amount are written, where it is otherwise than everywhere."""


@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_that_a_run_asks_can_be_said_to_a_warehouse_and_is_read_again(
    dialect: str, asked: list[ibis.Table]
) -> None:
    compiler = DIALECTS[dialect]()
    said = [compiler.to_sqlglot(each).sql(compiler.dialect) for each in asked]
    trees = [sqlglot.parse_one(each, dialect=dialect) for each in said]
    assert len(trees) > 60 and all(tree.find(sge.Select) for tree in trees)
    assert [words for words in OWN[dialect] if not any(re.search(words, each, re.DOTALL) for each in said)] == []
    whole = " ".join(said)
    assert ("memtable" in whole) is (dialect == "spark")  # the others find our small tables in the statement itself
    assert not re.search(r"UBIGINT|UINT64", whole)
    assert DECIMALS.get(dialect, ("DECIMAL(20, 14)", "DECIMAL(38, 9)")) == tuple(
        kind for kind in ("BIGNUMERIC(20, 14)", " AS NUMERIC)", "DECIMAL(20, 14)", "DECIMAL(38, 9)") if kind in whole
    )


ADDRESSES = [
    ("snowflake://me:p%40ss@org-acct/CRM/PUBLIC?warehouse=WH&role=R",
     {"user": "me", "account": "org-acct", "database": "CRM", "schema": "PUBLIC", "password": "p@ss",
      "warehouse": "WH", "role": "R",
      "create_object_udfs": False}),
    ("bigquery://acme-data/crm?location=EU", {"project_id": "acme-data", "dataset_id": "crm", "location": "EU"}),
    ("databricks://token:dapi1@dbc.cloud.databricks.com/main/crm?http_path=/sql/1.0/warehouses/abc",
     {"server_hostname": "dbc.cloud.databricks.com", "access_token": "dapi1", "http_path": "/sql/1.0/warehouses/abc",
      "catalog": "main", "schema": "crm"}),
    ("trino://me@trino.acme.example:443/hive/crm?http_scheme=https",
     {"user": "me", "host": "trino.acme.example", "database": "hive", "schema": "crm", "port": 443,
      "http_scheme": "https"}),
    ("md:crm", {"database": "md:crm"}),
]  # fmt: skip


@pytest.mark.parametrize(("url", "options"), ADDRESSES, ids=[url.partition(":")[0] for url, _ in ADDRESSES])
def test_an_address_is_what_the_warehouse_is_reached_by(url: str, options: dict[str, str]) -> None:
    assert Warehouse(Secret(url)).options() == options
    one = place_of(SourceSpec(type="sql", secrets={"SOURCE_URL": Secret(url)}), "spend")
    assert one == Warehouse(Secret(url))  # nothing is kept where one table's rows are fetched


def spec(url: str, scratch: str | None = "scratch") -> SourceSpec:
    return SourceSpec(type="sql", scratch=scratch, secrets={"SOURCE_URL": Secret(url)})


@pytest.mark.parametrize("url", ["snowflake://acct", "bigquery://", "databricks://token:x@h/main/crm", "trino://h/x"])
def test_an_address_that_lacks_something_is_told_as_it_should_be(url: str) -> None:
    kind = KINDS[url.partition(":")[0]]
    with pytest.raises(ConfigError, match=re.escape(f"SOURCE_URL is no address of {kind.name}: write it like")):
        open_source(spec(url))


@pytest.mark.parametrize("url", [url for url, _ in ADDRESSES if not url.startswith(("snowflake", "md:"))])
def test_a_library_that_is_not_there_is_named_with_what_brings_it(url: str) -> None:
    kind = KINDS[url.partition(":")[0]]
    wanted = rf"SOURCE_URL needs {kind.library}: pip install 'smb-monitor\[{kind.extra}\]'"
    with pytest.raises(ConfigError, match=wanted):
        open_source(spec(url)).tables()


def test_a_warehouse_without_temporary_tables_needs_a_schema_that_may_be_written() -> None:
    with pytest.raises(ConfigError, match=r"Trino has no temporary tables .* as source\.scratch"):
        open_source(spec(ADDRESSES[3][0], None))
    open_source(spec(ADDRESSES[0][0], None))
