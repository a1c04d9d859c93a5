"""What a preset makes of single rows: deals gone, merged or won, currencies; and what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.core.tables import TABLES
from monitor.errors import ConfigError, DataError
from monitor.sources.presets import PRESETS, load, raw_tables, synced
from tests.sources.preset_company import SPEC, STAGES, Raw, Row, deal, facts_of, made, opportunity, put, rows, total

CLOSED: list[tuple[Row, tuple[bool | None, bool | None]]] = [
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


def test_hubspots_own_word_is_believed_over_names(engine: Any) -> None:
    deals = [deal(deal_id=str(number), **more) for number, (more, _) in enumerate(CLOSED)]
    preset = made(engine, "hubspot", {"deal": deals, "deal_pipeline_stage": STAGES})
    found = {row["opportunity_id"]: row for row in preset.tables["opportunities"].to_pyarrow().to_pylist()}
    for number, (more, expected) in enumerate(CLOSED):
        row = found[str(number)]
        assert (row["is_closed"], row["is_won"]) == expected, more


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
    with pytest.raises(DataError, match=r"Nothing can be computed, because the only row of table .* is deleted"):
        made(engine, preset, {table: [row]})


def test_a_flag_that_says_nothing_takes_no_deal_away(engine: Any) -> None:
    silent: Row = {"is_deleted": None, "_fivetran_deleted": None, "_fivetran_active": None}
    said: Row = {"is_deleted": "false", "_fivetran_deleted": "false", "_fivetran_active": "true"}
    deals = [opportunity(id="1", **silent), opportunity(id="2", **said | {"is_deleted": "true"})]
    assert [
        row["opportunity_id"] for row in rows(made(engine, "salesforce", {"opportunity": deals}), "opportunities")
    ] == ["1"]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_versions_that_were_copied_together_the_one_that_changed_last_counts(turn: int, engine: Any) -> None:
    versions = [
        opportunity(
            amount=amount, SystemModstamp=f"2026-02-0{day} 10:00:00", _airbyte_extracted_at="2026-02-05 03:00:00"
        )
        for day, amount in enumerate(("5", "6", "7"), start=1)
    ]
    preset = made(engine, "salesforce", {"opportunity": versions[::turn]})
    assert [row["amount"] for row in rows(preset, "opportunities")] == ["7"]


def test_merged_deals_count_once_whichever_way_they_were_merged(engine: Any) -> None:
    deals = [deal(deal_id=key) for key in "12345"]
    deals[4]["property_hs_merged_object_ids"] = "4; 5"
    pairs = [("2", "1"), ("3", "2"), ("3", "3")]
    merged = [{"deal_id": winner, "merged_deal_id": loser} for winner, loser in pairs]
    preset = made(engine, "hubspot", {"deal": deals, "merged_deal": merged})
    assert [row["opportunity_id"] for row in rows(preset, "opportunities")] == ["3", "5"]


def test_what_was_taken_back_in_hubspot_says_nothing(engine: Any) -> None:
    deals = [
        deal(deal_id="1"),
        deal(deal_id="2", property_createdate=None, property_hs_createdate="2026-01-04 15:00:00"),
    ]
    gone_stage: Row = {**STAGES[1], "stage_id": "s1", "label": "A gone one", "_fivetran_deleted": "true"}
    raw: Raw = {
        "deal": deals,
        "merged_deal": [{"deal_id": "2", "merged_deal_id": "1", "_fivetran_deleted": "true"}],
        "deal_company": [
            {"deal_id": "1", "company_id": "11", "type_id": "5", "_fivetran_deleted": "true"},
            {"deal_id": "1", "company_id": "12", "type_id": "341", "_fivetran_deleted": None},
            {"deal_id": "1", "company_id": "13", "type_id": "5", "_fivetran_deleted": "false"},
        ],
        "deal_pipeline_stage": [*STAGES, gone_stage],
    }
    one, two = rows(made(engine, "hubspot", raw), "opportunities")
    assert (one["stage"], one["is_closed"], one["account_id"]) == ("Open", "False", "13")
    assert two["created_date"].startswith("2026-01-04")


LISTED = json.dumps([
    {"stageId": "s1", "label": "Open", "metadata": {"isClosed": "false", "probability": "0.2"}},
    {"stageId": "s2", "label": "Signed", "metadata": {"isClosed": "true", "probability": "1.0"}},
    {"id": "s3", "label": "No", "metadata": {"probability": 0.0}},
    {"label": "of nobody"}, "rubbish", None,
])  # fmt: skip


def test_stages_in_airbytes_list_of_pipelines_tell_what_is_closed_and_won(engine: Any) -> None:
    extracted = {"_airbyte_extracted_at": "2026-09-27 03:00:00"}
    pipelines = [
        {"pipelineId": "p", "label": "Sales", "stages": LISTED, **extracted},
        {"pipelineId": "p", "label": "Sales", "stages": "[]", "_airbyte_extracted_at": "2026-01-01 03:00:00"},
        {"pipelineId": "q", "label": "Broken", "stages": "{not json", **extracted},
        {"pipelineId": "r", "label": "Empty", "stages": None, **extracted},
    ]
    deals = [
        {"id": f"{number}", "properties_createdate": "2026-01-05T15:00:00Z", "properties_closedate": "2026-03-01",
         "properties_dealstage": stage, "properties_pipeline": "p"}
        for number, stage in enumerate(["s1", "s2", "s3", "closedwon", "gone"])
    ]  # fmt: skip
    preset = made(engine, "hubspot", {"deals": deals, "deal_pipelines": pipelines})
    cells = ("stage", "is_closed", "is_won")
    flags = {
        row["opportunity_id"]: tuple(row.get(cell, "").lower() for cell in cells)
        for row in rows(preset, "opportunities")
    }
    assert flags == {
        "0": ("open", "false", "false"), "1": ("signed", "true", "true"), "2": ("no", "true", "false"),
        "3": ("closedwon", "true", "true"), "4": ("gone", "", "false"),
    }  # fmt: skip


TYPES_OF_DEALS = [
    ("New Business", "new_business"), ("newbusiness", "new_business"), ("Existing Business", "expansion"),
    ("existingbusiness", "expansion"), ("Existing Customer - Upgrade", "expansion"), ("RENEWAL", "renewal"),
    ("new_business", "new_business"), ("Pilot", None), (None, None),
]  # fmt: skip


def test_types_of_deals_are_read_and_unknown_ones_counted(engine: Any) -> None:
    deals = [opportunity(id=str(number), type=theirs) for number, (theirs, _) in enumerate(TYPES_OF_DEALS)]
    preset = made(engine, "salesforce", {"opportunity": deals})
    found = {row["opportunity_id"]: row.get("type") for row in rows(preset, "opportunities")}
    assert found == {str(number): ours for number, (_, ours) in enumerate(TYPES_OF_DEALS)}
    said = [remark for remark in preset.remarks if "of a type that is not known" in remark]
    assert [remark[:29] for remark in said] == ["1 deal is of a type that is n"]


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


def test_the_last_sync_is_that_of_the_table_that_was_written_last(engine: Any) -> None:
    days = {"opportunity": "2026-09-27", "account": "2026-09-26"}
    raw: Raw = {name: [{"id": "1", "_fivetran_synced": f"{day} 03:00:00"}] for name, day in days.items()}
    assert str(synced("salesforce", put(engine, raw).get)) == "2026-09-27 03:00:00+00:00"


def test_a_quota_that_is_no_number_is_handed_on_to_be_set_aside(engine: Any) -> None:
    quota = {"id": "1", "quota_owner_id": "0051", "start_date": "2026-01-01", "quota_amount": "lots"}
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "forecasting_quota": [quota]})
    (row,) = rows(preset, "quotas")
    assert "amount" not in row
    with pytest.raises(DataError, match=r"Table quotas: 1 of 1 row cannot be used .*0051"):
        facts_of(preset.tables)


CURRENCIES = [
    {"id": "1", "iso_code": "USD", "conversion_rate": "1", "is_corporate": "true"},
    {"id": "2", "iso_code": "EUR", "conversion_rate": "0.8", "is_corporate": "false"},
    {"id": "3", "iso_code": "JPY", "conversion_rate": "160", "is_corporate": "false"},
    {"id": "4", "iso_code": "XAU", "conversion_rate": "0", "is_corporate": "false"},
]
DATED = [
    {"id": "1", "iso_code": "EUR", "start_date": "0001-01-01", "conversion_rate": "0.9"},
    {"id": "2", "iso_code": "EUR", "start_date": "2026-02-01", "conversion_rate": "0.5"},
    {"id": "3", "iso_code": "EUR", "start_date": "2026-03-15", "conversion_rate": "0.25"},
    {"id": "4", "iso_code": "USD", "start_date": "2026-02-01", "conversion_rate": "1"},
]


@pytest.mark.parametrize(
    ("currency", "dated", "expected"),
    [
        ("USD", [], {("EUR", ""): "1.25", ("JPY", ""): "0.00625"}),
        ("eur", [], {("USD", ""): "0.8", ("JPY", ""): "0.005"}),
        ("USD", DATED, {("EUR", ""): "1.11111111111111", ("EUR", "2026-02-01"): "2", ("EUR", "2026-04-01"): "4",
                        ("JPY", ""): "0.00625", ("JPY", "2026-02-01"): "0.00625"}),
        ("GBP", DATED, {}),
    ],
    ids=["corporate", "another", "with dates", "unknown"],
)  # fmt: skip
def test_salesforces_rates_are_units_for_one_of_the_corporate_currency(
    currency: str, dated: list[Row], expected: dict[tuple[str, str], str], engine: Any
) -> None:
    raw: Raw = {"opportunity": [opportunity()], "currency_type": CURRENCIES, "dated_conversion_rate": dated}
    preset = made(
        engine, "salesforce", {name: given for name, given in raw.items() if given}, replace(SPEC, currency=currency)
    )
    found = rows(preset, "fx_rates") if "fx_rates" in preset.tables else []
    told = {(row["currency"], row.get("month", "")): Decimal(row["rate"]) for row in found}
    assert told == {key: Decimal(rate) for key, rate in expected.items()}
    assert any("no rate of GBP, the reporting currency" in said for said in preset.remarks) == (currency == "GBP")


def test_a_first_rate_of_the_middle_of_a_month_holds_in_all_of_it_and_from_the_next_on(engine: Any) -> None:
    dated = [
        {"id": "1", "iso_code": "USD", "start_date": "0001-01-01", "conversion_rate": "1"},
        {"id": "2", "iso_code": "EUR", "start_date": "2025-12-15", "conversion_rate": "0.5"},
    ]
    found = rows(
        made(engine, "salesforce", {"opportunity": [opportunity()], "dated_conversion_rate": dated}), "fx_rates"
    )
    assert {(row["month"], Decimal(row["rate"])) for row in found} == {
        ("2025-12-01", Decimal(2)),
        ("2026-01-01", Decimal(2)),
    }


def test_deals_in_other_currencies_are_worth_what_salesforce_says(engine: Any) -> None:
    deals = [opportunity(id=f"006{code}", amount="1000", currency_iso_code=code) for code in ("USD", "EUR", "JPY")]
    preset = made(engine, "salesforce", {"opportunity": deals, "currency_type": CURRENCIES})
    facts = facts_of(preset.tables).facts
    assert total(facts.pipeline) == 1000 + 1250 + Decimal("6.25")
    assert not facts.quality.set_aside


IN_TWO_CURRENCIES = [
    ("1", "USD", "1000", "1000", "s1", None), ("2", "EUR", "100", "150", "s1", None),
    ("3", "EUR", "100", "120", "s2", "2025-11-20"), ("4", "EUR", "300", "390", "s2", "2025-11-28"),
    ("5", "EUR", "100", "140", "s2", "2026-02-20"), ("6", "EUR", None, "7", "s1", None),
    ("7", None, "50", "50", "s1", None), ("8", "EUR", "0", "0", "s1", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        ("USD", {"": "1.2750", "2025-11-01": "1.2750", "2026-02-01": "1.4000", "2026-03-01": "1.5000"}),
        ("EUR", {"": "0.7843", "2025-11-01": "0.7843", "2026-02-01": "0.7143", "2026-03-01": "0.6667"}),
        ("JPY", {}),
    ],
)
def test_what_hubspots_currencies_are_worth_is_told_by_the_deals_own_conversion(
    currency: str, expected: dict[str, str], engine: Any
) -> None:
    deals = [
        deal(deal_id=key, property_deal_currency_code=code, property_amount=amount, deal_pipeline_stage_id=stage,
             property_amount_in_home_currency=home, property_closedate=closed and f"{closed} 15:00:00",
             property_createdate="2026-03-02 15:00:00" if key == "1" else "2025-11-05 15:00:00")
        for key, code, amount, home, stage, closed in IN_TWO_CURRENCIES
    ]  # fmt: skip
    raw: Raw = {"deal": deals, "deal_pipeline_stage": STAGES}
    preset = made(engine, "hubspot", raw, replace(SPEC, currency=currency))
    found = rows(preset, "fx_rates") if "fx_rates" in preset.tables else []
    assert {row.get("month", ""): f"{Decimal(row['rate']):.4f}" for row in found} == expected
    assert {row["opportunity_id"]: row["currency"] for row in rows(preset, "opportunities")}["7"] == "USD"
    assert any("HubSpot knows no rate of JPY" in said for said in preset.remarks) == (currency == "JPY")


def test_deals_of_one_currency_alone_are_taken_as_they_are(engine: Any) -> None:
    deals = [deal(deal_id="1", property_amount_in_home_currency="1200.50"), deal(deal_id="2")]
    preset = made(engine, "hubspot", {"deal": deals, "deal_pipeline_stage": STAGES})
    assert "fx_rates" not in preset.tables and not any("rate of" in said for said in preset.remarks)
    assert not facts_of(preset.tables).facts.quality.set_aside


def test_what_the_engine_cannot_read_is_one_sentence(engine: Any) -> None:
    engine.raw_sql(
        "CREATE VIEW opportunity AS SELECT 'x' AS id, '2026-01-01' AS created_date, false AS is_closed, "
        "CAST(word AS BOOLEAN) AS is_won FROM (VALUES ('perhaps')) AS words(word)"
    )
    with pytest.raises(DataError, match=r"The engine cannot read the CRM's tables \(.*perhaps.*\): look at their sync"):
        load("salesforce", {"opportunity": engine.table("opportunity")}.get, SourceSpec())


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
