"""Tables from files of their own beside a CRM: the same company, whatever comes from where."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.errors import DataError
from monitor.sources import open_source
from tests.sources.company import write_csv
from tests.sources.mutations import clean_company
from tests.sources.sql.databases import TYPES, Database
from tests.sources.sql.test_cells import facts_of


def test_a_folder_takes_a_table_from_elsewhere_with_its_mapping(tmp_path: Path) -> None:
    whole = clean_company()
    for name, rows in whole.items():
        write_csv(tmp_path / "files" / f"{name}.csv", rows)
    renamed = [{"Month": row["month"], **{k: v for k, v in row.items() if k != "month"}} for row in whole["spend"]]
    sheet = write_csv(tmp_path / "Spend 2026.csv", renamed, encoding="utf-8-sig")
    (tmp_path / "files" / "spend.csv").unlink()
    own = TableSpec(type="csv", path=sheet, columns={"month": "Month"})
    mixed = facts_of(SourceSpec(path=tmp_path / "files", tables={"spend": own})).facts
    write_csv(tmp_path / "files" / "spend.csv", whole["spend"])
    assert mixed.fingerprint == facts_of(SourceSpec(path=tmp_path / "files")).facts.fingerprint


def test_a_change_of_either_place_is_seen(tmp_path: Path) -> None:
    for name, rows in clean_company().items():
        write_csv(tmp_path / "files" / f"{name}.csv", rows)
    sheet = write_csv(tmp_path / "money.csv", clean_company()["spend"])
    source = open_source(SourceSpec(path=tmp_path / "files", tables={"spend": TableSpec(type="csv", path=sheet)}))
    before = source.stamp()
    write_csv(sheet, clean_company()["spend"][:-1])
    between = source.stamp()
    write_csv(tmp_path / "files" / "quotas.csv", clean_company()["quotas"][:-1])
    assert len({before, between, source.stamp()}) == 3
    source.close()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    own = TableSpec(type="csv", path=tmp_path / "quotas.csv")
    with pytest.raises(DataError, match=r"source\.tables\.quotas\.path: there is no '.*quotas\.csv'"):
        open_source(SourceSpec(type="demo", tables={"quotas": own}))


def test_quotas_by_rule_follow_reps_from_a_spreadsheet(tmp_path: Path) -> None:
    whole = clean_company()
    for name in ("opportunities", "opportunity_history"):
        write_csv(tmp_path / "files" / f"{name}.csv", whole[name])
    people = [{**row, "yearly": "400000"} for row in whole["reps"]]
    sheet = write_csv(tmp_path / "people.csv", people)
    tables = {
        "reps": TableSpec(type="csv", path=sheet),
        "quotas": TableSpec(from_reps="yearly", per="year"),
    }
    quotas = facts_of(SourceSpec(path=tmp_path / "files", tables=tables)).facts.quotas
    assert quotas is not None and set(quotas["amount"].map(float)) == {100_000.0}


def test_quotas_by_rule_beside_a_database_follow_the_spreadsheet_too(database: Database, tmp_path: Path) -> None:
    sheet = write_csv(tmp_path / "people.csv", [{**row, "yearly": "400000"} for row in clean_company()["reps"]])
    database.put({"opportunities": clean_company()["opportunities"]}, TYPES)
    tables = {"reps": TableSpec(type="csv", path=sheet), "quotas": TableSpec(from_reps="yearly", per="year")}
    quotas = facts_of(database.spec(tables=tables)).facts.quotas
    assert quotas is not None and set(quotas["amount"].map(float)) == {100_000.0}
