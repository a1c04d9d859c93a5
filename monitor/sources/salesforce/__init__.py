"""Salesforce as a source: read over its API into a folder, from which the preset `salesforce` makes the tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from monitor.core.counted import lasting
from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError, DataError
from monitor.sources.salesforce.state import Cache, State
from monitor.sources.source import World

if TYPE_CHECKING:
    import ibis

    from monitor.sources.engine import Engine
    from monitor.sources.salesforce.line import Line

FRESH = timedelta(minutes=5)
"""Salesforce is not asked again so soon after it was."""
SHARE = Decimal("0.8")
"""Of the day's calls of all programs together, what may be used up before this one stops reading."""


def open_source(spec: SourceSpec, world: World) -> SalesforceSource:
    """Salesforce by what the environment gives, kept in `spec.cache`. Nothing is called or read yet."""
    if spec.cache is None:
        raise ConfigError("source.cache is missing: name the folder in which what Salesforce answers is kept.")
    return SalesforceSource(spec, Cache(spec.cache), world)


@dataclass(frozen=True)
class _Loaded:
    tables: Mapping[str, ibis.Table]
    remarks: tuple[str, ...]
    engine: Engine
    users: ibis.Table | None


class SalesforceSource:
    """Salesforce as it stood at the last reading; `tables` reads what is new first, unless that was just now."""

    def __init__(self, spec: SourceSpec, cache: Cache, world: World) -> None:
        self._spec, self._cache, self._world = spec, cache, world
        self._loaded: _Loaded | None = None

    def tables(self) -> Mapping[str, ibis.Table]:
        return self._load().tables

    def remarks(self) -> tuple[str, ...]:
        return self._load().remarks

    def today(self) -> date | None:
        return None

    def synced(self) -> datetime | None:
        synced = self._cache.state().synced
        return None if synced is None else datetime.fromisoformat(synced)

    def addresses(self) -> Mapping[str, str]:
        from monitor.sources.presets import addresses

        return addresses(self._load().users)

    def stamp(self) -> str:
        """SHA-256 over the configuration, what the cache holds, and whether Salesforce is due to be asked again."""
        state, now = self._cache.state(), self._world.now()
        held = {name: (table.fields, table.parts) for name, table in sorted(state.shown.items())}
        due = None if _is_fresh(state, now) else int(now.timestamp() // FRESH.total_seconds())
        shown = repr((self._spec, held, state.remarks, due))
        return hashlib.sha256(shown.encode()).hexdigest()

    def forecast(self) -> tuple[str, ...]:
        """What the next reading would fetch and cost. Raises DataError where Salesforce cannot be asked."""
        from monitor.sources.salesforce.forecast import forecast

        with self._line() as line:
            return forecast(line, self._cache, self._spec, self._world.now())

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.engine.close()
            self._loaded = None

    def _load(self) -> _Loaded:
        if self._loaded is None:
            trouble = None if _is_fresh(self._cache.state(), self._world.now()) else self._read()
            state = self._cache.state()
            if trouble is not None and state.synced is None:
                raise trouble
            self._loaded = self._opened(state, trouble)
        return self._loaded

    def _read(self) -> DataError | None:
        """Reads what is new; why that could not be done where the cache may do. Raises DataError where it may not."""
        from monitor.sources.salesforce.line import Unreachable
        from monitor.sources.salesforce.sync import synchronise

        with self._cache.alone() as alone:
            if not alone:
                return DataError("Another process is reading Salesforce into this cache just now: try again later.")
            try:
                with self._line() as line:
                    synchronise(line, self._cache, self._spec, self._world)
            except Unreachable as error:
                return error
        return None

    def _line(self) -> Line:
        from monitor.sources.salesforce.line import Line

        return Line(self._spec.secrets, self._world, self._spec.max_calls or SHARE)

    def _opened(self, state: State, trouble: DataError | None) -> _Loaded:
        from monitor.sources.engine import Engine
        from monitor.sources.presets import load, raw_tables
        from monitor.sources.salesforce.tables import raw_table

        engine = Engine()
        with ExitStack() as unless_loaded:
            unless_loaded.callback(engine.close)
            raw = {name: raw_table(engine, self._cache, name, table) for name, table in state.shown.items()}
            if raw.get("opportunity") is None:
                raise DataError("Salesforce shows this user no opportunity: give it the permission to view them all.")
            known = {name: raw.get(name) for name in raw_tables("salesforce")}
            preset = load("salesforce", known.get, self._spec)
            unless_loaded.pop_all()
        old = (_age(state, self._world.now(), trouble),) if trouble else ()
        return _Loaded(preset.tables, (*old, *state.remarks, *preset.remarks), engine, preset.users)


def _is_fresh(state: State, now: datetime) -> bool:
    return state.synced is not None and timedelta() <= now - datetime.fromisoformat(state.synced) < FRESH


def _age(state: State, now: datetime, trouble: DataError) -> str:
    """That the data are old, and why."""
    assert state.synced is not None
    age = lasting(now - datetime.fromisoformat(state.synced))
    return f"The data of Salesforce are {age} old: {trouble}"
