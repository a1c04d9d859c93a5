"""Quotas from one constant for each rep and a ramp (`quotas: {from_reps: COLUMN}`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

import ibis
import pyarrow as pa

from monitor.core.calendar import FiscalCalendar, Quarter
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.errors import DataError
from monitor.sources.mapping import Names
from monitor.sources.number_format import SIGNS, to_plain
from monitor.sources.source import FILE, LINE

COLUMNS = {
    "rep_id": pa.string(),
    "period_start": pa.string(),
    "amount": pa.string(),
    FILE: pa.string(),
    LINE: pa.int64(),
}
_SANE = (date(1970, 1, 1), date(2199, 12, 31))
"""Days outside are slips of the pen, and must not make a quota for every quarter in between."""
_SPACES = " \t\r\n\v\f"


@dataclass(frozen=True)
class Seat:
    """One interval in which somebody was an AE, with the constant quota as it is written."""

    company: str | None
    """Where companies are told apart by a column."""
    rep_id: str
    start: date
    end: date | None
    quota: str | None
    file: str | None
    line: int | None


def add_quotas(tables: dict[str, ibis.Table], quotas: TableSpec, source: SourceSpec) -> None:
    """Adds the quotas that `quotas` (with `from_reps`) makes of the reps, and takes their column off the reps.

    One quota for each AE and fiscal quarter, from the AE's start to the end, or to the quarter after the last one that
    the deals reach. Of two seats in a quarter the one held on its first day counts, or the first one in it. Where a
    column tells companies apart, each has its own people and deals, and its quotas say whose they are.

    Raises DataError where the reps have no such column.
    """
    reps, names = tables["reps"], Names(tables["reps"].columns)
    column = names.find(str(quotas.from_reps))
    if column is None:
        raise DataError(
            f"Table reps has no column '{quotas.from_reps}', which source.tables.quotas.from_reps names: use one of "
            f"{', '.join(names.all)}."
        )
    whose = [_whose(tables[name], source.company_column) for name in ("reps", "opportunities")]
    if source.company_column and None in whose:
        return  # such a table is refused by its name where the companies are told apart
    cell = reps[column]
    if cell.type().is_string():
        cell = to_plain(cell, quotas.number_format, SIGNS.get(source.currency))
    seats = _seats(reps, cell, whose[0])
    made = _made(seats, _reach(tables["opportunities"], whose[1]), quotas, source.calendar)
    tables["quotas"] = _table(made, source.company_column)
    tables["reps"] = reps.drop(column)


def _whose(table: ibis.Table, column: str | None) -> str | None:
    """The column that says whose a row is, as it is spelled there."""
    return next((name for name in table.columns if column is not None and name.lower() == column.lower()), None)


def _made(
    seats: Iterable[Seat], reach: Mapping[str | None, date], quotas: TableSpec, calendar: FiscalCalendar
) -> Iterator[tuple[object, ...]]:
    for held in _by_rep(seats):
        last = calendar.next(calendar.quarter_of(reach.get(held[0].company, _SANE[0])))
        yield from _quotas(held, last, quotas, calendar)


def _table(made: Iterable[tuple[object, ...]], company_column: str | None) -> ibis.Table:
    kinds = {**({company_column: pa.string()} if company_column else {}), **COLUMNS}
    rows = [row if company_column else row[1:] for row in made]
    arrays = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds.values())]
    return ibis.memtable(pa.table(arrays, names=list(kinds)))


def _reach(opportunities: ibis.Table, whose: str | None) -> Mapping[str | None, date]:
    """The last sane day on which a deal was created or is due, by company."""
    texts = {
        name: opportunities[name].cast("string").substr(0, 10)
        for name in ("created_date", "close_date")
        if name in opportunities.columns
    }
    latest = {name: text.max(where=_is_sane(text)) for name, text in texts.items()}
    keys = [opportunities[whose].name("company")] if whose else []
    found: dict[str | None, date] = {}
    for row in opportunities.aggregate(by=keys, **latest).to_pyarrow().to_pylist():
        company = _name(row.get("company"))
        days = (_day(row[name]) for name in latest)
        found[company] = max([found.get(company, _SANE[0]), *(day for day in days if day)])
    return found


def _is_sane(day: ibis.expr.types.StringValue) -> ibis.expr.types.BooleanValue:
    return day.re_search(r"^\d{4}-\d{2}-\d{2}$") & day.between(*(each.isoformat() for each in _SANE))


def _seats(reps: ibis.Table, quota: ibis.expr.types.Value, whose: str | None) -> Iterator[Seat]:
    wanted = {"rep": "rep_id", "role": "role", "start": "start_date", "end": "end_date", "file": FILE, "line": LINE}
    there = {ours: reps[theirs].cast("string") for ours, theirs in wanted.items() if theirs in reps.columns}
    there |= {"company": reps[whose]} if whose else {}
    for row in reps.select(**there, quota=quota.cast("string")).distinct().to_pyarrow().to_pylist():
        start, company = _day(row["start"]), _name(row.get("company"))
        if row["rep"] and start and (row["role"] or "").strip().lower() == "ae" and (company or not whose):
            line = int(row["line"]) if row.get("line") else None
            yield Seat(company, row["rep"], start, _day(row.get("end")), row["quota"], row.get("file"), line)


def _name(cell: object) -> str | None:
    """A company's name as the facts read it: no spaces around it, and no `.0` behind a whole number."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return None if cell is None else str(cell).strip(_SPACES) or None


def _by_rep(seats: Iterable[Seat]) -> list[list[Seat]]:
    by_rep: dict[tuple[str | None, str], list[Seat]] = {}
    for seat in sorted(
        seats, key=lambda seat: (seat.company or "", seat.rep_id, seat.start, seat.line or 0, seat.quota or "")
    ):
        by_rep.setdefault((seat.company, seat.rep_id), []).append(seat)
    return list(by_rep.values())


def _quotas(
    seats: list[Seat], last: Quarter, spec: TableSpec, calendar: FiscalCalendar
) -> Iterator[tuple[object, ...]]:
    started = calendar.quarter_of(max(seats[0].start, _SANE[0]))
    for age, quarter in enumerate(calendar.quarters(started, last)):
        held = [seat for seat in seats if seat.start <= quarter.end and (seat.end is None or seat.end >= quarter.start)]
        if held:
            seat = next((seat for seat in reversed(held) if seat.start <= quarter.start), held[0])
            share = spec.ramp[age] if age < len(spec.ramp) else Decimal(1)
            amount = _amount(seat.quota, share / 4 if spec.per == "year" else share)
            yield seat.company, seat.rep_id, quarter.start.isoformat(), amount, seat.file, seat.line


def _amount(quota: str | None, share: Decimal) -> str | None:
    """The quota's part; what is no number is handed on as it stands, to be set aside with its line."""
    try:
        return f"{Decimal(quota) * share:f}" if quota is not None else None
    except InvalidOperation:
        return quota


def _day(text: str | None) -> date | None:
    try:
        return datetime.fromisoformat(text.strip()[:10]).date() if text else None
    except ValueError:
        return None
