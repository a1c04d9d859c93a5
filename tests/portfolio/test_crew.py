"""Companies shared out among processes: the same answers, whatever becomes of one, and none outlives the run."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing import parent_process
from pathlib import Path

import pytest

from monitor.app.crew import crew
from monitor.app.observe import observe
from monitor.app.portfolio import Answer, Errand, Work, answers, members, tell
from monitor.app.wiring import Asked, Company, open_log
from monitor.config import Portfolio
from monitor.config import configured as configured_in
from monitor.core.types import Snapshot
from monitor.entrypoints.opening import world
from monitor.store.repository import Store
from tests.portfolio.company import KINDS, Tables, by_column, in_folders
from tests.sources.mutations import AS_OF

ALONE = Errand(AS_OF, world(), shows=repr)
BESIDE = replace(ALONE, processes=2, worth=1)


def companies() -> dict[str, Tables]:
    """One of each standing, and one whose deals cannot be used."""
    found = {name: made() for name, made in KINDS.items()}
    unclear = [{**row, "is_won": "perhaps"} for row in found["Beta"]["opportunities"]]
    return {**found, "Epsilon": {**found["Beta"], "opportunities": unclear}}


def told(file: Path, errand: Errand, work: Work = observe) -> dict[str, Answer]:
    """What each company of a configuration answers."""
    portfolio = configured_in(file, {})
    assert isinstance(portfolio, Portfolio)
    with members(portfolio, errand) as found:
        return {answer.company: answer for answer in answers(found, errand, work, lambda *_: None)}


@pytest.mark.parametrize("shape", [pytest.param(in_folders, marks=pytest.mark.thorough), by_column])
def test_every_company_answers_as_it_does_in_one_process(tmp_path: Path, shape: Callable[..., Path]) -> None:
    here, there = (shape(tmp_path / each, companies()) for each in ("here", "there"))
    alone, beside = told(here, ALONE), told(there, BESIDE)
    assert beside == alone == told(there, BESIDE)
    assert alone["Epsilon"].line.standing == "unreadable" and "opportunities" in alone["Epsilon"].line.why
    assert {name for name, answer in alone.items() if answer.shown} == set(KINDS)


def looked_closer(found: Company, store: Store, asked: Asked, now: datetime) -> Snapshot:
    """A run that wants deals too, which only the process with the engine has."""
    _, deals = found.read(asked.as_of, today=asked.today)
    assert deals.open_fresh("smb", asked.as_of, 1) and parent_process() is None
    return observe(found, store, asked, now)


def broken_for_beta(found: Company, store: Store, asked: Asked, now: datetime) -> Snapshot:
    """A program with a mistake that one company's data bring to light."""
    if found.config.company == "Beta":
        raise ZeroDivisionError("a mistake")
    return observe(found, store, asked, now)


def deadly_for_beta(found: Company, store: Store, asked: Asked, now: datetime) -> Snapshot:
    """A company that takes any other process with it, as one does that is out of memory."""
    if found.config.company == "Beta" and parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return observe(found, store, asked, now)


def test_what_takes_the_engine_or_kills_a_process_is_done_in_the_first_one(tmp_path: Path) -> None:
    file = by_column(tmp_path, {name: made() for name, made in KINDS.items()})
    plain = told(file, ALONE)
    assert told(file, BESIDE, looked_closer) == told(file, BESIDE, deadly_for_beta) == plain


def test_nobody_is_told_of_trouble_that_only_another_process_had(tmp_path: Path) -> None:
    """In the second week there is a log, so that another process begins before it finds that it has no data."""
    file = by_column(tmp_path, {name: KINDS[name]() for name in ("Acme", "Beta")})
    for day in (AS_OF - timedelta(days=7), AS_OF):
        assert all(answer.shown for answer in told(file, replace(BESIDE, as_of=day), tell).values())
    portfolio = configured_in(file, {})
    assert isinstance(portfolio, Portfolio)
    for name in ("Acme", "Beta"):
        with open_log(portfolio.company(name)) as log:
            assert not [event.reason for event in log.events() if "error of the program" in event.reason]


def test_an_error_of_the_program_comes_back_as_the_line_of_its_company(tmp_path: Path) -> None:
    found = told(in_folders(tmp_path, {name: made() for name, made in KINDS.items()}), BESIDE, broken_for_beta)
    assert "an error of the program, not of the data (ZeroDivisionError)" in str(found["Beta"].broke)
    assert [name for name, answer in found.items() if answer.shown] == ["Acme", "Gamma", "Delta"]


def linger(pipe: str) -> None:
    """Holds a pipe open for as long as the process lives."""
    with open(pipe, "wb"):  # noqa: PTH123
        signal.pause()


def test_no_process_outlives_the_one_it_works_for(tmp_path: Path) -> None:
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    code = (
        "from monitor.app.crew import crew; from tests.portfolio.test_crew import linger\n"
        f"with crew(1) as others: list(others.answers(linger, [{pipe!r}]))"
    )
    script = tmp_path / "script.py"
    script.write_text(f"if __name__ == '__main__':\n    import sys; sys.path.insert(0, '.'); exec({code!r})\n")
    with (
        subprocess.Popen([sys.executable, str(script)], stderr=subprocess.DEVNULL) as first,
        open(pipe, "rb") as open_as_long,  # noqa: PTH123  waits until the other process is there
    ):
        first.kill()
        assert select.select([open_as_long], [], [], 60)[0] and open_as_long.read() == b""


def test_what_cannot_be_handed_over_is_refused_and_nothing_waits_for_it() -> None:
    with crew(1) as others, pytest.raises(AttributeError, match=r"lambda|local"):
        list(others.answers(lambda each: each, [1, 2, 3]))
