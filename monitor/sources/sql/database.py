"""What every engine offers that holds tables."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import ibis


class Database(Protocol):
    """What every engine offers that holds tables."""

    where: str
    """How it is called in sentences."""

    def answering(self) -> AbstractContextManager[None]:
        """What the engine says instead of an answer becomes a DataError of one sentence."""
        ...

    def schemas(self) -> list[str]: ...
    def first_schema(self) -> str: ...
    def names(self, schema: str) -> list[str]:
        """Tables and views of a schema."""
        ...

    def table(self, name: str, schema: str) -> ibis.Table: ...
    def close(self) -> None: ...


@runtime_checkable
class Traced(Protocol):
    """A database that says itself whether anything has changed."""

    def trace(self, names: Iterable[str], schema: str | None) -> str:
        """What changes whenever one of the tables that are looked for may have."""
        ...
