"""One company's bad data never stop or colour another: all that is told and kept of it is as if it were alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from monitor.app.wiring import open_log
from monitor.config import Portfolio
from monitor.config import configured as configured_in
from monitor.entrypoints import opening
from tests.cli.conftest import Run
from tests.lent import at
from tests.portfolio.company import DAY, Tables, by_column, healthy, in_folders, without_spend
from tests.sources.mutations import clean_company, mutations

MONDAY = datetime(2026, 9, 28, 12, tzinfo=UTC)
CELLS = (
    *("", " ", "NaN", "-1", "1e309", "9" * 60, "0.005", "99999999999999999999.99", "1.234,50"),
    *("2026-99-99", "0001-01-01", "9999-12-31", "2026-09-01", "2026-09-27T23:59:59+14:00", "31.12.2025"),
    *("true", "D0001", "R1", "A1", "smb", "galaxy", "EUR", "Closed Won", "amount", "ae", "sales"),
    *("<!channel>", "\u202e", "=cmd|' /C calc'!A0", "😀", "a\nb", '"', "x" * 5000),
)
"""What stands in the cells of the other company, ids of this one among it."""
DRAWN = [
    (by_column, 2),
    *(
        pytest.param(shape, seed, marks=pytest.mark.thorough)
        for shape in (by_column, in_folders)
        for seed in range(3, 18)
    ),
]
SPOILT = sorted(each.name for each in mutations() if not each.harmless)

Shape = Callable[[Path, Mapping[str, Tables]], Path]


def rubbish(random: Random) -> Tables:
    """The rows of a company with some, half or all of its cells replaced; some tables are gone."""
    share = random.choice((0.02, 0.5, 1.0))
    tables = {name: [dict(row) for row in rows] for name, rows in clean_company().items()}
    for rows in tables.values():
        for row in rows:
            row |= {column: random.choice(CELLS) for column in row if random.random() < share}
    gone = {name for name in tables if random.random() < 0.15}
    return {name: rows for name, rows in tables.items() if name not in gone}


def told(run: Run, file: Path, name: str) -> dict[str, object]:
    """All that is said and kept of one company after a run of all."""
    whole = run("status", "--json", "--config", file)
    assert whole.code == 0, whole
    about = {
        "status": json.dumps(whole.json["companies"][name]),
        **{" ".join(words): run(*words, "--company", name, "--config", file) for words in _TELLING},
    }
    found = configured_in(file, os.environ)
    assert isinstance(found, Portfolio)
    with open_log(found.company(name)) as store:
        kept = {"seen": store.seen_weeks.weeks(), "log": [(e.kind, e.payload, e.hash) for e in store.events()]}
    assert kept["seen"], "no weekly snapshot was kept"
    return {key: str(value).replace(str(file.parent), "HERE") for key, value in (about | kept).items()}


_TELLING = (("doctor", "--json"), ("digest", "--format", "json"))


@pytest.fixture
def monday(monkeypatch: pytest.MonkeyPatch) -> None:
    """A week ended yesterday, so that a run keeps what it sees of it."""
    monkeypatch.setattr(opening, "datetime", at(MONDAY))


@pytest.mark.usefixtures("monday")
@pytest.mark.parametrize(("shape", "seed"), DRAWN)
def test_a_company_is_what_it_is_alone_whatever_rubbish_another_holds(
    run: Run, tmp_path: Path, shape: Shape, seed: int
) -> None:
    acme, folders = clean_company(), [tmp_path / "alone", tmp_path / "beside"]
    bad = rubbish(Random(seed))
    alone, beside = (
        shape(folder, companies)
        for folder, companies in zip(folders, ({"Acme": acme}, {"Acme": acme, "Bad": bad}), strict=True)
    )
    assert told(run, beside, "Acme") == told(run, alone, "Acme")


@pytest.mark.usefixtures("monday")
@pytest.mark.parametrize("name", [pytest.param(each, marks=pytest.mark.thorough) for each in SPOILT[::7]])
def test_a_company_is_what_it_is_alone_however_anothers_export_is_spoilt(run: Run, tmp_path: Path, name: str) -> None:
    (spoil,) = [each for each in mutations() if each.name == name]
    alone = in_folders(tmp_path / "alone", {"Acme": clean_company()})
    beside = in_folders(tmp_path / "beside", {"Acme": clean_company(), "Bad": clean_company()})
    spoil.apply(beside.parent / "data1")
    assert told(run, beside, "Acme") == told(run, alone, "Acme")


def test_by_a_column_what_another_has_is_no_zero_of_ones_own(run: Run, tmp_path: Path) -> None:
    file = by_column(tmp_path, {"Acme": healthy(), "Delta": without_spend(), "Bare": {"reps": healthy()["reps"]}})
    whole = run("status", "--json", "--config", file, "--as-of", DAY)
    payback = whole.json["companies"]["Delta"]["indicators"]["cac_payback"]["weekly"]
    assert (payback["value"], payback["band"]) == (None, "no_data")
    assert whole.json["unreadable"] == {"Bare": "Table opportunities has no row that can be used: put deals into it."}
