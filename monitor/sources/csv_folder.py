"""A folder of CSV or Parquet files, one table in one file or in several parts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.sources.files import candidates

if TYPE_CHECKING:
    import ibis

    from monitor.sources.folder_tables import FolderTables


def open_source(spec: SourceSpec) -> CsvFolder:
    """The folder at `spec.path`. Nothing is read yet."""
    return CsvFolder(spec)


class CsvFolder:
    """A folder as a source. The engine starts with the first call of `tables` and is light to leave out."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        self._loaded: FolderTables | None = None

    def tables(self) -> Mapping[str, ibis.Table]:
        return self._load().tables

    def remarks(self) -> tuple[str, ...]:
        return self._load().remarks

    def stamp(self) -> str:
        """SHA-256 over the mapping and over every file's name, size and times. Raises DataError without a folder."""
        digest = hashlib.sha256(repr(self._spec).encode())
        for path in candidates(self._spec):
            digest.update(_trace(path).encode(errors="surrogateescape"))
        return digest.hexdigest()

    def today(self) -> date | None:
        return None

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()
            self._loaded = None

    def _load(self) -> FolderTables:
        if self._loaded is None:
            from monitor.sources.folder_tables import load  # the engine takes a second to import

            self._loaded = load(self._spec)
        return self._loaded


def _trace(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return f"{path}\0unreadable\0"
    return f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\0{stat.st_ctime_ns}\0{stat.st_ino}\0"
