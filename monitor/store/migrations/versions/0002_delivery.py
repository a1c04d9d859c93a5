"""What is to be sent and what became of it, escalation steps, claims of the schedule, signs of life."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.String(32)
KEPT = ("outbox", "attempts", "escalations", "slots")


def upgrade() -> None:
    _outbox()
    _attempts()
    _escalations()
    _slots()
    _signs()
    if op.get_bind().dialect.name == "sqlite":
        _keep_on_sqlite()
    else:
        _keep_on_postgresql()


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("op", sa.String(16), nullable=False),
        sa.Column("target", sa.Text),
        sa.Column("fallback_of", sa.Text),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("not_before", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        *_course(),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    for column in ("status", "touched_at", "incident", "target"):
        op.create_index(f"ix_outbox_{column}", "outbox", [column])


def _course() -> list[sa.Column[object]]:
    return [
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lookups", sa.Integer, nullable=False),
        sa.Column("next_at", MOMENT),
        sa.Column("tried_at", MOMENT),
        sa.Column("uncertain_since", MOMENT),
        sa.Column("touched_at", MOMENT),
        sa.Column("lease_by", sa.Text),
        sa.Column("lease_until", MOMENT),
        sa.Column("settled_at", MOMENT),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text),
    ]


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_attempts")),
        sa.ForeignKeyConstraint(["key"], ["outbox.key"], name=op.f("fk_attempts_key")),
    )
    op.create_index("ix_attempts_key", "attempts", ["key"])


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("incident", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("due", sa.String(10), nullable=False),
        sa.Column("audiences", sa.Text, nullable=False),
        sa.Column("every", sa.Integer),
        sa.Column("until_acknowledged", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_escalations")),
    )
    op.create_index("ix_escalations_status", "escalations", ["status"])


def _slots() -> None:
    op.create_table(
        "slots",
        sa.Column("slot", sa.Text, nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=False),
        sa.Column("lease_until", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("missed", sa.Boolean, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_slots")),
    )


def _signs() -> None:
    op.create_table(
        "envelopes",
        sa.Column("envelope", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("envelope", name=op.f("pk_envelopes")),
    )
    op.create_table(
        "health",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_health")),
    )
    op.create_table(
        "beats",
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("worker", "what", name=op.f("pk_beats")),
    )


def _keep_on_sqlite() -> None:
    for table in KEPT:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} stays'); END"
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    refuse = "BEGIN SELECT RAISE(ABORT, 'attempts is append-only'); END"
    op.execute(f"CREATE TRIGGER attempts_no_update BEFORE UPDATE ON attempts {refuse}")


def _keep_on_postgresql() -> None:
    """`append_only()` came with 0001."""
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        )
    op.execute(
        "CREATE TRIGGER attempts_no_update BEFORE UPDATE ON attempts FOR EACH ROW EXECUTE FUNCTION append_only()"
    )
