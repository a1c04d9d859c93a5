"""What a process that has no engine is handed of a company, in place of the source that all have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NoReturn

from monitor.core.policy import FactsPolicy
from monitor.errors import DataError
from monitor.sources.source import Copied, Source

if TYPE_CHECKING:
    import ibis

    from monitor.core.facts import Deal, LeftOut
    from monitor.facts.load import Loaded
    from monitor.facts.results import Part


class NotHereError(Exception):
    """What was asked for was not handed over: the process that has the engine has to do it."""


@dataclass(frozen=True)
class Told:
    """What a source said of itself, for a process that cannot ask it."""

    said_stamp: str
    said_today: date | None
    said_remarks: tuple[str, ...]
    said_synced: datetime | None

    @classmethod
    def of(cls, source: Source, *, read: bool) -> Told:
        """By a source; one that was not `read` yet does not say when it was synced."""
        synced = source.synced() if read and isinstance(source, Copied) else None
        return cls(source.stamp(), source.today(), source.remarks() if read else (), synced)

    def tables(self) -> Mapping[str, ibis.Table]:
        raise NotHereError

    def stamp(self) -> str:
        return self.said_stamp

    def today(self) -> date | None:
        return self.said_today

    def remarks(self) -> tuple[str, ...]:
        return self.said_remarks

    def synced(self) -> datetime | None:
        return self.said_synced

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Handed:
    """One company's place in `Shared`: its part of what the engine found, if that was asked yet."""

    source: Told
    part: Part | str | None = None
    """A text: why its data cannot be used."""
    of: str = ""
    """`asked_for` which facts the engine found it."""

    @property
    def is_read(self) -> bool:
        return self.part is not None

    def read(self, name: str, policy: FactsPolicy, as_of: date) -> Loaded:
        from monitor.facts.load import Loaded

        if self.part is None or self.of != asked_for(policy, as_of):
            raise NotHereError
        if isinstance(self.part, str):
            raise DataError(self.part)
        return Loaded(self.part.facts(), _NoDeals())


def asked_for(policy: FactsPolicy, as_of: date) -> str:
    """Which facts these are, as a text: a policy itself cannot be handed over."""
    return repr((policy, as_of))


class _NoDeals:
    """No deal was handed over."""

    def open_fresh(self, segment: str, t: date, limit: int) -> list[Deal]:
        _elsewhere(segment, t, limit)

    def decided(self, segment: str, start: date, end: date, t: date, limit: int, *, won_only: bool) -> list[Deal]:
        _elsewhere(segment, start, end, t, limit, won_only)

    def left_out(self, segment: str, start: date, t: date) -> list[LeftOut]:
        _elsewhere(segment, start, t)


def _elsewhere(*_: object) -> NoReturn:
    raise NotHereError
