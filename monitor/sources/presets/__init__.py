"""The list of presets, and how one is used. To add one: its module, and one line here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError

if TYPE_CHECKING:
    import ibis

    from monitor.sources.presets.preset import Preset, Tables

PRESETS = {
    "salesforce": "monitor.sources.presets.salesforce",
    "hubspot": "monitor.sources.presets.hubspot",
}
"""Name of a preset to its module: `TABLES` (raw names, the deals' first) and `canonical(raw, spec) -> Preset`."""


def raw_tables(name: str) -> tuple[str, ...]:
    """The names of raw tables that the preset can use. Raises ConfigError for a preset that is not in the list."""
    names: tuple[str, ...] = _module(name).TABLES
    return names


def load(name: str, raw: Tables, spec: SourceSpec) -> Preset:
    """The canonical tables that have rows, with the company's own mapping applied, and what a person should know.

    They are temporary tables of the engine's session. A table that comes from elsewhere (`type`, `table`) is left out;
    `quotas.from_reps` is obeyed. Raises ConfigError, and DataError where there are no deals or a mapping does not fit.
    """
    module = _module(name)
    from monitor.sources.presets.loading import loaded  # the engine takes a second to import

    return loaded(module.canonical(raw, spec), name, module.TABLES[0], spec)


def addresses(users: ibis.Table | None) -> Mapping[str, str]:
    """The id of each user by mail address in lower case. An address that several have is that of the one who is there,
    and nobody's where several are.
    """
    if users is None:
        return {}
    from monitor.sources.presets.asking import dicts

    found: dict[bool, dict[str, set[str]]] = {True: {}, False: {}}
    for row in dicts(users.filter(users.email.notnull() & users.rep_id.notnull())):
        found[row["gone"]].setdefault(row["email"].lower(), set()).add(row["rep_id"])
    whole = found[True] | found[False]
    return {address: next(iter(ids)) for address, ids in whole.items() if len(ids) == 1}


def synced(name: str, raw: Tables) -> datetime | None:
    """When a tool last wrote into the raw tables, as its own column says; None where there is no such column."""
    tables = (raw(each) for each in raw_tables(name) if "history" not in each)
    from monitor.sources.presets.freshness import newest  # the engine takes a second to import

    return newest(table for table in tables if table is not None)


def _module(name: str) -> ModuleType:
    if name not in PRESETS:
        raise ConfigError(f"source.preset: '{name}' is no preset: use one of {', '.join(PRESETS)}.")
    return import_module(PRESETS[name])
