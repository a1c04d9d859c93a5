"""What a preset makes of single people and their quotas: who left, roles, addresses, forecasts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.core.calendar import FiscalCalendar
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.errors import DataError
from monitor.sources.presets import addresses, load
from tests.sources.preset_company import SPEC, Raw, Row, deal, made, opportunity, put, rows


def test_owners_of_hubspot_who_left_have_an_end_unless_they_are_there_again(engine: Any) -> None:
    made_at = {"created_at": "2025-01-01 10:00:00", "updated_at": "2026-02-03 10:00:00"}
    raw: Raw = {
        "deal": [deal()],
        "owner": [made_at | {"owner_id": "1", "is_active": "true"}, made_at | {"owner_id": "2", "is_active": "false"}],
        "owners_archived": [made_at | {"id": "1", "archived": "true"}, made_at | {"id": "3", "archived": "true"}],
    }
    ends = {row["rep_id"]: row.get("end_date", "")[:10] for row in rows(made(engine, "hubspot", raw), "reps")}
    assert ends == {"1": "", "2": "2026-02-03", "3": "2026-02-03"}


ROLES = [
    ("Account Executive", "ae"), ("AE - EMEA", "ae"), ("Sales Development Rep", "sdr"), ("BDR", "sdr"),
    ("Customer Success Manager", "csm"), ("Sales Manager", "manager"), ("VP Sales", "manager"),
    ("SDR Manager", "manager"), ("Solutions Engineer", "se"), ("Account Manager", None), ("CEO", "manager"),
    ("Michael's Team", None), ("Marketing", None),
]  # fmt: skip


def test_roles_are_told_by_simple_words_and_nobody_is_guessed(engine: Any) -> None:
    roles = [{"id": f"r{number}", "name": said} for number, (said, _) in enumerate(ROLES)]
    users = [
        {"id": role["name"], "user_role_id": role["id"], "created_date": "2025-01-01", "title": "Account Executive"}
        for role in roles
    ]
    raw: Raw = {"opportunity": [opportunity()], "user": users, "user_role": roles}
    preset = made(engine, "salesforce", raw, SourceSpec(tables={"reps": TableSpec(defaults={"segment": "smb"})}))
    assert {row["rep_id"]: row["role"] for row in rows(preset, "reps")} == {said: role for said, role in ROLES if role}
    unknown = sum(role is None for _, role in ROLES)
    assert any(f"{unknown} people have a role that is not known" in remark for remark in preset.remarks)


def test_where_nobody_has_a_role_that_is_known_there_are_no_people(engine: Any) -> None:
    user = {"id": "0051", "title": "Marketing", "created_date": "2025-01-01"}
    spec = SourceSpec(tables={"reps": TableSpec(defaults={"segment": "smb"})})
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "user": [user]}, spec)
    assert "reps" not in preset.tables
    assert any("1 person has a role that is not known here and is left out" in remark for remark in preset.remarks)


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


def test_where_roles_are_called_after_teams_the_titles_may_tell(engine: Any) -> None:
    user = {"id": "u1", "user_role_id": "r1", "created_date": "2025-01-01", "title": "Account Executive"}
    raw: Raw = {"opportunity": [opportunity()], "user": [user], "user_role": [{"id": "r1", "name": "Team SMB"}]}
    titles = TableSpec(columns={"role": "title"}, defaults={"segment": "smb"})
    [found] = rows(made(engine, "salesforce", raw, SourceSpec(tables={"reps": titles})), "reps")
    assert (found["rep_id"], found["role"]) == ("u1", "ae")


def test_people_without_a_segment_are_not_made_up(engine: Any) -> None:
    raw: Raw = {"opportunity": [opportunity()], "user": [{"id": "0051", "title": "AE", "created_date": "2025-01-01"}]}
    preset = made(engine, "salesforce", raw, SourceSpec())
    assert "reps" not in preset.tables
    assert any("Table reps is taken as absent" in remark and "segment" in remark for remark in preset.remarks)


USERS: list[Row] = [
    {"id": "0051", "is_active": "true", "until__c": "9999-12-31"},
    {"id": "0052", "is_active": "FALSE", "until__c": "2026-02-03"},
    {"id": "0053", "is_active": None, "until__c": "4000-12-31"},
]
LEFT = [({}, [None, "2026-01-31 23:00:00Z", None]), ({"end_date": "until__c"}, [None, "2026-02-03", None])]


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


def test_an_address_is_that_of_the_one_who_is_there_and_nobodys_where_several_are(engine: Any) -> None:
    logins = [("1", "ada@acme.example", "true"), ("2", "Ada@acme.example", "false"), ("3", "bob@acme.example", "false"),
              ("4", "cy@acme.example", "true"), ("5", "cy@acme.example", None)]  # fmt: skip
    users: list[Row] = [
        {"id": key, "email": email, "is_active": is_active, "created_date": "2025-01-01"}
        for key, email, is_active in logins
    ]
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "user": users})
    assert addresses(preset.users) == {"ada@acme.example": "1", "bob@acme.example": "3"}


def test_months_become_quarters_of_the_companys_year(engine: Any) -> None:
    quotas = [
        {"id": str(month), "quota_owner_id": "0051", "start_date": f"2026-{month:02}-01", "quota_amount": "10.5"}
        for month in range(1, 7)
    ]
    spec = SourceSpec(calendar=FiscalCalendar(2))
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "forecasting_quota": quotas}, spec)
    found = sorted((row["period_start"], float(row["amount"])) for row in rows(preset, "quotas"))
    assert found == [("2025-11-01", 10.5), ("2026-02-01", 31.5), ("2026-05-01", 21.0)]


def test_a_quota_of_pieces_is_none_of_money(engine: Any) -> None:
    quota = {"quota_owner_id": "u1", "start_date": "2026-01-01", "quota_amount": "300", "is_amount": "true"}
    pieces = quota | {"quota_amount": "40", "is_amount": "false", "start_date": "2026-02-01"}
    untold = quota | {"quota_amount": "5", "is_amount": None, "start_date": "2026-03-01"}
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "forecasting_quota": [quota, pieces, untold]})
    assert [float(row["amount"]) for row in rows(preset, "quotas")] == [305.0]


def test_of_quotas_for_several_kinds_of_forecast_the_largest_counts(engine: Any) -> None:
    quota: Row = {"quota_owner_id": "0051", "start_date": "2026-01-01"}
    quotas = [quota | {"id": kind, "forecasting_type_id": kind, "quota_amount": amount}
              for kind, amount in (("revenue", "10"), ("splits", "7"))]  # fmt: skip
    preset = made(engine, "salesforce", {"opportunity": [opportunity()], "forecasting_quota": quotas})
    assert [float(row["amount"]) for row in rows(preset, "quotas")] == [10.0]


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
