"""The list of sources, and how one is opened. To add one: its module, and one line here."""

from __future__ import annotations

from importlib import import_module

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError
from monitor.sources.source import Source

SOURCES = {
    "csv": "monitor.sources.csv_folder",
    "demo": "monitor.sources.demo",
}
"""Type of source to its module, which is imported when it is opened and has `open_source(spec) -> Source`."""


def open_source(spec: SourceSpec) -> Source:
    """The source that `spec` describes. Raises ConfigError for a type that is not in the list.

    Nothing is read yet, so that a warm cache can ask for the stamp in a few milliseconds.
    """
    module = SOURCES.get(spec.type)
    if module is None:
        raise ConfigError(f"source.type: '{spec.type}' is no source: use one of {', '.join(SOURCES)}.")
    source: Source = import_module(module).open_source(spec)
    return source
