"""What was set aside and what looks odd: counted whole by company, listed in part; too much of it stops a company."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from monitor.core.counted import counted
from monitor.core.facts import BadRow, Finding, Quality
from monitor.facts.grouping import COMPANY, EVERYBODY, ByCompany
from monitor.facts.workspace import Workspace

FILE, LINE, BAD = "_file", "_line", "_bad"
"""Helper columns of a source: the file, the line, and why the row as a whole cannot be used."""
HELPERS = (FILE, LINE, BAD)
LISTED = 200
"""Rows listed of each table, reason and company."""
FORGIVEN = frozenset({"unknown_deal"})
"""Reasons that say nothing about the table itself: an export of some deals may come with the history of all."""

Counts = dict[str, dict[str, Counter[int]]]
"""Rows by table, reason and company."""
_LISTING = pa.schema(
    [(COMPANY, pa.int32()), ("reason", pa.string()), ("key", pa.string()), ("file", pa.string()), ("line", pa.int64())]
)
_PLACES = pa.schema([(COMPANY, pa.int32()), ("key", pa.string()), ("file", pa.string()), ("line", pa.int64())])


@dataclass
class Tally:
    """Counts while the tables are read; `quality` is the sum of one company."""

    work: Workspace
    companies: range
    rows: dict[str, Counter[int]] = field(default_factory=dict)
    aside: Counts = field(default_factory=lambda: defaultdict(dict))
    odd: Counts = field(default_factory=lambda: defaultdict(dict))
    ignored: dict[str, tuple[str, ...]] = field(default_factory=dict)
    broken: dict[int, str] = field(default_factory=dict)
    """Why the data of a company cannot be used."""
    findings: dict[int, list[Finding]] = field(default_factory=lambda: defaultdict(list))
    notes: dict[tuple[int, str, str], str] = field(default_factory=dict)
    """What was seen of listed rows, by company, reason and key."""
    _listed: dict[str, list[pa.Table]] = field(default_factory=lambda: defaultdict(list))
    _places: dict[str, ByCompany] = field(default_factory=dict)

    def set_aside(self, table: str, rows: ir.Table) -> None:
        """Counts and lists rows (`company`, `key`, `reason`, and where known `_file`, `_line`) that cannot be used."""
        self._count(self.aside[table], table, rows)

    def suspect(self, table: str, rows: ir.Table) -> None:
        """Counts and lists rows that are used and look odd."""
        self._count(self.odd[table], table, rows)

    def _count(self, counts: dict[str, Counter[int]], table: str, rows: ir.Table) -> None:
        found = self.work.dicts(rows.group_by(COMPANY, "reason").agg(rows=rows.count()))
        for row in found:
            counts.setdefault(row["reason"], Counter())[row[COMPANY]] += row["rows"]
        if found:
            self._listed[table].append(_examples(self.work, rows))

    def stop(self, company: int, why: str) -> None:
        """The data of a company cannot be used; the first reason is the one that is told."""
        self.broken.setdefault(company, why)

    def check(self, table: str, most: Decimal) -> None:
        """Stops every company of whose rows in the table more than `most` (a share) are set aside."""
        bad: Counter[int] = Counter()
        for reason, counts in self.aside[table].items():
            if reason not in FORGIVEN:
                bad.update(counts)
        shared = bad[EVERYBODY] > most * self.rows[table][EVERYBODY]
        for company in self.companies if shared else sorted(bad):
            owner = EVERYBODY if shared else company
            if bad[owner] > most * self.rows[table][owner]:
                self.stop(company, self._too_many(table, owner, bad[owner], most))

    def _too_many(self, table: str, company: int, bad: int, most: Decimal) -> str:
        reasons = {reason: counts[company] for reason, counts in self.aside[table].items() if reason not in FORGIVEN}
        commonest = sorted(((n, reason) for reason, n in reasons.items() if n), key=lambda each: (-each[0], each[1]))[
            :3
        ]
        rows = pa.concat_tables(self._listed[table])
        rows = rows.filter((pc.field(COMPANY) == company) & (pc.field("reason") == commonest[0][1]))
        example = min((BadRow(table, **row) for row in rows.drop([COMPANY]).to_pylist()), key=_order)
        return (
            f"Table {table}: {bad:,} of {counted(self.rows[table][company], 'row')} cannot be used ("
            + ", ".join(f"{count:,} {reason}" for count, reason in commonest)
            + f"), more than the {most:.1%} of quality.max_bad_rows; the first is {_place(example)}{_advice(example)}."
        )

    def place(self, table: str, raw: ir.Table, key: ir.StringValue) -> None:
        """Finds where the listed rows of a table stand that were listed without a place."""
        if FILE not in raw.columns or table not in self._listed:
            return
        listed = pa.concat_tables(self._listed[table])
        listed = listed.filter(pc.field("file").is_null() & pc.field("line").is_null())
        lost = listed.select([COMPANY, "key"]).group_by([COMPANY, "key"]).aggregate([])
        if not lost.num_rows:
            return
        rows = raw.select(COMPANY, key=key, file=raw[FILE], line=_line(raw))
        found = rows.semi_join(ibis.memtable(lost), [COMPANY, "key"])
        last = ibis.window(group_by=[COMPANY, "key"], order_by=[ibis.desc("line"), ibis.desc("file")])
        found = found.mutate(nth=ibis.row_number().over(last)).filter(lambda t: t.nth == 0).drop("nth")
        self._places[table] = ByCompany.of(self.work.fetch(found).cast(_PLACES))

    def listed(self) -> Listed:
        """What was listed, by company."""
        whole = {table: ByCompany.of(pa.concat_tables(rows)) for table, rows in sorted(self._listed.items())}
        return Listed(whole, self._places, self.notes)

    def quality(self, company: int, listed: Listed, remarks: Iterable[str]) -> Quality:
        """Everything counted of one company, in a fixed order."""
        return Quality(
            rows={table: _of(counts, company) for table, counts in sorted(self.rows.items())},
            set_aside=_sorted(self.aside, company),
            suspicious=_sorted(self.odd, company),
            bad_rows=tuple(sorted(listed.of(company), key=_order)),
            ignored_columns=dict(sorted(self.ignored.items())),
            remarks=tuple(remarks),
            findings=tuple(sorted(self.findings.get(company, ()), key=lambda finding: finding.reason)),
        )


@dataclass(frozen=True)
class Listed:
    """The listed rows of each table, and where those stand that were listed without a place."""

    rows: Mapping[str, ByCompany]
    places: Mapping[str, ByCompany]
    notes: Mapping[tuple[int, str, str], str]

    def of(self, company: int) -> Iterable[BadRow]:
        """Those of one company."""
        for table, rows in self.rows.items():
            for owner in (company, EVERYBODY):
                stand = self.places[table].dicts(owner) if table in self.places else []
                places = {row["key"]: (row["file"], row["line"]) for row in stand}
                for row in rows.dicts(owner):
                    place = (row["file"], row["line"])
                    known = place if row["file"] is not None else places.get(row["key"], place)
                    note = self.notes.get((company, row["reason"], row["key"]), "")
                    yield BadRow(table, row["reason"], row["key"], *known, note)


def _line(rows: ir.Table) -> ir.Value:
    return rows[LINE].cast("int64") if LINE in rows.columns else ibis.null("int64")


def _examples(work: Workspace, rows: ir.Table) -> pa.Table:
    some = rows.select(
        COMPANY,
        "reason",
        key=rows.key.fill_null(""),
        file=rows[FILE] if FILE in rows.columns else ibis.null("string"),
        line=_line(rows),
    )
    nth = ibis.row_number().over(ibis.window(group_by=[COMPANY, "reason"], order_by=["key", "file", "line"]))
    first = some.mutate(nth=nth).filter(lambda t: t.nth < LISTED).drop("nth")
    return work.fetch(first).cast(_LISTING)


def _order(row: BadRow) -> tuple[str, str, str, int, str]:
    return (row.table, row.reason, row.file or "", row.line or 0, row.key)


def _advice(row: BadRow) -> str:
    """What mends a whole column."""
    advice = _ADVICE.get(row.reason)
    return f"; {advice.format(key=f'source.tables.{row.table}')}" if advice else ""


_NUMBERS = "those that are not written as 1,234.50 need a number_format, such as '1.234,50', under {key}"
_ADVICE = {
    "bad_date": "dates that are not written as 2026-01-31 need a date_format, such as '%m/%d/%Y', under {key}",
    "bad_amount": f"of amounts, {_NUMBERS}",
    "bad_number": f"of numbers, {_NUMBERS}",
    "not_a_quarter_start": "a quota begins on the first day of a fiscal quarter, as fiscal_year_start has them",
    "no_rate": "amounts in another currency than `currency` need its rate in a table fx_rates",
}


def _place(row: BadRow) -> str:
    if row.file is None:
        return f"{row.key or 'a row without an id'} ({row.reason})"
    return f"{row.file}:{row.line} ({row.reason})" if row.line is not None else f"in {row.file} ({row.reason})"


def _of(counts: Counter[int], company: int) -> int:
    return counts[company] + counts[EVERYBODY]


def _sorted(counts: Counts, company: int) -> dict[str, dict[str, int]]:
    own = {
        table: {reason: _of(rows, company) for reason, rows in sorted(reasons.items()) if _of(rows, company)}
        for table, reasons in sorted(counts.items())
    }
    return {table: reasons for table, reasons in own.items() if reasons}
