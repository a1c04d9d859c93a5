"""Bringing a database to the newest schema. Imports Alembic, so it is imported only where there is something to do."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without a file, bound to a connection that is in a transaction."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def knows(connection: Connection, revision: str) -> bool:
    """Whether `revision` is one of this program's migrations."""
    scripts = ScriptDirectory.from_config(configuration(connection))
    return revision in {script.revision for script in scripts.walk_revisions()}


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing; the caller holds the lock and commits."""
    command.upgrade(configuration(connection), "head")
