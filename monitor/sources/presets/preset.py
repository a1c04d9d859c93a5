"""What a preset makes, and the raw tables it is made from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import ibis
from ibis.expr.types import Value

Tables = Callable[[str], ibis.Table | None]
"""Gives the raw table of a name (looked for without regard to case), None where there is none."""


@dataclass(frozen=True)
class Preset:
    """Canonical tables as expressions, choices still in the CRM's own words, and what a person should know.

    Every table has the raw columns that no canonical one took behind the canonical ones, so that a company can map its
    own (`columns: {amount: arr__c}`).
    """

    tables: Mapping[str, ibis.Table]
    remarks: tuple[str, ...] = ()
    raw: Mapping[str, ibis.Table] = field(default_factory=lambda: MappingProxyType({}))
    """By canonical table: the raw one that its rows come from, to say how many there were."""
    users: ibis.Table | None = None
    """Everybody who may own a deal, `rep_id`, `email` and `gone`; None where nobody's address is known."""


@dataclass(frozen=True)
class Raw:
    """A raw table whose columns are found without regard to case and underscores (`CloseDate`, `close_date`)."""

    table: ibis.Table

    def name(self, *names: str) -> str | None:
        """How the first of `names` that is there is written."""
        there = {plain(column): column for column in reversed(self.table.columns)}
        return next((there[plain(name)] for name in names if plain(name) in there), None)

    def has(self, *names: str) -> bool:
        return self.name(*names) is not None

    def cell(self, *names: str) -> Value | None:
        """The column of the first of `names` that is there."""
        name = self.name(*names)
        return None if name is None else self.table[name]

    def cells(self, *names: str) -> Iterator[Value]:
        """The columns of those of `names` that are there."""
        return (self.table[found] for name in names if (found := self.name(name)) is not None)

    def as_(self, read: Callable[[Value], Value], *names: str) -> Value | None:
        """The column of the first of `names` that is there, read."""
        cell = self.cell(*names)
        return None if cell is None else read(cell)

    def filter(self, *holds: Value) -> Raw:
        return Raw(self.table.filter(*holds)) if holds else self


def first(tables: Tables, *names: str) -> Raw | None:
    """The first of the raw tables `names` that is there."""
    return next((Raw(table) for name in names if (table := tables(name)) is not None), None)


def plain(name: str) -> str:
    """A name without case and underscores."""
    return name.lower().replace("_", "")
