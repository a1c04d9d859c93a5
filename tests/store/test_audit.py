"""Whoever touches the log or a verdict behind the program's back is found, with the line."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine, event, text

from monitor.core.chain import seal
from monitor.core.plan import Plan
from monitor.core.types import Event
from monitor.store import rows
from monitor.store.engine import Database
from monitor.store.repository import open_store
from tests.store.trade import NOON, note, sealing, verdict

COLUMNS = "kind, on_day, at, actor, surface, reason, payload, previous, hash"
FROZEN = {"events": "update delete replace", "verdicts": "update delete replace"}
MOVE = """UPDATE events SET seq = -2 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3;
    UPDATE events SET seq = 3 WHERE seq = -2"""
INSERT = f"""UPDATE events SET seq = 6 WHERE seq = 5; UPDATE events SET seq = 5 WHERE seq = 4;
    INSERT INTO events (seq, {COLUMNS})
    SELECT 4, kind, on_day, at, 'eve', surface, reason, payload, previous, 'x' FROM events WHERE seq = 3"""
Q2 = "WHERE quarter = 'FY2026-Q2'"
Q2_VERDICT = "verdict smb/pipeline_coverage/FY2026-Q2/1"


@pytest.fixture
def recorded(url: str) -> str:
    """Five lines and two verdicts, and no trigger to protect them."""
    with open_store(url) as store:
        store.commit(sealing(verdict(), verdict("FY2026-Q2")), NOON)
        store.commit(Plan((note("three"), note("four"), note("five")), (), store.head()), NOON)
        assert store.verify() == []
    _touch(url, *_unguarded(url))
    return url


def _unguarded(url: str) -> list[str]:
    if url.startswith("sqlite"):
        return [f"DROP TRIGGER {table}_no_{act}" for table, acts in FROZEN.items() for act in acts.split()]
    return [*(f"ALTER TABLE {table} DISABLE TRIGGER ALL" for table in FROZEN)]


def _touch(url: str, *statements: str) -> None:
    database = Database(url)
    with database.write() as connection:
        if url.startswith("sqlite"):
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for statement in statements:
            connection.execute(text(statement))
    database.engine.dispose()


@pytest.mark.parametrize(
    ("touched", "found"),
    [
        ("UPDATE events SET actor = 'eve' WHERE seq = 3", ["line 3 (note of 2026-10-08) was changed or inserted"]),
        ("UPDATE events SET reason = 'why' WHERE seq = 5", ["line 5 (note of 2026-10-08) was changed or inserted"]),
        ("UPDATE events SET on_day = '2026-10-09' WHERE seq = 4", ["line 4 (note of 2026-10-09) was changed"]),
        ("UPDATE events SET at = '2026-10-08T12:00:00+00:00' WHERE seq = 4", ["line 4"]),
        ("UPDATE events SET payload = '{}' WHERE seq = 4", ["line 4"]),
        ("UPDATE events SET payload = '{' WHERE seq = 4", ["line 4 of the log was changed and cannot be read"]),
        ("UPDATE events SET on_day = 'someday' WHERE seq = 4", ["line 4 of the log was changed and cannot be read"]),
        ("DELETE FROM events WHERE seq = 3", ["line 3 is missing"]),
        ("DELETE FROM events WHERE seq IN (3, 4)", ["lines 3 to 4 are missing"]),
        ("DELETE FROM events WHERE seq = 5", ["line 5 is missing"]),
        ("DELETE FROM events WHERE seq > 2", ["lines 3 to 5 are missing"]),
        (
            "DELETE FROM events WHERE seq = 4; UPDATE events SET seq = 4 WHERE seq = 5",
            ["line 4 was moved: it was recorded as line 5", "line 5 is missing"],
        ),
        (MOVE, ["line 2 was moved: it was recorded as line 3", "line 3 was moved: it was recorded as line 2"]),
        (
            INSERT,
            [
                "line 4 (note of 2026-10-08) was changed or inserted",
                "line 5 was moved: it was recorded as line 4",
                "line 6 was moved: it was recorded as line 5",
                "line 6 was added behind the program's back: the log ends with line 5",
            ],
        ),
        ("UPDATE head SET hash = 'x'", ["line 5 is not the line that was last recorded"]),
        (f"UPDATE verdicts SET band = 'healthy' {Q2}", [f"{Q2_VERDICT} is not the one that line 1 sealed"]),
        (f"UPDATE verdicts SET band = 'fine' {Q2}", [f"{Q2_VERDICT} was changed and cannot be read"]),
        (
            f"UPDATE verdicts SET version = 2 {Q2}",
            ["verdict smb/pipeline_coverage/FY2026-Q2/2 was inserted", f"{Q2_VERDICT}, sealed by line 1, is missing"],
        ),
        (f"DELETE FROM verdicts {Q2}", [f"{Q2_VERDICT}, sealed by line 1, is missing"]),
    ],
)
def test_what_was_touched_is_named_and_nothing_else(recorded: str, touched: str, found: list[str]) -> None:
    _touch(recorded, *touched.split(";"))
    with open_store(recorded) as store:
        problems = store.verify()
    assert [problem[: len(start)] for problem, start in zip(problems, found, strict=True)] == found


def test_a_line_added_behind_the_programs_back_is_found_even_when_it_is_well_chained(recorded: str) -> None:
    with open_store(recorded) as store:
        forged = seal(Event("note", date(2026, 10, 9), NOON, "eve", "cli", "mine", {}, 6), store.head())
        row = rows.event_row(forged)
        values = ", ".join(f"'{value}'" for value in row.values())
        _touch(recorded, f"INSERT INTO events ({', '.join(row)}) VALUES ({values})".replace(":", r"\:"))
        assert store.verify() == ["line 6 was added behind the program's back: the log ends with line 5"]


def test_a_log_that_was_rewritten_from_a_line_on_is_found_by_its_end(recorded: str) -> None:
    with open_store(recorded) as store:
        lines = store.events()
        forged = seal(Event(**{**vars(lines[4]), "reason": "another"}), lines[3].hash)
        _touch(recorded, f"UPDATE events SET reason = 'another', hash = '{forged.hash}' WHERE seq = 5")
        assert store.verify() == ["line 5 is not the line that was last recorded: the end of the log was rewritten"]


def test_nothing_more_is_recorded_without_a_trace_after_the_tail_was_cut(recorded: str) -> None:
    _touch(recorded, "DELETE FROM events WHERE seq = 5")
    with open_store(recorded) as store:
        store.commit(Plan((note("six"),), (), store.head()), NOON)
        assert store.verify()[0] == "line 5 is missing"


def test_a_commit_while_the_log_is_being_verified_is_no_problem(postgres_url: str) -> None:
    with open_store(postgres_url) as store, open_store(postgres_url) as other:
        between = iter([Plan((note("one"),), (), "")])

        def commit(*_: object) -> None:
            for plan in between:
                other.commit(plan, NOON)

        event.listen(Engine, "after_cursor_execute", commit)
        try:
            assert store.verify() == []
        finally:
            event.remove(Engine, "after_cursor_execute", commit)
        assert len(store.events()) == 1


def test_a_missing_note_of_the_end_is_said(recorded: str) -> None:
    drop = "DROP TRIGGER head_no_delete" + ("" if recorded.startswith("sqlite") else " ON head")
    _touch(recorded, drop, "DELETE FROM head")
    with open_store(recorded) as store:
        assert store.verify() == ["the note of where the log ends was removed"]
