"""How the tables of a database are found and mapped, when its stamp changes, and what is said where there is no use."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.core.secret import Secret
from monitor.core.source_spec import Derive, SourceSpec, TableSpec
from monitor.errors import ConfigError, DataError
from monitor.sources import open_source
from tests.sources.company import Rows, company, rows_of
from tests.sources.sql.databases import Database


def rows(spec: SourceSpec, table: str = "opportunities") -> list[dict[str, str]]:
    source = open_source(spec)
    try:
        return [dict(row) for row in rows_of(source.tables()[table])]
    finally:
        source.close()


def test_tables_are_found_by_name_whatever_its_case(database: Database) -> None:
    database.put({name.title(): found for name, found in company().items()})
    assert {row["opportunity_id"] for row in rows(database.spec())} == {"D1", "D2", "D3", "D4", "D5"}


def test_views_and_other_schemas_and_names_are_mapped(database: Database) -> None:
    database.put(company())
    database.run(
        "CREATE SCHEMA crm",
        """CREATE VIEW crm.deals AS SELECT opportunity_id AS "Deal ID", stage AS "Phase", created_date, close_date,
           amount FROM opportunities""",
    )
    deals = TableSpec(
        table="crm.deals",
        columns={"opportunity_id": "deal id", "stage": "Phase"},
        derive={
            "is_closed": Derive("stage", ("Closed Won", "Closed Lost")),
            "is_won": Derive("stage", ("Closed Won",)),
        },
        defaults={"segment": "smb"},
    )
    found = {row["opportunity_id"]: row for row in rows(database.spec(tables={"opportunities": deals}))}
    assert (found["D1"]["is_won"], found["D2"]["is_won"], found["D3"]["is_closed"]) == ("True", "False", "False")
    in_schema = database.spec(schema="CRM", tables={"opportunities": replace(deals, table="Deals")})
    assert {row["segment"] for row in rows(in_schema)} == {"smb"}


def test_the_first_schema_can_be_named_where_there_is_another(database: Database) -> None:
    database.put(company())
    database.run("CREATE SCHEMA crm", "CREATE VIEW crm.opportunities AS SELECT * FROM opportunities LIMIT 1")
    first = "main" if database.url is None else "public"
    by_name = database.spec(schema="crm", tables={"opportunities": TableSpec(table=f"{first}.opportunities")})
    assert len(rows(database.spec(schema=first))) == len(rows(by_name)) == 5


def test_constant_quotas_are_made_from_a_column_of_the_reps(database: Database) -> None:
    people: Rows = [row | {"annual": "400"} for row in company()["reps"]]
    database.put(company() | {"reps": people})
    spec = database.spec(tables={"quotas": TableSpec(from_reps="annual", per="year", ramp=(Decimal("0.5"),))})
    amounts = {row["period_start"]: Decimal(row["amount"]) for row in rows(spec, "quotas") if row["rep_id"] == "R1"}
    assert (amounts["2024-10-01"], amounts["2025-01-01"]) == (Decimal(50), Decimal(100))


def test_a_table_without_rows_is_absent_and_that_is_said(database: Database) -> None:
    database.put(company())
    database.run("DELETE FROM reps")
    source = open_source(database.spec())
    assert "reps" not in source.tables()
    assert source.remarks() == ("Table reps holds no rows, so table reps is taken as absent.",)
    source.close()


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO opportunities SELECT * FROM opportunities WHERE opportunity_id = 'D1'",
        "UPDATE opportunities SET amount = '7' WHERE opportunity_id = 'D1'",
        "DELETE FROM opportunities WHERE opportunity_id = 'D1'",
        "ALTER TABLE reps ADD COLUMN manager_id text DEFAULT 'M1'",
        "UPDATE away SET amount = '7'",
        "DROP TABLE opportunity_history",
    ],
)
def test_every_change_changes_the_stamp_and_nothing_else_does(database: Database, change: str) -> None:
    database.put(company())
    database.run(
        "CREATE TABLE away AS SELECT 'A1' AS account_id, '6' AS amount", "CREATE VIEW accounts AS SELECT * FROM away"
    )
    first = open_source(database.spec()).stamp()
    if database.url is not None:
        database.run("CREATE TABLE unrelated (a int)", "VACUUM FREEZE", "ANALYZE")
    assert open_source(database.spec()).stamp() == first
    database.run(change)
    assert open_source(database.spec()).stamp() != first


def test_a_change_is_seen_in_whatever_case_the_schema_is_named(postgres: Database) -> None:
    postgres.put(company())
    spec = postgres.spec(schema="Public", tables={"opportunities": TableSpec(table="PUBLIC.Opportunities")})
    first = open_source(spec).stamp()
    postgres.run("UPDATE reps SET name = 'Ada'")
    second = open_source(spec).stamp()
    postgres.run("UPDATE opportunities SET amount = '7'")
    assert len({first, second, open_source(spec).stamp()}) == 3


def test_a_view_on_a_table_that_is_gone_is_named(duckdb_file: Database) -> None:
    duckdb_file.put(company() | {"people": company()["reps"]})
    duckdb_file.run("DROP TABLE reps", "CREATE VIEW reps AS SELECT * FROM people", "DROP TABLE people")
    with pytest.raises(
        DataError, match=r"The view main\.reps of 'company\.duckdb' reads a table that is not there: mend"
    ):
        open_source(duckdb_file.spec()).tables()


def test_what_is_written_while_a_run_lasts_belongs_to_the_next(postgres: Database) -> None:
    postgres.put(company())
    source = open_source(postgres.spec())
    before = source.stamp()
    source.tables()
    postgres.run("DELETE FROM opportunities WHERE opportunity_id = 'D1'")
    assert source.stamp() == before
    source.close()
    assert source.stamp() != before


MISTAKES = [
    ({}, {}, "There is no table opportunities in schema (main|public) of .*, which holds nothing: name yours under "),
    ({"deals": "opportunities"}, {}, "There is no table opportunities .* which holds deals: name yours under"),
    ({"opportunities": "opportunities"}, {"schema": "crn"}, "source.schema: there is no schema 'crn' in .*, which has"),
    ({"opportunities": "opportunities"}, {"tables": {"reps": TableSpec(table="usrs")}},
     r"source\.tables\.reps\.table: there is no table 'usrs' in .*; schema (main|public) holds opportunities"),
    ({"opportunities": "opportunities"}, {"tables": {"opportunities": TableSpec(columns={"amount": "amnt"})}},
     r"Table opportunities of .* has no column 'amnt', which source\.tables\.opportunities\.columns\.amount names"),
    ({"opportunities": "opportunities"}, {"preset": "salesforce"},
     r"Schema (main|public) of .* has none of the tables of the preset salesforce \(it holds opportunities\): name the "
     r"schema where they are as source\.schema\.$"),
    (dict.fromkeys(("accounts", "opportunity", "account", "opportunity_history"), "reps"), {},
     r"There is no table opportunities .* a source\.preset \(what is there looks like source\.preset: salesforce\)\.$"),
    (dict.fromkeys(("opportunity", "account", "opportunity_history"), "reps"), {"preset": "hubspot"},
     r"none of the tables of the preset hubspot .* as source\.schema \(what is there looks .* salesforce\)\.$"),
    ({"opportunities": "reps"}, {}, "Table opportunities of .* has no column 'opportunity_id', which table"),
]  # fmt: skip


@pytest.mark.parametrize(("held", "more", "sentence"), MISTAKES)
def test_what_is_not_there_is_named_in_one_sentence(
    database: Database, held: dict[str, str], more: dict[str, object], sentence: str
) -> None:
    database.put({name: company()[table] for name, table in held.items()})
    if not held:
        database.run("CREATE TABLE gone (a int)", "DROP TABLE gone")
    source = open_source(database.spec(**more))
    with pytest.raises(DataError, match=sentence):
        source.tables()


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://me:hunter2@host/db", "SOURCE_URL begins with 'mysql://': use postgresql://, spark://, snowflake://"),
        ("spark://127.0.0.1:1", "The Spark of SOURCE_URL cannot be reached .* check the address and that its master"),
        ("spark://me:hunter2@host:7077", "SOURCE_URL is no address of a Spark: write it like spark://host:7077"),
        ("spark://host:7077?executor.memory=hunter2", "'executor.memory' is no setting of Spark, which all begin with"),
        ("postgresql://me:hun@ter2@host/db", "SOURCE_URL holds a / or an @ in its user or password"),
        ("postgresql://me:hunter2/x@host/db", "SOURCE_URL holds a / or an @ in its user or password"),
        ("postgresql://me:hunter2@host/db?hunter=1", "SOURCE_URL is no address that PostgreSQL understands"),
        ("postgresql://me:hunter2#x@host/db", "SOURCE_URL is no address that PostgreSQL understands|cannot be reached"),
        ("postgresql://me:hunter2@127.0.0.1:1/db", "The database of SOURCE_URL cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere_is_said_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises((ConfigError, DataError), match=sentence) as caught:
        open_source(SourceSpec(type="sql", secrets={"SOURCE_URL": Secret(url)})).tables()
    assert "hunter2" not in str(caught.value)


def test_a_source_without_an_address_or_with_two_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="give its address as SOURCE_URL in the environment, or a DuckDB file"):
        open_source(SourceSpec(type="sql"))
    with pytest.raises(ConfigError, match=r"SOURCE_URL is set and source\.path is given: keep one of them"):
        open_source(SourceSpec(type="sql", path=tmp_path, secrets={"SOURCE_URL": Secret("postgresql://h/d")}))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.duckdb").write_text("not a database " * 1000)
    for name, sentence in (
        ("notes.duckdb", "cannot be read as a DuckDB file"),
        ("absent.duckdb", "There is no file"),
        (".", "is a folder: source.path has to name the DuckDB file"),
    ):
        with pytest.raises(DataError, match=sentence):
            open_source(SourceSpec(type="sql", path=tmp_path / name)).tables()
