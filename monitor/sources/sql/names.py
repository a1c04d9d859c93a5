"""Which tables of a database are looked for."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.core.source_spec import SourceSpec
from monitor.core.tables import TABLES
from monitor.sources.presets import raw_tables
from monitor.sources.sql.database import Database


def mapped_names(spec: SourceSpec) -> dict[str, str]:
    """By canonical table that comes from this database as it is: the name it is looked for by.

    With a preset only those that the configuration names; without one every table that is not made by a rule.
    """
    found = {}
    for name in TABLES:
        table = spec.table(name)
        if table.type is None and table.from_reps is None and (table.table or spec.preset is None):
            found[name] = table.table or name
    return found


def wanted_names(spec: SourceSpec) -> list[str]:
    """Every name that is looked for."""
    return sorted({*mapped_names(spec).values(), *(raw_tables(spec.preset) if spec.preset else ())})


def there(database: Database, names: Iterable[str], schema: str | None) -> list[tuple[str, str]]:
    """Schema and name of every table there is among those looked for, which may name a schema themselves."""
    home = found_in(database.schemas(), schema) if schema else database.first_schema()
    held = {home: database.names(home)} if home is not None else {}
    found = set()
    for name in names:
        other, _, bare = name.rpartition(".")
        elsewhere = found_in(database.schemas(), other) if other else None
        for place, called in ((home, name), (elsewhere, bare)):
            if place is not None and place not in held:
                held[place] = database.names(place)
            if place is not None and (table := found_in(held[place], called)):
                found.add((place, table))
    return sorted(found)


def found_in(names: Iterable[str], wanted: str) -> str | None:
    """How `wanted` is written among the names: the same, or the same but for case."""
    known = {name.lower(): name for name in sorted(names, reverse=True)}
    return wanted if wanted in names else known.get(wanted.lower())
