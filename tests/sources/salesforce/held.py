"""The organisation that holds what a tool copied from it."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.sources.company import Rows
from tests.sources.salesforce.conftest import FIELDS
from tests.sources.salesforce.server import Org, Table

OBJECTS = {"Opportunity": "Opportunity", "Account": "Account", "User": "User"} | {
    name: name for name in ("OpportunityFieldHistory", "OpportunityHistory", "UserRole", "ForecastingQuota")
}


def held(raw: dict[str, Rows]) -> Org:
    """The organisation that holds the rows that Airbyte wrote from it."""
    org = Org({name: Table(dict(fields)) for name, fields in FIELDS.items()}, datetime(2026, 9, 28, 8, tzinfo=UTC))
    org.tables["Opportunity"].fields["CurrencyIsoCode"] = "picklist"
    stamp = "2026-09-27T03:00:00.000+0000"
    for name in OBJECTS:
        table = org.tables[name]
        for number, row in enumerate(raw[name]):
            given = {key: typed(row.get(key, ""), kind) for key, kind in table.fields.items()}
            key = given["Id"] or f"{number:015}"
            table.rows.setdefault(str(key), given | {"Id": key, "SystemModstamp": stamp})
    return org


def typed(cell: str, kind: str) -> object:
    if kind == "boolean":
        return cell.lower() == "true"
    if not cell:
        return None
    zoned = cell if "T" in cell else cell.replace(" ", "T") + ".000+0000"
    return float(cell) if kind == "currency" else int(cell) if kind == "int" else zoned if kind == "datetime" else cell
