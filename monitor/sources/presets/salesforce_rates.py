"""Salesforce's currencies to rates into the reporting currency.

Salesforce says how many units of a currency are worth one of the corporate currency: an amount is divided by that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import ibis

from monitor.sources.presets.asking import dicts, kept
from monitor.sources.presets.cells import day, flag, text
from monitor.sources.presets.preset import Raw
from monitor.sources.presets.rows import living

_SCHEMA = {"currency": "string", "rate": "string", "month": "string"}
_EXACT = Decimal("1e-14")
"""What a rate is rounded to, as the facts hold it."""
_OLDEST = "1900"
"""A rate that begins in an earlier year always held."""

Month = tuple[int, int]


@dataclass
class Currency:
    """One currency's units for one of the corporate currency: without dates, and from the months on that have one."""

    always: Decimal | None = None
    since: dict[Month, Decimal] = field(default_factory=dict)

    def at(self, month: Month | None) -> Decimal | None:
        """The units in a month; None where nothing is known."""
        past = [each for each in self.since if month is not None and each <= month]
        return self.since[max(past)] if past else self.always


def rates(currency_type: Raw | None, dated: Raw | None, reporting: str) -> tuple[ibis.Table | None, tuple[str, ...]]:
    """The table `fx_rates`, None without currencies or where there is no rate of the reporting one, and what to remark.

    The currencies are read here: a few rows, none of a deal.
    """
    known = _known(currency_type, dated)
    if not known:
        return None, ()
    base = known.get(reporting.upper())
    if base is None:
        sentence = (
            f"Salesforce knows no rate of {reporting}, the reporting currency, so its rates are not used: bring the "
            "table fx_rates, or report in one of its currencies."
        )
        return None, (sentence,)
    rows = [row for code, each in sorted(known.items()) if each is not base for row in _rows(code, each, base)]
    raw = currency_type or dated
    return (kept(ibis.memtable(rows, schema=_SCHEMA), raw.table) if rows and raw else None), ()


def _known(currency_type: Raw | None, dated: Raw | None) -> dict[str, Currency]:
    found: dict[str, Currency] = {}
    for row in _cells(currency_type):
        corporate = row["is_corporate"] is True
        units = Decimal(1) if corporate else _number(row["rate"])
        if row["code"] and units is not None:
            found.setdefault(row["code"].upper(), Currency()).always = units
    begun = [row for row in _cells(dated) if row["code"] and row["start"] and _number(row["rate"]) is not None]
    for row in sorted(begun, key=lambda row: str(row["start"])):
        _begin(found.setdefault(row["code"].upper(), Currency()), row["start"], _number(row["rate"]))
    return found


def _begin(currency: Currency, start: str, units: Decimal | None) -> None:
    """A rate counts from the first month on that it holds from the first day of; the first of all also in its own."""
    if units is None:
        return
    if start[:4] < _OLDEST:
        currency.always = units
        return
    month = (int(start[:4]), int(start[5:7]))
    if start[8:10] == "01" or (not currency.since and currency.always is None):
        currency.since[month] = units
    if start[8:10] != "01":
        currency.since[_next(month)] = units


def _next(month: Month) -> Month:
    year, number = month
    return (year + 1, 1) if number == 12 else (year, number + 1)


def _rows(code: str, currency: Currency, base: Currency) -> Iterator[Mapping[str, str | None]]:
    months: list[Month | None] = [None, *sorted({*currency.since, *base.since})]
    for month in months:
        units, ours = currency.at(month), base.at(month)
        if units is not None and ours is not None:
            rate = (ours / units).quantize(_EXACT)
            yield {"currency": code, "rate": f"{rate:f}", "month": month and f"{month[0]:04}-{month[1]:02}-01"}


def _cells(raw: Raw | None) -> list[dict[str, Any]]:
    """Code, rate, start and whether it is the corporate currency, of every row."""
    if raw is None:
        return []
    raw = living(raw, "id", "iso_code")
    none = ibis.null("string")
    corporate, start = raw.as_(flag, "is_corporate"), raw.as_(day, "start_date")
    return dicts(
        raw.table.select(
            code=none if (code := raw.as_(text, "iso_code")) is None else code,
            rate=none if (rate := raw.cell("conversion_rate")) is None else rate.cast("string"),
            start=none if start is None else start.cast("string").substr(0, 10),
            is_corporate=ibis.null("boolean") if corporate is None else corporate,
        )
    )


def _number(cell: str | None) -> Decimal | None:
    """The units, None where the cell holds none above zero."""
    try:
        number = Decimal((cell or "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() and number > 0 else None
