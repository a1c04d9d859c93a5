"""What changes whenever the tables of a PostgreSQL may have: a count and a sum of the versions of their rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from monitor.sources.sql.place import Server
from monitor.sources.sql.reaching import Connection, reach

_RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text, c.oid,
       (SELECT string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod), ',' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
  AND (lower(c.relname) = ANY(%(names)s) AND lower(n.nspname) = lower(coalesce(%(schema)s, current_schema(), 'public'))
       OR lower(n.nspname || '.' || c.relname) = ANY(%(names)s))
ORDER BY 1, 2
"""
"""By names in any case, as they are found: rather one too many than one whose changes nobody sees."""
_VERSIONS = "SELECT count(*), sum(hashint8(t.xmin::text::bigint)::bigint) FROM {} t"
"""Every insert and update gives its rows the number of a new transaction; a deletion shows in the count."""
_ROWS = "SELECT count(*), sum(hashtext(t::text)::bigint) FROM {} t"
"""Of views and foreign tables, whose rows have no versions."""


def of_server(place: Server, names: Iterable[str], schema: str | None) -> str:
    """What every table that is looked for holds, as one text. Raises DataError, ConfigError."""
    wanted = {"names": [name.lower() for name in names], "schema": schema}
    found = [place.url.reveal()]
    with reach(place.url) as connection:
        connection.execute("SET default_transaction_isolation = 'repeatable read'")
        with connection.transaction():
            for where, name, kind, *rest in connection.execute(_RELATIONS, wanted):
                found.append(repr((where, name, kind, rest, _held(connection, where, name, kind))))
    return "\n".join(found)


def _held(connection: Connection, schema: str, name: str, kind: str) -> tuple[Any, ...] | None:
    """A number for what is in it; None where the user may not read it, which is said when it is needed."""
    asked = sql.SQL(_ROWS if kind in "vf" else _VERSIONS).format(sql.Identifier(schema, name))
    try:
        with connection.transaction():
            return connection.execute(asked).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
