"""Warehouses: how their addresses read, and what Ibis is told to reach them. Compiled only: no test connects to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from monitor.core.secret import Secret
from monitor.errors import ConfigError


@dataclass(frozen=True)
class Kind:
    """One kind of warehouse."""

    name: str
    library: str
    """What has to be importable."""
    extra: str
    """What brings it."""
    address: str
    """How SOURCE_URL is written."""
    needs_scratch: bool = True
    """Without temporary tables of its own on its side, what is kept stands in a schema that may be written."""


KINDS: Mapping[str, Kind] = {
    "snowflake": Kind(
        "Snowflake",
        "snowflake.connector",
        "snowflake",
        "snowflake://user:password@account/database/schema?warehouse=NAME&role=NAME",
        needs_scratch=False,
    ),
    "bigquery": Kind("BigQuery", "google.cloud.bigquery", "bigquery", "bigquery://project/dataset?location=EU"),
    "databricks": Kind(
        "Databricks",
        "databricks.sql",
        "databricks",
        "databricks://token:TOKEN@host/catalog/schema?http_path=/sql/1.0/warehouses/ID",
    ),
    "trino": Kind("Trino", "trino", "trino", "trino://user:password@host:443/catalog/schema?http_scheme=https"),
    "md": Kind("MotherDuck", "duckdb", "", "md:database, with MOTHERDUCK_TOKEN in the environment"),
}
"""By what SOURCE_URL begins with."""


@dataclass(frozen=True)
class Warehouse:
    """One warehouse."""

    url: Secret
    scratch: str | None = None

    @property
    def scheme(self) -> str:
        return self.url.reveal().partition(":")[0]

    @property
    def kind(self) -> Kind:
        return KINDS[self.scheme]

    @property
    def remark(self) -> str:
        """What a person should know who reads from there."""
        return (
            f"{self.kind.name} is supported as compiled only: its SQL is checked by tests, but none of them ran it "
            "there, so hold the first digest against numbers that you know."
        )

    def options(self) -> dict[str, Any]:
        """What Ibis' own `connect` takes, by name. Raises ConfigError for an address that lacks something."""
        try:
            parts = urlsplit(self.url.reveal())
            found = _READ[self.scheme](parts) | dict(parse_qsl(parts.query))
        except ValueError:  # of a port that is no number
            found = {"": ""}
        if not all(value != "" for value in found.values()) or any(
            "/" in found.get(key, "") for key in ("schema", "dataset_id")
        ):
            raise ConfigError(f"SOURCE_URL is no address of {self.kind.name}: write it like {self.kind.address}.")
        return found


def _placed(parts: SplitResult, catalog: str) -> dict[str, Any]:
    """The catalog, by what it is called there, and the schema."""
    first, _, schema = parts.path.strip("/").partition("/")
    return {catalog: first, "schema": schema}


def _snowflake(parts: SplitResult) -> dict[str, Any]:
    password = {"password": unquote(parts.password)} if parts.password else {}
    return {
        "user": unquote(parts.username or ""),
        "account": parts.hostname or "",
        "create_object_udfs": False,  # Ibis would make a database for functions that nothing here uses
        **_placed(parts, "database"),
    } | password


def _bigquery(parts: SplitResult) -> dict[str, Any]:
    return {"project_id": parts.netloc, "dataset_id": parts.path.strip("/")}


def _databricks(parts: SplitResult) -> dict[str, Any]:
    path = dict(parse_qsl(parts.query)).get("http_path", "")
    return {
        "server_hostname": parts.hostname or "",
        "access_token": unquote(parts.password or ""),
        "http_path": path,
        **_placed(parts, "catalog"),
    }


def _trino(parts: SplitResult) -> dict[str, Any]:
    password = {"auth": unquote(parts.password)} if parts.password else {}
    port = {"port": parts.port} if parts.port else {}
    return (
        {
            "user": unquote(parts.username or ""),
            "host": parts.hostname or "",
            **_placed(parts, "database"),
        }
        | password
        | port
    )


def _motherduck(parts: SplitResult) -> dict[str, Any]:
    return {"database": f"md:{parts.path}" if parts.path else ""}


_READ = {
    "snowflake": _snowflake,
    "bigquery": _bigquery,
    "databricks": _databricks,
    "trino": _trino,
    "md": _motherduck,
}
