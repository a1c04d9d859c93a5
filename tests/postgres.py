"""A throwaway PostgreSQL server in a temporary folder, on a Unix socket with passwords; each test its own database."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

USER, PASSWORD = "monitor", "s3cret-p4ssword"
FASTER = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses=''"
"""No test pulls the plug of the machine; that PostgreSQL's own log survives that is not ours to test."""


def binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; Debian keeps it off the PATH."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


@dataclass(frozen=True)
class Server:
    """A running server, reached through the socket in `folder`."""

    folder: Path

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql://{USER}:{password}@/{database}?host={self.folder}"

    def create(self, database: str, template: str = "template0") -> str:
        """A new database, empty or a copy of one that nobody is connected to; its URL."""
        conninfo = f"host={self.folder} user={USER} password={PASSWORD} dbname=postgres"
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def clear(self, database: str) -> None:
        """Take everything out of a database: much quicker than another database, and nothing to remove at the end."""
        conninfo = f"host={self.folder} user={USER} password={PASSWORD} dbname={database}"
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")


def server_or_skip() -> Iterator[Server]:
    """The body of a fixture: a server. It is skipped only where PostgreSQL is not installed."""
    found = binaries()
    if found is None:
        pytest.skip("PostgreSQL (initdb, pg_ctl) is not installed")
    with running(found) as server:
        yield server


@contextmanager
def running(binaries: Path) -> Iterator[Server]:
    """Start a server, which refuses to run as root, and stop it."""
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path holds 107 characters: not pytest's
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    owner = _unprivileged()
    if owner:
        for path in (folder, secret):
            shutil.chown(path, owner)
    data, log = folder / "data", folder / "log"

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, capture_output=True, text=True, user=owner, cwd=folder)

    try:
        run(
            binaries / "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", f"--pwfile={secret}", "-N", "-E", "UTF8"
        )
        run(binaries / "pg_ctl", "-D", data, "-l", log, "-w", "-o", f"{FASTER} -k {folder}", "start")
        try:
            yield Server(folder)
        finally:
            run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        with suppress(OSError):
            shutil.rmtree(folder)


def _unprivileged() -> str | None:
    return "postgres" if os.geteuid() == 0 else None
