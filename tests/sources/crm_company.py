"""One made company with ids as a CRM's, and moments as the tools write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.sources.company import Rows
from tests.sources.mutations import clean_company

ZONE = ZoneInfo("America/New_York")
Raw = dict[str, Rows]


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


def utc(local: str) -> datetime:
    moment = datetime.fromisoformat(local if "T" in local else f"{local}T11:30:00")
    return moment.replace(tzinfo=ZONE).astimezone(UTC)


def fivetrans_moment(local: str) -> str:
    """A moment of the company's zone as Fivetran writes it, in UTC and without saying so."""
    return f"{utc(local):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def airbytes_moment(local: str) -> str:
    return f"{utc(local):%Y-%m-%dT%H:%M:%S.000+0000}"
