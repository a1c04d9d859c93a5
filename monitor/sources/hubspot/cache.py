"""The folder in which HubSpot's answers are kept: one whole reading at a time, and the pieces of one under way.

`state.json` names the reading that is used (`tables-7`, Parquet in Fivetran's shape). A reading under way stands in
`run`: pieces `000001`, `000002`, each a folder that is renamed into place whole and says how to go on after it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from monitor.core.chain import digest
from monitor.errors import DataError
from monitor.sources.hubspot.shape import FLAGS, Row

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
"""Of the folder's shape; another one is read anew."""
STATE, TRIED = "state.json", "tried.json"
Kept = TypeVar("Kept")
_RUN, _CURSOR, _BEGUN = "run", "cursor.json", "begun.json"
_DIGESTS, _SUM = "digests", "sum"


class AnotherAccount(DataError):
    """The folder holds another HubSpot account: name another folder, or give the token of that account."""


@dataclass(frozen=True)
class State:
    """What is known of the reading that is used."""

    version: int = VERSION
    number: int = 0
    """Of the folder of its tables; 0: there is none yet."""
    read_at: str = ""
    since: Mapping[str, int] = field(default_factory=dict)
    """By kind (deals, companies): milliseconds of the newest change that was read."""
    properties: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counted_at: str = ""
    """When every id was compared."""
    looked_back_at: str = ""
    """When changes were last looked for far back."""
    rows: int = 0
    portal: str = ""
    """The id of the HubSpot account; nothing where it is not known."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """By table file: SHA-256 of what was written."""
    remarks: Sequence[str] = ()

    @property
    def folder(self) -> str:
        return f"tables-{self.number}"


@dataclass(frozen=True)
class Begun:
    """A reading under way."""

    at: str
    whole: bool
    """Whether everything is read, or only what changed."""
    since: Mapping[str, int]
    properties: Mapping[str, Sequence[str]]
    portal: str = ""
    looked_back_at: str = ""
    totals: Mapping[str, int] = field(default_factory=dict)
    """By kind: how many there were; only for a whole reading."""


@dataclass(frozen=True)
class Piece:
    """Rows by table, and where to go on once they are kept."""

    rows: Mapping[str, Sequence[Row]]
    cursor: Mapping[str, Any]


class Cache:
    """The folder. Everything is written beside and renamed, so that a kill leaves the old or the new."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = folder / _RUN

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether this process is the only one that reads HubSpot into the folder."""
        import fcntl

        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("a")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    def state(self) -> State:
        """What is used; an empty one where there is none or one of another version."""
        told = _read(self.folder / STATE)
        if told.get("version") != VERSION:
            return State()
        state = _made(State, told)
        return state if state is not None and (self.folder / state.folder).is_dir() else State()

    def written(self) -> str:
        """The texts that change whenever something is published or tried."""
        return repr([_read(self.folder / name) for name in (STATE, TRIED)])

    def tried_at(self) -> datetime | None:
        """When HubSpot was last called, in vain or not."""
        return moment(str(_read(self.folder / TRIED).get("at", "")))

    def trouble(self) -> str:
        """Why that was in vain; nothing where it was not."""
        return str(_read(self.folder / TRIED).get("trouble", ""))

    def tried(self, at: datetime, trouble: str) -> None:
        with writing(self.folder):
            _write(self.folder / TRIED, {"at": at.isoformat(), "trouble": trouble})

    def begun(self) -> Begun | None:
        """The reading under way; nothing where there is none, or where it cannot be told any more."""
        return _made(Begun, _read(self.run / _BEGUN))

    def begin(self, begun: Begun) -> None:
        """Starts a reading; whatever was under way is forgotten."""
        with writing(self.folder):
            shutil.rmtree(self.run, ignore_errors=True)
            self.run.mkdir(parents=True)
            _write(self.run / _BEGUN, asdict(begun))

    def pieces(self) -> list[Path]:
        """The pieces of the reading under way, in order; not what stands behind one that is damaged."""
        places = sorted(place for place in self.run.glob("*") if place.name.isdigit() and place.is_dir())
        return list(takewhile(lambda place: "step" in _read(place / _CURSOR), places))

    def cursors(self) -> list[dict[str, Any]]:
        """What each piece says, in order."""
        return [_read(place / _CURSOR) for place in self.pieces()]

    def check(self, state: State) -> None:
        """Raises DataError where a table is not as it was written: an engine reads spoilt Parquet as other numbers."""
        self._check(self.folder / state.folder, state.digests)

    def check_pieces(self) -> None:
        """Likewise of the reading under way."""
        for place in self.pieces():
            self._check(place, _read(place / _CURSOR).get(_DIGESTS, {}))

    def _check(self, folder: Path, digests: Mapping[str, str]) -> None:
        for name, wanted in digests.items():
            path = folder / name
            if not path.is_file() or _digest(path) != wanted:
                raise DataError(
                    f"source.cache: '{self.folder}' holds what cannot be read ({folder.name}/{name} is damaged or "
                    "gone): empty it and read HubSpot anew."
                )

    def keep(self, piece: Piece) -> None:
        """Adds one piece to the reading under way."""
        last = self.pieces()[-1:]
        number = int(last[0].name) + 1 if last else 1
        place = self.run / f"{number:06}"
        beside = self.run / f"{place.name}.new"
        import pyarrow.parquet as pq

        with writing(self.folder):
            for old in (beside, place):
                shutil.rmtree(old, ignore_errors=True)
            beside.mkdir()
            for name, rows in piece.rows.items():
                if rows:
                    pq.write_table(_table(rows, number), beside / f"{name}.parquet")
            _write(beside / _CURSOR, {**piece.cursor, _DIGESTS: _settled(beside)})
            beside.rename(place)

    def publish(self, made: Path, state: State) -> State:
        """Takes the folder `made` for the tables from now on. The one before it stays for those who read it still."""
        with writing(self.folder):
            state = replace(state, number=self.state().number + 1, digests=_settled(made))
            place = self.folder / state.folder
            shutil.rmtree(place, ignore_errors=True)
            made.rename(place)
            _write(self.folder / STATE, asdict(state))
        shutil.rmtree(self.run, ignore_errors=True)
        for old in self.folder.glob("tables-*"):
            if old.name not in (state.folder, f"tables-{state.number - 1}"):
                shutil.rmtree(old, ignore_errors=True)
        return state


def moment(text: str) -> datetime | None:
    """An instant as it is written in the folder."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Raises DataError where the folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"source.cache: the folder '{folder}' cannot be written ({error.strerror or error}): mend its permissions, "
            "or make room."
        ) from error


def _settled(folder: Path) -> dict[str, str]:
    """The digests of a folder's tables, which stand on the disk then: it is about to be taken for whole."""
    found = {}
    for path in sorted(folder.glob("*.parquet")):
        with path.open("rb") as file:
            os.fsync(file.fileno())
        found[path.name] = _digest(path)
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _made(kind: type[Kept], told: Mapping[str, Any]) -> Kept | None:
    """What a file tells, without what only a later version knows; nothing where it does not tell all."""
    known = {each.name for each in fields(cast(Any, kind))}
    try:
        return kind(**{name: value for name, value in told.items() if name in known})
    except TypeError:
        return None


def _table(rows: Sequence[Row], number: int) -> pa.Table:
    import pyarrow as pa

    names = list(rows[0])
    columns: dict[str, Any] = {
        name: pa.array([row[name] for row in rows], pa.bool_() if name in FLAGS else pa.string()) for name in names
    }
    return pa.table({**columns, "piece": pa.array([number] * len(rows), pa.int64())})


def _read(path: Path) -> dict[str, Any]:
    """A file that was written here, nothing where it is not there or is damaged; an earlier version told no sum."""
    try:
        told = json.loads(path.read_text("utf-8"))
        said = told.pop(_SUM, None) if isinstance(told, dict) else ""
        return told if said in (None, digest(told)) else {}
    except (OSError, ValueError):
        return {}


def _write(path: Path, told: Mapping[str, Any]) -> None:
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump({**told, _SUM: digest(told)}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
