"""The tables of the store, on SQLite and PostgreSQL alike. A change here is also a migration and a new `REVISION`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0001"
"""The newest migration; a store with another one is migrated, or was made by a newer program."""

VERSION_TABLE = "smb_monitor_version"
"""Where Alembic notes the revision; not its usual name, which another program in the same database may use."""

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Only a plain INTEGER numbers itself on SQLite."""

DAY = String(10)
"""ISO text, as are moments: the same characters on both databases, and what the audit chain hashes."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

events = Table(
    "events",
    metadata,
    Column("seq", NUMBER, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("on_day", DAY, nullable=False),
    Column("at", String(32), nullable=False),
    Column("actor", Text, nullable=False),
    Column("surface", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)
"""The append-only audit log. Triggers refuse UPDATE and DELETE."""

head = Table(
    "head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    Column("lines", NUMBER, nullable=False),
    Column("hash", String(64), nullable=False),
)
"""One row: how many lines the log has and the hash of the last. Writers lock it; a cut tail shows against it."""

verdicts = Table(
    "verdicts",
    metadata,
    Column("segment", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("quarter", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sealed_on", DAY, nullable=False),
    Column("band", String(16), nullable=False),
    Column("counted", Boolean, nullable=False),
    Column("reading", Text, nullable=False),
    Column("configuration", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("event_seq", NUMBER, ForeignKey(events.c.seq), nullable=False),
    PrimaryKeyConstraint("segment", "indicator", "quarter", "version"),
)
"""Sealed quarter verdicts; a reseal is a row with the next version. Triggers refuse UPDATE and DELETE."""

readings = Table(
    "readings",
    metadata,
    Column("segment", Text, nullable=False),
    Column("indicator", Text, nullable=False),
    Column("as_of", DAY, nullable=False),
    Column("configuration", Text, nullable=False),
    Column("reading", Text, nullable=False),
    PrimaryKeyConstraint("segment", "indicator", "configuration", "as_of"),
)
"""Weekly readings that `backfill` rebuilt; they can be rebuilt again."""

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("as_of", DAY, nullable=False),
    Column("configuration", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("head", String(64), nullable=False),
    Column("program", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    UniqueConstraint("as_of", "configuration", "source", "head", "program"),
)
"""Whole runs, kept so that asking again is quick; only the newest stay."""
