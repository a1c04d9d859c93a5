"""Tables from files of their own beside a CRM: the same company, whatever comes from where."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.errors import DataError
from monitor.facts.load import load
from monitor.sources import open_source
from tests.sources import crm
from tests.sources.company import write_csv
from tests.sources.crm_company import one_company
from tests.sources.mutations import AS_OF as ON
from tests.sources.mutations import clean_company
from tests.sources.sql.databases import TYPES, Database
from tests.sources.sql.test_cells import NEW_YORK, facts_of


@pytest.mark.parametrize("shape", ["salesforce", pytest.param("hubspot", marks=pytest.mark.thorough)])
def test_people_of_a_spreadsheet_may_be_told_by_the_mail_address_that_the_crm_has(
    shape: str, database: Database, tmp_path: Path
) -> None:
    company, raw = one_company(), getattr(crm, shape)()
    ids = [row["rep_id"] for row in company["reps"]]
    users, key = ("user", "id") if shape == "salesforce" else ("owner", "owner_id")
    people = [row | {"email": f"P{ids.index(row[key])}@Acme.example"} if row[key] in ids else row for row in raw[users]]
    shut = {"is_active": "false"} if shape == "salesforce" else {"is_deleted": "true"}
    people.append(people[0] | {key: "0059999"} | shut)  # an earlier login of the same person
    database.put(raw | {users: people})
    found: dict[str, Any] = {}
    said: tuple[str, ...] = ()
    for named in ["by id", "by address"]:
        own: dict[str, TableSpec] = {}
        for name in ("quotas", "reps"):
            told = {each: f" p{at}@acme.example" if named == "by address" else each for at, each in enumerate(ids)}
            table = [row | {"rep_id": told[row["rep_id"]]} for row in company[name]]
            table += [table[-1] | {"rep_id": "nobody@acme.example"}] if named == "by address" else []
            own[name] = TableSpec(type="csv", path=write_csv(tmp_path / named / f"{name}.csv", table))
        given = {"opportunities": TableSpec(defaults={"segment": "smb"})} | own
        source = open_source(database.spec(preset=shape, tables=given))
        found[named] = load(source.tables(), NEW_YORK, ON).facts.bookings
        said = source.remarks()
        source.close()
    assert found["by id"].equals(found["by address"])
    assert found["by id"]["deals"].sum() > 0
    for name in ("quotas", "reps"):
        [lost] = [each for each in said if f"rows of {name} names people by a mail address" in each]
        assert lost.startswith("1 of ") and lost.endswith(f"(line {len(company[name]) + 2}).")
    assert "nobody@" not in str(said)


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


@pytest.mark.parametrize("own", [("opportunities",), tuple(clean_company())], ids=["deals", "every table"])
def test_a_folder_may_hold_all_but_the_deals_or_nothing_at_all(own: tuple[str, ...], tmp_path: Path) -> None:
    for name, rows in clean_company().items():
        folders = ("plain", "apart" if name in own else "rest")
        for folder in folders:
            write_csv(tmp_path / folder / f"{name}.csv", rows)
    (tmp_path / "rest").mkdir(exist_ok=True)
    tables = {name: TableSpec(type="csv", path=tmp_path / "apart" / f"{name}.csv") for name in own}
    mixed = facts_of(SourceSpec(path=tmp_path / "rest", tables=tables)).facts
    assert mixed.fingerprint == facts_of(SourceSpec(path=tmp_path / "plain")).facts.fingerprint


def test_quotas_by_rule_follow_deals_from_a_file_of_their_own(database: Database, tmp_path: Path) -> None:
    deals = write_csv(tmp_path / "deals.csv", clean_company()["opportunities"])
    database.put({"reps": [{**row, "yearly": "400000"} for row in clean_company()["reps"]]}, TYPES)
    tables = {"opportunities": TableSpec(type="csv", path=deals), "quotas": TableSpec(from_reps="yearly", per="year")}
    quotas = facts_of(database.spec(tables=tables)).facts.quotas
    assert quotas is not None and set(quotas["amount"].map(float)) == {100_000.0}


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


@pytest.mark.parametrize("asked", ["tables", "stamp", "remarks"])
def test_a_file_that_is_not_there_is_named_when_something_is_asked(tmp_path: Path, asked: str) -> None:
    own = TableSpec(type="csv", path=tmp_path / "quotas.csv")
    wrong = pytest.raises(DataError, match=r"source\.tables\.quotas\.path: there is no '.*quotas\.csv'")
    with closing(open_source(SourceSpec(type="demo", tables={"quotas": own}))) as source, wrong:
        getattr(source, asked)()


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


def test_a_sheet_beside_a_database_may_have_any_titles(database: Database, tmp_path: Path) -> None:
    text = 'Month,Segment,Function,Amount (EUR),100 %,"a ""b""",%s %(c)s,\n2025-01-01,smb,sales,1200,x,y,z,\n'
    (tmp_path / "spend.csv").write_text(text, encoding="utf-8")
    database.put({"opportunities": clean_company()["opportunities"]}, TYPES)
    own = TableSpec(type="csv", path=tmp_path / "spend.csv", columns={"amount": "amount (eur)"})
    facts = facts_of(database.spec(tables={"spend": own})).facts
    assert facts.spend is not None and [float(amount) for amount in facts.spend["amount"]] == [1200.0]
    assert facts.quality.ignored_columns["spend"] == ("%s %(c)s", "(column 8)", "100 %", 'a "b"')


def test_a_yearly_quota_that_can_be_read_in_two_ways_is_refused_in_a_sheet_of_its_own_too(tmp_path: Path) -> None:
    for name, rows in clean_company().items():
        write_csv(tmp_path / "files" / f"{name}.csv", rows)
    sheet = write_csv(tmp_path / "people.csv", [{**row, "Yearly": "400.000"} for row in clean_company()["reps"]])
    rule = TableSpec(from_reps="yearly", per="year")
    spec = SourceSpec(path=tmp_path / "files", tables={"reps": TableSpec(type="csv", path=sheet), "quotas": rule})
    with pytest.raises(
        DataError, match=r"people\.csv, line 2: '400\.000' under Yearly .* source\.tables\.quotas\.number_"
    ):
        facts_of(spec)
    german = replace(spec, tables={**spec.tables, "quotas": replace(rule, number_format="1.234,50")})
    quotas = facts_of(german).facts.quotas
    assert quotas is not None and set(quotas["amount"].map(float)) == {100_000.0}
