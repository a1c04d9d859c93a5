"""A store of a version before, full of data, becomes one of this version and loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import count

import pytest
from alembic import command
from sqlalchemy import text

from monitor.core.outbox import Settlement, Status
from monitor.core.plan import Plan
from monitor.core.types import Band
from monitor.errors import StoreError
from monitor.store import migrate
from monitor.store.engine import Database
from monitor.store.repository import Kept, SnapshotKey, Store, open_store
from monitor.store.rows import KeptReading
from monitor.store.schema import REVISION, VERSION_TABLE
from tests.store.recorders import ask, recording
from tests.store.trade import NOON, note, outgoing, sealing, seen_week, sending, step, verdict

TABLES = ("events", "head", "verdicts", "readings", "snapshots")
"""Of 0001."""
LATER = ("outbox", "attempts", "escalations", "slots", "beats")
"""Of 0002."""


@pytest.fixture
def old(new_url: Callable[[], str]) -> Callable[[], str]:
    """Makes stores of 0001 with four lines, two versions of a verdict, a reading and a snapshot."""

    def make() -> str:
        url = new_url()
        database = Database(url)
        with database.write() as connection:
            command.upgrade(migrate.configuration(connection), "0001")
        with Store(database) as store:
            store.commit(sealing(verdict()), NOON)
            store.commit(sealing(verdict(version=2, band=Band.WARNING), head=store.head()), NOON)
            store.keep_readings([KeptReading("smb", "attainment", date(2026, 9, 27), "conf", {"value": 0.1})])
            store.keep(Kept(SnapshotKey(date(2026, 10, 4), "conf", "stamp", store.head(), "0.1.0"), '{"a":1}'))
        return url

    return make


def _kept(url: str, names: Sequence[str] = TABLES) -> tuple[str, list[list[tuple[object, ...]]]]:
    """The revision, and everything that the tables hold; those of 0001 unless others are named."""
    database = Database(url)
    with database.read() as connection:
        revision = str(connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one())
        tables = [sorted(tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))) for table in names]
    database.engine.dispose()
    return revision, tables


def test_opening_an_older_store_keeps_everything_and_makes_room_for_what_is_new(old: Callable[[], str]) -> None:
    url = old()
    revision, before = _kept(url)
    assert (revision, [len(rows) for rows in before]) == ("0001", [4, 1, 2, 1, 1])
    with open_store(url) as store:
        assert _kept(url) == (REVISION, before)
        assert store.verify() == []
        assert store.latest_snapshot() == '{"a":1}'
        assert store.outbox.lines() == []
        store.commit(Plan((note("new"),), expected_head=store.head(), outgoing=(outgoing("a"),)), NOON)
        assert [each.outgoing.key for each in store.outbox.claim("w", NOON)] == ["a"]
        assert store.verify() == []


def test_a_store_that_knew_no_weeks_keeps_what_it_was_to_send_and_learns_to_see(new_url: Callable[[], str]) -> None:
    url = new_url()
    database = Database(url)
    with database.write() as connection:
        command.upgrade(migrate.configuration(connection), "0002")
    with Store(database) as store:
        store.commit(Plan((note("x"),), outgoing=(outgoing("a"), outgoing("b")), escalations=(step("due"),)), NOON)
        (claimed,) = store.outbox.claim("w", NOON, limit=1)
        store.outbox.settle(claimed, Settlement(Status.SENT), NOON)
        store.slots.claim("digest:2026-W40", "w", NOON, timedelta(minutes=5))
        store.beat("w", "tick", NOON)
    revision, before = _kept(url, (*TABLES, *LATER))
    assert (revision, [len(rows) for rows in before[-5:]]) == ("0002", [2, 1, 1, 1, 1])
    with open_store(url) as store:
        assert _kept(url, (*TABLES, *LATER)) == (REVISION, before)
        assert store.seen_weeks.weeks() == []
        store.commit(Plan(expected_head=store.head(), seen=seen_week()), NOON)
        assert store.seen_weeks.weeks() == [seen_week()]
        assert store.verify() == []


def test_an_older_store_is_not_migrated_unasked(old: Callable[[], str]) -> None:
    url = old()
    before = _kept(url)
    with pytest.raises(StoreError, match="has an older schema: run `smb-monitor status` once"):
        open_store(url, create=False)
    assert _kept(url) == before


def test_a_kill_at_any_point_of_the_migration_leaves_the_old_store_or_the_new_one(old: Callable[[], str]) -> None:
    revisions = []
    with recording("open") as recorder:
        for at in count(1):
            url = old()
            _, before = _kept(url)
            outcome, *_ = ask(recorder, f"{url} {at}")
            revision, after = _kept(url)
            assert after == before
            if outcome == "survived":
                break
            revisions.append(revision)
            with open_store(url) as store:
                store.commit(sending(outgoing("a"), head=store.head()), NOON)
                assert store.verify() == []
            assert _kept(url) == (REVISION, before)
    assert set(revisions) == {"0001"}
    assert len(revisions) > 20
