"""Many stores beside each other: new files laid down whole, schemas of one database that share nothing."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from monitor.core.plan import Plan
from monitor.errors import StoreError
from monitor.store.repository import open_store
from tests.store.trade import NOON, note


@pytest.mark.parametrize("names", [("smb_a", "smb_b"), ('x"; DROP SCHEMA public; --', "Ü.x")], ids=["plain", "hostile"])
def test_schemas_of_one_database_share_nothing(postgres_url: str, names: tuple[str, str]) -> None:
    first, second = (f"{postgres_url}&schema={name}" for name in names)
    with pytest.raises(StoreError, match="holds no store of this program yet"):
        open_store(first, create=False)
    with open_store(first) as one, open_store(second) as other, open_store(postgres_url) as bare:
        one.commit(Plan((note("the first company's"),)), NOON)
        assert [len(store.events()) for store in (one, other, bare)] == [1, 0, 0]
        assert one.verify() == other.verify() == []
    with open_store(first, create=False) as again:
        assert [event.reason for event in again.events()] == ["the first company's"]


def test_a_new_file_is_laid_down_whole_however_many_make_it_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.companies' / 'a.db'}"
    with ThreadPoolExecutor(8) as pool:
        for store in list(pool.map(lambda _: open_store(url, folder=tmp_path / "new.companies"), range(8))):
            assert store.events() == []
            store.close()
    assert [path.name for path in (tmp_path / "new.companies").iterdir()] == ["a.db"]


def test_a_file_that_is_laid_down_is_what_the_migrations_make(tmp_path: Path) -> None:
    laid, migrated = tmp_path / "laid.db", tmp_path / "migrated.db"
    migrated.touch()
    for file in (laid, migrated):
        open_store(f"sqlite:///{file}").close()
    held = [_dump(file) for file in (laid, migrated)]
    assert held[0] == held[1]


def _dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def test_where_the_folder_cannot_be_made_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match=r"for the companies' databases cannot be made \(File exists\)"):
        open_store(f"sqlite:///{tmp_path}/taken/a.db", folder=tmp_path / "taken")
