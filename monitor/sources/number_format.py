"""Numbers as spreadsheets show them (`$1,234.50`; with a `number_format`, `1.234,50 €`) to plain ones, in Ibis."""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanValue, StringValue

_SPACES = "[ \u00a0\u202f]"
FORMATS = {"1,234.50": ("[,]", "[.]"), "1.234,50": ("[.]", "[,]"), "1 234,50": (_SPACES, "[,]")}
"""What stands between thousands and before the decimals, by `number_format`."""
PLAIN = "1,234.50"
"""How numbers are understood where nobody says; digits with a point are numbers too."""
_DOLLARS = ("USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD")
SIGNS = dict.fromkeys(_DOLLARS, "$") | {"EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "¥", "INR": "₹"}
"""The sign of a currency, which is taken off amounts in that currency and off no others."""
TWO_WAYS = "^[^0-9]{0,2}[1-9][0-9]{0,2}([.][0-9]{3})+[^0-9.,]{0,2}$"
"""`120.000` may be 120 or 120,000 ..."""
ONE_WAY = "[0-9]{4}|[.][0-9]{1,2}[^0-9]*$|^[^0-9]*0[.]|,[0-9]{3}[.]"
"""... where no other cell shows that the point comes before decimals."""


def to_plain(cell: StringValue, written: str | None, sign: str | None = None) -> StringValue:
    """`cell` as digits with a point; `written` is the table's `number_format`.

    What is written otherwise becomes something that is no number with a format, and stays what it is without one.
    """
    thousands, point = FORMATS[written or PLAIN]
    bare = cell if sign is None else cell.re_replace(f"^[{sign}]{_SPACES}?|{_SPACES}?[{sign}]$", "")
    grouped = f"^[1-9][0-9]{{0,2}}({thousands}[0-9]{{3}})+({point}[0-9]*)?$"
    is_number = bare.re_search(grouped) | bare.re_search(f"^[0-9]+({point}[0-9]*)?$")
    plain = bare.re_replace(thousands, "").re_replace(point, ".")
    if written is not None:
        return is_number.ifelse(plain, ibis.literal(f"not {written}: ") + cell)
    seldom = cell.contains(",") if sign is None else cell.contains(",") | cell.contains(sign)
    return (seldom & is_number).ifelse(plain, cell)


def is_reporting(currency: StringValue, reporting: str) -> BooleanValue:
    """Whether the amount beside this cell is in the reporting currency."""
    return currency.upper().fill_null(reporting) == reporting
