"""Making a database ready: is there a store, is its schema ours, and creating or migrating it under a lock."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from threading import get_ident

from sqlalchemy import Connection, func, select, text
from sqlalchemy.schema import CreateSchema

from monitor.errors import NoStore, StoreError
from monitor.store.engine import Database
from monitor.store.schema import REVISION, VERSION_TABLE

LOCK = 5_070_112_026
"""Key of the advisory lock under which PostgreSQL stores are migrated."""


def make_ready(database: Database, *, create: bool) -> None:
    """Leave `database` with the newest schema, or raise StoreError. Two processes may do this at once."""
    if database.file is not None:
        _check_file(database.file, create=create)
        if not database.file.exists() and _lay_down(database.file):
            return
    with database.read() as connection:
        found = _revision(connection)
    if found == REVISION:
        return
    if found is None and not create:
        raise NoStore(f"{database.name} holds no store of this program yet: run `smb-monitor status` once")
    _migrate(database, create=create)


def make_folder(folder: Path) -> None:
    """A folder beside the configuration, for the files of many stores."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"the folder {folder} for the companies' databases cannot be made ({error.strerror}): mend `database`"
        ) from error


def _check_file(file: Path, *, create: bool) -> None:
    """SQLite says `unable to open database file` to all of these, or makes the file that was not to be made."""
    if file.is_dir():
        raise StoreError(f"the database {file} is a folder: name a file in `database` or DATABASE_URL")
    if not file.exists() and not create:
        raise NoStore(f"there is no database {file} yet: run `smb-monitor status` once, or mend `database`")
    if not file.parent.is_dir():
        raise StoreError(f"the folder {file.parent} of the database does not exist: create it, or mend `database`")


def _lay_down(file: Path) -> bool:
    """A new file as the migrations leave one, in a tenth of their time: a portfolio has a thousand. It appears whole,
    and only where nobody else made it, or not at all; where that cannot be, it is migrated like any other.

    Whether it was done.
    """
    from monitor.store import migrate

    fresh = file.with_name(f".{file.name}.{os.getpid()}-{get_ident()}")
    with suppress(OSError):
        try:
            with fresh.open("xb") as made:
                made.write(migrate.blank())
                made.flush()
                os.fsync(made.fileno())
            file.hardlink_to(fresh)
        finally:
            fresh.unlink(missing_ok=True)
        return True
    return False


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return None if found is None else str(found)


def _migrate(database: Database, *, create: bool) -> None:
    """The revision is read again under the lock: somebody else may have migrated while we waited for it."""
    from monitor.store import migrate

    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
        found = _revision(connection)
        if found == REVISION:
            return
        if found is not None and not migrate.knows(connection, found):
            raise StoreError(
                f"the database {database.name} was made by a newer smb-monitor"
                f" (its schema is {found}, ours {REVISION}): update smb-monitor"
            )
        if not create:
            raise StoreError(f"the database {database.name} has an older schema: run `smb-monitor status` once")
        if database.schema is not None and not connection.dialect.has_schema(connection, database.schema):
            connection.execute(CreateSchema(database.schema))
        migrate.upgrade(connection)
