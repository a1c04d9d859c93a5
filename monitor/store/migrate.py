"""Bringing a database to the newest schema. Imports Alembic, so it is imported only where there is something to do."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

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


def blank() -> bytes:
    """A new SQLite file as the migrations leave one, made once in memory."""
    with _ONE_AT_A_TIME:
        return _blank()


_ONE_AT_A_TIME = Lock()
"""Alembic keeps what it is doing in its module, so that two threads cannot."""


@cache
def _blank() -> bytes:
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            upgrade(connection)
        with engine.connect() as connection:
            plain = connection.connection.driver_connection
            assert isinstance(plain, sqlite3.Connection)
            return plain.serialize()
    finally:
        engine.dispose()


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing; the caller holds the lock and commits."""
    command.upgrade(configuration(connection), "head")
