"""What every source offers, whatever system it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import ibis

FILE, LINE, BAD = "_file", "_line", "_bad"
"""Helper columns, where the source has them: the file, the line on which the row begins, and why the row as a whole
cannot be used (null where it can). Cells of a row with a reason are null."""


@dataclass(frozen=True)
class World:
    """What a source that calls somebody up is lent by the entrypoints."""

    now: Callable[[], datetime]
    """This moment, in UTC."""
    wait: Callable[[float], None]
    """Lets seconds pass."""
    told: Callable[[str, int, int | None], None] = lambda *_: None
    """Hears how far a reading is: of what, rows done, rows in all where they are known."""


class Source(Protocol):
    """One company's data as canonical tables."""

    def tables(self) -> Mapping[str, ibis.Table]:
        """The canonical tables that exist, by name: canonical columns that exist, the columns that nobody asked for
        under their own names, and the helper columns. Cells are text or of the source's type; an empty cell is null.

        Raises DataError where a needed table, a required column or a file cannot be used.
        """
        ...

    def stamp(self) -> str:
        """Changes whenever the tables may have. Cheap: a few milliseconds, and no engine is imported for it."""
        ...

    def today(self) -> date | None:
        """The day it is in this source, None where it lives in the real world."""
        ...

    def remarks(self) -> tuple[str, ...]:
        """What a person should know about the source: files that are no table's, tables without rows."""
        ...

    def close(self) -> None:
        """Lets go of the engine and its temporary files. The tables cannot be used after it."""
        ...


@runtime_checkable
class Copied(Protocol):
    """A source that reads a copy, which somebody brings up to date."""

    def synced(self) -> datetime | None:
        """The moment, with its zone, at which that was last done; None where nothing tells. Asked after `tables`."""
        ...


@runtime_checkable
class Addressed(Protocol):
    """A source that knows its users' mail addresses."""

    def addresses(self) -> Mapping[str, str]:
        """The id of each user, as deals have it, by mail address in lower case; without those that several have."""
        ...


@runtime_checkable
class CallsOut(Protocol):
    """A source that reads somebody's API."""

    def forecast(self) -> tuple[str, ...]:
        """What the next reading would fetch and how many calls it would cost, one sentence each; reads no rows.

        Raises DataError where the API cannot be asked.
        """
        ...
