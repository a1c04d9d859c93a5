"""One session class for each warehouse: Ibis' own in the dialect of the facts, what is kept in the scratch schema.

Each library is imported where its warehouse is opened: nobody has all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

from monitor.sources.sql.warehouse_dialects import (
    BigQueryDialect,
    DatabricksDialect,
    MotherDuckDialect,
    SnowflakeDialect,
    TrinoDialect,
)

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend as Base
else:
    Base = object


class Scratch(Base):  # type: ignore[misc]
    """What the facts keep on the way, in a schema where its user may write, or as temporary tables."""

    scratch: str | None = None
    errors: tuple[type[Exception], ...] = ()
    """What the library raises when it cannot connect."""

    def create_table(self, name: str, /, obj: ir.Table, **_: Any) -> ir.Table:
        where: dict[str, Any] = {"temp": True} if self.scratch is None else {"database": self.scratch}
        made: ir.Table = super().create_table(name, obj, **where)
        self.kept[name] = made
        return made

    def drop_table(self, name: str, /, **_: Any) -> None:
        del self.kept[name]
        super().drop_table(name, database=self.scratch)

    def forget_all(self) -> None:
        """Everything that is still kept."""
        for name in list(self.kept):
            self.drop_table(name)

    @property
    def kept(self) -> dict[str, ir.Table]:
        """What stands there of ours, by name."""
        found: dict[str, ir.Table] = self.__dict__.setdefault("_monitor_kept", {})
        return found


class Inlined(Scratch):
    """Small tables of ours stand in the statements: nothing is uploaded."""

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        """Nothing to do (`warehouse_dialects.Inline`)."""

    def _make_memtable_finalizer(self, name: str) -> None:
        """Nothing to drop."""

    def _post_connect(self, **_: Any) -> None:
        """Databricks would make a volume to upload them to."""

    def _register_udfs(self, expr: ir.Expr) -> None:
        """There are none but the engine's own."""


@dataclass(frozen=True)
class _Made:
    """What a session class is made of."""

    backend: str
    errors: tuple[tuple[str, str], ...]
    """Module and name of what its library raises when it cannot connect."""
    dialect: type[Any]
    kind: type[Scratch] = Inlined


_SESSIONS: Mapping[str, _Made] = {
    "snowflake": _Made("snowflake", (("snowflake.connector.errors", "Error"),), SnowflakeDialect),
    "bigquery": _Made(
        "bigquery",
        (("google.api_core.exceptions", "GoogleAPIError"), ("google.auth.exceptions", "GoogleAuthError")),
        BigQueryDialect,
    ),
    "databricks": _Made("databricks", (("databricks.sql.exc", "Error"),), DatabricksDialect),
    "trino": _Made("trino", (("trino.exceptions", "Error"), ("requests.exceptions", "RequestException")), TrinoDialect),
    "md": _Made("duckdb", (("duckdb", "Error"),), MotherDuckDialect, Scratch),
}
"""By what SOURCE_URL begins with."""


def session_of(scheme: str) -> type[Scratch]:
    """The session class of the warehouse whose address begins so; its library is imported now."""
    made = _SESSIONS[scheme]
    backend = import_module(f"ibis.backends.{made.backend}").Backend
    errors = tuple(getattr(import_module(module), name) for module, name in made.errors)
    return type("Session", (made.kind, backend), {"errors": errors, "compiler": made.dialect()})


def credentials(scheme: str) -> dict[str, Any]:
    """Google's own, from the environment of the process; without any, Ibis would open a browser."""
    if scheme != "bigquery":
        return {}
    found, _ = import_module("google.auth").default()
    return {"credentials": found}
