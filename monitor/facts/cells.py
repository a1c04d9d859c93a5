"""How one cell is read: any type a source may hold, to the kind that the data contract wants, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from monitor.core.tables import Column, Kind
from monitor.facts import days
from monitor.facts.money import MONEY, RATE, TOO_MUCH, money

_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_CLOCK = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_NAIVE = _CLOCK + "$"
_ZONED = _CLOCK + r"( ?UTC|Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@dataclass(frozen=True)
class Cell:
    """A cell that was read: its value (null: missing or bad) and, as a condition for each reason, what is wrong."""

    value: ir.Value
    faults: tuple[tuple[str, ir.BooleanValue], ...] = ()


def read(cell: ir.Value, column: Column) -> Cell:
    """The cell as its kind. An instant is a moment to order by; `read_day` tells its day."""
    cell = stripped(cell)
    match column.kind:
        case Kind.TEXT:
            return Cell(as_text(cell))
        case Kind.DATE:
            return _read_date(cell)
        case Kind.INSTANT:
            return _read_instant(cell)
        case Kind.MONEY:
            return _read_money(cell, RATE if column.name == "rate" else MONEY)
        case Kind.NUMBER:
            amount, is_number = money(cell)
            return Cell(amount, (("bad_number", cell.notnull() & (~is_number | amount.isnull())),))
        case Kind.FLAG:
            return _read_flag(cell)
        case Kind.CHOICE:
            value = choice(cast(ir.StringValue, as_text(cell)), column.choices)
            return Cell(value, (("bad_choice", cell.notnull() & value.isnull()),))


def stripped(cell: ir.Value) -> ir.Value:
    """Text without the spaces around it, null where nothing is left; other types as they are."""
    return cell.strip().nullif("") if isinstance(cell, ir.StringValue) else cell


def as_text(cell: ir.Value) -> ir.StringValue:
    """A name or an id; a whole number that a source holds as a double loses its `.0`."""
    if isinstance(cell, ir.StringValue):
        return cell
    if isinstance(cell, ir.FloatingValue):
        whole = cell.try_cast("int64")
        return cast(ir.StringValue, ibis.ifelse(whole == cell, whole.cast("string"), cell.cast("string")))
    return cast(ir.StringValue, cell.cast("string"))


def choice(text: ir.StringValue, choices: tuple[str, ...]) -> ir.StringValue:
    """The choice that the text names (`Mid-Market` is `mid_market`), null where it names none."""
    plain = text.lower().re_replace(r"[\s-]+", "_")
    return cast(ir.StringValue, ibis.cases((text.isin(choices), text), (plain.isin(choices), plain)))


def read_day(cell: ir.Value) -> ir.DateValue:
    """The calendar day of a date, a moment or ISO text, null where there is none; the session's zone is the company's."""
    cell = stripped(cell)
    if isinstance(cell, ir.StringValue):
        day = ibis.cases(
            (cell.re_search(_DAY), cell.try_cast("date")),
            (cell.re_search(_NAIVE) & _moment(cell).notnull(), cell.substr(0, 10).try_cast("date")),
            (cell.re_search(_ZONED), _moment(cell).cast("date")),
        )
    elif isinstance(cell, ir.DateValue):
        day = cell
    elif isinstance(cell, ir.TimestampValue):
        day = cell.cast("date")
    else:
        day = ibis.null("date")
    in_range = day.between(ibis.date(days.EPOCH.isoformat()), ibis.date(days.LAST.isoformat()))
    return cast(ir.DateValue, ibis.ifelse(in_range, day, ibis.null("date")))


def _moment(text: ir.StringValue) -> ir.TimestampValue:
    """A moment from ISO text; without an offset it is the company's own time."""
    plain = text.re_replace(" ?UTC$", "Z").re_replace("([+-][0-9]{2})([0-9]{2})$", r"\1:\2")
    spelled = ibis.ifelse(text.re_search("(UTC|[+-][0-9]{4})$"), plain, text)
    return cast(ir.TimestampValue, spelled.try_cast("timestamp('UTC')"))


def _read_date(cell: ir.Value) -> Cell:
    day = read_day(cell)
    return Cell(day, (("bad_date", cell.notnull() & day.isnull()),))


def _read_instant(cell: ir.Value) -> Cell:
    day = read_day(cell)
    if isinstance(cell, ir.StringValue):
        moment = _moment(cell)
    elif isinstance(cell, ir.DateValue | ir.TimestampValue):
        moment = cell if isinstance(cell, ir.TimestampValue) else cell.cast("timestamp")
    else:
        moment = ibis.null("timestamp")
    return Cell(moment, (("bad_date", cell.notnull() & day.isnull()),))


def _read_money(cell: ir.Value, to: dt.Decimal) -> Cell:
    amount, is_number = money(cell, to)
    negative = cell.re_search(r"^-.*[1-9]") if isinstance(cell, ir.StringValue) else cell < 0
    is_bad = cell.notnull() & ~is_number
    if not isinstance(cell, ir.StringValue | ir.NumericValue):
        return Cell(amount, (("bad_amount", cell.notnull()),))
    large = cell.notnull() & is_number & (amount.isnull() | (amount >= TOO_MUCH))
    return Cell(amount, (("bad_amount", is_bad), ("negative_amount", negative & ~is_bad), ("amount_out_of_range", large)))


def _read_flag(cell: ir.Value) -> Cell:
    if isinstance(cell, ir.BooleanValue):
        return Cell(cell)
    if isinstance(cell, ir.NumericValue):
        yes, no = cell == 1, cell == 0
    else:
        text = as_text(cell).lower()
        yes, no = text.isin(_TRUE), text.isin(_FALSE)
    value = ibis.cases((yes, True), (no, False))
    return Cell(value, (("bad_flag", cell.notnull() & value.isnull()),))
