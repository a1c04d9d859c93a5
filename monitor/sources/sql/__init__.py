"""A database or warehouse as a source: the engine that holds the data is the one that makes the facts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import date, datetime
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.sources.sql.names import wanted_names
from monitor.sources.sql.opening import Link
from monitor.sources.sql.place import place_of

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
        self._link = Link(place_of(spec))
        self._loaded: Loaded | None = None
        self._stamp = ""

    def tables(self) -> Mapping[str, ibis.Table]:
        return self._load().tables

    def remarks(self) -> tuple[str, ...]:
        return (*self._load().remarks, *self._link.remarks())

    def synced(self) -> datetime | None:
        return self._load().synced

    def addresses(self) -> Mapping[str, str]:
        from monitor.sources.presets import addresses

        users = self._load().users
        with self._link.database().answering():
            return addresses(users)

    def stamp(self) -> str:
        """Of loaded tables it is the one from before: what was written since belongs to the next run."""
        return self._stamp if self._loaded is not None else self._link.stamp(self._spec, wanted_names(self._spec))

    def today(self) -> date | None:
        return None

    def close(self) -> None:
        self._loaded = None
        self._link.close()

    def _load(self) -> Loaded:
        if self._loaded is None:
            from monitor.sources.sql.tables import load  # the engine takes a second to import

            self._stamp = self.stamp()
            with ExitStack() as unless_loaded:
                unless_loaded.callback(self.close)
                self._loaded = load(self._spec, self._link.database)
                unless_loaded.pop_all()
        return self._loaded
