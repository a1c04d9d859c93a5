"""Quotas from one constant for each rep and a ramp (`quotas: {from_reps: COLUMN}`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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

COLUMNS = ("rep_id", "period_start", "amount", FILE, LINE)
_SANE = (date(1970, 1, 1), date(2199, 12, 31))
"""Days outside are slips of the pen, and must not make a quota for every quarter in between."""


@dataclass(frozen=True)
class Seat:
    """One interval in which somebody was an AE, with the constant quota as it is written."""

    rep_id: str
    start: date
    end: date | None
    quota: str | None
    file: str | None
    line: int | None


def add_quotas(tables: dict[str, ibis.Table], quotas: TableSpec, source: SourceSpec) -> None:
    """Adds the quotas that `quotas` (with `from_reps`) makes of the reps, and takes their column off the reps.

    One quota for each AE and fiscal quarter, from the AE's start to the end, or to the quarter after the last one that
    the deals reach. Of two seats in a quarter the one held on its first day counts, or the first one in it.

    Raises DataError where the reps have no such column.
    """
    reps, names = tables["reps"], Names(tables["reps"].columns)
    column = names.find(str(quotas.from_reps))
    if column is None:
        raise DataError(
            f"Table reps has no column '{quotas.from_reps}', which source.tables.quotas.from_reps names: use one of "
            f"{', '.join(names.all)}."
        )
    cell = reps[column]
    if cell.type().is_string():
        cell = to_plain(cell, quotas.number_format, SIGNS.get(source.currency))
    last = source.calendar.next(source.calendar.quarter_of(_reach(tables["opportunities"])))
    tables["quotas"] = _made(reps, cell, last, quotas, source.calendar)
    tables["reps"] = reps.drop(column)


def _made(
    reps: ibis.Table, cell: ibis.expr.types.Value, last: Quarter, quotas: TableSpec, calendar: FiscalCalendar
) -> ibis.Table:
    rows = [row for seats in _by_rep(_seats(reps, cell)) for row in _quotas(seats, last, quotas, calendar)]
    kinds = (pa.string(), pa.string(), pa.string(), pa.string(), pa.int64())
    arrays = [pa.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]
    return ibis.memtable(pa.table(arrays, names=list(COLUMNS)))


def _reach(opportunities: ibis.Table) -> date:
    """The last sane day on which a deal was created or is due."""
    days = [
        opportunities[name].cast("string").substr(0, 10)
        for name in ("created_date", "close_date")
        if name in opportunities.columns
    ]
    latest = [_latest(opportunities, day) for day in days]
    return max((day for day in latest if day), default=_SANE[0])


def _latest(table: ibis.Table, day: ibis.expr.types.StringValue) -> date | None:
    sane = day.re_search(r"^\d{4}-\d{2}-\d{2}$") & day.between(*(each.isoformat() for each in _SANE))
    return _day(table.aggregate(latest=day.max(where=sane)).to_pyarrow().to_pylist()[0]["latest"])


def _seats(reps: ibis.Table, quota: ibis.expr.types.Value) -> Iterator[Seat]:
    wanted = {"rep": "rep_id", "role": "role", "start": "start_date", "end": "end_date", "file": FILE, "line": LINE}
    there = {ours: reps[theirs].cast("string") for ours, theirs in wanted.items() if theirs in reps.columns}
    for row in reps.select(**there, quota=quota.cast("string")).distinct().to_pyarrow().to_pylist():
        start = _day(row["start"])
        if row["rep"] and start and (row["role"] or "").strip().lower() == "ae":
            line = row.get("line")
            yield Seat(
                row["rep"], start, _day(row.get("end")), row["quota"], row.get("file"), int(line) if line else None
            )


def _by_rep(seats: Iterable[Seat]) -> list[list[Seat]]:
    by_rep: dict[str, list[Seat]] = {}
    for seat in sorted(seats, key=lambda seat: (seat.rep_id, seat.start, seat.line or 0, seat.quota or "")):
        by_rep.setdefault(seat.rep_id, []).append(seat)
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
            yield seat.rep_id, quarter.start.isoformat(), amount, seat.file, seat.line


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
