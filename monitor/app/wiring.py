"""The one place where the parts are put together: configuration, source, store, words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.config import Config
from monitor.core.book import Book
from monitor.core.facts import Deals, Sync
from monitor.core.policy import Policy
from monitor.errors import ConfigError
from monitor.sources import open_source
from monitor.sources.source import Copied, Source, World

if TYPE_CHECKING:
    from monitor.channels.channel import Channel
    from monitor.core.undelivered import Elsewhere
    from monitor.render.words import Words
    from monitor.store.repository import Store


@dataclass(frozen=True)
class Clock:
    """What time it is: `now` with its zone, `today` in the company's zone (or the source's own day)."""

    now: datetime
    today: date


@dataclass(frozen=True)
class Asked:
    """The day that a question is about (`as_of`), and the day until which what people did counts (`today`)."""

    as_of: date
    today: date


@dataclass(frozen=True)
class Company:
    """One configured company, its source open. `company.close()` when done."""

    config: Config
    policy: Policy
    source: Source

    def close(self) -> None:
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
        if as_of is not None:
            return Asked(as_of, as_of)
        today = self.source.today() or clock_today
        return Asked(self.policy.calendar.last_complete_week(today), today)

    def read(self, as_of: date, *, with_due: bool = False, today: date | None = None) -> tuple[Book, Deals]:
        """The facts of this company, and the door to its deals. `today`, by default `as_of`, is when they are read."""
        from monitor.facts.load import load

        facts_policy = replace(self.policy.facts, with_due=with_due or self.policy.facts.with_due)
        loaded = load(self.source.tables(), facts_policy, as_of)
        remarks = (*self.source.remarks(), *loaded.facts.quality.remarks)
        quality = replace(loaded.facts.quality, remarks=remarks)
        facts = replace(loaded.facts, quality=quality, sync=self._sync(today or as_of))
        return Book(facts, self.policy), loaded.deals

    def _sync(self, today: date) -> Sync | None:
        """When the source was last brought up to date, and whether that is too long before `today`."""
        synced = self.source.synced() if isinstance(self.source, Copied) else None
        if synced is None:
            return None
        at = synced.astimezone(ZoneInfo(self.policy.facts.timezone))
        return Sync(at, stale=(today - at.date()).days > self.policy.max_age)

    def words(self) -> Words:
        """The words of this company: its own templates before the packaged ones."""
        return words(self.config.templates)

    def elsewhere(self) -> Elsewhere:
        """Who is told when something cannot be delivered, and in which words."""
        from monitor.core.undelivered import Elsewhere

        return Elsewhere(self.config.directory(), partial(_say_undelivered, self.config.templates))

    def channels(self, wait: Callable[[float], None]) -> dict[str, Channel]:
        """The configured channels by name; `wait` is how they wait between two calls. Close them when done."""
        from monitor.channels import Wanted, open_channels

        config = self.config
        return open_channels(Wanted(config.slack(), config.email(), config.webhook(), self.words(), wait))

    def open_store(self) -> Store:
        """What was recorded of this company; created at the first start."""
        from monitor.store.repository import open_store

        return open_store(self.config.database_url)


def words(own: Path | None) -> Words:
    """The words from `own` first, then the packaged ones."""
    from monitor.render.words import Words

    return Words((own,) if own else ())


def open_company(file: Path, environ: Mapping[str, str], world: World | None = None) -> Company:
    """The company that `file` configures. Raises ConfigError."""
    from monitor.config import read

    return company(read(file, environ), world)


def company(config: Config, world: World | None = None) -> Company:
    """The company of a configuration; `world` is for sources that call somebody up."""
    return Company(config, config.policy(), open_source(config.source_spec(), world))


def _say_undelivered(own: Path | None, block: str, **values: object) -> str:
    """In the packaged words where the company's own fail: that something did not arrive has to be said."""
    from monitor.core.undelivered import KIND

    try:
        return words(own).say(KIND, block, **values)
    except ConfigError:
        return words(None).say(KIND, block, **values)
