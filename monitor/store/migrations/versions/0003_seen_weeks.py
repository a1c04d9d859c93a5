"""The open pipeline as it was seen, for companies whose CRM keeps no history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
KEY = "as_of = NEW.as_of AND shape = NEW.shape AND segment = NEW.segment"


def upgrade() -> None:
    op.create_table(
        "seen_weeks",
        sa.Column("as_of", sa.String(10), nullable=False),
        sa.Column("shape", sa.String(64), nullable=False),
        sa.Column("segment", sa.Text, nullable=False),
        sa.Column("seen_on", sa.String(10), nullable=False),
        sa.Column("newest", sa.String(10), nullable=False),
        *_sums(""),
        *_sums("fresh_"),
        sa.Column("due", sa.Text),
        sa.Column("stands_in", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("as_of", "shape", "segment", name=op.f("pk_seen_weeks")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _freeze_on_sqlite()
    else:
        _freeze_on_postgresql()


def _sums(prefix: str) -> list[sa.Column[object]]:
    return [
        sa.Column(f"{prefix}deals", NUMBER, nullable=False),
        sa.Column(f"{prefix}amount", sa.Text, nullable=False),
        sa.Column(f"{prefix}squares", sa.Text, nullable=False),
        sa.Column(f"{prefix}unpriced", NUMBER, nullable=False),
    ]


def _freeze_on_sqlite() -> None:
    """INSERT OR REPLACE deletes without asking a DELETE trigger, hence the third."""
    refuse = "BEGIN SELECT RAISE(ABORT, 'seen_weeks is append-only'); END"
    for change in ("UPDATE", "DELETE"):
        op.execute(f"CREATE TRIGGER seen_weeks_no_{change.lower()} BEFORE {change} ON seen_weeks {refuse}")
    taken = f"EXISTS (SELECT 1 FROM seen_weeks WHERE {KEY})"  # noqa: S608
    op.execute(f"CREATE TRIGGER seen_weeks_no_replace BEFORE INSERT ON seen_weeks WHEN {taken} {refuse}")


def _freeze_on_postgresql() -> None:
    """`append_only()` came with 0001."""
    for name, when in (
        ("change", "UPDATE OR DELETE ON seen_weeks FOR EACH ROW"),
        ("truncate", "TRUNCATE ON seen_weeks FOR EACH STATEMENT"),
    ):
        op.execute(f"CREATE TRIGGER seen_weeks_no_{name} BEFORE {when} EXECUTE FUNCTION append_only()")
