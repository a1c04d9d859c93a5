"""The folder: damaged, of another version, on a full disk; whatever it is, one sentence and never a wrong number."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.errors import DataError
from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import Org
from tests.sources.salesforce.test_faults import whole

STATE = "salesforce.json"


def test_no_byte_of_the_state_can_be_touched_without_being_noticed(org: Org, reader: Reader) -> None:
    reader.read()
    file = reader.folder / STATE
    good, sound = file.read_bytes(), reader.cache.state()
    for place in range(0, len(good), 97):
        file.write_bytes(good[:place] + bytes([good[place] ^ 0x11]) + good[place + 1 :])
        with suppress(DataError):
            assert reader.cache.state() == sound, place
    file.write_bytes(b"\xff\xfe\x00" + good)
    with pytest.raises(DataError, match="is damaged or of another version"):
        reader.read()


def test_the_folder_of_another_version_is_refused_and_read_anew_once_it_is_deleted(org: Org, reader: Reader) -> None:
    reader.read()
    held = json.loads((reader.folder / STATE).read_text())
    (reader.folder / STATE).write_text(json.dumps(held["state"] | {"version": 1}))
    with pytest.raises(DataError, match="of another version: delete the folder"):
        reader.read()
    shutil.rmtree(reader.folder)
    reader.read()
    whole(org, reader)


def _gone(path: Path) -> None:
    path.unlink()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def _spoilt(path: Path) -> None:
    good = path.read_bytes()
    path.write_bytes(good[:8] + b"\x5a" * 400 + good[408:])


@pytest.mark.parametrize("spoil", [_gone, _cut, _spoilt])
@pytest.mark.parametrize(
    "hours",
    [0, pytest.param(1, marks=pytest.mark.thorough), pytest.param(30, marks=pytest.mark.thorough)],
    ids=["shown", "followed", "counted"],
)
def test_a_part_that_is_damaged_is_said_with_what_to_delete(
    spoil: Callable[[Path], None], hours: int, org: Org, reader: Reader
) -> None:
    reader.read()
    (part,) = (reader.folder / "opportunity").iterdir()
    spoil(part)
    org.now += timedelta(hours=hours)
    with pytest.raises(DataError, match="delete the folder"):
        reader.read()


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """What a full disk does: no more can be written to a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 3_000, pytest.param(1_000, marks=pytest.mark.thorough)])
def test_a_disk_that_is_full_is_one_sentence_and_the_next_reading_goes_on(size: int, org: Org, reader: Reader) -> None:
    with no_file_longer_than(size), pytest.raises(DataError, match=r"cannot be written \(.+\): give source.cache room"):
        reader.read()
    reader.read()
    whole(org, reader)
    org.now += timedelta(hours=1)
    org.put("Opportunity", "006-01", Amount=5)
    with no_file_longer_than(size), pytest.raises(DataError, match=r"give source\.cache room"):
        reader.read()
    assert reader.kept("opportunity")[1]["amount"] != 5
    reader.read()
    assert reader.kept("opportunity")[1]["amount"] == 5


def test_a_folder_that_is_a_file_is_named(reader: Reader) -> None:
    reader.folder.write_text("")
    with pytest.raises(DataError, match=r"cannot be (read|written) \(.+\): mend source.cache"):
        reader.read()
