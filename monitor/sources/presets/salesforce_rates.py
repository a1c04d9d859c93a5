"""Salesforce's currencies to rates into the reporting currency.

Salesforce says how many units of a currency are worth one of the corporate currency: a unit is worth one part of that.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ibis

from monitor.sources.presets.asking import dicts
from monitor.sources.presets.cells import day, flag, text
from monitor.sources.presets.preset import Raw
from monitor.sources.presets.rates import Currency, fx_rates, positive
from monitor.sources.presets.rows import living

_OLDEST = "1900"
"""A rate that begins in an earlier year always held."""


def rates(currency_type: Raw | None, dated: Raw | None, reporting: str) -> tuple[ibis.Table | None, tuple[str, ...]]:
    """The table `fx_rates`, None without currencies or where there is no rate of the reporting one, and what to remark.

    The currencies are read here: a few rows, none of a deal.
    """
    raw = currency_type or dated
    return (None, ()) if raw is None else fx_rates("Salesforce", _known(currency_type, dated), reporting, raw.table)


def _known(currency_type: Raw | None, dated: Raw | None) -> dict[str, Currency]:
    found: dict[str, Currency] = {}
    for row in _cells(currency_type):
        units = Decimal(1) if row["is_corporate"] is True else positive(row["rate"])
        if row["code"] and units is not None:
            found.setdefault(row["code"].upper(), Currency()).always = 1 / units
    begun = [row for row in _cells(dated) if row["code"] and row["start"]]
    for row in sorted(begun, key=lambda row: str(row["start"])):
        units = positive(row["rate"])
        if units is not None:
            _begin(found.setdefault(row["code"].upper(), Currency()), row["start"], 1 / units)
    return found


def _begin(currency: Currency, start: str, worth: Decimal) -> None:
    if start[:4] < _OLDEST:
        currency.always = worth
    else:
        currency.begin(start, worth)


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
