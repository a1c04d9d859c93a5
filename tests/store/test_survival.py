"""What was recorded survives a kill at any statement and commit, and two who write at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from monitor.core.outbox import Status
from monitor.store.repository import open_store
from tests.store.recorder import INSTEAD, PLANS, SLOT, prepared
from tests.store.recorders import all_at_once, ask, recording, start


def test_a_kill_at_any_point_loses_nothing_and_leaves_nothing_half_done(new_url: Callable[[], str]) -> None:
    killed, recorded = 0, list[str]()
    with recording("plans") as recorder:
        for at in count(1):
            url = new_url()
            outcome, *told = ask(recorder, f"{url} {at}")
            recorded = _recorded(url)
            assert recorded[: len(told)] == told
            assert len(recorded) - len(told) in (0, 1)
            if outcome == "survived":
                break
            killed += 1
            assert ask(recorder, f"{url} 0") == ["survived", *PLANS[len(recorded) :]]
            assert _recorded(url) == list(PLANS)
    assert recorded == list(PLANS)
    assert killed > 60


def _recorded(url: str) -> list[str]:
    """Whole plans only: the line that seals, the line after it, the verdict."""
    with open_store(url) as store:
        assert store.verify() == []
        lines, verdicts = store.events(), store.verdicts("smb")
    assert [line.kind for line in lines] == ["sealed", "note"] * len(verdicts)
    assert [line.reason for line in lines[::2]] == [verdict.quarter for verdict in verdicts]
    return [verdict.quarter for verdict in verdicts]


QUEUED, SENDING, FAILED = Status.QUEUED, Status.SENDING, Status.FAILED
STATES: list[tuple[list[str], list[str], bool, dict[str, Status], list[str]]] = [
    ([], ["due", "waits"], False, {}, []),
    (["sealed", "note"], ["next"], True, {"a": QUEUED, "b": QUEUED}, []),
    (["sealed", "note"], ["next"], True, {"a": SENDING, "b": QUEUED}, []),
    (["sealed", "note"], ["next"], True, {"a": FAILED, "b": QUEUED, INSTEAD.key: QUEUED}, ["failed"]),
]
"""Lines of the log, pending steps, whether the slot is over, rows, tries: before, decided, claimed, settled."""


def test_a_kill_while_a_whole_plan_is_decided_claimed_or_settled_leaves_each_whole_or_not_at_all(
    new_url: Callable[[], str],
) -> None:
    killed, told = list[int](), list[str]()
    with recording("whole") as recorder:
        for at in count(1):
            url = new_url()
            prepared(url)
            outcome, *told = ask(recorder, f"{url} {at}")
            state = STATES.index(_stands(url))
            assert state - len(told) in (0, 1)
            if outcome == "survived":
                break
            killed.append(state)
    assert told == ["decided", "claimed", "settled"]
    assert sorted(set(killed)) == [0, 1, 2]
    assert killed.count(0) > 12


def _stands(url: str) -> tuple[list[str], list[str], bool, dict[str, Status], list[str]]:
    with open_store(url) as store:
        assert store.verify() == []
        assert len(store.verdicts("smb")) == len(store.seen_weeks.weeks()) == min(len(store.events()), 1)
        rows = {line.key: line.status for line in reversed(store.outbox.lines())}
        steps = [step.key for step in store.escalations.pending()]
        tries = [outcome for _, outcome, _ in store.outbox.attempts("a")]
        return [line.kind for line in store.events()], steps, store.slots.done(SLOT), rows, tries


def test_of_two_who_decided_on_the_same_log_one_wins_and_the_other_is_told(url: str) -> None:
    open_store(url).close()
    outcomes = [said[0] for said in all_at_once([start("race", url, reason) for reason in ("a", "b")])]
    assert sorted(outcomes) == ["lost", "won"]
    with open_store(url) as store:
        assert [event.reason for event in store.events()] == ["ab"[outcomes.index("won")]]
        assert store.verify() == []


def test_many_who_write_at_once_make_one_chain(url: str) -> None:
    open_store(url).close()
    writers = [start("append", url, name, "10") for name in "abc"]
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    with open_store(url) as store:
        reasons = [event.reason for event in store.events()]
        assert store.verify() == []
    assert sorted(reasons) == [f"{name}{number}" for name in "abc" for number in range(10)]
    assert [reason for reason in reasons if reason[0] == "a"] == [f"a{number}" for number in range(10)]
