"""A reading that is killed at any moment loses nothing and doubles nothing: the next one goes on from what was kept."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.sources.killing import killing
from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import Fault, Org
from tests.sources.sample import by_example

Killed = Callable[[Reader, int], bool]
NAMES = {"Opportunity": "opportunity", "OpportunityFieldHistory": "opportunity_field_history", "Account": "account"}


@pytest.fixture
def killed() -> Iterator[Killed]:
    """Reads in another process, to be killed at its N-th touch of the folder; whether it was."""
    with killing("tests.sources.salesforce.killed") as one:
        yield lambda reader, at: one(at, reader.folder, address=reader.org.url, now=reader.org.now.isoformat())


def contents(reader: Reader) -> dict[str, list[dict[str, Any]]]:
    return {table: reader.kept(table) for table in NAMES.values()}


@pytest.mark.parametrize("step", by_example([7], [1, 7]))
@pytest.mark.parametrize("by", by_example(["bulk"], ["bulk", "pages"]))
def test_a_first_reading_killed_wherever_it_touches_the_folder(
    by: str, step: int, org: Org, reader: Reader, killed: Killed
) -> None:
    org.bulk_page, org.page = 5, 5
    org.bulk = lambda _: "refused" if by == "pages" else "JobComplete"
    # Each attempt gets a little further than the one before, since it goes on where that was killed.
    at = next(at for at in count(1, step) if not killed(reader, at))
    assert at > 6
    for name, table in NAMES.items():
        assert reader.ids(table) == sorted(org.tables[name].rows)


@pytest.mark.parametrize("step", by_example([9], [1, 9]))
def test_a_later_reading_killed_wherever_it_touches_the_folder(
    step: int, org: Org, reader: Reader, killed: Killed
) -> None:
    reader.read()
    before = contents(reader)
    org.page = 4
    org.now += timedelta(days=2)
    for number in range(3, 15):
        org.put("Opportunity", f"006-{number:02}", Amount=number, CloseDate="2025-12-01", IsClosed=False, IsWon=False)
    org.delete("Opportunity", "006-01")
    org.purge("Account", "001-2")
    whole = reader.with_(folder=reader.folder.with_name("whole"))
    whole.read()
    after = contents(whole)
    for at in count(1, step):
        if not killed(reader, at):
            break
        assert contents(reader) == before, "what is shown is never half of a reading"
    assert contents(reader) == after and at > 4


@pytest.mark.parametrize("after", by_example([11], [0, 5, 11, 16, 24]))
def test_a_reading_killed_while_salesforce_answers_goes_on(after: int, org: Org, reader: Reader) -> None:
    org.bulk_page = 5
    code = (
        "from tests.sources.salesforce.killed import read;"
        f"read({str(reader.folder)!r}, {org.url!r}, {org.now.isoformat()!r})"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) as process:
        org.faults = [Fault("/", 200, after=after, then=process.kill)]
        assert process.wait(120) == -9
    reader.read()
    for name, table in NAMES.items():
        assert reader.ids(table) == sorted(org.tables[name].rows)
