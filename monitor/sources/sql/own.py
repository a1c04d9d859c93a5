"""One table of a database beside a source that is somewhere else: its rows are fetched, not read where they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError, DataError
from monitor.sources.sql.opening import Link
from monitor.sources.sql.place import place_of

if TYPE_CHECKING:
    import pyarrow as pa


class OwnInDatabase:
    """The table `name`, which `spec` maps and nothing else. Nobody is connected to yet. Raises ConfigError."""

    def __init__(self, spec: SourceSpec, name: str) -> None:
        self._spec, self._name = spec, name
        self._link = Link(place_of(spec, name))
        self._stamp = ""

    def read(self) -> tuple[pa.Table | None, tuple[str, ...]]:
        from monitor.sources.sql.tables import read_table  # the engine takes a second to import

        try:
            stamp = self.stamp()
            with self._named():
                rows, remarks = read_table(self._spec, self._name, self._link.database)
        finally:
            self._link.close()
        self._stamp = stamp
        return rows, (*remarks, *self._link.remarks())

    def stamp(self) -> str:
        """Of rows that were read the stamp is the one from before: what was written since belongs to the next run."""
        if self._stamp:
            return self._stamp
        names = [self._spec.table(self._name).table or self._name]
        with self._named():
            return self._link.stamp(self._spec, names)

    def close(self) -> None:
        self._link.close()
        self._stamp = ""

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Two places are read: what goes wrong at this one says so."""
        key = f"source.tables.{self._name}"
        try:
            yield
        except (DataError, ConfigError) as error:
            if key in str(error):
                raise
            raise type(error)(f"{key}: {error}") from error
