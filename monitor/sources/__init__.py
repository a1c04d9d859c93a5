"""The list of sources, and how one is opened. To add one: its module, and one line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError
from monitor.sources.source import Source, World

SOURCES = {
    "csv": "monitor.sources.csv_folder",
    "sql": "monitor.sources.sql",
    "demo": "monitor.sources.demo",
    "hubspot": "monitor.sources.hubspot",
    "salesforce": "monitor.sources.salesforce",
}
"""Type of source to its module, which is imported when it is opened and has `open_source(spec) -> Source`."""


CALLING = {"salesforce": "simple_salesforce", "hubspot": "hubspot"}
"""Types whose module has `open_source(spec, world) -> Source` instead, since they call somebody up; and the library by
which each does, which comes with the extra of the type's name."""


def open_source(spec: SourceSpec, world: World | None = None) -> Source:
    """The source that `spec` describes. Raises ConfigError for a type that is not in the list.

    Those that call somebody up cannot do without a `world`.

    Nothing is read yet, so that a warm cache can ask for the stamp in a few milliseconds.
    """
    module = SOURCES.get(spec.type)
    if module is None:
        raise ConfigError(f"source.type: '{spec.type}' is no source: use one of {', '.join(SOURCES)}.")
    if spec.type in CALLING and find_spec(CALLING[spec.type]) is None:
        raise ConfigError(f"source.type: {spec.type} needs its library: pip install 'smb-monitor[{spec.type}]'.")
    opens = import_module(module).open_source
    if spec.type in CALLING and world is None:
        raise ConfigError(f"source.type: {spec.type} cannot be read here, where nobody knows the time.")
    if not any(table.type for table in spec.tables.values()):
        return _opened(opens, spec, world)
    from monitor.sources.mixed import mixed, parted

    parts = parted(spec)
    return mixed(_opened(opens, parts.rest, world), parts)


def _opened(opens: Callable[..., Source], spec: SourceSpec, world: World | None) -> Source:
    return opens(spec, world) if spec.type in CALLING else opens(spec)
