"""Salesforce and HubSpot as Fivetran and Airbyte write them give the same company as its plain tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest

from monitor.core.calendar import FiscalCalendar
from monitor.core.policy import FactsPolicy
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.core.tables import TABLES
from monitor.entrypoints.cli import main
from monitor.errors import ConfigError, DataError
from monitor.facts.load import Loaded
from monitor.facts.load import load as load_facts
from monitor.sources.presets import PRESETS, load, raw_tables
from monitor.sources.presets.preset import Preset
from tests import postgres
from tests.sources import crm
from tests.sources.company import rows_of, write_csv
from tests.sources.mutations import AS_OF

POLICY = FactsPolicy(timezone="America/New_York", with_due=True)
SPEC = SourceSpec(
    tables={
        "opportunities": TableSpec(defaults={"segment": "smb"}),
        "reps": TableSpec(defaults={"segment": "smb", "role": "ae"}),
    }
)
Row = dict[str, str | None]
Raw = dict[str, list[Any]]


@pytest.fixture
def engine() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def put(engine: Any, raw: Mapping[str, list[Any]], kinds: Mapping[str, str] | None = None) -> dict[str, ibis.Table]:
    """The rows as tables by their names in lower case: texts, or of the types that `kinds` names by column."""
    tables = {}
    for name, rows in raw.items():
        names = list(dict.fromkeys(column for row in rows for column in row))
        columns = {column: pa.array([row.get(column) or None for row in rows], pa.string()) for column in names}
        table = ibis.memtable(pa.table(columns))
        typed = {column: table[column].cast(kind) for column, kind in (kinds or {}).items() if column in names}
        tables[name.lower()] = engine.create_table(name.lower(), table.mutate(**typed))
    return tables


def made(engine: Any, preset: str, raw: Mapping[str, list[Any]], spec: SourceSpec = SPEC, **kinds: str) -> Preset:
    return load(preset, put(engine, raw, kinds).get, spec)


def rows(preset: Preset, table: str) -> list[dict[str, str]]:
    return [dict(row) for row in rows_of(preset.tables[table])]


def facts_of(tables: Mapping[str, ibis.Table]) -> Loaded:
    return load_facts(tables, POLICY, AS_OF)


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


# What stands in one table.


def opportunity(**more: str | None) -> Row:
    return {
        "id": "006A", "created_date": "2026-01-05 15:00:00", "close_date": "2026-03-01", "stage_name": "Proposal",
        "is_closed": "false", "is_won": "false", "amount": "1200.50", "type": "New Customer",
    } | more  # fmt: skip


def deal(**more: str | None) -> Row:
    return {
        "deal_id": "1", "property_createdate": "2026-01-05 15:00:00", "property_closedate": "2026-03-01 15:00:00",
        "deal_pipeline_stage_id": "s1", "property_amount": "1200.50",
    } | more  # fmt: skip


STAGES = [
    {"stage_id": "s1", "label": "Open", "is_closed": "false", "closed_won": "false", "probability": "0.4"},
    {"stage_id": "s2", "label": "Signed", "is_closed": "TRUE", "closed_won": "TRUE", "probability": "0.5"},
    {"stage_id": "s3", "label": "Closed Won?", "is_closed": "true", "closed_won": "false", "probability": "1.0"},
    {"stage_id": "s4", "label": "By chance", "is_closed": None, "closed_won": None, "probability": "1"},
    {"stage_id": "s5", "label": "Lost by chance", "is_closed": None, "closed_won": None, "probability": "0.0"},
]

CLOSED = [
    ({"deal_pipeline_stage_id": "s1"}, (False, False)),
    ({"deal_pipeline_stage_id": "s2"}, (True, True)),
    ({"deal_pipeline_stage_id": "s3"}, (True, False)),
    ({"deal_pipeline_stage_id": "s4"}, (True, True)),
    ({"deal_pipeline_stage_id": "s5"}, (True, False)),
    ({"deal_pipeline_stage_id": None}, (False, False)),
    ({"deal_pipeline_stage_id": "closedwon"}, (True, True)),
    ({"deal_pipeline_stage_id": "closedlost"}, (True, False)),
    ({"deal_pipeline_stage_id": "gone"}, (None, False)),
    ({"deal_pipeline_stage_id": "gone", "property_hs_deal_stage_probability": "1.0"}, (True, True)),
    ({"property_hs_is_closed": "true", "property_hs_is_closed_won": "true"}, (True, True)),
    ({"deal_pipeline_stage_id": "s2", "property_hs_is_closed": "false"}, (False, False)),
]


@pytest.mark.parametrize(("more", "expected"), CLOSED)
def test_hubspots_own_word_is_believed_over_names(
    more: Row, expected: tuple[bool | None, bool | None], engine: Any
) -> None:
    preset = made(engine, "hubspot", {"deal": [deal(**more)], "deal_pipeline_stage": STAGES})
    (row,) = preset.tables["opportunities"].to_pyarrow().to_pylist()
    assert (row["is_closed"], row["is_won"]) == expected


GONE = [
    ("salesforce", "opportunity", opportunity(is_deleted="true")),
    ("salesforce", "opportunity", opportunity(IsDeleted="1")),
    ("salesforce", "opportunity", opportunity(_fivetran_deleted="TRUE")),
    ("salesforce", "opportunity", opportunity(_fivetran_active="False")),
    ("hubspot", "deal", deal(is_deleted="true")),
    ("hubspot", "deal", deal(_fivetran_deleted="true")),
    ("hubspot", "deals", deal(archived="true")),
]


@pytest.mark.parametrize(("preset", "table", "row"), GONE)
def test_where_every_deal_is_gone_one_sentence_says_so(preset: str, table: str, row: Row, engine: Any) -> None:
    with pytest.raises(
        DataError, match=r"Nothing can be computed, because every one of the 1 rows of table .* deleted"
    ):
        made(engine, preset, {table: [row]})


def test_merged_deals_count_once_whichever_way_they_were_merged(engine: Any) -> None:
    deals = [deal(deal_id=key) for key in "12345"]
    deals[4]["property_hs_merged_object_ids"] = "4; 5"
    pairs = [("2", "1"), ("3", "2"), ("3", "3")]
    merged = [{"deal_id": winner, "merged_deal_id": loser} for winner, loser in pairs]
    preset = made(engine, "hubspot", {"deal": deals, "merged_deal": merged})
    assert [row["opportunity_id"] for row in rows(preset, "opportunities")] == ["3", "5"]


TYPES_OF_DEALS = [
    ("New Business", "new_business"), ("newbusiness", "new_business"), ("Existing Business", "expansion"),
    ("existingbusiness", "expansion"), ("Existing Customer - Upgrade", "expansion"), ("RENEWAL", "renewal"),
    ("new_business", "new_business"), ("Pilot", None), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "ours"), TYPES_OF_DEALS)
def test_types_of_deals_are_read_and_unknown_ones_counted(theirs: str | None, ours: str | None, engine: Any) -> None:
    preset = made(engine, "salesforce", {"opportunity": [opportunity(type=theirs)]})
    assert rows(preset, "opportunities")[0].get("type") == ours
    said = [remark for remark in preset.remarks if "of a type that is not known" in remark]
    assert [remark[:7] for remark in said] == (["1 deals"] if theirs == "Pilot" else [])


def test_a_company_says_what_its_own_words_and_columns_mean(engine: Any) -> None:
    mine = TableSpec(
        columns={"amount": "ARR__c", "segment": "size__c"},
        values={"type": {"Pilot": "expansion", "New Customer": "renewal"}, "segment": {"XS": "smb"}},
    )
    deals = [opportunity(id="1", type="pilot", ARR__c="7", size__c="XS"), opportunity(id="2", ARR__c="8", size__c="XS")]
    preset = made(engine, "salesforce", {"opportunity": deals}, SourceSpec(tables={"opportunities": mine}))
    found = [(row["type"], row["amount"], row["segment"]) for row in rows(preset, "opportunities")]
    assert found == [("expansion", "7", "smb"), ("renewal", "8", "smb")]
    assert set(preset.tables["opportunities"].columns) <= {column.name for column in TABLES["opportunities"].columns}


ROLES = [
    ("Account Executive", "ae"), ("AE - EMEA", "ae"), ("Sales Development Rep", "sdr"), ("BDR", "sdr"),
    ("Customer Success Manager", "csm"), ("Sales Manager", "manager"), ("VP Sales", "manager"),
    ("SDR Manager", "manager"), ("Solutions Engineer", "se"), ("Account Manager", None), ("CEO", "manager"),
    ("Michael's Team", None), ("Marketing", None),
]  # fmt: skip


@pytest.mark.parametrize(("said", "role"), ROLES)
def test_roles_are_told_by_simple_words_and_nobody_is_guessed(said: str, role: str | None, engine: Any) -> None:
    user = {"id": "0051", "user_role_id": "r", "created_date": "2025-01-01", "title": "Account Executive"}
    raw: Raw = {"opportunity": [opportunity()], "user": [user], "user_role": [{"id": "r", "name": said}]}
    spec = SourceSpec(tables={"reps": TableSpec(defaults={"segment": "smb"})})
    preset = made(engine, "salesforce", raw, spec)
    found = [row["role"] for row in rows(preset, "reps")] if "reps" in preset.tables else []
    assert found == ([role] if role else [])
    assert any("1 people have a role that is not known" in remark for remark in preset.remarks) == (role is None)


def test_the_name_of_a_role_or_of_a_pipeline_may_tell_more(engine: Any) -> None:
    roles = [{"id": "r1", "name": "AE SMB"}, {"id": "r2", "name": "AE Mid-Market"}]
    users = [{"id": f"005{key}", "user_role_id": key, "created_date": "2025-01-01"} for key in ("r1", "r2", "r3")]
    told = {"segment": {"AE SMB": "smb", "AE Mid-Market": "mid_market"}}
    spec = SourceSpec(tables={"reps": TableSpec(columns={"segment": "user_role_name"}, values=told)})
    raw: Raw = {"opportunity": [opportunity()], "user": users, "user_role": roles}
    found = rows(made(engine, "salesforce", raw, spec), "reps")
    assert {row["rep_id"]: row["segment"] for row in found} == {"005r1": "smb", "005r2": "mid_market"}
    pipelines = [{"pipeline_id": "p", "label": "Renewals"}]
    told = {"type": {"Renewals": "renewal"}}
    spec = SourceSpec(tables={"opportunities": TableSpec(columns={"type": "pipeline_label"}, values=told)})
    raw = {"deal": [deal(deal_pipeline_id="p")], "deal_pipeline": pipelines}
    assert rows(made(engine, "hubspot", raw, spec), "opportunities")[0]["type"] == "renewal"


def test_people_without_a_segment_are_not_made_up(engine: Any) -> None:
    raw: Raw = {"opportunity": [opportunity()], "user": [{"id": "0051", "title": "AE", "created_date": "2025-01-01"}]}
    preset = made(engine, "salesforce", raw, SourceSpec())
    assert "reps" not in preset.tables
    assert any("Table reps is taken as absent" in remark and "segment" in remark for remark in preset.remarks)


USERS: list[Row] = [
    {"id": "0051", "is_active": "true", "until__c": "9999-12-31"},
    {"id": "0052", "is_active": "FALSE", "until__c": "2026-02-03"},
]
LEFT = [({}, [None, "2026-01-31 23:00:00Z"]), ({"end_date": "until__c"}, [None, "2026-02-03"])]


@pytest.mark.parametrize(("columns", "ends"), LEFT)
def test_who_left_left_with_the_last_login_and_far_ends_are_open(
    columns: dict[str, str], ends: list[str | None], engine: Any
) -> None:
    more: Row = {"title": "AE", "created_date": "2025-01-01", "last_login_date": "2026-01-31 23:00:00"}
    spec = SourceSpec(tables={"reps": TableSpec(defaults={"segment": "smb"}, columns=columns)})
    raw = {"opportunity": [opportunity(close_date="9999-12-31")], "user": [user | more for user in USERS]}
    preset = made(engine, "salesforce", raw, spec)
    assert [row.get("end_date") for row in sorted(rows(preset, "reps"), key=lambda row: row["rep_id"])] == ends
    assert "close_date" not in rows(preset, "opportunities")[0]


def test_months_become_quarters_of_the_companys_year(engine: Any) -> None:
    quotas = [
        {"id": str(month), "quota_owner_id": "0051", "start_date": f"2026-{month:02}-01", "quota_amount": "10.5"}
        for month in range(1, 7)
    ]
    spec = SourceSpec(calendar=FiscalCalendar(2))
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "forecasting_quota": quotas}, spec)
    found = sorted((row["period_start"], float(row["amount"])) for row in rows(preset, "quotas"))
    assert found == [("2025-11-01", 10.5), ("2026-02-01", 31.5), ("2026-05-01", 21.0)]


def test_a_quota_that_is_no_number_is_handed_on_to_be_set_aside(engine: Any) -> None:
    quota = {"id": "1", "quota_owner_id": "0051", "start_date": "2026-01-01", "quota_amount": "lots"}
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "forecasting_quota": [quota]})
    (row,) = rows(preset, "quotas")
    assert "amount" not in row
    with pytest.raises(DataError, match=r"Table quotas: 1 of 1 rows cannot be used .*0051"):
        facts_of(preset.tables)


def test_a_quota_by_rule_wins_over_the_forecasts(engine: Any) -> None:
    user = {"id": "0051", "title": "AE", "created_date": "2026-01-01 12:00:00", "Quota__c": "400"}
    quota = {"id": "1", "quota_owner_id": "0051", "start_date": "2026-01-01", "quota_amount": "7"}
    raw: Raw = {"opportunity": [opportunity()], "user": [user], "forecasting_quota": [quota]}
    rule = {"quotas": TableSpec(from_reps="Quota__c", per="year")}
    preset = made(engine, "salesforce", raw, replace(SPEC, tables=dict(SPEC.tables) | rule))
    assert {row["amount"] for row in rows(preset, "quotas")} == {"100.00"}
    with pytest.raises(
        DataError, match=r"from_reps needs the table reps. Table reps is taken as absent, because .*role"
    ):
        load("hubspot", put(engine, {"deal": [deal()], "owner": [{"owner_id": "1", "created_at": "2026-01-01"}]}).get,
             SourceSpec(tables=rule))  # fmt: skip


def test_what_the_engine_cannot_read_is_one_sentence(engine: Any) -> None:
    engine.raw_sql(
        "CREATE VIEW opportunity AS SELECT 'x' AS id, '2026-01-01' AS created_date, false AS is_closed, "
        "CAST(word AS BOOLEAN) AS is_won FROM (VALUES ('perhaps')) AS words(word)"
    )
    with pytest.raises(DataError, match=r"The engine cannot read the CRM's tables \(.*perhaps.*\): look at their sync"):
        load("salesforce", {"opportunity": engine.table("opportunity")}.get, SourceSpec())


# History.


def tracked(field: str, old: str | None, new: str | None, at: str = "2026-01-07T10:00:00.000+0000") -> Row:
    return {"opportunity_id": "006A", "field": field, "old_value": old, "new_value": new, "created_date": at}


def changes(preset: Preset) -> list[tuple[str | None, ...]]:
    names = ("field", "old_value", "new_value", "changed_at")
    found = [tuple(row.get(name) for name in names) for row in rows(preset, "opportunity_history")]
    return sorted(found, key=lambda change: (change[0], change[3]))


def test_of_an_owners_two_rows_the_one_of_ids_counts(engine: Any) -> None:
    old, new, at = "005000000000001AAA", "005000000000002AAA", "2026-01-07T10:00:00.000+0000"
    history = [tracked("Owner", "Ann Bell", "Cy Dunn"), tracked("Owner", old, new)]
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "opportunity_field_history": history})
    assert changes(preset) == [("owner_id", old, new, at)]


def test_snapshots_tell_only_what_no_tracked_field_tells(engine: Any) -> None:
    def snapshot(stage: str, amount: str, at: str) -> Row:
        return {"opportunity_id": "006A", "stage_name": stage, "amount": amount, "created_date": at}

    snapshots = [
        snapshot("Proposal", "900", "2026-01-09 9:00:00"),
        snapshot("Discovery", "700", "2026-01-05 15:00:00"),
        snapshot("Proposal", "800", "2026-01-07 08:00:00.500"),
    ]
    raw = {
        "opportunity": [opportunity()],
        "OpportunityHistory": snapshots,
        "opportunity_field_history": [tracked("Amount", "700", "900")],
    }
    assert changes(made(engine, "salesforce", raw)) == [
        ("amount", "700", "900", "2026-01-07T10:00:00.000+0000"),
        ("stage", "Discovery", "Proposal", "2026-01-07 08:00:00.500Z"),
    ]


def test_history_mode_tells_the_changes_between_versions(engine: Any) -> None:
    versions = [
        opportunity(amount="5", _fivetran_active="false", _fivetran_start="2026-01-05 15:00:00"),
        opportunity(amount="6", _fivetran_active="true", _fivetran_start="2026-02-05 15:00:00",
                    _fivetran_end="9999-12-31 23:59:59"),
    ]  # fmt: skip
    preset = made(engine, "salesforce", {"opportunity": versions})
    assert changes(preset) == [("amount", "5", "6", "2026-02-05 15:00:00Z")]
    assert [row["amount"] for row in rows(preset, "opportunities")] == ["6"]


def test_hubspots_values_become_changes_with_stages_by_label(engine: Any) -> None:
    values = [
        ("dealstage", "s2", "2026-01-09 10:00:00"), ("dealstage", "s1", "2026-01-05 15:00:00.100"),
        ("dealstage", "s2", "2026-01-10 10:00:00"), ("closedate", "1772380800000", "2026-01-05 15:00:00"),
        ("closedate", None, "2026-01-06 15:00:00"), ("dealname", "x", "2026-01-06 15:00:00"),
    ]  # fmt: skip
    history = [{"deal_id": "1", "name": name, "value": value, "timestamp": at} for name, value, at in values]
    raw: Raw = {"deal": [deal()], "deal_property_history": history, "deal_pipeline_stage": STAGES}
    assert changes(made(engine, "hubspot", raw)) == [
        ("close_date", None, "2026-03-01T16:00:00.000Z", "2026-01-05 15:00:00Z"),
        ("close_date", "2026-03-01T16:00:00.000Z", None, "2026-01-06 15:00:00Z"),
        ("stage", None, "Open", "2026-01-05 15:00:00.100Z"),
        ("stage", "Open", "Signed", "2026-01-09 10:00:00Z"),
    ]


def test_stages_entered_tell_what_property_history_does_not(engine: Any) -> None:
    entered = [
        {"deal_id": "1", "value": "s1", "date_entered": "2026-01-05 15:00:00", "_fivetran_active": "false"},
        {"deal_id": "1", "value": "s2", "date_entered": "2026-01-08 15:00:00", "_fivetran_active": "true"},
    ]
    raw: Raw = {"deal": [deal()], "deal_stage": entered, "deal_pipeline_stage": STAGES}
    assert changes(made(engine, "hubspot", raw))[1] == ("stage", "Open", "Signed", "2026-01-08 15:00:00Z")


def test_a_moment_is_utc_and_its_day_the_companys(engine: Any) -> None:
    preset = made(engine, "salesforce", {"opportunity": [opportunity(created_date="2026-01-06 03:00:00")]})
    assert str(facts_of(preset.tables).facts.begins) == "2026-01-05"


# What is not there.


@pytest.mark.parametrize(
    ("preset", "sentence"),
    [("salesforce", "There is no table opportunity, which"), ("hubspot", "There is no table deal, which")],
)
def test_without_deals_the_table_is_named(preset: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        load(preset, lambda name: None, SPEC)


def test_a_column_that_is_missing_or_misspelt_is_named(engine: Any) -> None:
    row = opportunity()
    del row["is_won"]
    with pytest.raises(DataError, match="no column 'is_won', which table opportunities needs"):
        made(engine, "salesforce", {"opportunity": [row]})
    wrong = SourceSpec(tables={"opportunities": TableSpec(columns={"amount": "ACV__c"})})
    with pytest.raises(DataError, match=r"no column 'ACV__c', which source.tables.opportunities.columns.amount names"):
        load("hubspot", put(engine, {"deal": [deal()]}).get, wrong)


def test_what_a_crm_does_not_hold_is_said_with_where_to_put_it(engine: Any) -> None:
    remarks = " ".join(made(engine, "hubspot", {"deal": [deal()]}, SourceSpec()).remarks)
    assert "finds no quotas and no spend" in remarks
    assert "no deal_property_history" in remarks
    assert "no deal_pipeline_stage" in remarks


def test_a_table_from_elsewhere_is_left_alone(engine: Any) -> None:
    users = [{"id": "0051", "title": "AE", "created_date": "2025-01-01"}]
    spec = replace(SPEC, tables={"reps": TableSpec(type="csv"), "quotas": TableSpec(from_reps="quota")})
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "user": users}, spec)
    assert set(preset.tables) == {"opportunities"}
    assert not any("quotas" in remark or "reps" in remark for remark in preset.remarks)


def test_a_preset_that_nobody_knows_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"source.preset: 'pipedrive' is no preset: use one of salesforce, hubspot"):
        raw_tables("pipedrive")


@pytest.mark.parametrize("preset", PRESETS)
def test_the_names_of_raw_tables_are_lower_case_and_told_once(preset: str) -> None:
    names = raw_tables(preset)
    assert len(set(names)) == len(names)
    assert all(name == name.lower() for name in names)
