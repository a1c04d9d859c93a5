"""The past, as each CRM keeps it, becomes changes of one field from one value to another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis
import pytest

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.sources.presets import hubspot, salesforce
from monitor.sources.presets.preset import Preset
from tests.sources.crm_hubspot import hubspot as hubspots_tables
from tests.sources.crm_salesforce import salesforce as salesforces_tables
from tests.sources.preset_company import SPEC, STAGES, Raw, Row, deal, facts_of, made, opportunity, put, rows, total


def tracked(field: str, old: str | None, new: str | None, at: str = "2026-01-07T10:00:00.000+0000") -> Row:
    return {"opportunity_id": "006A", "field": field, "old_value": old, "new_value": new, "created_date": at}


def changes(preset: Preset) -> list[tuple[str | None, ...]]:
    names = ("field", "old_value", "new_value", "changed_at")
    found = [tuple(row.get(name) for name in names) for row in rows(preset, "opportunity_history")]
    return sorted(found, key=lambda change: (change[0], change[3]))


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("005000000000001AAA", "005000000000002AAA", ("Ann Bell", "Cy Dunn")),
        ("005000000000001AAA", None, ("Ann Bell", None)),
        (None, "005000000000002AAA", (None, "Cy Dunn")),
    ],
    ids=["passed on", "cleared", "set"],
)
def test_of_an_owners_two_rows_the_one_of_ids_counts(
    old: str | None, new: str | None, names: tuple[str | None, str | None], engine: Any
) -> None:
    at = "2026-01-07T10:00:00.000+0000"
    history = [tracked("Owner", *names), tracked("Owner", old, new)]
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "opportunity_field_history": history})
    assert changes(preset) == [("owner_id", old, new, at)]


def snapshot(stage: str, amount: str, at: str) -> Row:
    return {"opportunity_id": "006A", "stage_name": stage, "amount": amount, "created_date": at}


def test_snapshots_tell_what_no_tracked_field_tells_and_what_was_before_it(engine: Any) -> None:
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
        ("amount", "700", "800", "2026-01-07 08:00:00.500Z"),
        ("amount", "700", "900", "2026-01-07T10:00:00.000+0000"),
        ("stage", "Discovery", "Proposal", "2026-01-07 08:00:00.500Z"),
    ]


def test_what_field_history_has_forgotten_is_read_from_the_stage_history(engine: Any) -> None:
    snapshots = [
        snapshot("Discovery", "100", "2024-01-05 15:00:00"),
        snapshot("Discovery", "300", "2024-03-05 15:00:00"),
        snapshot("Proposal", "500", "2026-01-07 09:59:58"),  # the tracked change itself, a moment apart
    ]
    tracked_since = [tracked("Amount", "300", "500"), tracked("StageName", "Discovery", "Proposal")]
    raw = {
        "opportunity": [opportunity(created_date="2024-01-05 15:00:00", amount="500")],
        "opportunity_history": snapshots,
        "opportunity_field_history": [row | {"created_date": "2026-01-07 09:59:59"} for row in tracked_since],
    }
    assert changes(made(engine, "salesforce", raw)) == [
        ("amount", "100", "300", "2024-03-05 15:00:00Z"),
        ("amount", "300", "500", "2026-01-07 09:59:59Z"),
        ("stage", "Discovery", "Proposal", "2026-01-07 09:59:59Z"),
    ]


MINE = TableSpec(
    columns={"amount": "ARR__c", "segment": "Size__c", "owner_id": "Closer__c"},
    values={"segment": {"XS": "smb", "XL": "strategic"}},
)


@pytest.mark.parametrize("written", ["ARR__c", "arr_c"])
def test_a_field_of_ones_own_has_its_own_history_and_never_the_standard_ones(written: str, engine: Any) -> None:
    deal = opportunity(Size__c="XL", Closer__c="005000000000002AAA") | {"amount": "999", written: "8"}
    history = [tracked("Amount", "111", "999"), tracked("Owner", "005000000000009AAA", "005000000000008AAA"),
               tracked("ARR__c", "7", "8"), tracked("Size__c", "XS", "XL"),
               tracked("Closer__c", "005000000000001AAA", "005000000000002AAA")]  # fmt: skip
    raw = {"opportunity": [deal], "opportunity_field_history": history,
           "opportunity_history": [snapshot("Discovery", "50", "2026-01-05 15:00:00"),
                                   snapshot("Discovery", "60", "2026-01-06 15:00:00")]}  # fmt: skip
    mine = replace(MINE, columns=dict(MINE.columns) | {"amount": written})
    preset = made(engine, "salesforce", raw, replace(SPEC, tables={"opportunities": mine}))
    assert [change[:3] for change in changes(preset)] == [
        ("amount", "7", "8"), ("owner_id", "005000000000001AAA", "005000000000002AAA"), ("segment", "smb", "strategic")
    ]  # fmt: skip
    assert total(facts_of(preset.tables).facts.pipeline) == 8


def test_what_stands_for_nothing_in_a_deal_stands_for_it_in_its_past_too(engine: Any) -> None:
    mine = TableSpec(
        columns={"segment": "Size__c"}, values={"segment": {"XL": "strategic"}}, defaults={"segment": "smb"}
    )
    raw = {"opportunity": [opportunity(Size__c="XL")], "opportunity_field_history": [tracked("Size__c", None, "XL")]}
    preset = made(engine, "salesforce", raw, replace(SPEC, tables={"opportunities": mine}))
    assert [change[:3] for change in changes(preset)] == [("segment", "smb", "strategic")]


def test_an_amount_in_a_history_may_be_written_with_an_exponent(engine: Any) -> None:
    raw = {"opportunity": [opportunity()], "opportunity_field_history": [tracked("Amount", "1.25E7", "900.5")]}
    assert changes(made(engine, "salesforce", raw))[0][1:3] == ("12500000.0000", "900.5")


def test_changes_and_snapshots_that_were_deleted_tell_nothing(engine: Any) -> None:
    gone: Row = {"is_deleted": "true"}
    raw = {
        "opportunity": [opportunity()],
        "opportunity_field_history": [tracked("Amount", "1", "900.5"), tracked("Amount", "900.5", "7") | gone],
        "opportunity_history": [
            snapshot("Discovery", "1", "2026-01-05 15:00:00"),
            snapshot("Closed Won", "1", "2026-01-06 15:00:00") | gone,
        ],
    }
    assert [change[:3] for change in changes(made(engine, "salesforce", raw))] == [("amount", "1", "900.5")]


def test_the_past_of_deals_that_are_gone_is_left_out(engine: Any) -> None:
    raw = {
        "opportunity": [opportunity(), opportunity(id="006B", is_deleted="true")],
        "opportunity_field_history": [
            tracked("Amount", "1", "900.5") | {"opportunity_id": key} for key in ("006A", "006B")
        ],
    }
    preset = made(engine, "salesforce", raw)
    assert [row["opportunity_id"] for row in rows(preset, "opportunity_history")] == ["006A"]


def test_history_mode_tells_the_changes_between_versions(engine: Any) -> None:
    versions = [
        opportunity(amount="5", _fivetran_active="false", _fivetran_start="2026-01-05 15:00:00"),
        opportunity(amount="6", _fivetran_active="true", _fivetran_start="2026-02-05 15:00:00",
                    _fivetran_end="9999-12-31 23:59:59"),
    ]  # fmt: skip
    preset = made(engine, "salesforce", {"opportunity": versions})
    assert changes(preset) == [("amount", "5", "6", "2026-02-05 15:00:00Z")]
    assert [row["amount"] for row in rows(preset, "opportunities")] == ["6"]


@pytest.mark.parametrize("table", ["deal_property_history", "property_history", "deals_property_history"])
def test_hubspots_values_become_changes_with_stages_by_label(table: str, engine: Any) -> None:
    values = [
        ("dealstage", "s2", "2026-01-09 10:00:00"), ("dealstage", "s1", "2026-01-05 15:00:00.100"),
        ("dealstage", "s2", "2026-01-10 10:00:00"), ("closedate", "1772380800000", "2026-01-05 15:00:00"),
        ("closedate", None, "2026-01-06 15:00:00"), ("dealname", "x", "2026-01-06 15:00:00"),
    ]  # fmt: skip
    history = [{"deal_id": "1", "name": name, "value": value, "timestamp": at} for name, value, at in values]
    raw: Raw = {"deal": [deal()], table: history, "deal_pipeline_stage": STAGES}
    assert changes(made(engine, "hubspot", raw)) == [
        ("close_date", None, "2026-03-01T16:00:00.000Z", "2026-01-05 15:00:00Z"),
        ("close_date", "2026-03-01T16:00:00.000Z", None, "2026-01-06 15:00:00Z"),
        ("stage", None, "Open", "2026-01-05 15:00:00.100Z"),
        ("stage", "Open", "Signed", "2026-01-09 10:00:00Z"),
    ]


def test_a_moment_with_a_fraction_comes_after_the_one_without(engine: Any) -> None:
    values = [("7", "2026-01-05T15:00:00.500Z"), ("9", "2026-01-05T15:00:00Z")]
    history = [{"deal_id": "1", "name": "amount", "value": value, "timestamp": at} for value, at in values]
    found = changes(made(engine, "hubspot", {"deal": [deal()], "deal_property_history": history}))
    assert sorted(change[1:3] for change in found if change[1]) == [("9", "7")]


def test_only_the_past_of_the_property_that_a_field_is_mapped_to_is_the_fields(engine: Any) -> None:
    values = [("amount", "900", "05"), ("arr", "9", "06"), ("arr", "10", "07"), ("dealstage", "s1", "05")]
    history = [
        {"deal_id": "1", "name": name, "value": value, "timestamp": f"2026-01-{day} 15:00:00"}
        for name, value, day in values
    ]
    entered = [{"deal_id": "1", "value": "s2", "date_entered": "2026-01-08 15:00:00"}]
    mine = TableSpec(columns={"amount": "property_arr", "stage": "pipeline_label"}, defaults={"segment": "smb"})
    raw: Raw = {
        "deal": [deal(property_arr="10", deal_pipeline_id="p")],
        "deal_pipeline": [{"pipeline_id": "p", "label": "Sales"}],
        "deal_property_history": history,
        "deal_stage": entered,
    }
    found = changes(made(engine, "hubspot", raw, SourceSpec(tables={"opportunities": mine})))
    assert [change[:3] for change in found] == [("amount", None, "9"), ("amount", "9", "10")]


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


@pytest.mark.parametrize(
    ("crm", "raw"), [(salesforce, salesforces_tables), (hubspot, hubspots_tables)], ids=["salesforce", "hubspot"]
)
def test_a_question_is_short_enough_for_an_engine_to_plan_at_once(engine: Any, crm: Any, raw: Any) -> None:
    few: Raw = {name: rows[:1] for name, rows in raw().items()}
    preset = crm.canonical(put(engine, few).get, SPEC)
    assert (
        max(len(str(ibis.to_sql(table, dialect="duckdb", pretty=False))) for table in preset.tables.values()) < 45_000
    )
