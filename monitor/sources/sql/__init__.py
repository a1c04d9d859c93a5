"""A database or warehouse as a source: the engine that holds the data is the one that makes the facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError
from monitor.sources.sql.place import File, place_of

if TYPE_CHECKING:
    import ibis

    from monitor.sources.sql.tables import Loaded


def open_source(spec: SourceSpec) -> SqlSource:
    """The database that SOURCE_URL or `path` names. Nobody is connected to yet. Raises ConfigError."""
    return SqlSource(spec)


class SqlSource:
    """A database as a source. The engine starts, or the session begins, with the first call of `tables`."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        self._place = place_of(spec)
        self._loaded: Loaded | None = None
        self._stamp = ""

    def tables(self) -> Mapping[str, ibis.Table]:
        return self._load().tables

    def remarks(self) -> tuple[str, ...]:
        return self._load().remarks

    def synced(self) -> datetime | None:
        return self._load().synced

    def addresses(self) -> Mapping[str, str]:
        from monitor.sources.presets import addresses

        return addresses(self._load().users)

    def stamp(self) -> str:
        """A DuckDB file's times and size, or what PostgreSQL says of every row (`stamps.py`).

        Of tables that were loaded the stamp is the one from before: what was written since belongs to the next run.
        """
        if self._loaded is not None:
            return self._stamp
        return hashlib.sha256(f"{self._spec!r}\n{self._trace()}".encode()).hexdigest()

    def today(self) -> date | None:
        return None

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()
            self._loaded = None

    def _trace(self) -> str:
        if isinstance(self._place, File):
            return self._place.trace()
        try:
            from monitor.sources.sql.stamps import of_server  # the driver is needed only here
        except ModuleNotFoundError as error:
            raise ConfigError("SOURCE_URL needs psycopg: pip install 'smb-monitor[postgres]'.") from error
        return of_server(self._spec, self._place)

    def _load(self) -> Loaded:
        if self._loaded is None:
            from monitor.sources.sql.tables import load  # the engine takes a second to import

            self._stamp = self.stamp()
            self._loaded = load(self._spec, self._place)
        return self._loaded
