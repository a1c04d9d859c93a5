"""Money: exact decimals from whatever a source holds, and the squares that intervals are made of."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

MONEY = dt.Decimal(38, 9)
RATE = dt.Decimal(20, 14)
"""Reporting units per one unit, below a million, so that its product with an amount of four decimals is exact."""
SQUARE = dt.Decimal(38, 6)
TOO_MUCH = Decimal(10) ** 13
"""No deal, quota or bill is this large; what is, is a slip."""

_QUICK = r"^[0-9]{1,12}(\.[0-9]{0,6})?$"
_PLAIN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
_HALF_WIDTH = dt.Decimal(18, 6)
_THOUSANDTHS = dt.Decimal(18, 3)


def money(cell: ir.Value, to: dt.Decimal = MONEY) -> ir.DecimalValue:
    """The exact amount in a cell; null where there is none, or none from 0 to below `TOO_MUCH`."""
    if isinstance(cell, ir.StringValue):
        return _from_text(cell, to)
    if not isinstance(cell, ir.NumericValue):
        return cast(ir.DecimalValue, ibis.null(to))
    exact = _from_double(cell, to) if isinstance(cell, ir.FloatingValue) else cell.try_cast(to)
    return cast(ir.DecimalValue, ibis.ifelse((cell >= 0) & (cell < int(TOO_MUCH)), exact, ibis.null(to)))


def money_faults(cell: ir.Value) -> tuple[tuple[str, ir.BooleanValue], ...]:
    """Why there is no amount in a cell that holds something."""
    if isinstance(cell, ir.StringValue):
        bad, negative = ~cell.re_search(_PLAIN), cell.startswith("-")
    elif isinstance(cell, ir.FloatingValue):
        bad, negative = cell.isnan() | cell.isinf(), cell < 0
    elif isinstance(cell, ir.NumericValue):
        bad, negative = ibis.literal(False), cell < 0
    else:
        bad = negative = ibis.literal(True)
    return (("bad_amount", bad), ("negative_amount", negative), ("amount_out_of_range", ibis.literal(True)))


def _from_text(text: ir.StringValue, to: dt.Decimal) -> ir.DecimalValue:
    """Digits with a point. Engines read narrow decimals many times faster, and nearly every amount is one."""
    wide = ibis.ifelse(text.re_search(_PLAIN), text.try_cast(to), ibis.null(to))
    usable = ibis.ifelse((wide >= 0) & (wide < int(TOO_MUCH)), wide, ibis.null(to))
    quick = text.try_cast(_HALF_WIDTH).try_cast(to)
    return cast(ir.DecimalValue, ibis.ifelse(text.re_search(_QUICK), quick, usable))


def _from_double(number: ir.FloatingValue, to: dt.Decimal) -> ir.DecimalValue:
    """The decimal that a double was written as: its shortest text, or thousandths where those are the same double."""
    thousandths = number.try_cast(_THOUSANDTHS)
    is_same = thousandths.cast("float64") == number
    return cast(ir.DecimalValue, ibis.ifelse(is_same, thousandths.try_cast(to), number.cast("string").try_cast(to)))


def square(amount: ir.DecimalValue) -> ir.DecimalValue:
    """The square of the amount in thousandths: exact, so that a sum of them does not depend on the order.

    DuckDB multiplies decimals of up to 18 digits in 18 digits, and fails where the product has more: hence 19.
    """
    rounded = _narrowed(amount, 3).cast(dt.Decimal(19, 3))
    return cast(ir.DecimalValue, (rounded * rounded).cast(SQUARE))


def converted(amount: ir.DecimalValue, rate: ir.DecimalValue) -> ir.DecimalValue:
    """The amount in the reporting currency, null where that is too much; `rate` is null where it is in it already."""
    product = _narrowed(amount, 4) * rate
    usable = ibis.ifelse(product < int(TOO_MUCH), product, ibis.null(product.type())).cast(MONEY)
    return cast(ir.DecimalValue, ibis.ifelse(rate.isnull(), amount, usable))


def _narrowed(amount: ir.DecimalValue, scale: int) -> ir.DecimalValue:
    """The amount in 18 digits, rounded to `scale` decimals.

    To shorten a wide decimal is slow in DuckDB; nearly every amount is found through a double and seen to be the same.
    """
    near = amount.cast("float64").cast(dt.Decimal(18, scale))
    return cast(ir.DecimalValue, ibis.ifelse(near.cast(MONEY) == amount, near, amount.cast(dt.Decimal(18, scale))))
