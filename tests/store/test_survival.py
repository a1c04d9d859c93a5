"""What was recorded survives a kill at any statement and commit, and two who write at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from monitor.store.repository import open_store
from tests.store.recorder import PLANS

ROOT = Path(__file__).parents[2]


def _start(*arguments: str) -> Popen[str]:
    command = [sys.executable, "-m", "tests.store.recorder", *arguments]
    return Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT)


def _ask(process: Popen[str], line: str) -> list[str]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline().split()


@pytest.fixture
def recorder() -> Iterator[Popen[str]]:
    with _start("kill", "-") as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def test_a_kill_at_any_point_loses_nothing_and_leaves_nothing_half_done(
    new_url: Callable[[], str], recorder: Popen[str]
) -> None:
    killed, recorded = 0, list[str]()
    for at in count(1):
        url = new_url()
        outcome, *told = _ask(recorder, f"{url} {at}")
        recorded = _recorded(url)
        assert recorded[: len(told)] == told
        assert len(recorded) - len(told) in (0, 1)
        if outcome == "survived":
            break
        killed += 1
        assert _ask(recorder, f"{url} 0") == ["survived", *PLANS[len(recorded) :]]
        assert _recorded(url) == list(PLANS)
    assert recorded == list(PLANS)
    assert killed > 30


def _recorded(url: str) -> list[str]:
    """Whole plans only: the line that seals, the line after it, the verdict."""
    with open_store(url) as store:
        assert store.verify() == []
        lines, verdicts = store.events(), store.verdicts("smb")
    assert [line.kind for line in lines] == ["sealed", "note"] * len(verdicts)
    assert [line.reason for line in lines[::2]] == [verdict.quarter for verdict in verdicts]
    return [verdict.quarter for verdict in verdicts]


def test_of_two_who_decided_on_the_same_log_one_wins_and_the_other_is_told(url: str) -> None:
    open_store(url).close()
    racers = [_start("race", url, reason) for reason in ("a", "b")]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    outcomes = [racer.communicate()[0].strip() for racer in racers]
    assert sorted(outcomes) == ["lost", "won"]
    with open_store(url) as store:
        assert [event.reason for event in store.events()] == ["ab"[outcomes.index("won")]]
        assert store.verify() == []


def test_many_who_write_at_once_make_one_chain(url: str) -> None:
    open_store(url).close()
    writers = [_start("append", url, name, "10") for name in "abc"]
    for writer in writers:
        writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    with open_store(url) as store:
        reasons = [event.reason for event in store.events()]
        assert store.verify() == []
    assert sorted(reasons) == [f"{name}{number}" for name in "abc" for number in range(10)]
    assert [reason for reason in reasons if reason[0] == "a"] == [f"a{number}" for number in range(10)]
