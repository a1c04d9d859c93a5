"""What is recorded is found again, in order, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy.exc import SQLAlchemyError

from monitor.core.chain import JSON
from monitor.core.plan import NewEvent, Plan
from monitor.core.types import Band
from monitor.errors import Conflict, UsageError
from monitor.store.repository import Kept, SnapshotKey, open_store
from monitor.store.rows import KeptReading
from tests.store.behind import execute
from tests.store.trade import NOON, note, sealing, verdict


def test_an_empty_store_has_no_head_and_nothing_wrong(url: str) -> None:
    with open_store(url) as store:
        assert (store.head(), store.events(), store.verdicts("smb"), store.verify()) == ("", [], [], [])


def test_what_was_recorded_is_read_back_as_it_was_by_another_process(url: str) -> None:
    with open_store(url) as store:
        recorded = store.commit(sealing(verdict()), NOON)
    with open_store(url, create=False) as store:
        assert store.events() == recorded
        assert store.verdicts("smb") == [verdict()]
        assert store.verdicts("mid_market") == []
        assert store.head() == recorded[-1].hash
        assert store.verify() == []
    assert [event.seq for event in recorded] == [1, 2]
    assert recorded[0].at == NOON


def test_lines_of_later_commits_follow_the_earlier_ones(url: str) -> None:
    with open_store(url) as store:
        first = store.commit(Plan((note("one"),), (), ""), NOON)
        second = store.commit(Plan((note("two"), note("three")), (), first[-1].hash), NOON)
        assert [event.previous for event in second] == [first[0].hash, second[0].hash]
        assert [event.reason for event in store.events()] == ["one", "two", "three"]
        assert store.verify() == []


def test_a_plan_decided_on_an_old_log_is_refused_and_leaves_nothing(url: str) -> None:
    with open_store(url) as store:
        store.commit(Plan((note("one"),), (), ""), NOON)
        with pytest.raises(Conflict, match="somebody else recorded in the meantime"):
            store.commit(sealing(verdict(), head=""), NOON)
        assert [event.reason for event in store.events()] == ["one"]
        assert store.verdicts("smb") == []


def test_a_verdict_is_sealed_once_and_the_whole_plan_goes_with_it(url: str) -> None:
    with open_store(url) as store:
        store.commit(sealing(verdict()), NOON)
        with pytest.raises(Conflict, match="already holds"):
            store.commit(sealing(verdict("FY2026-Q4"), verdict(), head=store.head()), NOON)
        assert len(store.events()) == 2
        assert store.verdicts("smb") == [verdict()]
        assert store.verify() == []


def test_a_reseal_stands_beside_the_old_verdict(url: str) -> None:
    old, new = verdict(), verdict(version=2, band=Band.WARNING)
    with open_store(url) as store:
        store.commit(sealing(old, verdict("FY2026-Q2")), NOON)
        store.commit(sealing(new, head=store.head()), NOON)
        assert store.verdicts("smb") == [verdict("FY2026-Q2"), new]
        assert store.verdict_versions("smb") == [verdict("FY2026-Q2"), old, new]


def test_events_until_a_day_are_those_that_take_effect_by_then(url: str) -> None:
    days = [date(2026, 7, 7), date(2026, 7, 8), date(2026, 7, 9)]
    with open_store(url) as store:
        store.commit(Plan(tuple(note(str(day), day) for day in days), (), ""), NOON)
        assert [event.on for event in store.events(until=days[1])] == days[:2]


def test_an_empty_plan_records_nothing(url: str) -> None:
    with open_store(url) as store:
        assert store.commit(Plan(), NOON) == []
        assert store.head() == ""


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "INSERT OR REPLACE", "TRUNCATE {}"])
@pytest.mark.parametrize(("table", "column"), [("events", "reason"), ("verdicts", "band")])
def test_the_database_itself_refuses_to_change_or_remove(url: str, table: str, column: str, statement: str) -> None:
    sqlite = url.startswith("sqlite")
    if statement == ("TRUNCATE {}" if sqlite else "INSERT OR REPLACE"):
        statement = "DELETE FROM {}"
    if statement == "INSERT OR REPLACE":
        statement = "INSERT OR REPLACE INTO {0} SELECT * FROM {0}"
    if statement == "TRUNCATE {}":
        statement = "TRUNCATE {} CASCADE"
    with open_store(url) as store:
        store.commit(sealing(verdict()), NOON)
        with pytest.raises(SQLAlchemyError, match="append-only"):
            execute(url, statement.format(table, column, column))
        assert (len(store.events()), store.verify()) == (2, [])


def test_a_reason_that_is_no_text_is_refused_in_a_sentence(url: str) -> None:
    with open_store(url) as store:
        for reason in ("\udcff", "nul\0"):
            with pytest.raises(UsageError, match="the reason of the note is no readable text"):
                store.commit(Plan((note(reason),), (), ""), NOON)
        assert store.events() == []


def test_a_moment_without_its_zone_is_refused(url: str) -> None:
    with open_store(url) as store, pytest.raises(ValueError, match="time zone"):
        store.commit(Plan((note("one"),), (), ""), datetime(2026, 10, 8))  # noqa: DTZ001


def test_a_verdict_that_no_event_seals_makes_no_plan() -> None:
    with pytest.raises(ValueError, match="smb/pipeline_coverage/FY2026-Q3/1"):
        Plan((note("nothing sealed"),), (verdict(),), "")
    sealed = sealing(verdict()).events
    with pytest.raises(ValueError, match="no event of the plan seals"):
        Plan(sealed, (verdict(band=Band.HEALTHY),), "")


KEY = SnapshotKey(date(2026, 10, 4), "conf", "stamp", "head", "0.1.0")


def test_a_snapshot_is_found_under_exactly_its_key(url: str) -> None:
    others = [replace(KEY, as_of=date(2026, 10, 5)), replace(KEY, configuration="x"), replace(KEY, source="x")]
    others += [replace(KEY, head="x"), replace(KEY, program="x")]
    with open_store(url) as store:
        store.keep(Kept(KEY, "{}"))
        store.keep(Kept(KEY, '{"a":1}'))
        assert store.snapshot(KEY) == '{"a":1}'
        assert [store.snapshot(other) for other in others] == [None] * 5


def test_what_a_run_shows_is_kept_with_what_it_records_for_the_log_as_it_then_ends(url: str) -> None:
    with open_store(url) as store:
        (first,) = store.commit(Plan((note("one"),), (), ""), NOON, Kept(KEY, '{"run":1}'))
        assert store.snapshot(replace(KEY, head=first.hash)) == '{"run":1}'
        assert store.commit(Plan((), (), first.hash), NOON, Kept(replace(KEY, source="x"), '{"run":2}')) == []
        assert store.snapshot(replace(KEY, source="x", head=first.hash)) == '{"run":2}'
        with pytest.raises(Conflict):
            store.commit(Plan((note("late"),), (), ""), NOON, Kept(KEY, '{"run":3}'))
        assert store.latest_snapshot() == '{"run":2}'


def test_only_the_newest_snapshots_are_kept(url: str) -> None:
    keys = [replace(KEY, head=str(number)) for number in range(5)]
    with open_store(url) as store:
        for key in keys:
            store.keep(Kept(key, key.head), newest=3)
        assert [store.snapshot(key) for key in keys] == [None, None, "2", "3", "4"]


def test_the_latest_snapshot_is_that_of_the_newest_day_however_late_another_was_asked_for(url: str) -> None:
    with open_store(url) as store:
        for day in (4, 11, 4, 9):
            store.keep(Kept(replace(KEY, as_of=date(2026, 10, day)), str(day)))
        assert store.latest_snapshot() == "11"


def test_rebuilt_readings_replace_those_of_the_same_week(url: str) -> None:
    weeks = [date(2026, 9, 27), date(2026, 10, 4)]
    kept = [KeptReading("smb", "attainment", week, "conf", {"value": 0.1}) for week in reversed(weeks)]
    again = KeptReading("smb", "attainment", weeks[0], "conf", {"value": 0.2})
    with open_store(url) as store:
        store.keep_readings(kept)
        store.keep_readings([again, replace(again, configuration="other")])
        assert store.readings("smb", "attainment", "conf") == [again, kept[0]]
        store.keep_readings([])


def test_a_payload_comes_back_as_json_gives_it(url: str) -> None:
    payload: dict[str, JSON] = {"b": {"z": 0.1 + 0.2, "a": (1, 2)}, "a": "\U0001f6d1 \0 é", "big": 10**20, "no": -0.0}
    event = NewEvent("note", date(2026, 1, 1), "a", "b", "c", payload)
    with open_store(url) as store:
        store.commit(Plan((event,), (), ""), NOON)
        again = store.events()[0].payload
        assert again == {**payload, "b": {"z": 0.1 + 0.2, "a": [1, 2]}}
        assert list(again) == ["b", "a", "big", "no"]
        assert store.verify() == []
