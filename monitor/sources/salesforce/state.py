"""What the cache holds and how far it is: one small JSON file, written last, so that it only names what is there."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from io import BufferedReader, BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

from monitor.core.chain import digest
from monitor.errors import DataError
from monitor.sources.salesforce.objects import OBJECTS

STATE, LOCK = "salesforce.json", "salesforce.lock"
_VERSION = 2
_TABLES = ("tables", "shown")
_OURS = re.compile(r"^\.?[0-9]{6,}(-[0-9a-f]{16})?\.parquet(\.new)?$")
_RETIRED = timedelta(hours=1)
"""How long a file that was replaced stays for those who still read it."""


Fields = tuple[tuple[str, str, str], ...]
"""What was read of an object: each field's name, column and type."""


@dataclass(frozen=True)
class Load:
    """A reading of a whole object that has begun. `job` is Salesforce's, None where pages are read one by one."""

    job: str | None
    fields: Fields
    watermark: str | None = None
    """What the table is read up to once this is done."""
    locator: str | None = None
    """Where the next page of the job begins; None: at its first."""
    parts: tuple[str, ...] = ()
    rows: int = 0
    total: int | None = None


@dataclass(frozen=True)
class TableState:
    """One table. Of a row that stands in several parts the last counts; those of `base` share none."""

    fields: Fields = ()
    watermark: str | None = None
    """The moment up to which changes were read."""
    base: tuple[str, ...] = ()
    delta: tuple[str, ...] = ()
    number: int = 0
    """Of the last part."""
    counted: str | None = None
    """When it was last held against Salesforce's own count."""
    whole: bool = False
    """Whether it was ever read to its end."""
    load: Load | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        return (*self.base, *self.delta)


@dataclass(frozen=True)
class State:
    """The whole cache: what is `shown` is as it stood at `synced`, when all of it was last up to date together."""

    org: str | None = None
    synced: str | None = None
    tables: Mapping[str, TableState] = field(default_factory=lambda: MappingProxyType({}))
    """How far each table is; a reading that goes on is ahead of what is shown."""
    shown: Mapping[str, TableState] = field(default_factory=lambda: MappingProxyType({}))
    absent: tuple[str, ...] = ()
    """Tables whose object this organisation does not have or does not show."""
    remarks: tuple[str, ...] = ()
    retired: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Files that were replaced, by when."""

    def table(self, name: str) -> TableState:
        return self.tables.get(name, TableState())

    def with_table(self, name: str, table: TableState) -> State:
        return replace(self, tables={**self.tables, name: table})

    def whole(self, absent: tuple[str, ...], remarks: tuple[str, ...], now: datetime) -> State:
        """All tables shown as they now stand; the files that are shown no more are retired."""
        shown = {name: table for name, table in self.tables.items() if name not in absent}
        gone = {file: now.isoformat() for file in _files(self.shown) - _files(shown)}
        return replace(
            self, shown=shown, absent=absent, remarks=remarks, synced=now.isoformat(), retired={**self.retired, **gone}
        )


@dataclass(frozen=True)
class Cache:
    """The folder."""

    folder: Path

    def state(self) -> State:
        """What is there; an empty state for a folder that is new. Raises DataError for a file that is damaged."""
        try:
            text = (self.folder / STATE).read_bytes()
        except FileNotFoundError:
            return State()
        except OSError as error:
            raise DataError(f"'{self.folder / STATE}' cannot be read ({error.strerror}): mend source.cache.") from error
        try:
            return _decoded(json.loads(text))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"'{self.folder / STATE}' is damaged or of another version: delete the folder, and it is read anew."
            ) from error

    def keep(self, state: State) -> None:
        """Writes the state in place of the one before, whole or not at all."""
        tables = {key: {name: asdict(table) for name, table in getattr(state, key).items()} for key in _TABLES}
        held = {**vars(state), "retired": dict(state.retired), **tables}
        text = json.dumps({"version": _VERSION, "sum": digest(held), "state": held})
        with self.replacing(STATE) as path:
            path.write_text(text, encoding="utf-8")

    def path(self, table: str, part: str) -> Path:
        """The file of a part. Raises DataError for one that is not as it was written: engines read such files too."""
        path = self.folder / table / part
        try:
            with path.open("rb") as file:
                if part == name_of(int(part.partition("-")[0]), file):
                    return path
        except OSError:
            pass
        raise DataError(f"'{path}' is damaged or gone: delete the folder source.cache, and it is read anew.")

    @contextmanager
    def replacing(self, name: str) -> Iterator[Path]:
        """A path to write to; the file takes its name once it is whole. Raises DataError where it cannot."""
        target = self.folder / name
        beside = target.with_name(f".{target.name}.new")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            yield beside
            with beside.open("rb+") as file:
                os.fsync(file.fileno())
            beside.replace(target)
        except OSError as error:
            raise DataError(f"'{target}' cannot be written ({error.strerror}): give source.cache room.") from error

    def tidy(self, state: State, now: datetime) -> State:
        """Deletes what nobody reads: files that an interruption left, and replaced ones after a while."""
        old = [file for file, at in state.retired.items() if now - datetime.fromisoformat(at) > _RETIRED]
        kept = _files(state.tables) | _files(state.shown) | state.retired.keys() - set(old)
        for path in (each for name in OBJECTS for each in (self.folder / name.table).glob("*")):
            if _OURS.match(path.name) and path.relative_to(self.folder).as_posix() not in kept:
                path.unlink(missing_ok=True)
        return replace(state, retired={file: at for file, at in state.retired.items() if file not in old})

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no other process writes here; holds them off while it lasts, and not after a kill."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / LOCK).open("a")
        except OSError as error:
            raise DataError(f"'{self.folder}' cannot be written ({error.strerror}): mend source.cache.") from error
        with file:
            yield _locked(file.fileno())


def name_of(number: int, content: BytesIO | BufferedReader) -> str:
    """The file of a part that holds `content`, however far it was read."""
    content.seek(0)
    told = hashlib.file_digest(content, lambda: hashlib.blake2b(digest_size=8))
    return f"{number:06}-{told.hexdigest()}.parquet"


def _locked(number: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _files(tables: Mapping[str, TableState]) -> set[str]:
    return {
        f"{name}/{file}"
        for name, table in tables.items()
        for file in (*table.parts, *(table.load.parts if table.load else ()))
    }


def _decoded(said: Any) -> State:
    if said["version"] != _VERSION or said["sum"] != digest(said["state"]):
        raise ValueError
    found = said["state"]
    tables, shown = ({name: _table(given) for name, given in found.pop(key).items()} for key in _TABLES)
    absent, remarks = tuple(found.pop("absent")), tuple(found.pop("remarks"))
    return State(tables=tables, shown=shown, absent=absent, remarks=remarks, **found)


def _table(given: dict[str, Any]) -> TableState:
    load, base, delta = given.pop("load"), tuple(given.pop("base")), tuple(given.pop("delta"))
    loading = Load(fields=_fields(load.pop("fields")), parts=tuple(load.pop("parts")), **load) if load else None
    return TableState(fields=_fields(given.pop("fields")), load=loading, base=base, delta=delta, **given)


def _fields(given: list[list[str]]) -> Fields:
    return tuple((name, column, kind) for name, column, kind in given)
