"""The made company as Salesforce holds it, in the tables that Fivetran and Airbyte write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tests.sources.company import Rows
from tests.sources.crm_company import Raw, fivetrans_moment, one_company

_QUARTERLY = ("2025-01-01", "2025-04-01")
"""Quarters whose quota stands as one row; those of the others stand by the month."""


def salesforce() -> Raw:
    """The company and its Salesforce as Fivetran writes it: deleted deals, old versions, histories of both kinds."""
    company = one_company()
    deals = [_opportunity(row) for row in company["opportunities"]]
    deleted = [row | {"id": f"006DELETED{number:05}", "is_deleted": "TRUE"} for number, row in enumerate(deals[:40])]
    old = [row | {"amount": "1", "_fivetran_active": "false"} for row in deals[::9]]
    changes = company["opportunity_history"]
    tracked = [change for change in changes if change["field"] != "stage"]
    return {
        "opportunity": deals + deleted + old,
        "opportunity_field_history": list(_field_history(tracked, company["reps"])) + _of_deleted(deleted),
        "opportunity_history": list(_stage_history(company)),
        "account": [_account(row) for row in company["accounts"]],
        "user": [_user(row) for row in company["reps"]] + [_admin()],
        "user_role": [
            {"id": "00E1", "name": "Account Executive - SMB", "_fivetran_deleted": "false"},
            {"id": "00E2", "name": "System Administrator", "_fivetran_deleted": "false"},
        ],
        "forecasting_quota": list(_forecasting_quotas(company["quotas"])),
    }


def _opportunity(row: dict[str, str]) -> dict[str, str]:
    return {
        "id": row["opportunity_id"],
        "account_id": row["account_id"],
        "owner_id": row["owner_id"],
        "type": "New Business",
        "created_date": fivetrans_moment(row["created_date"]),
        "close_date": f"{row['close_date']} 00:00:00",
        "stage_name": row["stage"],
        "is_closed": row["is_closed"].upper(),
        "is_won": row["is_won"],
        "amount": row["amount"],
        "currency_iso_code": row["currency"],
        "lead_source": {"inbound": "Web", "plg": "Free Trial", "outbound": "Cold Call"}[row["source"]],
        "probability": "1000",
        "is_deleted": "false",
        "_fivetran_active": "true",
    }


def _field_history(changes: Rows, reps: Rows) -> Iterator[dict[str, str]]:
    names = {row["rep_id"]: row["name"] for row in reps}
    theirs = {"amount": "Amount", "close_date": "CloseDate", "owner_id": "Owner"}
    for number, change in enumerate(changes):
        row = {
            "id": f"017{number:012}",
            "opportunity_id": change["opportunity_id"],
            "field": theirs[change["field"]],
            "old_value": change["old_value"],
            "new_value": change["new_value"],
            "created_date": fivetrans_moment(change["changed_at"]),
            "is_deleted": "false",
        }
        yield row
        if change["field"] == "owner_id":
            by_name = {side: names[change[side]] for side in ("old_value", "new_value")}
            yield row | by_name | {"id": f"018{number:012}"}
        if number % 10 == 0:
            yield row | {"field": "created", "old_value": "", "new_value": ""}
            yield row | {"field": "NextStep", "old_value": "call", "new_value": "mail"}


def _of_deleted(deals: Rows) -> Rows:
    return [
        {
            "id": f"019{number:012}",
            "opportunity_id": deal["id"],
            "field": "Amount",
            "old_value": "1",
            "new_value": deal["amount"],
            "created_date": deal["created_date"],
            "is_deleted": "false",
        }
        for number, deal in enumerate(deals)
    ]


def _stage_history(company: Raw) -> Iterator[dict[str, str]]:
    """Snapshots: as the deal was created, and after every change of stage."""
    moved = {
        change["opportunity_id"]: change for change in company["opportunity_history"] if change["field"] == "stage"
    }
    for row in company["opportunities"]:
        change = moved.get(row["opportunity_id"])
        snapshot = {
            "opportunity_id": row["opportunity_id"],
            "stage_name": change["old_value"] if change else row["stage"],
            "amount": row["amount"],
            "close_date": f"{row['close_date']} 00:00:00",
            "probability": "20",
            "created_date": fivetrans_moment(row["created_date"]),
            "is_deleted": "false",
        }
        yield snapshot
        if change:
            moment = fivetrans_moment(change["changed_at"])
            yield snapshot | {"stage_name": change["new_value"], "created_date": moment}


def _account(row: dict[str, str]) -> dict[str, str]:
    return {
        "id": row["account_id"],
        "name": row["name"],
        "number_of_employees": row["employees"],
        "created_date": fivetrans_moment(row["created_date"]),
        "is_deleted": "false",
    }


def _user(row: dict[str, str]) -> dict[str, str]:
    return {
        "id": row["rep_id"],
        "name": row["name"],
        "user_role_id": "00E1",
        "created_date": fivetrans_moment(row["start_date"]),
        "is_active": "true",
        "last_login_date": "2026-09-20 10:00:00",
        "_fivetran_deleted": "false",
    }


def _admin() -> dict[str, str]:
    admin = _user({"rep_id": "005000000000ADM", "name": "Admin", "start_date": "2020-01-01"})
    return admin | {"user_role_id": "00E2"}


def _forecasting_quotas(quotas: Rows) -> Iterator[dict[str, str]]:
    for number, quota in enumerate(quotas):
        start, whole = date.fromisoformat(quota["period_start"]), quota["period_start"] in _QUARTERLY
        for month in range(1 if whole else 3):
            for kind in ("by revenue", "by splits"):
                yield {
                    "id": f"0J9{number:04}{month}{kind}",
                    "quota_owner_id": quota["rep_id"],
                    "start_date": str(start.replace(month=start.month + month)),
                    "quota_amount": quota["amount"] if whole else "30000.00",
                    "is_amount": "true",
                    "forecasting_type_id": kind,
                }


def airbytes_salesforce() -> Raw:
    """The same Salesforce as Airbyte appends it: its names, one more version of some deals, nothing of Fivetran's."""
    raw = salesforce()
    tables = {"opportunity": [row for row in raw["opportunity"] if row["_fivetran_active"] == "true"]}
    renamed = {name: [_camel(row) for row in rows] for name, rows in (raw | tables).items()}
    for rows in renamed.values():
        for row in rows:
            row["_airbyte_extracted_at"] = "2026-09-27 03:00:00"
    deals = renamed["opportunity"]
    deals += [row | {"Amount": "1", "_airbyte_extracted_at": "2026-09-20 03:00:00"} for row in deals[::10]]
    names = {"opportunity_field_history": "OpportunityFieldHistory", "opportunity_history": "OpportunityHistory",
             "user_role": "UserRole", "forecasting_quota": "ForecastingQuota"}  # fmt: skip
    return {names.get(name, name.title()): rows for name, rows in renamed.items()}


def _camel(row: dict[str, str]) -> dict[str, str]:
    return {
        "".join(part.title() for part in name.split("_")): _with_offset(name, cell)
        for name, cell in row.items()
        if not name.startswith("_fivetran")
    }


def _with_offset(name: str, cell: str) -> str:
    if name == "close_date":
        return cell[:10]
    return cell.replace(" ", "T") + "+0000" if name.endswith("_date") and " " in cell else cell
