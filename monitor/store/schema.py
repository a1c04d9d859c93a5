"""The tables of the store, on SQLite and PostgreSQL alike. A change here is also a migration and a new `REVISION`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

REVISION = "0003"
"""The newest migration; a store with another one is migrated, or was made by a newer program."""

VERSION_TABLE = "smb_monitor_version"
"""Where Alembic notes the revision; not its usual name, which another program in the same database may use."""

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""Only a plain INTEGER numbers itself on SQLite."""

DAY = String(10)
"""ISO text, as are moments: the same characters on both databases, and what the audit chain hashes."""

MOMENT = String(32)
"""In UTC with microseconds, so that the order of the texts is the order of the moments."""

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
    Column("at", MOMENT, nullable=False),
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

outbox = Table(
    "outbox",
    metadata,
    Column("seq", NUMBER, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("incident", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("op", String(16), nullable=False),
    Column("target", Text),
    Column("fallback_of", Text),
    Column("message", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("not_before", MOMENT),
    Column("created_at", MOMENT, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lookups", Integer, nullable=False),
    Column("next_at", MOMENT),
    Column("tried_at", MOMENT),
    Column("uncertain_since", MOMENT),
    Column("touched_at", MOMENT),
    Column("lease_by", Text),
    Column("lease_until", MOMENT),
    Column("settled_at", MOMENT),
    Column("error", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("receipt", Text),
    Index("ix_outbox_status", "status"),
    Index("ix_outbox_touched_at", "touched_at"),
    Index("ix_outbox_incident", "incident"),
    Index("ix_outbox_target", "target"),
)
"""One row a message and address, for ever: what is to be sent, and what became of it. A trigger refuses DELETE.

`tried_at` is when the last try began, `uncertain_since` when the first one did whose answer was lost, `touched_at` when
the row was last claimed or settled, by which posts to one channel are spaced.
"""

attempts = Table(
    "attempts",
    metadata,
    Column("seq", NUMBER, primary_key=True),
    Column("key", Text, ForeignKey(outbox.c.key), nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("worker", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_attempts_key", "key"),
)
"""The ledger of tries. Triggers refuse UPDATE and DELETE."""

escalations = Table(
    "escalations",
    metadata,
    Column("key", Text, primary_key=True),
    Column("incident", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("due", DAY, nullable=False),
    Column("audiences", Text, nullable=False),
    Column("every", Integer),
    Column("until_acknowledged", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("settled_at", MOMENT),
    Index("ix_escalations_status", "status"),
)
"""Steps with a due day: pending, taken or cancelled. A trigger refuses DELETE."""

slots = Table(
    "slots",
    metadata,
    Column("slot", Text, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("claimed_at", MOMENT, nullable=False),
    Column("lease_until", MOMENT),
    Column("finished_at", MOMENT),
    Column("missed", Boolean, nullable=False),
    Column("note", Text, nullable=False),
)
"""Claims of the schedule: who runs a slot, and how it ended. A trigger refuses DELETE."""

seen_weeks = Table(
    "seen_weeks",
    metadata,
    Column("as_of", DAY, nullable=False),
    Column("shape", String(64), nullable=False),
    Column("segment", Text, nullable=False),
    Column("seen_on", DAY, nullable=False),
    Column("newest", DAY, nullable=False),
    Column("deals", NUMBER, nullable=False),
    Column("amount", Text, nullable=False),
    Column("squares", Text, nullable=False),
    Column("unpriced", NUMBER, nullable=False),
    Column("fresh_deals", NUMBER, nullable=False),
    Column("fresh_amount", Text, nullable=False),
    Column("fresh_squares", Text, nullable=False),
    Column("fresh_unpriced", NUMBER, nullable=False),
    Column("due", Text),
    Column("stands_in", Boolean, nullable=False),
    PrimaryKeyConstraint("as_of", "shape", "segment"),
)
"""The open pipeline at the end of a day as a run saw it, amounts as exact text; `due` is JSON, by fiscal quarter of the
expected close. Triggers refuse UPDATE and DELETE."""

envelopes = Table(
    "envelopes",
    metadata,
    Column("envelope", Text, primary_key=True),
    Column("at", MOMENT, nullable=False),
)
"""What Slack has handed over, so that what comes twice acts once; kept for a week."""

health = Table(
    "health",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("error", Text),
    Column("since", MOMENT, nullable=False),
)
"""Whether a whole channel is out of reach, why and since when."""

beats = Table(
    "beats",
    metadata,
    Column("worker", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", MOMENT, nullable=False),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("worker", "what"),
)
"""When each worker last did what."""
