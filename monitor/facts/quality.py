"""What was set aside and what looks odd: counted whole, listed in part, and where it is too much the run stops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from monitor.core.facts import BadRow, Finding, Quality
from monitor.errors import DataError
from monitor.facts.workspace import Workspace

FILE, LINE, BAD = "_file", "_line", "_bad"
"""Helper columns of a source: the file, the line, and why the row as a whole cannot be used."""
HELPERS = (FILE, LINE, BAD)
LISTED = 200
"""Rows listed of each table and reason."""
FORGIVEN = frozenset({"unknown_deal"})
"""Reasons that say nothing about the table itself: an export of some deals may come with the history of all."""


@dataclass
class Tally:
    """Counts while the tables are read; `quality` is the sum."""

    work: Workspace
    rows: dict[str, int] = field(default_factory=dict)
    aside: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    odd: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    listed: list[BadRow] = field(default_factory=list)
    ignored: dict[str, tuple[str, ...]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def set_aside(self, table: str, rows: ir.Table) -> None:
        """Counts and lists rows (`key`, `reason`, and where known `_file`, `_line`) that cannot be used."""
        self._count(self.aside[table], table, rows)

    def suspect(self, table: str, rows: ir.Table) -> None:
        """Counts and lists rows that are used and look odd."""
        self._count(self.odd[table], table, rows)

    def _count(self, counts: dict[str, int], table: str, rows: ir.Table) -> None:
        found = self.work.dicts(rows.group_by("reason").agg(rows=rows.count()))
        for row in found:
            counts[row["reason"]] = counts.get(row["reason"], 0) + row["rows"]
        for reason in sorted(row["reason"] for row in found):
            self.listed += _examples(self.work, table, rows.filter(rows.reason == reason))

    def note(self, reason: str, notes: Mapping[str, str]) -> None:
        """Says of listed rows with that reason, by key, what was seen."""
        self.listed = [
            replace(row, note=notes.get(row.key, "")) if row.reason == reason else row for row in self.listed
        ]

    def check(self, table: str, most: Decimal) -> None:
        """Raises DataError where more than `most` (a share) of the table is set aside."""
        reasons = {reason: rows for reason, rows in self.aside[table].items() if reason not in FORGIVEN}
        bad, rows = sum(reasons.values()), self.rows[table]
        if bad <= most * rows:
            return
        commonest = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))[:3]
        example = min((row for row in self.listed if (row.table, row.reason) == (table, commonest[0][0])), key=_order)
        raise DataError(
            f"Table {table}: {bad:,} of {rows:,} rows cannot be used ("
            + ", ".join(f"{count:,} {reason}" for reason, count in commonest)
            + f"), more than the {most:.1%} of quality.max_bad_rows; the first is {_place(example)}."
        )

    def quality(self) -> Quality:
        """Everything counted, in a fixed order."""
        return Quality(
            rows=dict(sorted(self.rows.items())),
            set_aside=_sorted(self.aside),
            suspicious=_sorted(self.odd),
            bad_rows=tuple(sorted(self.listed, key=_order)),
            ignored_columns=dict(sorted(self.ignored.items())),
            remarks=tuple(self.remarks),
            findings=tuple(sorted(self.findings, key=lambda finding: finding.reason)),
        )

    def place(self, table: str, raw: ir.Table, key: ir.StringValue) -> None:
        """Finds where the listed rows of a table stand that were listed without a place."""
        lost = {row.key for row in self.listed if row.table == table and row.file is None and row.line is None}
        if not lost or FILE not in raw.columns:
            return
        found = raw.select(key=key, file=raw[FILE], line=_line(raw)).filter(lambda t: t.key.isin(sorted(lost)))
        places = {row["key"]: (row["file"], row["line"]) for row in self.work.dicts(found.order_by("key", "line"))}
        self.listed = [
            replace(row, file=places[row.key][0], line=places[row.key][1])
            if row.table == table and row.file is None and row.key in places
            else row
            for row in self.listed
        ]


def _line(rows: ir.Table) -> ir.Value:
    return rows[LINE].cast("int64") if LINE in rows.columns else ibis.null("int64")


def _examples(work: Workspace, table: str, rows: ir.Table) -> list[BadRow]:
    some = rows.select(
        "reason",
        key=rows.key.fill_null(""),
        file=rows[FILE] if FILE in rows.columns else ibis.null("string"),
        line=_line(rows),
    )
    first = some.order_by("key", "file", "line").limit(LISTED)
    return [BadRow(table, **row) for row in work.dicts(first)]


def _order(row: BadRow) -> tuple[str, str, str, int, str]:
    return (row.table, row.reason, row.file or "", row.line or 0, row.key)


def _place(row: BadRow) -> str:
    if row.file is None:
        return f"{row.key or 'a row without an id'} ({row.reason})"
    return f"{row.file}:{row.line} ({row.reason})" if row.line is not None else f"in {row.file} ({row.reason})"


def _sorted(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {table: dict(sorted(reasons.items())) for table, reasons in sorted(counts.items()) if reasons}
