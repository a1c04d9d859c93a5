"""HubSpot as a source: read over its API into a folder, from which the preset `hubspot` makes the canonical tables."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from monitor.core.counted import lasting
from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError, DataError
from monitor.sources.hubspot.cache import AnotherAccount, Cache, State, moment
from monitor.sources.source import World

if TYPE_CHECKING:
    import ibis

    from monitor.sources.engine import Engine
    from monitor.sources.hubspot.calls import HubSpotApi
    from monitor.sources.presets.preset import Preset

FRESH, FRESH_IN_VAIN = timedelta(minutes=5), timedelta(minutes=1)
"""HubSpot is not called again so soon after it was; sooner where that was in vain, as somebody may mend it."""
_IN_TOKENS = re.compile(r"[!#-&(-~]+")
TOKEN, ADDRESS = "HUBSPOT_TOKEN", "HUBSPOT_API_URL"  # names of variables


def open_source(spec: SourceSpec, world: World) -> HubSpot:
    """HubSpot by the token in the environment, kept in `spec.cache`. Nothing is called or read yet."""
    if spec.cache is None:
        raise ConfigError("source.cache is missing: name the folder in which what HubSpot answers is kept.")
    return HubSpot(spec, world)


class HubSpot:
    """HubSpot as it stood at the last reading; `tables` reads what changed first, unless that was just now."""

    def __init__(self, spec: SourceSpec, world: World) -> None:
        self._spec, self._world = spec, world
        self._loaded: tuple[Preset, tuple[str, ...], Engine] | None = None

    def tables(self) -> Mapping[str, ibis.Table]:
        return self._load()[0].tables

    def remarks(self) -> tuple[str, ...]:
        return self._load()[1]

    def today(self) -> date | None:
        return None

    def synced(self) -> datetime | None:
        return moment(self._cache().state().read_at)

    def addresses(self) -> Mapping[str, str]:
        from monitor.sources.presets import addresses

        return addresses(self._load()[0].users)

    def stamp(self) -> str:
        """SHA-256 over the configuration, the state of the folder, and whether HubSpot is to be called again."""
        cache = self._cache()
        state = (cache.written(), "due" if self._is_due() else "fresh")
        shown = replace(self._spec, secrets={})
        return hashlib.sha256(repr((shown, state)).encode()).hexdigest()

    def forecast(self) -> tuple[str, ...]:
        """What the next reading would read and what it costs. Raises DataError where HubSpot cannot be asked."""
        from monitor.sources.hubspot.sync import forecast

        with closing(self._api()) as api:
            return forecast(api, self._cache(), self._spec, self._world)

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded[2].close()
            self._loaded = None

    def _cache(self) -> Cache:
        assert self._spec.cache is not None
        return Cache(self._spec.cache)

    def _is_due(self) -> bool:
        """Whether HubSpot is to be called now; always, as long as there is nothing else to show."""
        cache = self._cache()
        tried = cache.tried_at()
        if tried is None or cache.state().number == 0:
            return True
        return not timedelta() <= self._world.now() - tried < (FRESH_IN_VAIN if cache.trouble() else FRESH)

    def _load(self) -> tuple[Preset, tuple[str, ...], Engine]:
        if self._loaded is None:
            from monitor.sources.engine import Engine
            from monitor.sources.hubspot.tables import raw_tables
            from monitor.sources.presets import load

            trouble = self._synchronise() if self._is_due() else self._cache().trouble()
            state = self._cache().state()
            if state.number == 0:
                raise DataError(trouble or f"'{self._spec.cache}' holds nothing of HubSpot yet: start again later.")
            self._cache().check(state)
            engine = Engine()
            with ExitStack() as unless_loaded:
                unless_loaded.callback(engine.close)
                raw = raw_tables(engine, self._cache().folder / state.folder)
                preset = load("hubspot", raw.get, self._spec)
                unless_loaded.pop_all()
            told = (_age(trouble, state, self._world.now()),) if trouble else ()
            self._loaded = (preset, (*told, *state.remarks, *preset.remarks), engine)
        return self._loaded

    def _synchronise(self) -> str:
        """Reads what is new; why that could not be done, nothing where it was. Raises AnotherAccount."""
        from monitor.sources.hubspot.sync import synchronise

        cache = self._cache()
        with cache.alone() as alone:
            if not alone:
                return "Another process is reading HubSpot just now: what it reads is there when it is done."
            trouble = ""
            try:
                with closing(self._api()) as api:
                    synchronise(api, cache, self._spec, self._world)
            except AnotherAccount:
                raise  # what the folder holds is nobody's answer to this token
            except DataError as error:
                trouble = str(error)
            cache.tried(self._world.now(), trouble)
            return trouble

    def _api(self) -> HubSpotApi:
        from monitor.sources.hubspot.calls import HubSpotApi

        token, address = self._spec.secrets.get(TOKEN), self._spec.secrets.get(ADDRESS)
        if token is None:
            raise DataError(f"{TOKEN} is not set: put the private app's access token into the environment.")
        if not _IN_TOKENS.fullmatch(token.reveal()):
            raise DataError(
                f"{TOKEN} holds a character that stands in no token, such as a space or a quotation mark: copy the "
                "private app's access token anew."
            )
        return HubSpotApi(token, self._world, address.reveal() if address else None)


def _age(trouble: str, state: State, now: datetime) -> str:
    """That the data are old, and why."""
    read = moment(state.read_at)
    age = lasting(now - read if read else timedelta())
    return f"The data are {age} old, as HubSpot could not be read since: {trouble}"
