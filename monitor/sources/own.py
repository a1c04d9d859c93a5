"""A table with a place of its own, whatever that is: files, or a database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from monitor.core.source_spec import SourceSpec
from monitor.sources.csv_folder import CsvFolder

if TYPE_CHECKING:
    import pyarrow as pa


class OwnTable(Protocol):
    """One canonical table that is not where the rest is."""

    def read(self) -> tuple[pa.Table | None, tuple[str, ...]]:
        """Its mapped rows, here, None where it holds none; and what a person should know.

        Raises DataError, ConfigError where it cannot be used.
        """
        ...

    def stamp(self) -> str:
        """Changes whenever the rows may have."""
        ...

    def close(self) -> None: ...


class OwnInFiles:
    """The table `name`, which is all that the folder of `spec` is looked through for."""

    def __init__(self, spec: SourceSpec, name: str) -> None:
        self._spec, self._name = spec, name

    def read(self) -> tuple[pa.Table | None, tuple[str, ...]]:
        from monitor.sources.folder_tables import read_table  # the engine takes a second to import

        return read_table(self._spec, self._name)

    def stamp(self) -> str:
        return CsvFolder(self._spec).stamp()

    def close(self) -> None:
        """Nothing is held."""


def own_table(spec: SourceSpec, name: str) -> OwnTable:
    """The table `name` at the place that `spec`, which is of nothing else, says. Nothing is read yet."""
    if spec.type == "sql":
        from monitor.sources.sql.own import OwnInDatabase

        return OwnInDatabase(spec, name)
    return OwnInFiles(spec, name)
