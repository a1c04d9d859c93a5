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


def to_plain(
    cell: StringValue, written: str | None, sign: str | None = None, *, currency: BooleanValue | None = None
) -> StringValue:
    """`cell` as digits with a point; `written` is the table's `number_format`.

    `sign` is the reporting currency's and may stand before or behind the digits, but where `currency` says that the
    amount is in another. What is written otherwise becomes something that is no number with a format, and stays what
    it is without one.
    """
    thousands, point = FORMATS[written or PLAIN]
    before, behind = (f"([{sign}]{_SPACES}?)?", f"({_SPACES}?[{sign}])?") if sign else ("", "")
    digits = f"([1-9][0-9]{{0,2}}({thousands}[0-9]{{3}})+|[0-9]+)({point}[0-9]*)?"
    is_number = cell.re_search(f"^{before}{digits}{behind}$")
    if sign and currency is not None:
        is_number &= ~cell.contains(sign) | currency
    plain = cell.re_replace(f"{thousands}|{_SPACES}?[{sign}]{_SPACES}?" if sign else thousands, "")
    if written is not None:
        return is_number.ifelse(plain.re_replace(point, "."), ibis.literal(f"not {written}: ") + cell)
    seldom = cell.contains(",") | cell.contains(sign) if sign else cell.contains(",")
    return (seldom & is_number).ifelse(plain, cell)


def is_reporting(currency: StringValue, reporting: str) -> BooleanValue:
    """Whether the amount beside this cell is in the reporting currency."""
    return currency.upper().fill_null(reporting) == reporting
