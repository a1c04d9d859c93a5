"""One made company as Salesforce and HubSpot hold it, in the tables that Fivetran and Airbyte write; and as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.sources.company import Rows
from tests.sources.mutations import clean_company

ZONE = ZoneInfo("America/New_York")
Raw = dict[str, Rows]
_QUARTERLY = ("2025-01-01", "2025-04-01")
"""Quarters whose quota stands as one row; those of the others stand by the month."""


def plain(deal: str = "D", rep: str = "R", account: str = "A") -> Raw:
    """The company in canonical tables, ids beginning as the CRM's do, with changes of all four fields."""
    ids = {"opportunity_id": ("D", deal), "owner_id": ("R", rep), "rep_id": ("R", rep), "account_id": ("A", account)}
    tables = clean_company()
    for rows in tables.values():
        for row in rows:
            for column in row.keys() & ids.keys():
                old, new = ids[column]
                row[column] = new + row[column].removeprefix(old).zfill(_width(new))
    for row in tables["reps"]:
        row["manager_id"] = ""
    tables["opportunity_history"] += _more_changes(tables["opportunities"], rep)
    return tables


def _width(prefix: str) -> int:
    """Salesforce's ids have 15 characters."""
    return 15 - len(prefix) if prefix.startswith("00") else 4


def _more_changes(deals: Rows, rep: str) -> Rows:
    """Every seventh deal was put off once and moved a stage; every eleventh had another owner."""
    changes: list[tuple[str, str, str, str, int]] = []
    for number, deal in enumerate(deals):
        key = deal["opportunity_id"]
        if number % 7 == 0:
            earlier = date.fromisoformat(deal["close_date"]) - timedelta(days=5)
            changes.append((key, "close_date", str(earlier), deal["close_date"], 2))
            changes.append((key, "stage", "Discovery", deal["stage"], 1))
        if number % 11 == 0:
            before = rep + str(number % 8).zfill(_width(rep))
            changes.append((key, "owner_id", before, deal["owner_id"], 4))
    created = {deal["opportunity_id"]: date.fromisoformat(deal["created_date"]) for deal in deals}
    names = ("opportunity_id", "field", "old_value", "new_value", "changed_at")
    return [
        dict(zip(names, (key, field, old, new, f"{created[key] + timedelta(days=after)}T15:20:00"), strict=True))
        for key, field, old, new, after in changes
        if old != new
    ]


def _utc(local: str) -> datetime:
    moment = datetime.fromisoformat(local if "T" in local else f"{local}T11:30:00")
    return moment.replace(tzinfo=ZONE).astimezone(UTC)


def fivetrans_moment(local: str) -> str:
    """A moment of the company's zone as Fivetran writes it, in UTC and without saying so."""
    return f"{_utc(local):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def airbytes_moment(local: str) -> str:
    return f"{_utc(local):%Y-%m-%dT%H:%M:%S.000+0000}"


# Salesforce.


def salesforce() -> tuple[Raw, Raw]:
    """The company and its Salesforce as Fivetran writes it: deleted deals, old versions, histories of both kinds."""
    company = plain("006", "005", "001")
    deals = [_opportunity(row) for row in company["opportunities"]]
    deleted = [row | {"id": f"006DELETED{number:05}", "is_deleted": "TRUE"} for number, row in enumerate(deals[:40])]
    old = [row | {"amount": "1", "_fivetran_active": "false"} for row in deals[::9]]
    changes = company["opportunity_history"]
    tracked = [change for change in changes if change["field"] != "stage"]
    raw = {
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
    return company, raw


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


def airbytes_salesforce() -> tuple[Raw, Raw]:
    """The same Salesforce as Airbyte appends it: its names, one more version of some deals, nothing of Fivetran's."""
    company, raw = salesforce()
    tables = {"opportunity": [row for row in raw["opportunity"] if row["_fivetran_active"] == "true"]}
    renamed = {name: [_camel(row) for row in rows] for name, rows in (raw | tables).items()}
    for rows in renamed.values():
        for row in rows:
            row["_airbyte_extracted_at"] = "2026-09-27 03:00:00"
    deals = renamed["opportunity"]
    deals += [row | {"Amount": "1", "_airbyte_extracted_at": "2026-09-20 03:00:00"} for row in deals[::10]]
    names = {"opportunity_field_history": "OpportunityFieldHistory", "opportunity_history": "OpportunityHistory",
             "user_role": "UserRole", "forecasting_quota": "ForecastingQuota"}  # fmt: skip
    return company, {names.get(name, name.title()): rows for name, rows in renamed.items()}


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


# HubSpot.


def hubspot() -> tuple[Raw, Raw]:
    """The company and its HubSpot as Fivetran writes it: deals deleted and merged, stages by number."""
    company = plain("9", "7", "4")
    deals = [_deal(row) for row in company["opportunities"]]
    deleted = [row | {"deal_id": f"8{number:04}", "is_deleted": "true"} for number, row in enumerate(deals[:40])]
    merged = [row | {"deal_id": f"6{number:04}"} for number, row in enumerate(deals[:30])]
    raw = {
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
    return company, raw


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
        return str(int(_utc(value).timestamp() * 1000))
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


def airbytes_hubspot() -> tuple[Raw, Raw]:
    """The same HubSpot as Airbyte writes it: no table of stages, merged and associated ids in columns of the deal."""
    company, raw = hubspot()
    losers = {pair["deal_id"]: pair["merged_deal_id"] for pair in raw["merged_deal"]}
    accounts = {row["opportunity_id"]: row["account_id"] for row in company["opportunities"]}
    rename: Callable[[str], str] = lambda name: name.replace("property_", "properties_")  # noqa: E731
    deals = []
    for row in raw["deal"]:
        key = row["deal_id"]
        end = {"13": ("true", "true"), "14": ("true", "false")}.get(row["deal_pipeline_stage_id"], ("false", "false"))
        own = {rename(name): _iso(name, cell) for name, cell in row.items() if name.startswith("property_")}
        deals.append(own | {
            "id": key, "archived": row["is_deleted"], "companies": f'["{accounts.get(key, "")}", "40000"]',
            "properties_hs_is_closed": end[0], "properties_hs_is_closed_won": end[1],
            "properties_dealstage": row["deal_pipeline_stage_id"], "properties_pipeline": "default",
            "properties_hubspot_owner_id": row["owner_id"],
            "properties_hs_merged_object_ids": f"{losers[key]};{key}" if key in losers else "",
            "_airbyte_extracted_at": "2026-09-27 03:00:00",
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
    companies = [{rename(name): cell for name, cell in row.items() if name != "is_deleted"} for row in raw["company"]]
    return company, {"deals": deals, "deals_property_history": history, "companies": companies, "owners": owners}


def _iso(name: str, cell: str) -> str:
    return cell.replace(" ", "T") + "Z" if name.endswith(("date", "timestamp")) and " " in cell else cell


SHAPES: dict[str, tuple[str, Callable[[], tuple[Raw, Raw]]]] = {
    "salesforce by Fivetran": ("salesforce", salesforce),
    "salesforce by Airbyte": ("salesforce", airbytes_salesforce),
    "hubspot by Fivetran": ("hubspot", hubspot),
    "hubspot by Airbyte": ("hubspot", airbytes_hubspot),
}
"""Preset, and what makes the company and its raw tables."""
