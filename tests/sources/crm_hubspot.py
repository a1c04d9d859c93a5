"""The made company as HubSpot holds it, in the tables that Fivetran and Airbyte write."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.sources.company import Rows
from tests.sources.crm_company import Raw, fivetrans_moment, one_company, utc


def hubspot() -> Raw:
    """The company and its HubSpot as Fivetran writes it: deals deleted and merged, stages by number."""
    company = one_company()
    deals = [_deal(row) for row in company["opportunities"]]
    deleted = [row | {"deal_id": f"8{number:04}", "is_deleted": "true"} for number, row in enumerate(deals[:40])]
    merged = [row | {"deal_id": f"6{number:04}"} for number, row in enumerate(deals[:30])]
    return {
        "deal": deals + deleted + merged,
        "deal_pipeline_stage": _STAGES,
        "deal_pipeline": [{"pipeline_id": "default", "label": "Sales", "_fivetran_deleted": "FALSE"}],
        "deal_property_history": list(_property_history(company)),
        "company": [_company(row) for row in company["accounts"]],
        "deal_company": list(_deal_companies(company["opportunities"])),
        "owner": [_owner(row) for row in company["reps"]],
        "merged_deal": [
            {"deal_id": deals[number]["deal_id"], "merged_deal_id": row["deal_id"]} for number, row in enumerate(merged)
        ],
    }


def _stage(key: str, label: str, closed: str, won: str, likely: str) -> dict[str, str]:
    return {"stage_id": key, "label": label, "is_closed": closed, "closed_won": won, "probability": likely,
            "pipeline_id": "default", "_fivetran_deleted": "FALSE"}  # fmt: skip


_STAGES = [
    _stage("11", "Discovery", "FALSE", "FALSE", "0.2"),
    _stage("12", "Proposal", "FALSE", "FALSE", "0.6"),
    _stage("13", "Closed Won", "TRUE", "TRUE", "1.0"),
    _stage("14", "Closed Lost", "", "", "0.0"),
    _stage("14", "Closed Lost (old)", "FALSE", "FALSE", "0.1") | {"_fivetran_deleted": "TRUE"},
]
_PIPELINES = [
    {
        "pipelineId": "default",
        "label": "Sales",
        "stages": json.dumps(
            [
                {
                    "stageId": stage["stage_id"],
                    "label": stage["label"],
                    "active": True,
                    "metadata": {"isClosed": stage["is_closed"].lower(), "probability": stage["probability"]},
                }
                for stage in _STAGES[:3]
            ]
        ),
    }
]
_STAGE_IDS = {"Discovery": "11", "Proposal": "12", "Closed Won": "13", "Closed Lost": "14"}


def _deal(row: dict[str, str]) -> dict[str, str]:
    return {
        "deal_id": row["opportunity_id"],
        "is_deleted": "false",
        "deal_pipeline_id": "default",
        "deal_pipeline_stage_id": _STAGE_IDS[row["stage"]],
        "owner_id": row["owner_id"],
        "property_amount": row["amount"],
        "property_closedate": fivetrans_moment(row["close_date"]),
        "property_createdate": fivetrans_moment(row["created_date"]),
        "property_dealtype": "newbusiness",
        "property_deal_currency_code": row["currency"],
        "property_amount_in_home_currency": row["amount"],
        "property_hs_analytics_source": {"inbound": "ORGANIC_SEARCH", "plg": "", "outbound": "OFFLINE"}[row["source"]],
    }


def _property_history(company: Raw) -> Iterator[dict[str, str]]:
    """What each changed property was set to, first when the deal was created."""
    created = {row["opportunity_id"]: row["created_date"] for row in company["opportunities"]}
    names = {"amount": "amount", "close_date": "closedate", "stage": "dealstage", "owner_id": "hubspot_owner_id"}
    for change in company["opportunity_history"]:
        field = change["field"]
        when = fivetrans_moment(created[change["opportunity_id"]])
        row = {"deal_id": change["opportunity_id"], "name": names[field], "source": "CRM_UI"}
        yield row | {"value": _property(field, change["old_value"]), "timestamp": when}
        yield row | {
            "value": _property(field, change["new_value"]),
            "timestamp": fivetrans_moment(change["changed_at"]),
        }
        yield row | {"name": "dealname", "value": "Anything", "timestamp": when}


def _property(field: str, value: str) -> str:
    """Stages by number, days as milliseconds."""
    if field == "close_date":
        return str(int(utc(value).timestamp() * 1000))
    return _STAGE_IDS[value] if field == "stage" else value


def _company(row: dict[str, str]) -> dict[str, str]:
    return {
        "id": row["account_id"],
        "is_deleted": "false",
        "property_name": row["name"],
        "property_numberofemployees": row["employees"],
        "property_createdate": fivetrans_moment(row["created_date"]),
    }


def _deal_companies(deals: Rows) -> Iterator[dict[str, str]]:
    for row in deals:
        pair = {"deal_id": row["opportunity_id"], "category": "HUBSPOT_DEFINED"}
        yield pair | {"company_id": "40000", "type_id": "341"}
        yield pair | {"company_id": row["account_id"], "type_id": "5"}


def _owner(row: dict[str, str]) -> dict[str, str]:
    first, last = row["name"].split(" ")
    return {
        "owner_id": row["rep_id"],
        "first_name": first,
        "last_name": last,
        "created_at": fivetrans_moment(row["start_date"]),
        "updated_at": "2026-09-20 10:00:00",
        "is_active": "true",
    }


def airbytes_hubspot() -> Raw:
    """The same HubSpot as Airbyte writes it: stages in a list, but one; other ids in the deal's columns."""
    company, raw = one_company(), hubspot()
    losers = {pair["deal_id"]: pair["merged_deal_id"] for pair in raw["merged_deal"]}
    accounts = {row["opportunity_id"]: row["account_id"] for row in company["opportunities"]}
    deals = []
    for row in raw["deal"]:
        key = row["deal_id"]
        end = ("true", "false") if row["deal_pipeline_stage_id"] == "14" else ("", "")
        own = {_airbytes(name): _iso(name, cell) for name, cell in row.items() if name.startswith("property_")}
        deals.append(own | {
            "id": key, "archived": row["is_deleted"], "companies": f'["{accounts.get(key, "")}", "40000"]',
            "properties_hs_is_closed": end[0], "properties_hs_is_closed_won": end[1],
            "properties_dealstage": row["deal_pipeline_stage_id"], "properties_pipeline": "default",
            "properties_hubspot_owner_id": row["owner_id"],
            "properties_hs_merged_object_ids": f"{losers[key]};{key}" if key in losers else "",
            "_airbyte_extracted_at": "2026-09-27 03:00:00", "_airbyte_meta": '{"changes": []}',
        })  # fmt: skip
    history = [
        {"dealId": row["deal_id"], "property": row["name"], "value": row["value"],
         "timestamp": _iso("timestamp", row["timestamp"])}
        for row in raw["deal_property_history"]
    ]  # fmt: skip
    owners = [
        {"id": row["owner_id"], "firstName": row["first_name"], "lastName": row["last_name"], "archived": "false",
         "createdAt": _iso("createdate", row["created_at"]), "updatedAt": "2026-09-20T10:00:00.000Z"}
        for row in raw["owner"]
    ]  # fmt: skip
    companies = [
        {_airbytes(name): cell for name, cell in row.items() if name != "is_deleted"} for row in raw["company"]
    ]
    rest = {"deals_property_history": history, "companies": companies, "owners": owners}
    return {"deals": deals, "deal_pipelines": _PIPELINES, **rest}


def _iso(name: str, cell: str) -> str:
    return cell.replace(" ", "T") + "Z" if name.endswith(("date", "timestamp")) and " " in cell else cell


def _airbytes(name: str) -> str:
    return name.replace("property_", "properties_")
