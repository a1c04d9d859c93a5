"""The audit log, sealed verdicts, readings and snapshots."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
FROZEN = ("events", "verdicts")
KEYS = {"events": "seq = NEW.seq", "verdicts": "segment = NEW.segment AND indicator = NEW.indicator"
        " AND quarter = NEW.quarter AND version = NEW.version"}  # fmt: skip


def upgrade() -> None:
    _log()
    _verdicts()
    _caches()
    if op.get_bind().dialect.name == "sqlite":
        _freeze_on_sqlite()
    else:
        _freeze_on_postgresql()


def _log() -> None:
    op.create_table(
        "events",
        sa.Column("seq", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("on_day", sa.String(10), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("surface", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_events")),
        sa.UniqueConstraint("hash", name=op.f("uq_events_hash")),
    )
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("lines", NUMBER, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head")),
        sa.CheckConstraint("id = 1", name=op.f("ck_head_one_row")),
    )
    op.bulk_insert(head, [{"id": 1, "lines": 0, "hash": ""}])


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("quarter", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("sealed_on", sa.String(10), nullable=False),
        sa.Column("band", sa.String(16), nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("configuration", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("event_seq", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("segment", "indicator", "quarter", "version", name=op.f("pk_verdicts")),
        sa.ForeignKeyConstraint(["event_seq"], ["events.seq"], name=op.f("fk_verdicts_event_seq")),
    )


def _caches() -> None:
    op.create_table(
        "readings",
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("configuration", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("segment", "indicator", "configuration", "as_of", name=op.f("pk_readings")),
    )
    op.create_table(
        "snapshots",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("configuration", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("program", sa.Text, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("as_of", "configuration", "source", "head", "program", name=op.f("uq_snapshots_as_of")),
    )


def _freeze_on_sqlite() -> None:
    """INSERT OR REPLACE deletes without asking a DELETE trigger, hence the third."""
    for table in FROZEN:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
        taken = f"EXISTS (SELECT 1 FROM {table} WHERE {KEYS[table]})"  # noqa: S608
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {taken} {refuse}")
    op.execute("CREATE TRIGGER head_no_delete BEFORE DELETE ON head BEGIN SELECT RAISE(ABORT, 'head stays'); END")


def _freeze_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';"
        " END $$"
    )
    for table in FROZEN:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    op.execute("CREATE TRIGGER head_no_delete BEFORE DELETE ON head FOR EACH ROW EXECUTE FUNCTION append_only()")
