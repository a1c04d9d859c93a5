"""What goes wrong in real exports, done to a clean company: rows that cannot be used, and rows that look odd."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from monitor.core.tables import TABLES
from monitor.sources.demo.draws import Draws
from monitor.sources.demo.history import Row

Cells = dict[str, str | None]


@dataclass(frozen=True)
class Defect:
    """What is done to how many rows of those whose cells are as `where` says."""

    count: int
    change: Callable[[Cells], Cells]
    where: Mapping[str, str] = field(default_factory=dict)


def _set(**cells: str | None) -> Callable[[Cells], Cells]:
    return lambda row: row | cells


def _negative(row: Cells) -> Cells:
    return row | {"amount": f"-{row['amount']}"}


_OPEN, _CLOSED, _WON = {"is_closed": "false"}, {"is_closed": "true"}, {"is_won": "true"}

_DEFECTS: dict[str, tuple[Defect, ...]] = {
    "opportunities": (
        # These cannot be used.
        Defect(7, _set(opportunity_id=None)),
        Defect(6, _set(created_date="31/31/2025")),
        Defect(3, _set(close_date="soon")),
        Defect(6, _set(close_date="2023-01-15"), _CLOSED),
        Defect(6, _set(close_date=None), _CLOSED),
        Defect(8, _negative),
        Defect(5, _set(amount="n/a")),
        Defect(6, _set(currency="CHF")),
        Defect(4, _set(is_won="true"), _OPEN),
        # These look odd, and count.
        Defect(10, _set(owner_id="AE-99")),
        Defect(8, _set(account_id="ACC-99999")),
        Defect(6, _set(stage="Verbal yes"), _OPEN),
        Defect(6, _set(owner_id="AE-06"), _OPEN),
        Defect(5, _set(close_date="2026-12-15"), _CLOSED),
        Defect(3, _set(amount="0"), _WON),
        Defect(3, _set(amount=None), _WON),
        Defect(9, _set(currency="EUR")),
        Defect(20, _set(segment=None, account_id=None), {"type": "new_business"}),
        Defect(9, _set(segment=None, account_id=None), {"type": "new_business"} | _OPEN),
    ),
    "opportunity_history": (Defect(12, _set(opportunity_id=None)), Defect(20, _set(changed_at="yesterday"))),
    "accounts": (Defect(5, _set(account_id=None)), Defect(4, _set(employees="many"))),
    "quotas": (Defect(1, _set(amount="tbd"), {"period_start": "2024-01-01"}),),
    "spend": (Defect(1, _negative), Defect(1, _set(month="Q3"))),
    "leads": (Defect(15, _set(lead_id=None)), Defect(11, _set(created_date="2025-02-30"))),
    "revenue": (Defect(9, _set(arr="?")),),
}
"""Every table that suffers. Of none more than a few rows in a hundred, so that the run goes on."""

_TWICE = 8
"""Rows that an export holds twice."""
_DISPUTED = 5
"""Ids with two different rows."""


def spoil(tables: Mapping[str, list[Row]], draws: Draws) -> dict[str, list[Row]]:
    """The same company after some years of many hands. No row suffers twice."""
    spoiled = {name: list(lines) for name, lines in tables.items()}
    for table, defects in _DEFECTS.items():
        lines, hurt = spoiled[table], set[int]()
        names = [column.name for column in TABLES[table].columns]
        for defect in defects:
            for place in _places(lines, names, defect, hurt, draws):
                cells = defect.change(dict(zip(names, lines[place], strict=True)))
                lines[place] = tuple(cells[name] for name in names)
    return _repeat(spoiled, draws)


def _places(lines: list[Row], names: list[str], defect: Defect, hurt: set[int], draws: Draws) -> list[int]:
    wanted = [(names.index(name), value) for name, value in defect.where.items()]
    found: list[int] = []
    while len(found) < defect.count:
        place = int(draws.unit() * len(lines))
        if place not in hurt and all(lines[place][cell] == value for cell, value in wanted):
            hurt.add(place)
            found.append(place)
    return found


def _repeat(tables: dict[str, list[Row]], draws: Draws) -> dict[str, list[Row]]:
    """Some deals stand twice, some in two versions with other stages."""
    lines = tables["opportunities"]
    stage = [column.name for column in TABLES["opportunities"].columns].index("stage")
    again = [draws.pick(lines) for _ in range(_TWICE)]
    other = [draws.pick(lines) for _ in range(_DISPUTED)]
    lines += again
    lines += [(*row[:stage], "Reopened", *row[stage + 1 :]) for row in other]
    return tables
