"""One made company with ids that every CRM could have given, and moments as the tools write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tests.sources.company import Rows
from tests.sources.mutations import clean_company

ZONE = ZoneInfo("America/New_York")
Raw = dict[str, Rows]


@cache
def one_company() -> Raw:
    """The company in canonical tables, with changes of all four fields. It is made once, so nobody may change it.

    HubSpot's ids are numbers; of Salesforce's only the users' are looked at: 15 characters that begin with 005.
    """
    tables = clean_company()
    for rows in tables.values():
        for row in rows:
            for column in row.keys() & _IDS.keys():
                row[column] = _IDS[column](row[column][1:])
    for row in tables["reps"]:
        row["manager_id"] = ""
    tables["opportunity_history"] += _more_changes(tables["opportunities"])
    return tables


def _user(number: str | int) -> str:
    return f"005{number:0>12}"


_IDS: dict[str, Callable[[str], str]] = {
    "opportunity_id": lambda number: f"9{number:0>4}",
    "account_id": lambda number: f"4{number:0>4}",
    "owner_id": _user,
    "rep_id": _user,
}


def _more_changes(deals: Rows) -> Rows:
    """Every seventh deal was put off once and moved a stage; every eleventh had another owner."""
    changes: list[tuple[str, str, str, str, int]] = []
    for number, deal in enumerate(deals):
        key = deal["opportunity_id"]
        if number % 7 == 0:
            earlier = date.fromisoformat(deal["close_date"]) - timedelta(days=5)
            changes.append((key, "close_date", str(earlier), deal["close_date"], 2))
            changes.append((key, "stage", "Discovery", deal["stage"], 1))
        if number % 11 == 0:
            changes.append((key, "owner_id", _user(number % 8), deal["owner_id"], 4))
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
