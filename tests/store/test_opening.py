"""Opening: made, migrated, or one sentence without the password."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import text

from monitor.errors import StoreError
from monitor.store import migrate
from monitor.store.engine import Database
from monitor.store.repository import open_store
from monitor.store.schema import REVISION, VERSION_TABLE
from tests.postgres import PASSWORD, USER, Server
from tests.store.trade import NOON, sealing, verdict

ROOT = Path(__file__).parents[2]


def test_the_tables_are_what_the_migrations_make(url: str) -> None:
    open_store(url).close()
    database = Database(url)
    with database.write() as connection:
        command.check(migrate.configuration(connection))
        assert ScriptDirectory.from_config(migrate.configuration(connection)).get_heads() == [REVISION]
    database.engine.dispose()


def test_an_up_to_date_store_opens_without_alembic(url: str) -> None:
    open_store(url).close()
    program = "import sys; from monitor.store.repository import open_store; open_store(sys.argv[1]).head();"
    program += "print(sorted({'alembic', 'pydantic', 'pandas', 'duckdb'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_processes_that_create_at_once_all_get_the_same_store(url: str) -> None:
    program = "import sys, alembic.command, psycopg; from monitor.store.repository import open_store;"
    program += "print('ready', flush=True); sys.stdin.read(1); print(open_store(sys.argv[1]).verify())"
    command = [sys.executable, "-c", program, url]
    children = [Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT) for _ in range(4)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go")
        child.stdin.flush()
    assert [child.communicate()[0].strip() for child in children] == ["[]"] * 4


def test_a_store_of_a_newer_program_is_left_alone(url: str) -> None:
    with open_store(url) as store:
        store.commit(sealing(verdict()), NOON)
    _set_revision(url, "9999")
    for create in (True, False):
        with pytest.raises(StoreError, match=r"newer smb-monitor \(its schema is 9999, ours .*update smb-monitor"):
            open_store(url, create=create)
    _set_revision(url, REVISION)
    with open_store(url) as store:
        assert len(store.events()) == 2


def _set_revision(url: str, revision: str) -> None:
    database = Database(url)
    with database.write() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
    database.engine.dispose()


def test_an_empty_database_is_not_made_a_store_unasked(url: str) -> None:
    with pytest.raises(StoreError, match="run `smb-monitor status` once"):
        open_store(url, create=False)


def test_a_missing_file_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"there is no database .*none.db yet"):
        open_store(f"sqlite:///{tmp_path}/none.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_is_no_store_yet(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(StoreError, match="holds no store"):
        open_store(f"sqlite:///{tmp_path}/empty.db", create=False)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("opportunity_id,amount\n" * 200)
    before = (tmp_path / "deals.csv").read_bytes()
    with pytest.raises(StoreError, match=r"deals.csv cannot be read: file is not a database; check `database`"):
        open_store(f"sqlite:///{tmp_path}/deals.csv")
    assert (tmp_path / "deals.csv").read_bytes() == before


def test_the_folder_of_the_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"the folder .*nowhere of the database does not exist"):
        open_store(f"sqlite:///{tmp_path}/nowhere/store.db")
    with pytest.raises(StoreError, match="is a folder: name a file"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_read_only_store_is_read_and_not_written(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    open_store(f"sqlite:///{file}").close()
    with open_store(f"sqlite:///file:{file}?mode=ro&uri=true") as store:
        assert store.verify() == []
        with pytest.raises(StoreError, match="cannot be written: attempt to write a readonly database"):
            store.commit(sealing(verdict()), NOON)


def test_a_read_only_file_cannot_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "store.db").touch()
    with pytest.raises(StoreError, match="cannot be written: attempt to write a readonly database"):
        open_store(f"sqlite:///file:{tmp_path}/store.db?mode=ro&uri=true")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("smb-monitor.db", "no URL: use sqlite:///FILE or postgresql://"),
        ("mysql://ann:s3cret@host/db", "does not run on mysql: use sqlite"),
        ("postgresql+asyncpg://ann:s3cret@host/db", "does not run on postgresql.asyncpg: use"),
        ("postgresql://ann:s3cret@host:many/db", "no URL: use sqlite"),
        ("sqlite://ann:s3cret@host/db", "address cannot be used: use sqlite"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence) as raised:
        open_store(url)
    assert "s3cret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_wrong_password_and_a_missing_database_never_show_the_password(postgres: Server) -> None:
    for url in (postgres.url("postgres", "wr0ng-s3cret"), postgres.url("nowhere")):
        with pytest.raises(StoreError, match=r"postgresql.*monitor:\*\*\*@.* cannot be read: ") as raised:
            open_store(url)
        assert "\n" not in str(raised.value)
        assert not any(secret in str(raised.value) for secret in ("wr0ng-s3cret", PASSWORD))


def test_a_server_that_is_down_is_a_sentence(tmp_path: Path) -> None:
    for where in (f"@/db?host={tmp_path}", "@127.0.0.1:1/db"):
        with pytest.raises(StoreError, match=r"\*\*\*@.* cannot be read: connection") as raised:
            open_store(f"postgresql://{USER}:{PASSWORD}{where}")
        assert "\n" not in str(raised.value)
        assert PASSWORD not in str(raised.value)
