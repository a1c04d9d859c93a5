"""HubSpot as it holds what a tool copied from it."""

from __future__ import annotations

from datetime import datetime

from tests.sources.crm_company import Raw
from tests.sources.hubspot.server import START, Portal, iso


def held(raw: Raw) -> Portal:
    """HubSpot as it holds what Fivetran wrote of it."""
    portal = Portal(most=100)
    for stage in raw["deal_pipeline_stage"]:
        if stage["_fivetran_deleted"] == "FALSE":
            facts = {"isClosed": stage["is_closed"].lower(), "probability": stage["probability"]}
            portal.stages[stage["stage_id"]] = {"label": stage["label"], **facts}
    merged: dict[str, list[str]] = {}
    for pair in raw["merged_deal"]:
        merged.setdefault(pair["deal_id"], []).append(pair["merged_deal_id"])
    losers = {each for several in merged.values() for each in several}
    companies = {pair["deal_id"]: pair["company_id"] for pair in raw["deal_company"] if pair["type_id"] == "5"}
    for row in raw["deal"]:
        number = row["deal_id"]
        if number not in losers:
            portal.deals[number] = {
                "properties": of_deal(row) | {"hs_merged_object_ids": ";".join(merged.get(number, []))},
                "past": {},
                "archived": row["is_deleted"] == "true",
                "links": [companies[number], "40000"] if number in companies else [],
            }
    for change in sorted(raw["deal_property_history"], key=lambda row: row["timestamp"], reverse=True):
        past = portal.deals[change["deal_id"]]["past"].setdefault(change["name"], [])
        past.append({"value": change["value"], "timestamp": zoned(change["timestamp"]), "sourceType": "CRM_UI"})
    for row in raw["company"]:
        portal.companies[row["id"]] = {"properties": properties(row), "past": {}, "archived": False}
    portal.owners = [
        {"id": row["owner_id"], "firstName": row["first_name"], "lastName": row["last_name"], "archived": False}
        | {"createdAt": zoned(row["created_at"]), "updatedAt": zoned(row["updated_at"])}
        for row in raw["owner"]
    ]
    return portal


def of_deal(row: dict[str, str]) -> dict[str, str | None]:
    own = {"dealstage": row["deal_pipeline_stage_id"], "pipeline": "default", "hubspot_owner_id": row["owner_id"]}
    return properties(row) | own


def properties(row: dict[str, str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {
        name.removeprefix("property_"): (zoned(cell) if name.endswith("date") else cell) or None
        for name, cell in row.items()
        if name.startswith("property_")
    }
    return found | {"hs_lastmodifieddate": iso(START), "hs_object_id": row.get("deal_id") or row["id"]}


def zoned(moment: str) -> str:
    return iso(round(datetime.fromisoformat(moment + "+00:00").timestamp() * 1000)) if moment else moment
