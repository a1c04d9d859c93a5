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

_QUICK = r"^[+-]?[0-9]{1,12}(\.[0-9]{0,6})?$"
_PLAIN = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
_HALF_WIDTH = dt.Decimal(18, 6)
_THOUSANDTHS = dt.Decimal(18, 3)


def money(cell: ir.Value, to: dt.Decimal = MONEY) -> tuple[ir.DecimalValue, ir.BooleanValue]:
    """The exact amount in a cell, null where there is none, and whether the cell holds a number at all.

    A number without an amount is too large to be one.
    """
    kind = cell.type()
    if isinstance(cell, ir.StringValue):
        return _from_text(cell, to)
    if isinstance(cell, ir.FloatingValue):
        return _from_double(cell, to)
    if kind.is_integer() or kind.is_decimal():
        return cast(ir.DecimalValue, cell.try_cast(to)), cell.notnull()
    return cast(ir.DecimalValue, ibis.null(to)), cast(ir.BooleanValue, ibis.literal(False))


def _from_text(text: ir.StringValue, to: dt.Decimal) -> tuple[ir.DecimalValue, ir.BooleanValue]:
    """Digits with a point. Engines read narrow decimals many times faster, and nearly every amount is one."""
    quick, plain = text.re_search(_QUICK), text.re_search(_PLAIN)
    amount = ibis.cases((quick, text.try_cast(_HALF_WIDTH).cast(to)), (plain, text.try_cast(to)))
    return cast(ir.DecimalValue, amount), plain


def _from_double(number: ir.FloatingValue, to: dt.Decimal) -> tuple[ir.DecimalValue, ir.BooleanValue]:
    """The decimal that a double was written as: its shortest text, or thousandths where those are the same double."""
    thousandths = number.try_cast(_THOUSANDTHS)
    is_same = thousandths.cast("float64") == number
    text = number.cast("string")
    amount = ibis.cases((is_same, thousandths.cast(to)), (text.notnull(), text.try_cast(to)))
    return cast(ir.DecimalValue, amount), ~(number.isnan() | number.isinf())


def square(amount: ir.DecimalValue) -> ir.DecimalValue:
    """The square of the amount in thousandths: exact, so that a sum of them does not depend on the order."""
    rounded = amount.cast(dt.Decimal(16, 3))
    return cast(ir.DecimalValue, (rounded * rounded).cast(SQUARE))


def converted(amount: ir.DecimalValue, rate: ir.DecimalValue) -> ir.DecimalValue:
    """The amount in the reporting currency; `rate` is null where it is in it already."""
    product = amount.cast(dt.Decimal(18, 4)) * rate
    return cast(ir.DecimalValue, ibis.ifelse(rate.isnull(), amount, product.cast(MONEY)))


