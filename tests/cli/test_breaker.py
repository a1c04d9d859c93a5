"""Leaders act on the breaker from the command line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Answer, Run, configured


def words(answer: Answer) -> str:
    """What was said, however it was folded."""
    return " ".join(answer.out.split())


REASON = "Two signed offers must be honoured this month."


def test_the_gate_is_closed_while_the_breaker_is_tripped(run: Run, tmp_path: Path) -> None:
    trap = configured(tmp_path, "trap")  # asked of a company that nobody has looked at before
    paused = run("gate", "--config", trap)
    assert paused.code == 1 and paused.out.startswith("paused: tripped on ")
    answer = run("--config", trap, "gate", "--json").json
    assert set(answer) == {"open", "since", "reason", "tripped_by", "override"}
    assert answer["open"] is False and answer["tripped_by"]


def test_the_gate_is_open_for_a_healthy_company(run: Run, healthy: Path) -> None:
    assert run("gate", "--config", healthy).code == 0


def test_a_gate_that_cannot_tell_is_closed(run: Run, tmp_path: Path) -> None:
    answer = run("gate", "--config", tmp_path / "nowhere.yaml", "--json")
    assert answer.code == 2 and answer.json["open"] is False
    assert answer.err.startswith("smb-monitor: cannot tell, treat it as paused")


def test_an_override_takes_two_approvers_and_ends_by_itself(run: Run, trap: Path) -> None:
    asked = run(
        "breaker", "override", "--config", trap, "--by", "Ada Marsh", "--reason", REASON, "--until", "2026-10-31"
    )
    assert asked.code == 0, asked.err
    assert run("gate", "--config", trap).code == 1
    assert run("breaker", "approve", "--config", trap, "--by", "Ada Marsh").code == 1
    assert run("breaker", "approve", "--config", trap, "--by", "Ben Okoro").code == 0
    opened = run("gate", "--config", trap, "--json")
    assert opened.code == 0 and opened.json["override"]["by"] == ["Ada Marsh", "Ben Okoro"]
    shown = run("status", "--config", trap, "--json").json["breaker"]
    assert shown["state"] == "tripped" and shown["hiring_paused"] is False
    assert REASON in words(run("digest", "--config", trap))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--by", "Eve", "--reason", REASON, "--until", "2026-10-31"), "Eve may not do this"),
        (("--by", "Ada Marsh", "--reason", "too short", "--until", "2026-10-31"), "at least 20 characters"),
        (("--by", "Ada Marsh", "--reason", REASON, "--until", "2027-04-01"), "no later than 2026-12-31"),
        (("--by", "Ada Marsh", "--reason", REASON, "--until", "2026-09-01"), "an override ends after"),
    ],
)
def test_an_override_that_may_not_be_is_refused_and_leaves_no_trace(
    run: Run, trap: Path, words: tuple[str, ...], sentence: str
) -> None:
    refused = run("breaker", "override", "--config", trap, *words)
    assert refused.code in (1, 2) and sentence in refused.err
    assert "override" not in run("audit", "--config", trap, "--json").out


def test_the_second_acknowledgement_is_told_who_was_first(run: Run, trap: Path) -> None:
    assert run("breaker", "ack", "--config", trap, "--by", "Carla Ruiz").code == 0
    again = run("breaker", "ack", "--config", trap, "--by", "Ada Marsh")
    assert again.code == 1 and "Carla Ruiz has acknowledged this already" in again.err
    assert run("gate", "--config", trap).code == 1


def test_a_healthy_company_has_nothing_to_acknowledge_override_or_resume(run: Run, healthy: Path) -> None:
    for words in (
        ("ack",),
        ("approve",),
        ("resume",),
        ("override", "--reason", REASON, "--until", "2026-10-31"),
        ("item", "sdrs", "--state", "done"),
    ):
        refused = run("breaker", *words, "--config", healthy, "--by", "Ada Marsh")
        assert refused.code == 1 and refused.err.count("\n") == 1, words


def test_the_checklist_is_worked_item_by_item(run: Run, trap: Path) -> None:
    done = run("breaker", "item", "sdrs", "--config", trap, "--state", "doing", "--owner", "Dana", "--by", "Carla Ruiz")
    assert done.code == 0, done.err
    assert "doing, Dana" in run("digest", "--config", trap).out
    wrong = run("breaker", "item", "sdrz", "--config", trap, "--state", "done", "--by", "Carla Ruiz")
    assert wrong.code == 1 and "sdrs" in wrong.err


def test_a_touched_log_is_found(run: Run, trap: Path) -> None:
    assert run("audit", "verify", "--config", trap).code == 0
    with sqlite3.connect(trap.with_name("trap.db")) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f"drop trigger {name}")
        database.execute("update events set actor = 'Nobody' where seq = 3")
    touched = run("audit", "verify", "--config", trap)
    assert touched.code == 1 and "line 3" in touched.out
    assert run("doctor", "--config", trap).code == 1


def test_what_people_did_is_in_the_log_with_who_and_why(run: Run, trap: Path) -> None:
    run("breaker", "override", "--config", trap, "--by", "Ada Marsh", "--reason", REASON, "--until", "2026-10-31")
    log = run("audit", "--config", trap)
    assert "Ada Marsh" in log.out
    assert REASON in " ".join(log.out.split())


def test_a_day_in_the_past_shows_the_breaker_as_it_was(run: Run, trap: Path) -> None:
    run("breaker", "ack", "--config", trap, "--by", "Carla Ruiz")
    before = len(run("audit", "--config", trap, "--json").out)
    past = run("status", "--config", trap, "--as-of", "2025-12-28", "--json").json["breaker"]
    assert past["state"] == "armed" and past["hiring_paused"] is False
    assert len(run("audit", "--config", trap, "--json").out) == before
    refused = run("breaker", "ack", "--config", trap, "--by", "Ada Marsh", "--as-of", "2025-12-28")
    assert refused.code in (1, 2)
