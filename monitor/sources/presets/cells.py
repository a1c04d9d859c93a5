"""How a warehouse's cells are read: flags, moments, days and ids of any type, in Ibis that every engine knows."""

from __future__ import annotations

from typing import cast

import ibis
import ibis.expr.types as ir

_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_NAIVE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]+$"
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MILLIS = "^[0-9]{11,14}$"
_OFFSET = "(Z| ?UTC|[+-][0-9:]{2,6})$"
_NUMBER = "^-?[0-9]+([.][0-9]*)?$"
_EXPONENT = "^-?[0-9]+([.][0-9]*)?[eE][+]?[0-9]+$"
_MUCH = 1e15
_DAY_OF_MILLIS = 86_400_000


def text(cell: ir.Value) -> ir.StringValue:
    """Any cell as text, numbers without an exponent, null where nothing is left."""
    if isinstance(cell, ir.StringValue):
        return cast(ir.StringValue, cell.strip().nullif(""))
    if isinstance(cell, ir.FloatingValue):
        cell = ibis.ifelse(cell.abs() < _MUCH, cell, ibis.null(cell.type())).cast("decimal(38, 4)")
    return cast(ir.StringValue, cell.cast("string"))


def spelled_out(cell: ir.Value) -> ir.StringValue:
    """A number as text; one that is written with an exponent (1.0E7) without it."""
    said = text(cell)
    short = ibis.ifelse(said.re_search(_EXPONENT), said, ibis.null("string"))
    return cast(ir.StringValue, ibis.coalesce(text(short.cast("float64")), said))


def ident(cell: ir.Value) -> ir.StringValue:
    """An id as text; one that the warehouse holds as a fraction is whole."""
    if isinstance(cell, (ir.FloatingValue, ir.DecimalValue)):
        cell = cell.cast("int64")
    return text(cell)


def squeezed(cell: ir.Value) -> ir.StringValue:
    """Text in lower case without anything but letters and digits, to be compared."""
    return cast(ir.StringValue, text(cell).lower().re_replace("[^a-z0-9]", ""))


def worded(cell: ir.Value) -> ir.StringValue:
    """Text in lower case as words with one space before, between and after them, to look for words in."""
    return cast(ir.StringValue, " " + text(cell).lower().re_replace("[^a-z0-9]+", " ").strip() + " ")


def flag(cell: ir.Value) -> ir.BooleanValue:
    """Whether the cell says yes; null where it says neither."""
    if isinstance(cell, ir.BooleanValue):
        return cell
    if isinstance(cell, ir.NumericValue):
        yes, no = cell == 1, cell == 0
    else:
        said = text(cell).lower()
        yes, no = said.isin(_TRUE), said.isin(_FALSE)
    return cast(ir.BooleanValue, ibis.cases((yes, True), (no, False)))


def number(cell: ir.Value, kind: str = "float64") -> ir.NumericValue:
    """The number of type `kind` in the cell, null where there is none."""
    if isinstance(cell, ir.StringValue):
        said = text(cell)
        cell = ibis.ifelse(said.re_search(_NUMBER), said, ibis.null("string"))
    return cast(ir.NumericValue, cell.cast(kind))


def moment(cell: ir.Value) -> ir.Value:
    """A moment that says its offset: what says none is UTC, a long number is milliseconds since 1970."""
    if isinstance(cell, ir.TimestampValue):
        return cell if cell.type().timezone else cell.cast("string") + "Z"
    if isinstance(cell, ir.NumericValue):
        return _of_millis(cast(ir.IntegerValue, cell.cast("int64")))
    if not isinstance(cell, ir.StringValue):
        return cell
    said = text(cell)
    millis = ibis.ifelse(said.re_search(_MILLIS), said, ibis.null("string")).cast("int64")
    said = ibis.ifelse(said.re_search("^.{10}[ T][0-9]:"), said.substr(0, 10) + " 0" + said.substr(11), said)
    return ibis.cases(
        (said.re_search(_NAIVE), said + "Z"), (millis.notnull(), _of_millis(cast(ir.IntegerValue, millis))), else_=said
    )


def order(moment: ir.Value) -> ir.Value:
    """What moments are ordered by: text by its digits, since engines sort its other signs differently."""
    if not isinstance(moment, ir.StringValue):
        return moment
    bare = ibis.ifelse(moment.length() > 10, moment.re_replace(_OFFSET, ""), moment)
    return bare.re_replace("[^0-9]", "").rpad(20, "0")


def day(cell: ir.Value) -> ir.Value:
    """A calendar day, which some warehouses hold as the midnight, in UTC, with which it begins."""
    if isinstance(cell, ir.TimestampValue):
        if cell.type().timezone is None:
            return cell.cast("date")
        return cell + ibis.interval(hours=10)  # the same day in every zone from Hawaii to New Zealand
    if not isinstance(cell, ir.StringValue):
        return cell
    said = text(cell)
    return ibis.ifelse(said.re_search(_DAY), said.substr(0, 10), said)


def _of_millis(millis: ir.IntegerValue) -> ir.StringValue:
    """ISO text of milliseconds since 1970, by arithmetic, since engines disagree on the zone of their own ways."""
    midnight = ibis.date("1970-01-01") + (millis // _DAY_OF_MILLIS).as_interval("D")
    seconds = (millis % _DAY_OF_MILLIS) // 1000
    clock = [seconds // 3600, seconds // 60 % 60, seconds % 60]
    hours, minutes, rest = (each.cast("string").lpad(2, "0") for each in clock)
    thousandths = (millis % 1000).cast("string").lpad(3, "0")
    written = midnight.cast("string").substr(0, 10) + "T" + hours + ":" + minutes + ":" + rest + "." + thousandths + "Z"
    return cast(ir.StringValue, written)
