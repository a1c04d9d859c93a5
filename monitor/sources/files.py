"""Which files of a folder hold which canonical table. Looks at names only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

from monitor.core.source_spec import SourceSpec
from monitor.core.tables import TABLES
from monitor.errors import ConfigError, DataError

Format = Literal["csv", "parquet"]
FORMATS: Mapping[str, Format] = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet"}
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")
"""What people put beside the tables, or in their place, before they export it."""
_PART_SEPARATORS = "-_. ("
_BY_LENGTH = sorted(TABLES, key=len, reverse=True)


@dataclass(frozen=True)
class TableFiles:
    """The files of one table, all of one format, in the order of their names.

    `doubtful` are files whose name only begins like the table's (`revenue_events.csv`): their header decides.
    """

    table: str
    format: Format
    parts: tuple[Path, ...]
    doubtful: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a folder holds."""

    tables: Mapping[str, TableFiles]
    unread: tuple[Path, ...]
    """CSV and Parquet files that belong to no table, and workbooks."""


def find(spec: SourceSpec) -> Found:
    """The files of every canonical table. Raises DataError, ConfigError where it is not plain which ones they are."""
    folder = folder_of(spec)
    entries = _entries(folder)
    here = {name: table for name, table in spec.tables.items() if table.type is None}
    configured = {name: _configured(folder, name, table.file) for name, table in here.items() if table.file}
    taken = {path for paths in configured.values() for path in paths}
    named: dict[str, list[Path]] = {}
    for entry in entries:
        table = _table_of(entry)
        if table and table not in configured and entry not in taken and spec.table(table).from_reps is None:
            named.setdefault(table, []).append(entry)
    elsewhere = {path for name in list(named) if spec.table(name).type for path in named.pop(name)}
    tables = {name: _settle(name, paths, sure=True) for name, paths in configured.items()}
    tables |= {name: _settle(name, paths, sure=False) for name, paths in named.items()}
    used = {path for files in tables.values() for path in files.parts + files.doubtful} | elsewhere
    told = (entry for entry in entries if _is_data(entry) or entry.suffix.lower() in WORKBOOKS)
    unread = tuple(entry for entry in told if entry.is_file() and entry not in used)
    return Found(tables, unread)


def folder_of(spec: SourceSpec) -> Path:
    """The folder that the configuration names. Raises ConfigError, DataError where there is none."""
    if spec.path is None:
        raise ConfigError("source.path is missing: name the folder that holds the CSV or Parquet files.")
    if not spec.path.exists():
        raise DataError(f"There is no folder '{spec.path}': mend source.path.")
    if not spec.path.is_dir():
        raise DataError(f"'{spec.path}' is a file: source.path has to name the folder that holds the tables.")
    return spec.path


def candidates(spec: SourceSpec) -> Iterator[Path]:
    """Every file whose change may change the tables; more rather than fewer."""
    folder = folder_of(spec)
    here = [table.file for table in spec.tables.values() if table.file and table.type is None]
    configured = [path for file in here for path in _matching(folder, file)]
    tops = [entry for entry in _entries(folder) if _is_data(entry) or _table_of(entry)]
    for top in dict.fromkeys([*tops, *configured]):
        yield from _entries(top) if top.is_dir() else [top]


def names_in(folder: Path) -> str:
    """What a folder holds, for a sentence."""
    names = [entry.name for entry in _entries(folder)]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "") if names else "nothing"


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if entry.name[0] not in ".~_")
    except OSError as error:
        raise DataError(f"The folder '{folder}' cannot be read ({error.strerror}): check its permissions.") from error


def _is_data(entry: Path) -> bool:
    return entry.suffix.lower() in FORMATS


def _table_of(entry: Path) -> str | None:
    """The table that the name begins with, the longest that fits; a folder has to be named exactly."""
    name = (entry.stem if _is_data(entry) else entry.name).lower()
    if not _is_data(entry):
        return name if name in TABLES and entry.is_dir() else None
    return next((table for table in _BY_LENGTH if _rest(name, table) is not None), None)


def _rest(name: str, table: str) -> str | None:
    """What follows the table's name, None where the name does not begin with it."""
    rest = name[len(table) :]
    return rest if name.startswith(table) and (not rest or rest[0] in _PART_SEPARATORS) else None


def _is_sure(entry: Path, table: str) -> bool:
    """Whether the name alone makes it the table's: its own, or with a number (`spend-2024.csv`, `spend (2).csv`)."""
    rest = entry.stem.lower()[len(table) :]
    return entry.is_dir() or not rest or any(letter.isdigit() for letter in rest)


def _matching(folder: Path, pattern: str) -> list[Path]:
    if any(sign in pattern for sign in "*?["):
        base = Path(pattern).anchor
        return sorted(Path(base).glob(pattern[len(base) :]) if base else folder.glob(pattern))
    return [folder / pattern] if (folder / pattern).exists() else []


def _configured(folder: Path, table: str, pattern: str) -> list[Path]:
    paths = _matching(folder, pattern)
    if not paths:
        raise DataError(
            f"source.tables.{table}.file: '{pattern}' is not in '{folder}', which holds {names_in(folder)}."
        )
    return paths


def _settle(table: str, places: list[Path], *, sure: bool) -> TableFiles:
    """The files of one table, folders opened. Raises DataError where two kinds of places hold it."""
    folders = [place for place in places if place.is_dir()]
    files = [place for place in places if not place.is_dir()]
    if folders and files:
        raise DataError(f"Table {table} stands in '{folders[0].name}' and in '{files[0].name}': keep one of them.")
    files += [file for place in folders for file in _inside(place, table)]
    parts = tuple(file for file in files if sure or folders or _is_sure(file, table))
    by_format = {_format(file): file.name for file in parts or files}
    if len(by_format) > 1:
        csv, parquet = by_format["csv"], by_format["parquet"]
        raise DataError(f"Table {table} stands in '{csv}' and in '{parquet}', as CSV and as Parquet: keep one of them.")
    _check_files(table, parts or tuple(files))
    kind = next(iter(by_format))
    return TableFiles(table, kind, parts, tuple(f for f in files if f not in parts and _format(f) == kind))


def _check_files(table: str, files: tuple[Path, ...]) -> None:
    """Raises DataError for what is no file, and for parts with the same bytes, which would count twice."""
    no_file = next((file.name for file in files if not file.is_file()), None)
    if no_file:
        raise DataError(f"'{no_file}' of table {table} cannot be read: it is no file, or a link to one that is gone.")
    for one, other in combinations(files, 2):
        if one.stat().st_size == other.stat().st_size and _bytes_of(one) == _bytes_of(other):
            raise DataError(f"'{one.name}' and '{other.name}' hold the same rows of table {table}: keep one of them.")


def _bytes_of(file: Path) -> bytes:
    """A hash of the content."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").digest()
    except OSError as error:
        raise DataError(f"'{file.name}' cannot be read ({error.strerror}): check its permissions.") from error


def _format(file: Path) -> Format:
    """A configured file may have any ending; it is text then."""
    return FORMATS.get(file.suffix.lower(), "csv")


def _inside(place: Path, table: str) -> list[Path]:
    if _is_data(place) and _format(place) == "csv":
        raise DataError(f"'{place.name}' is a directory where the file of table {table} should be: put a file there.")
    files = [entry for entry in _entries(place) if _is_data(entry) and not entry.is_dir()]
    if not files:
        raise DataError(f"The folder '{place.name}' of table {table} holds no CSV or Parquet file: fill or remove it.")
    return files
