"""What a CRM says of its currencies, as rates into the reporting currency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import ibis

from monitor.sources.presets.asking import kept

_SCHEMA = {"currency": "string", "rate": "string", "month": "string"}
_EXACT = Decimal("1e-14")
"""What a rate is rounded to, as the facts hold it."""

Month = tuple[int, int]


@dataclass
class Currency:
    """What one unit is worth in the CRM's own currency: without dates, and from the months on that have one."""

    always: Decimal | None = None
    since: dict[Month, Decimal] = field(default_factory=dict)

    def at(self, month: Month | None) -> Decimal | None:
        """What it is worth in a month; None where nothing is known."""
        past = [each for each in self.since if month is not None and each <= month]
        return self.since[max(past)] if past else self.always

    def begin(self, start: str, worth: Decimal) -> None:
        """Counts from the first month on that it holds from the first day of; the first of all also in its own.

        `start` is an ISO day; earlier starts come first.
        """
        month = (int(start[:4]), int(start[5:7]))
        if start[8:10] == "01" or (not self.since and self.always is None):
            self.since[month] = worth
        if start[8:10] != "01":
            self.since[_next(month)] = worth


def fx_rates(
    crm: str, known: Mapping[str, Currency], reporting: str, beside: ibis.Table
) -> tuple[ibis.Table | None, tuple[str, ...]]:
    """The table `fx_rates` in the engine of `beside`, None without one, and what to remark.

    Nothing is made where `known`, by code in capitals, does not tell what the reporting currency is worth.
    """
    if not known:
        return None, ()
    base = known.get(reporting.upper())
    if base is None:
        sentence = (
            f"{crm} knows no rate of {reporting}, the reporting currency, so its rates are not used: bring the "
            "table fx_rates, or report in one of its currencies."
        )
        return None, (sentence,)
    rows = [row for code, each in sorted(known.items()) if each is not base for row in _rows(code, each, base)]
    return (kept(ibis.memtable(rows, schema=_SCHEMA), beside) if rows else None), ()


def positive(cell: str | None) -> Decimal | None:
    """The number in a cell, None where it holds none above zero."""
    try:
        number = Decimal((cell or "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None


def _next(month: Month) -> Month:
    year, number = month
    return (year + 1, 1) if number == 12 else (year, number + 1)


def _rows(code: str, currency: Currency, base: Currency) -> Iterator[Mapping[str, str | None]]:
    months: list[Month | None] = [None, *sorted({*currency.since, *base.since})]
    for month in months:
        worth, ours = currency.at(month), base.at(month)
        if worth is not None and ours is not None:
            rate = (worth / ours).quantize(_EXACT)
            yield {"currency": code, "rate": f"{rate:f}", "month": month and f"{month[0]:04}-{month[1]:02}-01"}
