"""Whose each row is: a company's name as a small number, which every kept table carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from monitor.core.names import alike
from monitor.core.tables import TABLES
from monitor.errors import DataError
from monitor.facts.cells import as_text, stripped
from monitor.facts.workspace import Workspace

COMPANY = "company"
EVERYBODY = -1
"""The number of rows that all companies share."""
_SHARED = frozenset({"fx_rates"})
"""Tables that say the same of every company."""


@dataclass(frozen=True)
class Grouping:
    """The companies of one run, numbered from 0 in the order of their names."""

    names: tuple[str, ...] = ("",)
    column: str | None = None
    """Where a table says whose a row is; None: everything is one company's."""
    numbers: ir.Table | None = None
    """`company_name` and `number` of each."""
    remarks: tuple[str, ...] = ()

    def mark(self, raw: ir.Table, columns: Mapping[str, ir.Value]) -> ir.Table:
        """These columns of a raw table and `company`, without rows of no company."""
        own = self.own(raw)
        if self.numbers is None or own is None:
            number = 0 if self.column is None else EVERYBODY
            return raw.select(**columns, company=ibis.literal(number, "int32"))
        named = raw.select(**columns, company_name=_named(raw, own))
        return named.inner_join(self.numbers, "company_name").select(*columns, company="number")

    def own(self, raw: ir.Table) -> str | None:
        """The column of a raw table that says whose a row is, as it is spelled there."""
        return _spelled(raw, self.column)


def grouped(work: Workspace, tables: Mapping[str, ir.Table], column: str) -> Grouping:
    """The companies that `column` names in any table. Raises DataError where a table has no such column, or none is."""
    rows: dict[str | None, dict[str, int]] = {}
    for name in sorted(tables.keys() & TABLES.keys()):
        own = _spelled(tables[name], column)
        if own is None and name not in _SHARED:
            there = ", ".join(each for each in tables[name].columns if not each.startswith("_")) or "none"
            raise DataError(
                f"Table {name} has no column {column}, which says whose each row is (its columns: {there}): name that "
                f"column by companies.column, give the table one, or leave it out; only "
                f"{' and '.join(sorted(_SHARED))} may be the same for all."
            )
        if own is not None:
            named = tables[name].select(company_name=_named(tables[name], own))
            for row in work.dicts(named.group_by("company_name").agg(rows=named.count())):
                rows.setdefault(row["company_name"], {})[name] = row["rows"]
    nobody = rows.pop(None, {})
    if not rows:
        raise DataError(f"No row names its company in the column {column}: fill it in, or leave the key out.")
    names = tuple(sorted(each for each in rows if each is not None))
    numbers = ibis.memtable(
        pa.table({"company_name": names, "number": pa.array(range(len(names)), pa.int32())}),
        schema={"company_name": "string", "number": "int32"},
    )
    return Grouping(
        names, column, work.keep("companies", numbers), (*_left_out(nobody, column), *_alike(names, column))
    )


def _spelled(raw: ir.Table, column: str | None) -> str | None:
    return next((name for name in raw.columns if column is not None and name.lower() == column.lower()), None)


def _named(raw: ir.Table, own: str) -> ir.StringValue:
    return as_text(stripped(raw[own]))


def _left_out(nobody: Mapping[str, int], column: str) -> tuple[str, ...]:
    if not nobody:
        return ()
    counts = ", ".join(f"{rows:,} of {name}" for name, rows in sorted(nobody.items()))
    return (f"Rows without a {column} belong to no company and are left out: {counts}.",)


def _alike(names: Iterable[str], column: str) -> Iterator[str]:
    for each in alike(names):
        yield (
            f"{' and '.join(each)} are read alike, and are {len(each)} companies: if they are one, write them the same "
            f"way in {column}."
        )


def side_by_side(sizes: Mapping[int, int], most: int) -> list[tuple[int, int]]:
    """The first and the last of companies that have no more than `most` rows together, or of one that has more."""
    spans: list[tuple[int, int]] = []
    held = 0
    for company in sorted(sizes):
        if spans and held + sizes[company] <= most:
            spans[-1] = (spans[-1][0], company)
            held += sizes[company]
        else:
            spans.append((company, company))
            held = sizes[company]
    return spans


@dataclass(frozen=True)
class ByCompany:
    """Rows of all companies, here, in the order of `company`."""

    table: pa.Table
    places: Mapping[int, tuple[int, int]]
    """Where the rows of each company begin, and how many they are."""

    @classmethod
    def of(cls, table: pa.Table) -> ByCompany:
        """From rows in any order."""
        numbers = table.column(COMPANY).to_numpy()
        if len(numbers) and (np.diff(numbers) < 0).any():
            order = np.argsort(numbers, kind="stable")
            table, numbers = table.take(pa.array(order)), numbers[order]
        starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1)) if len(numbers) else np.array([], int)
        ends = np.append(starts[1:], len(numbers))
        places = {int(numbers[start]): (int(start), int(end - start)) for start, end in zip(starts, ends, strict=False)}
        return cls(table, places)

    def one(self, company: int) -> pa.Table:
        """The rows of one company."""
        start, rows = self.places.get(company, (0, 0))
        return self.table.slice(start, rows)

    def dicts(self, company: int) -> list[dict[str, Any]]:
        """The rows of one company, each by column name."""
        found: list[dict[str, Any]] = self.one(company).to_pylist()
        return found
