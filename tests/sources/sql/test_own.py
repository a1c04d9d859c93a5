"""A table of another database than the rest: spend in PostgreSQL beside files or a CRM, quotas in a DuckDB file."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.entrypoints.cli import main
from monitor.errors import ConfigError, DataError
from monitor.facts.load import find_companies, load_companies
from monitor.sources import open_source
from tests.facts.company import AS_OF, deal
from tests.facts.group import COLUMN
from tests.facts.test_companies import STRICT
from tests.sources import crm
from tests.sources.company import write_csv
from tests.sources.crm_company import one_company
from tests.sources.mutations import clean_company
from tests.sources.sql.databases import TYPES, Database
from tests.sources.sql.test_cells import facts_of
from tests.sources.sql.test_reading_only import READ, at, reader

FINANCE = (
    "CREATE SCHEMA finance",
    "ALTER TABLE spend SET SCHEMA finance",
    "ALTER TABLE finance.spend RENAME TO marketing_spend",
    "ALTER TABLE finance.marketing_spend RENAME COLUMN month TO booked",
    "ALTER TABLE finance.marketing_spend RENAME COLUMN amount TO cost",
)
SPEND = TableSpec(type="sql", table="Finance.marketing_spend", columns={"month": "booked", "amount": "cost"})


def folder(path: Path, *without: str) -> Path:
    """The clean company as CSV files, but for some tables."""
    for name, rows in clean_company().items():
        if name not in without:
            write_csv(path / f"{name}.csv", rows)
    return path


def beside(postgres: Database, path: Path, spend: TableSpec = SPEND) -> SourceSpec:
    """Files, and spend from a PostgreSQL."""
    return SourceSpec(path=path, secrets={"SOURCE_URL": Secret(postgres.url or "")}, tables={"spend": spend})


def in_finance(postgres: Database, **columns: str) -> None:
    """The clean company's spend under finance's own names, with more columns of these types."""
    postgres.put({"spend": clean_company()["spend"]}, TYPES)
    postgres.run(*FINANCE)
    for name, kind in columns.items():
        postgres.run(f"ALTER TABLE finance.marketing_spend ADD COLUMN {name} {kind}")


def test_spend_of_a_postgresql_stands_beside_files_and_leaves_no_session(postgres: Database, tmp_path: Path) -> None:
    in_finance(postgres, took="interval DEFAULT '1 day'", tags="text[] DEFAULT '{a}'", more="jsonb DEFAULT '{}'")
    with closing(open_source(beside(postgres, folder(tmp_path / "files", "spend")))) as source:
        assert set(source.tables()) == set(clean_company())
        with psycopg.connect(postgres.url or "") as session:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'smb-monitor'"
            assert session.execute(asked).fetchone() == (0,)
    mixed = facts_of(beside(postgres, tmp_path / "files")).facts
    assert mixed.fingerprint == facts_of(SourceSpec(path=folder(tmp_path / "whole"))).facts.fingerprint
    assert mixed.quality.ignored_columns["spend"] == ("more", "tags", "took")


def test_amounts_of_any_length_and_dates_without_end_are_read_as_the_database_writes_them(
    postgres: Database, tmp_path: Path
) -> None:
    in_finance(postgres)
    postgres.run(
        "DELETE FROM finance.marketing_spend",
        "INSERT INTO finance.marketing_spend (booked, segment, function, cost) VALUES "
        "('2026-01-01', 'smb', 'sales', 1200.123456789012345678), ('2026-02-01', 'smb', 'sales', 1e30), "
        "('infinity', 'smb', 'sales', 5), ('2026-03-01', 'smb', 'sales', 'NaN')",
    )
    postgres.put({name: rows for name, rows in clean_company().items() if name != "spend"})
    tolerant = replace(STRICT, max_bad_rows=STRICT.max_bad_rows * 0 + 1)
    here = facts_of(replace(postgres.spec(), tables={"spend": replace(SPEND, type=None)}), tolerant).facts
    there = facts_of(beside(postgres, folder(tmp_path, "spend")), tolerant).facts
    assert there.fingerprint == here.fingerprint and here.spend is not None and len(here.spend) == 1
    assert there.quality.set_aside["spend"] == {"amount_out_of_range": 1, "bad_amount": 1, "bad_date": 1}


def test_quotas_of_a_duckdb_file_stand_beside_a_database_that_has_some_too(postgres: Database, tmp_path: Path) -> None:
    other = Database(tmp_path / "plan.duckdb")
    other.put(
        {"quotas": clean_company()["quotas"]}, {"quotas.period_start": "timestamptz", "quotas.amount": "decimal(18, 2)"}
    )
    postgres.put(clean_company(), TYPES)
    whole = facts_of(postgres.spec()).facts
    postgres.run("UPDATE quotas SET amount = 1")
    own = TableSpec(type="sql", path=other.file)
    mixed = facts_of(postgres.spec(tables={"quotas": own})).facts
    assert mixed.fingerprint == whole.fingerprint != facts_of(postgres.spec()).facts.fingerprint


def test_a_table_alone_needs_no_right_to_temporary_tables(postgres: Database, tmp_path: Path) -> None:
    postgres.put({"spend": clean_company()["spend"]}, TYPES)
    url = reader(postgres, READ).secrets["SOURCE_URL"]
    spec = SourceSpec(
        path=folder(tmp_path, "spend"), secrets={"SOURCE_URL": url}, tables={"spend": TableSpec(type="sql")}
    )
    assert facts_of(spec).facts.spend is not None


def test_people_of_a_database_are_told_by_the_mail_addresses_of_the_crm(duckdb_file: Database, tmp_path: Path) -> None:
    company, raw = one_company(), crm.salesforce()
    ids = [row["rep_id"] for row in company["reps"]]
    users = [
        row | {"email": f"P{ids.index(row['id'])}@Acme.example"} if row["id"] in ids else row for row in raw["user"]
    ]
    duckdb_file.put(raw | {"user": users})
    found = []
    for mark in ("{}", "p{}@acme.example"):
        people = Database(tmp_path / f"people {len(mark)}.duckdb")
        told = {each: each if mark == "{}" else mark.format(at) for at, each in enumerate(ids)}
        people.put(
            {name: [row | {"rep_id": told[row["rep_id"]]} for row in company[name]] for name in ("reps", "quotas")}
        )
        own = {name: TableSpec(type="sql", path=people.file) for name in ("reps", "quotas")}
        deals = {"opportunities": TableSpec(defaults={"segment": "smb"})}
        found.append(facts_of(duckdb_file.spec(preset="salesforce", tables=deals | own)).facts)
    assert found[0].bookings.equals(found[1].bookings) and found[0].bookings["deals"].sum() > 0


def test_quotas_by_rule_follow_reps_of_a_database(postgres: Database, tmp_path: Path) -> None:
    postgres.put(
        {"reps": [{**row, "Yearly Quota": "400000"} for row in clean_company()["reps"]]},
        {"reps.Yearly Quota": "numeric"},
    )
    tables = {"reps": TableSpec(type="sql"), "quotas": TableSpec(from_reps="yearly_quota", per="year")}
    files = folder(tmp_path, "reps", "quotas")
    quotas = facts_of(SourceSpec(path=files, secrets=postgres.spec().secrets, tables=tables)).facts.quotas
    assert quotas is not None and set(quotas["amount"].map(float)) == {100_000.0}


@pytest.mark.parametrize("kind", ["text", "bigint", "numeric"])
def test_a_table_of_a_database_says_whose_its_rows_are(kind: str, postgres: Database, tmp_path: Path) -> None:
    write_csv(tmp_path / "opportunities.csv", [{COLUMN: name, **deal("A", "2025-01-05")} for name in ("1", "2")])
    rows: Any = [{COLUMN: name, "month": "2025-01-01", "amount": name} for name in ("1", "2")]
    postgres.put({"spend": rows}, {f"spend.{COLUMN}": kind})
    own = TableSpec(type="sql", defaults={"segment": "smb", "function": "sales"})
    with closing(open_source(replace(beside(postgres, tmp_path, own), company_column=COLUMN.lower()))) as source:
        tables = source.tables()
        found = load_companies(tables, STRICT, AS_OF, find_companies(tables, STRICT, COLUMN.lower()))
        spent = {name: found.one(name).facts.spend for name in found.names}
    assert {name: list(map(int, rows.amount)) for name, rows in spent.items() if rows is not None} == {
        "1": [1],
        "2": [2],
    }


def test_a_change_of_the_table_is_seen_and_belongs_to_the_next_reading(database: Database, tmp_path: Path) -> None:
    database.put({"spend": clean_company()["spend"], "quotas": clean_company()["quotas"]}, TYPES)
    path = database.file if database.url is None else None
    own = TableSpec(type="sql", path=path)
    spec = SourceSpec(path=folder(tmp_path / "files", "spend"), secrets=database.spec().secrets, tables={"spend": own})
    with closing(open_source(spec)) as source:
        before = source.stamp()
        assert before == source.stamp()
        source.tables()
        database.run("UPDATE spend SET amount = amount + 1 WHERE function = 'sales'")
        assert source.stamp() == before
        source.close()
        changed = source.stamp()
        assert changed != before
        database.run("UPDATE quotas SET amount = 1")
        assert (source.stamp() == changed) is (database.url is not None)  # of a file one cannot tell which table it was


@pytest.mark.parametrize(
    ("spend", "sentence"),
    [
        (TableSpec(table="finance.marketing_spent"),
         r"^source\.tables\.spend\.table: there is no table .* schema finance holds marketing_spend, nearest 'mar"),
        (TableSpec(table="finanze.spend"), r"^source\.tables\.spend\.table: there is no schema 'finanze' in the datab"),
        (TableSpec(), r"^source\.tables\.spend\.table: there is no table 'spend' in the database of SOURCE_URL"),
        (TableSpec(table="finance.marketing_spend"),
         r"^Table finance\.marketing_spend of the database of SOURCE_URL has no column 'month', which table spend"),
        (TableSpec(path=Path("no.duckdb")), r"^source\.tables\.spend\.path: there is no 'no\.duckdb': put the file"),
        (TableSpec(path=Path()), r"^'\.' is a folder: source\.tables\.spend\.path has to name the DuckDB file"),
        (TableSpec(path=Path(__file__)), r"cannot be read as a DuckDB file .* check source\.tables\.spend\.path,"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_table_names_its_key(
    spend: TableSpec, sentence: str, postgres: Database, tmp_path: Path
) -> None:
    in_finance(postgres)
    spec = beside(postgres, folder(tmp_path, "spend"), replace(spend, type="sql"))
    with closing(open_source(spec)) as source, pytest.raises(DataError, match=sentence):
        source.tables()


@pytest.mark.parametrize("asked", ["tables", "stamp"])
def test_a_database_that_nobody_answers_at_is_named_by_the_table(asked: str, tmp_path: Path) -> None:
    spec = at("postgresql://nobody@127.0.0.1:1/none", tables={"spend": TableSpec(type="sql")})
    wrong = pytest.raises(DataError, match=r"^source\.tables\.spend: The database of SOURCE_URL cannot be reached")
    with closing(open_source(replace(spec, type="csv", path=folder(tmp_path)))) as source, wrong:
        getattr(source, asked)()


def test_a_table_of_a_database_needs_an_address_or_a_file(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^source\.tables\.spend\.type sql needs a database: .* as source\.tables\.spend\.p"
    ):
        open_source(SourceSpec(path=tmp_path, tables={"spend": TableSpec(type="sql")}))


def test_doctor_and_config_show_tell_of_a_table_of_a_database(
    postgres: Database, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_finance(postgres)
    postgres.run("DELETE FROM finance.marketing_spend")
    folder(tmp_path / "files", "spend")
    own = "{type: sql, table: finance.marketing_spend, columns: {month: booked, amount: cost}}"
    config = tmp_path / "config.yaml"
    config.write_text(
        f"company: Acme\nsource: {{type: csv, path: files, tables: {{spend: {own}}}}}\n", encoding="utf-8"
    )
    monkeypatch.setenv("SOURCE_URL", postgres.url or "")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    main(["--config", str(config), "doctor"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Table finance.marketing_spend holds no rows, so table spend is taken as absent." in said
    assert "put rows of your own into the table finance.marketing_spend of the database of SOURCE_URL" in said
    assert main(["--config", str(config), "config", "show"]) == 0
    shown = capsys.readouterr().out
    assert "table: finance.marketing_spend\n      type: sql" in shown and (postgres.url or "") not in shown


def test_a_moment_that_no_calendar_has_is_told_with_what_to_do(postgres: Database, tmp_path: Path) -> None:
    postgres.put({"reps": clean_company()["reps"]}, TYPES | {"reps.end_date": "timestamptz"})
    postgres.run("UPDATE reps SET end_date = 'infinity'")
    spec = SourceSpec(
        path=folder(tmp_path, "reps"), secrets=postgres.spec().secrets, tables={"reps": TableSpec(type="sql")}
    )
    wrong = r"^source\.tables\.reps: The database of SOURCE_URL does not answer \(.*infinity.*\): mend that cell, or"
    with closing(open_source(spec)) as source, pytest.raises(DataError, match=wrong):
        source.tables()
