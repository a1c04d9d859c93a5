"""The list of presets, and how one is used. To add one: its module, and one line here."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError
from monitor.sources.presets.preset import Preset, Tables

PRESETS = {
    "salesforce": "monitor.sources.presets.salesforce",
    "hubspot": "monitor.sources.presets.hubspot",
}
"""Name of a preset to its module, which has `TABLES` (raw names) and `canonical(raw) -> Preset`."""


def raw_tables(name: str) -> tuple[str, ...]:
    """The names of raw tables that the preset can use. Raises ConfigError for a preset that is not in the list."""
    names: tuple[str, ...] = _module(name).TABLES
    return names


def load(name: str, raw: Tables, spec: SourceSpec) -> Preset:
    """The canonical tables, the company's own mapping applied on top, ready to be handed on; what has no row is absent.

    Raises ConfigError, DataError where a raw table, a required column or every row is missing.
    """
    raise NotImplementedError


def _module(name: str) -> ModuleType:
    if name not in PRESETS:
        raise ConfigError(f"source.preset: '{name}' is no preset: use one of {', '.join(PRESETS)}.")
    return import_module(PRESETS[name])
