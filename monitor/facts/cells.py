"""How one cell is read: any type a source may hold, to the kind that the data contract wants, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from monitor.core.tables import Column, Kind
from monitor.facts import days
from monitor.facts.money import MONEY, RATE, money, money_faults

Fault = tuple[str, ir.BooleanValue]

_DATE = "^(19|2[01])[0-9]{2}-[0-9]{2}-[0-9]{2}"
"""In the range of `days.py`, so that the day that comes of it need not be looked at again."""
_CLOCK = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_DAY = _DATE + "$"
_NAIVE = _DATE + _CLOCK + "$"
_ZONED = "^[0-9]{4}-[0-9]{2}-[0-9]{2}" + _CLOCK + r"( ?UTC|Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)$"
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@dataclass(frozen=True)
class Cell:
    """A cell that was read: its value, null where it is missing or bad, and which bad it is, for those that are."""

    value: ir.Value
    faults: tuple[Fault, ...] = ()


def read(cell: ir.Value, column: Column) -> Cell:
    """A `stripped` cell as its kind; of an instant, the moment to order by."""
    match column.kind:
        case Kind.TEXT:
            return Cell(as_text(cell))
        case Kind.DATE:
            return Cell(days.number(read_day(cell)), (("bad_date", _any()),))
        case Kind.INSTANT:
            return Cell(_instant(cell), (("bad_date", _any()),))
        case Kind.MONEY:
            return Cell(money(cell, RATE if column.name == "rate" else MONEY), money_faults(cell))
        case Kind.NUMBER:
            return Cell(money(cell), (("bad_number", _any()),))
        case Kind.FLAG:
            return Cell(_flag(cell), (("bad_flag", _any()),))
        case Kind.CHOICE:
            return Cell(choice(as_text(cell), column.choices), (("bad_choice", _any()),))


def stripped(cell: ir.Value) -> ir.Value:
    """Text without the spaces around it, null where nothing is left; other types as they are.

    Nearly no text has any, and to look is much cheaper than to strip.
    """
    if not isinstance(cell, ir.StringValue):
        return cell
    suspect = ibis.or_(cell < "!", *(cell.endswith(space) for space in " \t\r\n"))
    return ibis.ifelse(suspect, cell.strip().nullif(""), cell)


def as_text(cell: ir.Value) -> ir.StringValue:
    """A name or an id; a whole number that a source holds as a double loses its `.0`."""
    if isinstance(cell, ir.StringValue):
        return cell
    if isinstance(cell, ir.FloatingValue):
        whole = cell.try_cast("int64")
        return cast(ir.StringValue, ibis.ifelse(whole == cell, whole.cast("string"), cell.cast("string")))
    return cast(ir.StringValue, cell.cast("string"))


def identity(text: ir.Value, company: ir.IntegerValue | int) -> ir.IntegerValue:
    """A number of 64 bits that stands for a company's id: joins and groups of numbers cost a third of those of texts.

    Null where there is no id. Two ids that share a number would be set aside as a dispute; among ten million that
    happens once in 400,000 runs.
    """
    code = ibis.literal(company, "int32") if isinstance(company, int) else company
    return cast(ir.IntegerValue, ibis.ifelse(text.notnull(), _hash(text, code), ibis.null()))


@ibis.udf.scalar.builtin(name="id_hash", signature=((dt.string, dt.int32), dt.uint64))  # type: ignore[untyped-decorator]
def _hash(text: str, company: int) -> int:  # type: ignore[empty-body]
    """The engine's own hash, on DuckDB made sound (`engines`); ibis' goes a long way round to make it signed."""


def choice(text: ir.StringValue, choices: tuple[str, ...]) -> ir.StringValue:
    """The choice that the text names (`Mid-Market` is `mid_market`), null where it names none."""
    plain = text.lower().re_replace(r"[\s-]+", "_")
    return cast(ir.StringValue, ibis.cases((text.isin(choices), text), (plain.isin(choices), plain)))


def read_day(cell: ir.Value) -> ir.DateValue:
    """The calendar day of a date, a moment or ISO text, else null; the session's zone is the company's."""
    if isinstance(cell, ir.StringValue):
        day = ibis.cases(
            (cell.re_search(_DAY), cell.try_cast("date")),
            (cell.re_search(_NAIVE) & _moment(cell).notnull(), cell.substr(0, 10).try_cast("date")),
            (cell.re_search(_ZONED), _in_range(_moment(cell).cast("date"))),
        )
        return cast(ir.DateValue, day)
    if isinstance(cell, ir.DateValue):
        return _in_range(cell)
    if isinstance(cell, ir.TimestampValue):
        return _in_range(cell.cast("date"))
    return cast(ir.DateValue, ibis.null("date"))


def _in_range(day: ir.Value) -> ir.DateValue:
    is_day = day.between(ibis.date(days.EPOCH.isoformat()), ibis.date(days.LAST.isoformat()))
    return cast(ir.DateValue, ibis.ifelse(is_day, day, ibis.null("date")))


def _instant(cell: ir.Value) -> ir.TimestampValue:
    """What orders changes within a day; that it is a day in range is seen by `read_day`."""
    if isinstance(cell, ir.StringValue):
        return _moment(cell)
    if isinstance(cell, ir.TimestampValue):
        return cell
    moment = cell.cast("timestamp") if isinstance(cell, ir.DateValue) else ibis.null("timestamp")
    return cast(ir.TimestampValue, moment)


def _moment(text: ir.StringValue) -> ir.TimestampValue:
    """A moment from ISO text; without an offset it is the company's own time."""
    plain = text.re_replace(" ?UTC$", "Z").re_replace("([+-][0-9]{2})([0-9]{2})$", r"\1:\2")
    spelled = ibis.ifelse(text.re_search("(UTC|[+-][0-9]{4})$"), plain, text)
    return cast(ir.TimestampValue, spelled.try_cast("timestamp('UTC')"))


def _flag(cell: ir.Value) -> ir.BooleanValue:
    if isinstance(cell, ir.BooleanValue):
        return cell
    if isinstance(cell, ir.NumericValue):
        yes, no = cell == 1, cell == 0
    else:
        text = as_text(cell).lower()
        yes, no = text.isin(_TRUE), text.isin(_FALSE)
    return cast(ir.BooleanValue, ibis.cases((yes, True), (no, False)))


def _any() -> ir.BooleanValue:
    return cast(ir.BooleanValue, ibis.literal(True))
