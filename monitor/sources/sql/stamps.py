"""What changes whenever the tables may have, without the engine: a file's times, or a count and sum of row versions."""

from __future__ import annotations

import hashlib
from typing import Any

import psycopg
from psycopg import sql

from monitor.core.source_spec import SourceSpec
from monitor.sources.sql.names import wanted_names
from monitor.sources.sql.place import File, Place, Server
from monitor.sources.sql.reaching import Connection, reach

_RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text, c.oid,
       (SELECT string_agg(concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod), ',' ORDER BY a.attnum)
        FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
  AND (lower(c.relname) = ANY(%(names)s) AND n.nspname = coalesce(%(schema)s, current_schema())
       OR lower(n.nspname || '.' || c.relname) = ANY(%(names)s))
ORDER BY 1, 2
"""
_VERSIONS = "SELECT count(*), sum(hashint8(t.xmin::text::bigint)::bigint) FROM {} t"
"""Every insert and update gives its rows the number of a new transaction; a deletion shows in the count."""
_ROWS = "SELECT count(*), sum(hashtext(t::text)::bigint) FROM {} t"
"""Of views and foreign tables, whose rows have no versions."""


def stamp(spec: SourceSpec, place: Place) -> str:
    """SHA-256 over the mapping, where the tables are, and what they hold. Raises DataError."""
    digest = hashlib.sha256(repr(spec).encode())
    if isinstance(place, File):
        place.check()
        for path in (place.path, place.path.with_name(f"{place.path.name}.wal")):
            stat = path.stat() if path.exists() else None
            digest.update(repr(stat and (stat.st_size, stat.st_mtime_ns, stat.st_ino)).encode())
        return digest.hexdigest()
    return _of_server(spec, place, digest)


def _of_server(spec: SourceSpec, place: Server, digest: Any) -> str:
    digest.update(place.url.reveal().encode())
    names = [name.lower() for name in wanted_names(spec)]
    with reach(place.url) as connection:
        connection.execute("SET default_transaction_isolation = 'repeatable read'")
        with connection.transaction():
            for schema, name, kind, *rest in connection.execute(_RELATIONS, {"names": names, "schema": spec.schema}):
                held = _held(connection, schema, name, kind)
                digest.update(repr((schema, name, kind, rest, held)).encode())
    digest_text: str = digest.hexdigest()
    return digest_text


def _held(connection: Connection, schema: str, name: str, kind: str) -> tuple[Any, ...] | None:
    """A number for what is in it; None where the user may not read it, which is said when it is needed."""
    asked = sql.SQL(_ROWS if kind in "vf" else _VERSIONS).format(sql.Identifier(schema, name))
    try:
        with connection.transaction():
            return connection.execute(asked).fetchone()
    except psycopg.errors.InsufficientPrivilege:
        return None
