"""However an export is spoilt: never a traceback, never a silently wrong number, one sentence or an answer."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from monitor.entrypoints.cli import main
from tests.sources.company import write_csv, write_parquet
from tests.sources.mutations import AS_OF, COLUMNS, Mutation, clean_company, mutations

EVERY = list(mutations())
NAMES = "|".join(sorted({name for names in COLUMNS.values() for name in names.split()}, key=len, reverse=True))


def _kind(mutation: Mutation) -> str:
    """What is done, whichever table and column it is done to."""
    return re.sub(rf"\b({NAMES})\b", "_", mutation.name.partition(": ")[2])


OF_EACH_KIND = {_kind(each): each for each in Random(1).sample(EVERY, len(EVERY))}.values()
"""What `make test` tries: each takes a second."""
SAMPLE = [EVERY[n * len(EVERY) // 201] for n in range(201)]
"""Some of each table and column, which `make test-all` tries too; `BAD_INPUT=all` runs every one."""
MUTATIONS = [each for each in EVERY if each in OF_EACH_KIND or each in SAMPLE or os.environ.get("BAD_INPUT") == "all"]
LIKE_ANOTHER = (
    *("_ in words", "_ of year 0", "_ of year 20025", "_ that no calendar has", "_ with dots, some"),
    *("_ a formula", "_ a word", "_ beyond belief", "_ infinite", "_ negative as accountants write"),
    *("_ with a _ sign", "_ very long", "_ unknown, some", "_ with a formula", "ids twice, other stages"),
    *("footer below", "formula row", "conflict marks", "rows longer than header"),
)
"""Kinds that take the way of another that is tried: a cell that cannot be read, a row that is none."""
ALONE = [each for each in OF_EACH_KIND if not each.harmless and _kind(each) not in LIKE_ANOTHER]
CASES = [pytest.param(each, marks=() if each in ALONE else pytest.mark.thorough) for each in MUTATIONS]
CONFIG = """
company: Spoilt
timezone: America/New_York
currency: USD
fiscal_year_start: 1
source: {type: csv, path: data}
indicators: {cac_payback: {gross_margin: {smb: 0.75}}}
""".lstrip()
Answer = dict[str, Any]


def _company(folder: Path) -> Path:
    for name, rows in clean_company().items():
        write_csv(folder / "data" / f"{name}.csv", rows)
    (folder / "config.yaml").write_text(CONFIG)
    return folder


def _status(folder: Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `status --json`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["--config", str(folder / "config.yaml"), "--as-of", AS_OF.isoformat(), "status", "--json"])
    return code, out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """What the company reads before anybody spoils it."""
    code, out, err = _status(_company(tmp_path_factory.mktemp("clean")))
    assert (code, err) == (0, "")
    answer: Answer = json.loads(out)
    return answer


def _readings(answer: Answer) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Every weekly and quarter reading, by indicator and date or quarter."""
    for key, indicator in answer["indicators"].items():
        yield (key, "weekly"), indicator["weekly"]
        for quarter in indicator["quarters"]:
            yield (key, quarter["quarter"]), quarter


def _wrong(spoilt: Answer, clean: Answer) -> list[tuple[str, str]]:
    """Readings that are neither the clean company's, nor `no_data`, nor marked `approximate`."""
    expected = dict(_readings(clean))
    return [
        place
        for place, reading in _readings(spoilt)
        if reading["band"] != "no_data"
        and not reading["approximate"]
        and (place not in expected or reading["value"] != pytest.approx(expected[place]["value"], rel=1e-9))
    ]


def _reported(answer: Answer) -> tuple[Any, Any]:
    return answer["data"]["set_aside"], answer["data"]["suspicious"]


def test_the_clean_company_can_be_read_whole(clean: Answer) -> None:
    for indicator in clean["indicators"].values():
        assert indicator["weekly"]["band"] != "no_data"
    assert not clean["data"]["set_aside"]


@pytest.mark.parametrize("mutation", CASES, ids=lambda mutation: mutation.name)
def test_a_spoilt_export_never_gives_a_wrong_number(mutation: Mutation, clean: Answer, tmp_path: Path) -> None:
    mutation.apply(_company(tmp_path) / "data")
    code, out, err = _status(tmp_path)
    if code == 3 and not mutation.harmless:
        assert out == ""
        assert re.fullmatch(r"smb-monitor: [^\n]{20,600}\.\n", err), err
        return
    assert (code, err) == (0, "")
    spoilt = json.loads(out)
    if mutation.harmless:
        assert list(_readings(spoilt)) == list(_readings(clean))
    if mutation.harmless or _wrong(spoilt, clean):
        assert (_reported(spoilt) == _reported(clean)) is mutation.harmless


def _together() -> Iterator[list[Mutation]]:
    """Every harmless kind once, each done to a table of its own."""
    left = {_kind(each) for each in EVERY if each.harmless}
    while left:
        chosen: dict[str, Mutation] = {}
        for each in EVERY:
            table, kind = each.name.partition(":")[0], _kind(each)
            if each.harmless and kind in left and table not in chosen:
                chosen[table] = each
                left.remove(kind)
        yield list(chosen.values())


@pytest.mark.parametrize("harmless", list(_together()), ids=lambda several: ", ".join(each.name for each in several))
def test_tables_that_are_each_dressed_otherwise_give_the_same_numbers(
    harmless: list[Mutation], clean: Answer, tmp_path: Path
) -> None:
    _company(tmp_path)
    for mutation in harmless:
        mutation.apply(tmp_path / "data")
    code, out, err = _status(tmp_path)
    assert (code, err) == (0, "")
    assert (list(_readings(json.loads(out))), _reported(json.loads(out))) == (list(_readings(clean)), _reported(clean))


@pytest.mark.parametrize("at", [0.2, pytest.param(0.5, marks=pytest.mark.thorough), 0.7])
def test_parquet_that_is_damaged_inside_is_a_matter_of_the_data(at: float, tmp_path: Path) -> None:
    """Its footer can be read, so only the engine finds out, and late."""
    path = write_parquet(_company(tmp_path) / "data" / "opportunities.parquet", clean_company()["opportunities"])
    (tmp_path / "data" / "opportunities.csv").unlink()
    content = bytearray(path.read_bytes())
    start = int(len(content) * at)
    content[start : start + 2000] = b"\xa5" * 2000
    path.write_bytes(content)
    code, out, err = _status(tmp_path)
    assert (code, out) == (3, "")
    assert err.startswith("smb-monitor: The engine cannot read the data (")


def test_there_are_many_ways_to_spoil_an_export() -> None:
    harmless = sum(mutation.harmless for mutation in MUTATIONS)
    print(f"{len(MUTATIONS)} of {len(EVERY)} spoilt exports, {harmless} of them only dressed otherwise")
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 200
