"""The built-in company as a source: generated, seeded, the same on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError
from monitor.sources.demo.scenarios import SCENARIOS, TODAY

if TYPE_CHECKING:
    import ibis

    from monitor.sources.demo.engine import Loaded

VERSION = 1
"""Of the generator: raise it whenever the rows change, so that nobody's cache outlives them."""


def open_source(spec: SourceSpec) -> Demo:
    """The company of `spec.scenario` and `spec.seed`. Raises ConfigError for a scenario that is not told here."""
    if spec.scenario not in SCENARIOS:
        raise ConfigError(f"source.scenario: '{spec.scenario}' is not told here: use one of {', '.join(SCENARIOS)}.")
    return Demo(spec.scenario, spec.seed)


class Demo:
    """One generated company. It lives on `TODAY`, so that it never grows stale."""

    def __init__(self, scenario: str, seed: int = 1) -> None:
        self._scenario, self._seed = scenario, seed
        self._loaded: Loaded | None = None

    def tables(self) -> Mapping[str, ibis.Table]:
        if self._loaded is None:
            from monitor.sources.demo.engine import load  # the engine takes a second to import

            self._loaded = load(self._scenario, self._seed)
        return self._loaded.tables

    def stamp(self) -> str:
        """SHA-256 over the scenario, the seed and the generator's version."""
        return hashlib.sha256(f"demo {self._scenario} {self._seed} {VERSION}".encode()).hexdigest()

    def today(self) -> date | None:
        return TODAY

    def remarks(self) -> tuple[str, ...]:
        return (f"The data are those of the built-in company, scenario {self._scenario}: nobody real is in them.",)

    def close(self) -> None:
        if self._loaded is not None:
            self._loaded.close()
            self._loaded = None
