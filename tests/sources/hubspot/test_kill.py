"""A reading killed at any moment leaves what was whole before it, and the next ends as if nothing had been."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from monitor.sources.hubspot.cache import Cache
from tests.conftest import ROOT
from tests.sources.hubspot.conftest import a_portal
from tests.sources.hubspot.reader import Reader
from tests.sources.hubspot.server import START, Fault, Portal, serving
from tests.sources.killing import Killed, killing
from tests.sources.sample import by_example


@pytest.fixture(scope="module")
def killed() -> Iterator[Killed]:
    """Reads in another process, to be killed at its N-th touch of the folder; whether it was."""
    with killing("tests.sources.hubspot.killed") as one:
        yield one


def held(reader: Reader) -> dict[str, list[Any]]:
    return reader.contents() if Cache(reader.folder).state().number else {}


def changed(portal: Portal) -> None:
    portal.most = 20
    for number in range(30, 70):
        portal.deal(number, START + 3_600_000 + number, ("502",), amount="9", dealstage="won")
    portal.deals["1"]["archived"] = True


@pytest.mark.parametrize("step", by_example([5], [1, 5]))
def test_a_first_reading_killed_again_and_again_ends_as_if_nothing_had_been(
    step: int, killed: Killed, tmp_path: Path
) -> None:
    """Each attempt gets a little further than the one before, since it goes on where that was killed."""
    portal = a_portal(60)
    portal.most = 1
    with serving(portal) as address:
        whole, reader = (Reader(address, tmp_path / name) for name in ("whole", "cache"))
        whole.read()
        at = 1
        while killed(at, reader.folder, address=address):
            at += step
            assert held(reader) in ({}, whole.contents())
    assert at > 6 and reader.contents() == whole.contents()


@pytest.mark.parametrize("step", by_example([13], [3, 13]))
def test_a_later_reading_killed_wherever_it_touches_the_folder_loses_nothing(
    step: int, killed: Killed, tmp_path: Path
) -> None:
    portal = a_portal(60)
    with serving(portal) as address:
        whole = Reader(address, tmp_path / "whole")
        whole.read()
        before = whole.contents()
        shutil.copytree(whole.folder, tmp_path / "before")
        changed(portal)
        whole.read()
        for at in count(1, step):
            reader = Reader(address, tmp_path / f"cache{at}")
            shutil.copytree(tmp_path / "before", reader.folder)
            if not killed(at, reader.folder, address=address):
                break
            assert reader.contents() in (before, whole.contents())
            reader.read()
            assert reader.contents() == whole.contents()
    assert at > 30


@pytest.mark.parametrize("after", by_example([9], [0, 1, 4, 9, 12]))
def test_a_reading_killed_while_hubspot_answers_goes_on(after: int, tmp_path: Path) -> None:
    portal = a_portal(5)
    with serving(portal) as address:
        code = (
            "import sys, pathlib; from tests.sources.hubspot.reader import Reader;"
            f"Reader({address!r}, pathlib.Path({str(tmp_path / 'cache')!r})).read()"
        )
        with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as process:
            portal.faults = [Fault("/", 200, after=after, then=process.kill)]
            assert process.wait(60) == -9
        reader = Reader(address, tmp_path / "cache")
        reader.read()
        other = Reader(address, tmp_path / "other")
        other.read()
        assert reader.contents() == other.contents()
