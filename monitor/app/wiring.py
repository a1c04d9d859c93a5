"""The one place where the parts are put together: configuration, source, store, words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from monitor.config import Config
from monitor.core.book import Book
from monitor.core.facts import Deals, Sync
from monitor.core.policy import FactsPolicy, Policy
from monitor.core.tables import TABLES
from monitor.errors import ConfigError, DataError
from monitor.sources import open_source
from monitor.sources.source import Copied, Source, World

if TYPE_CHECKING:
    from monitor.channels.channel import Channel
    from monitor.core.undelivered import Elsewhere
    from monitor.facts.grouping import Grouping
    from monitor.facts.load import Companies, Loaded
    from monitor.render.words import Words
    from monitor.store.repository import Store


@dataclass(frozen=True)
class Clock:
    """What time it is: `now` with its zone, `today` in the company's zone (or the source's own day)."""

    now: datetime
    today: date


@dataclass(frozen=True)
class Asked:
    """The day that a question is about (`as_of`), and the day until which what people did counts (`today`).

    `weeks`: how many weeks the weekly lines go back at most; None: to the first full quarter.
    """

    as_of: date
    today: date
    weeks: int | None = None


_OF_MANY = 27
"""Half a year: what messages draw, and more. One of many is asked for the whole line only where it is looked at."""


class Shared(Protocol):
    """What many companies have together, as one of them needs it."""

    @property
    def source(self) -> Source: ...

    def read(self, name: str, policy: FactsPolicy, as_of: date) -> Loaded:
        """One company's facts as of a day. Raises DataError where its data, or the tables, cannot be used."""
        ...


class SharedSource:
    """One source that many companies have, their rows told apart by a column; read once for all, when first needed."""

    def __init__(self, source: Source, column: str, policy: FactsPolicy) -> None:
        self.source = source
        self.column = column
        self.policy = policy
        self._companies: Companies | DataError | None = None
        self._of: tuple[FactsPolicy, date] | None = None

    @cached_property
    def grouping(self) -> Grouping:
        """The companies that the data name. Raises DataError where the tables do not have the column."""
        from monitor.facts.load import find_companies

        return find_companies(self.source.tables(), self.policy, self.column)

    def companies(self, policy: FactsPolicy, as_of: date) -> Companies:
        """All of them as of a day. Raises DataError where the tables cannot be used."""
        from monitor.facts.load import load_companies

        if self._of != (policy, as_of):
            try:
                self._companies = load_companies(self.source.tables(), policy, as_of, self.grouping)
            except DataError as error:
                self._companies = error
            self._of = (policy, as_of)
        if isinstance(self._companies, DataError):
            raise self._companies  # as often as a company asks, without reading it all once more
        assert self._companies is not None
        return self._companies

    def read(self, name: str, policy: FactsPolicy, as_of: date) -> Loaded:
        return self.companies(policy, as_of).one(name)


@dataclass(frozen=True)
class Company:
    """One configured company, its source open. `company.close()` when done; what is `shared` outlives it."""

    config: Config
    policy: Policy
    source: Source
    shared: Shared | None = None

    def close(self) -> None:
        if self.shared is None:
            self.source.close()

    def __enter__(self) -> Company:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def today(self, now: datetime) -> date:
        """The day it is in the company's zone, or the source's own day."""
        return self.source.today() or now.astimezone(ZoneInfo(self.policy.facts.timezone)).date()

    def asked(self, as_of: date | None, clock_today: date) -> Asked:
        """The day asked for; by default the last day of the last complete week."""
        weeks = None if self.config.membership is None else _OF_MANY
        if as_of is not None:
            return Asked(as_of, as_of, weeks)
        today = self.source.today() or clock_today
        return Asked(self.policy.calendar.last_complete_week(today), today, weeks)

    def read(self, as_of: date, *, with_due: bool = False, today: date | None = None) -> tuple[Book, Deals]:
        """The facts of this company, and the door to its deals. `today`, by default `as_of`, is when they are read."""
        facts_policy = replace(self.policy.facts, with_due=with_due or self.policy.facts.with_due)
        loaded = self._loaded(facts_policy, as_of)
        remarks = (*self.source.remarks(), *loaded.facts.quality.remarks)
        quality = replace(loaded.facts.quality, remarks=remarks)
        facts = replace(loaded.facts, quality=quality, sync=self._sync(today or as_of))
        return Book(facts, self.policy), loaded.deals

    def _loaded(self, policy: FactsPolicy, as_of: date) -> Loaded:
        from monitor.facts.load import load

        membership = self.config.membership
        if membership is None or membership.column is None:
            tables = self.source.tables()
            try:
                return load(tables, policy, as_of)
            except DataError as error:
                raise explained(error, self.source.remarks()) from error
        shared = self.shared or SharedSource(self.source, membership.column, policy)
        return shared.read(self.config.company, policy, as_of)

    def _sync(self, today: date) -> Sync | None:
        """When the source was last brought up to date, and whether that is too long before `today`."""
        synced = self.source.synced() if isinstance(self.source, Copied) else None
        if synced is None:
            return None
        here = synced.astimezone(ZoneInfo(self.policy.facts.timezone))
        at = datetime.fromisoformat(here.isoformat())  # with its offset, as a snapshot that was kept has it
        return Sync(at, stale=(today - at.date()).days > self.policy.max_age)

    def words(self) -> Words:
        """The words of this company."""
        return words(self.config)

    def elsewhere(self) -> Elsewhere:
        """Who is told when something cannot be delivered, and in which words."""
        return elsewhere(self.config)

    def channels(self, wait: Callable[[float], None]) -> dict[str, Channel]:
        """The configured channels by name; `wait` is how they wait between two calls. Close them when done."""
        return channels(self.config, wait)

    def open_store(self) -> Store:
        """What was recorded of this company; created at the first start."""
        return open_log(self.config)


def explained(error: DataError, remarks: Sequence[str]) -> DataError:
    """A refusal of the data, and after it what the source remarks of the tables that it names: often that is why."""
    about = set(_TABLES.findall(str(error)))
    return DataError(" ".join((str(error), *(each for each in remarks if about & set(_TABLES.findall(each))))))


_TABLES = re.compile(rf"\b({'|'.join(TABLES)})\b")


def channels(config: Config, wait: Callable[[float], None]) -> dict[str, Channel]:
    """The channels that a configuration names, opened."""
    from monitor.channels import Wanted, open_channels

    settings = (config.slack(), config.email(), config.webhook())
    return open_channels(Wanted(*settings, words(config), wait, config.scope, config.signature))


def open_log(config: Config, *, create: bool = True) -> Store:
    """The log that a configuration names; with `create`, made at the first start. Raises StoreError."""
    from monitor.store.repository import open_store

    return open_store(config.database_url, create=create, folder=config.database_folder)


def words(config: Config) -> Words:
    """The words of a company: its own templates before the packaged ones."""
    from monitor.render.words import Words

    return Words((config.templates,) if config.templates else (), company=config.signature)


def open_company(file: Path, environ: Mapping[str, str], world: World | None = None) -> Company:
    """The one company that `file` configures. Raises ConfigError."""
    from monitor.config import read

    return company(read(file, environ), world)


def company(config: Config, world: World | None = None, shared: Shared | None = None) -> Company:
    """The company of a configuration; `world` is for sources that call somebody up. Raises ConfigError."""
    source = shared.source if shared else open_source(config.source_spec(), world)
    return Company(config, config.policy(), source, shared)


def elsewhere(config: Config) -> Elsewhere:
    """Who is told when something cannot be delivered, and in which words."""
    from monitor.core.undelivered import Elsewhere

    return Elsewhere(config.directory(), partial(_say_undelivered, config), config.signature)


def _say_undelivered(config: Config, block: str, **values: object) -> str:
    """In the packaged words where the company's own fail: that something did not arrive has to be said."""
    from monitor.core.undelivered import KIND
    from monitor.render.words import Words

    try:
        return words(config).say(KIND, block, **values)
    except ConfigError:
        return Words().say(KIND, block, **values)
