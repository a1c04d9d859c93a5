"""One company in every shape in which it may be held. To add a shape: what puts it there, and one line in the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from tests.sources import crm
from tests.sources.company import Rows, write_csv, write_parquet
from tests.sources.crm_company import one_company
from tests.sources.hubspot import held as hubspot_held
from tests.sources.hubspot import server as hubspot_server
from tests.sources.salesforce import held as salesforce_held
from tests.sources.salesforce import server as salesforce_server
from tests.sources.sql.databases import TYPES, Database

SPEND, PEOPLE = ("spend",), ("spend", "quotas", "reps")
"""What Salesforce has not, and what HubSpot has not, so that it comes from spreadsheets."""


@dataclass(frozen=True)
class Place:
    """An empty folder, an empty PostgreSQL, who signs certificates, and what stays open as long as it is read."""

    folder: Path
    postgres: Database
    authority: trustme.CA
    open: ExitStack

    @property
    def duckdb(self) -> Database:
        return Database(self.folder / "company.duckdb")


@dataclass(frozen=True)
class Held:
    """How the company is read: the first keys of `source`, the tables from spreadsheets, the environment."""

    source: str
    sheets: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    segments: bool = False
    """Whether it is said there which segment a deal or a person is of."""


def csv_files(folder: Path, *sheets: str) -> Held:
    write(folder / "data", (name for name in one_company() if name not in sheets))
    return Held("type: csv, path: data", sheets, segments=True)


def parquet_files(folder: Path) -> Held:
    for name, rows in one_company().items():
        write_parquet(folder / "data" / f"{name}.parquet", rows)
    return Held("type: csv, path: data", segments=True)


def own_tables(database: Database, *sheets: str) -> Held:
    """Tables under our names, with types."""
    database.put({name: rows for name, rows in one_company().items() if name not in sheets}, TYPES)
    return Held(database.source(), sheets, database.environ, segments=True)


def copied(database: Database, preset: str, raw: Mapping[str, Rows], *sheets: str, typed: bool = False) -> Held:
    """The tables of a CRM as a tool copies them into a database: all of them text, or `typed`."""
    types = {f"{table}.{column}": kind for table in raw for column, kind in THEIR_TYPES.items()} if typed else {}
    database.put({name.lower(): rows for name, rows in raw.items()}, types, zone="UTC")
    return Held(f"{database.source()}, preset: {preset}", sheets, database.environ)


THEIR_TYPES = {
    "created_date": "timestamp with time zone", "close_date": "timestamp with time zone",
    "last_login_date": "timestamp",
    "is_closed": "boolean", "is_won": "boolean", "is_deleted": "boolean", "amount": "double precision",
    "start_date": "date", "quota_amount": "numeric(18, 2)", "number_of_employees": "bigint",
    "deal_id": "bigint", "company_id": "bigint", "merged_deal_id": "bigint", "type_id": "bigint",
    "property_createdate": "timestamp with time zone", "property_closedate": "timestamp with time zone",
    "property_amount": "double precision", "property_amount_in_home_currency": "double precision",
    "timestamp": "timestamp with time zone", "closed_won": "boolean", "probability": "double precision",
    "created_at": "timestamp with time zone", "updated_at": "timestamp with time zone", "is_active": "boolean",
    "property_numberofemployees": "double precision", "_fivetran_deleted": "boolean",
    "companies": "jsonb", "stages": "jsonb", "_airbyte_meta": "jsonb", "archived": "boolean",
    "_airbyte_extracted_at": "timestamp with time zone", "properties_createdate": "timestamp with time zone",
    "properties_closedate": "timestamp with time zone", "properties_amount": "numeric",
    "properties_amount_in_home_currency": "numeric", "properties_numberofemployees": "numeric",
}  # fmt: skip


def salesforce_api(place: Place) -> Held:
    org = salesforce_held.held(crm.airbytes_salesforce())
    address = place.open.enter_context(salesforce_server.serving(org, place.authority))
    environ = {"SALESFORCE_ACCESS_TOKEN": salesforce_server.TOKEN, "SALESFORCE_INSTANCE_URL": address}
    return Held("type: salesforce, cache: cache", SPEND, environ)


def hubspot_api(place: Place) -> Held:
    address = place.open.enter_context(hubspot_server.serving(hubspot_held.held(crm.hubspot())))
    environ = {"HUBSPOT_TOKEN": hubspot_server.TOKEN, "HUBSPOT_API_URL": address}
    return Held("type: hubspot, cache: cache", PEOPLE, environ)


SHAPES: dict[str, Callable[[Place], Held]] = {
    "Parquet files": lambda at: parquet_files(at.folder),
    "CSV files and spreadsheets": lambda at: csv_files(at.folder, *PEOPLE),
    "a DuckDB file": lambda at: own_tables(at.duckdb),
    "PostgreSQL": lambda at: own_tables(at.postgres),
    "PostgreSQL and spreadsheets": lambda at: own_tables(at.postgres, *PEOPLE),
    "Salesforce by Fivetran in DuckDB": lambda at: copied(at.duckdb, "salesforce", crm.salesforce(), *SPEND),
    "Salesforce by Fivetran in PostgreSQL": lambda at: copied(
        at.postgres, "salesforce", crm.salesforce(), *SPEND, typed=True
    ),
    "Salesforce by Airbyte": lambda at: copied(at.duckdb, "salesforce", crm.airbytes_salesforce(), *SPEND),
    "HubSpot by Fivetran": lambda at: copied(at.duckdb, "hubspot", crm.hubspot(), *PEOPLE, typed=True),
    "HubSpot by Airbyte in PostgreSQL": lambda at: copied(
        at.postgres, "hubspot", crm.airbytes_hubspot(), *PEOPLE, typed=True
    ),
    "Salesforce over its API": salesforce_api,
    "HubSpot over its API": hubspot_api,
}
"""By name, what puts the company there. All are held against plain CSV files."""


def write(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        write_csv(folder / f"{name}.csv", one_company()[name])


def configuration(folder: Path, held: Held) -> str:
    """config.yaml in `folder` for the company as it is held; writes the spreadsheets."""
    write(folder / "sheets", held.sheets)
    tables = {name: f"type: csv, path: sheets/{name}.csv" for name in held.sheets}
    said = {} if held.segments else dict.fromkeys(("opportunities", "reps"), "defaults: {segment: smb}")
    listed = ", ".join(f"{name}: {{{text}}}" for name, text in (said | tables).items())
    return (
        "company: Acme\ntimezone: America/New_York\nexpansion: {started: 2026-01-01}\n"
        "indicators: {cac_payback: {gross_margin: {smb: 0.75}}}\n"
        f"source: {{{held.source}, tables: {{{listed}}}}}\n"
    )
