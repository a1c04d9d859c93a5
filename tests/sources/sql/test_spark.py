"""A company on a Spark cluster is the one that it is in files, to the last digit, and no deal leaves the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from pyspark.sql import SparkSession

from monitor.core.policy import FactsPolicy
from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.errors import DataError
from monitor.facts.load import load
from monitor.sources import open_source
from tests.facts.companies import companies
from tests.facts.company import AS_OF, POLICY, Tables, as_arrow
from tests.facts.test_oracle import NAMED
from tests.sources import crm
from tests.sources.crm_company import one_company
from tests.sources.mutations import clean_company
from tests.sources.sample import by_example
from tests.sources.shapes import PEOPLE, SPEND, Held, csv_files
from tests.sources.sql.databases import Raw
from tests.sources.sql.spark_cluster import Cluster, put, running
from tests.sources.sql.test_cells import CELLS, NEW_YORK, facts_of, from_files
from tests.sources.sql.test_reading_only import NAME, ON, company
from tests.sources.test_same_status import status

NEW_TYPES = {
    "opportunities.created_date": pa.timestamp("us", "UTC"),
    "opportunities.close_date": pa.date32(),
    "opportunities.amount": pa.decimal128(18, 2),
    "opportunity_history.changed_at": pa.timestamp("us"),
    "accounts.employees": pa.int32(),
    "quotas.period_start": pa.date32(),
    "quotas.amount": pa.float64(),
    "spend.amount": pa.float32(),
}

THEIR_TYPES = {
    "created_date": pa.timestamp("us", "UTC"), "close_date": pa.timestamp("us", "UTC"), "amount": pa.float64(),
    "start_date": pa.date32(), "deal_id": pa.int64(), "property_createdate": pa.timestamp("us"),
    "property_closedate": pa.timestamp("us", "UTC"), "property_amount": pa.float64(), "timestamp": pa.timestamp("us"),
}  # fmt: skip

pytestmark = [
    pytest.mark.xdist_group("spark"),  # one cluster, in one process of the tests
    # pyspark drops the socket by which a result came as soon as it has it, but does not close it
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One for all tests here, and one application on it: each would take half a minute to start."""
    folder = put(tmp_path_factory.mktemp("first"), {"opportunities": clean_company()["opportunities"]})
    with running() as found:
        first = open_source(bare(found, folder))  # an application of which nobody said how many parts it should have
        first.tables()
        yield found
        first.close()


def own_tables(folder: Path) -> Held:
    put(folder, one_company(), NEW_TYPES)
    return Held("type: sql, path: lake", segments=True)


def copied(folder: Path, preset: str, raw: Raw, *sheets: str) -> Held:
    """The tables of a CRM as a tool copies them into a lake."""
    put(folder, raw, {f"{table}.{column}": kind for table in raw for column, kind in THEIR_TYPES.items()})
    return Held(f"type: sql, path: lake, preset: {preset}", sheets)


LAKES: dict[str, Callable[[Path], Held]] = {
    "own tables": own_tables,
    "Salesforce by Fivetran": lambda folder: copied(folder, "salesforce", crm.salesforce(), *SPEND),
    "HubSpot by Fivetran": lambda folder: copied(folder, "hubspot", crm.hubspot(), *PEOPLE),
}


@pytest.mark.parametrize("lake", by_example(["Salesforce by Fivetran"], LAKES))
def test_status_is_what_it_is_from_files(
    lake: str, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    held = replace(LAKES[lake](tmp_path / "lake"), environ={"SOURCE_URL": cluster.url})
    there = status(held, tmp_path, monkeypatch, capsys)
    (tmp_path / "here").mkdir()
    assert there == status(csv_files(tmp_path / "here"), tmp_path / "here", monkeypatch, capsys)


def bare(cluster: Cluster, folder: Path) -> SourceSpec:
    return replace(cluster.spec(folder), secrets={"SOURCE_URL": Secret(cluster.bare_url)})


def test_rows_are_sorted_out_into_parts_by_their_number_unless_somebody_says_how_many(
    cluster: Cluster, tmp_path: Path
) -> None:
    for name in ("few", "many"):
        put(tmp_path / name, {"opportunities": clean_company()["opportunities"][:20]})
    pq.write_table(pa.table({"account_id": pa.repeat("A", 2_100_000)}), tmp_path / "many" / "accounts.parquet")
    asked = {"few": bare(cluster, tmp_path / "few"), "many": bare(cluster, tmp_path / "many")}
    asked["told"] = cluster.spec(tmp_path / "many")
    assert {name: parts(spec) for name, spec in asked.items()} == {"few": "1", "many": "3", "told": "2"}


def parts(spec: SourceSpec) -> str:
    source = open_source(spec)
    try:
        engine: Any = source.tables()["opportunities"].get_backend()
        return str(engine.raw_sql("SET spark.sql.shuffle.partitions").collect()[0].value)
    finally:
        source.close()


def facts(spec: SourceSpec, policy: FactsPolicy, as_of: date) -> Any:
    source = open_source(spec)
    try:
        return load(source.tables(), policy, as_of).facts
    finally:
        source.close()


@pytest.mark.thorough
@settings(max_examples=1, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(companies())
def test_spark_makes_the_facts_that_duckdb_makes(cluster: Cluster, tmp_path: Path, tables: Tables) -> None:
    engine = ibis.duckdb.connect()
    made = {name: engine.create_table(name, as_arrow(name, rows, {})) for name, rows in tables.items()}
    here = load(made, NAMED, AS_OF).facts
    engine.disconnect()
    put(tmp_path / "lake", {name: list(rows) for name, rows in tables.items()})  # type: ignore[arg-type]
    there = facts(cluster.spec(tmp_path / "lake"), NAMED, AS_OF)
    assert (there.fingerprint, there.quality) == (here.fingerprint, here.quality)


ODD = [{"amount": "12.5\n"}, {"amount": "\u000b7\u000b"}, {"segment": "v smb f"}, {"segment": "\u000csmb\u000c"},
       {"created_date": "2025-11-02T01:30:00"}, {"created_date": "2025-03-01T03:04:05\n"}]  # fmt: skip
"""Cells of which Java's regular expressions, or Spark's literals, think otherwise."""


@pytest.mark.thorough
def test_every_odd_cell_is_read_as_duckdb_reads_it(cluster: Cluster, tmp_path: Path) -> None:
    deal = {"created_date": "2025-02-01", "close_date": "2025-06-01", "is_closed": "true", "is_won": "true"}
    deal |= {"amount": "10.25", "segment": "smb", "currency": "EUR"}
    rows = [{"opportunity_id": f"N{number}", **deal, **odd} for number, odd in enumerate([*CELLS, *ODD])]
    changes = [
        {"opportunity_id": f"N{number}", "field": "amount", "old_value": odd.get("amount", "7"), "new_value": "10.25",
         "changed_at": odd.get("created_date", "2025-11-02T01:30:00")}
        for number, odd in enumerate(CELLS[:12])
    ]  # fmt: skip
    tables = {
        "opportunities": rows,
        "opportunity_history": changes,
        "fx_rates": [{"currency": "EUR", "month": "", "rate": "1.12345678901234"}],
    }
    tolerant = replace(NEW_YORK, max_bad_rows=POLICY.max_bad_rows * 0 + 1)
    here = from_files(tmp_path, tables, tolerant).facts
    there = facts_of(cluster.spec(put(tmp_path / "lake", tables)), tolerant).facts
    assert there.fingerprint == here.fingerprint
    assert there.quality.set_aside == here.quality.set_aside
    assert there.quality.suspicious == here.quality.suspicious
    assert {(row.reason, row.key) for row in there.quality.bad_rows} == {
        (row.reason, row.key) for row in here.quality.bad_rows
    }


@pytest.mark.thorough
def test_no_deal_leaves_the_cluster_and_more_deals_are_no_more_bytes(cluster: Cluster, tmp_path: Path) -> None:
    said = []
    for deals in (50, 500):
        source = open_source(cluster.spec(put(tmp_path / str(deals), company(deals))))
        before = cluster.now()
        loaded = load(source.tables(), FactsPolicy(with_due=True), ON)
        said.append(cluster.heard(before))
        before = cluster.now()
        (shown,) = loaded.deals.decided("smb", date(2025, 1, 1), date(2025, 3, 1), ON, 1, won_only=True)
        asked = cluster.heard(before)
        kept = cached()
        source.close()
        assert loaded.facts.pipeline["deals"].abs().sum() > deals
        assert shown.opportunity_id.encode() in asked  # only who asks to explain is shown some
        assert kept > cached() == 0
    assert not [part for part in said if NAME.encode() in part]
    assert len(said[1]) < len(said[0]) * 1.2


@pytest.mark.thorough
def test_tables_of_a_catalog_are_found_mapped_and_asked_whether_they_changed(cluster: Cluster, tmp_path: Path) -> None:
    put(tmp_path / "lake", {"opportunities": clean_company()["opportunities"][:20], "reps": clean_company()["reps"]})
    spark = SparkSession.active()
    for statement in (
        "CREATE SCHEMA crm",
        f"CREATE TABLE crm.Deals USING parquet LOCATION '{tmp_path / 'lake' / 'opportunities.parquet'}'",
        f"CREATE VIEW crm.reps AS SELECT * FROM parquet.`{tmp_path / 'lake' / 'reps.parquet'}`",
    ):
        spark.sql(statement)
    asked = cluster.spec(None, tables={"opportunities": TableSpec(table="CRM.deals", columns={"segment": "stage"})})
    in_schema = replace(asked, schema="crm", tables={"opportunities": TableSpec(table="deals")})
    found = [stamped(asked), stamped(in_schema), stamped(asked), stamped(in_schema)]
    assert found[0] == found[2] and found[1] == found[3] and found[0][1] == found[1][1] == 20
    put(tmp_path / "lake", {"opportunities": clean_company()["opportunities"][:21]})
    spark.catalog.refreshTable("crm.deals")
    assert stamped(asked)[0] != found[0][0] and stamped(in_schema)[0] != found[1][0]
    with pytest.raises(DataError, match=r"There is no table opportunities in schema crm of the Spark of SOURCE_URL"):
        open_source(replace(in_schema, tables={})).tables()


def stamped(spec: SourceSpec) -> tuple[str, int]:
    """The stamp before anything is read, and how many deals there are then."""
    source = open_source(spec)
    try:
        return source.stamp(), source.tables()["opportunities"].count().to_pyarrow().as_py()
    finally:
        source.close()


def test_another_spark_or_a_folder_that_is_not_there_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no folder '.*gone': mend source\.path"):
        open_source(cluster.spec(tmp_path / "gone")).tables()
    with pytest.raises(DataError, match=r"names another Spark than the one that this process runs on \(spark://127"):
        open_source(replace(cluster.spec(tmp_path), secrets={"SOURCE_URL": Secret("local[2]")})).tables()


def cached() -> int:
    """How many tables the cluster holds."""
    context: Any = SparkSession.active().sparkContext
    return len(context._jsc.getPersistentRDDs())
