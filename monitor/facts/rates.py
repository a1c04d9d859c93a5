"""Conversion to the reporting currency: one rate for each currency and month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from monitor.facts.money import RATE
from monitor.facts.workspace import Workspace

_SCHEMA = {"rate_currency": "string", "rate_month": "int16", "rate": RATE}


@dataclass(frozen=True)
class Currency:
    """The rates of one currency by month (`days.month_number`), without gaps; `timeless` holds before the first."""

    by_month: Mapping[int, Decimal]
    timeless: bool

    @classmethod
    def of(cls, rates: Mapping[int | None, Decimal]) -> Currency:
        """From rates as they stand in the table: None is the one without a month."""
        dated = {month: rate for month, rate in rates.items() if month is not None}
        filled: dict[int, Decimal] = {}
        if None in rates:
            filled[min(dated, default=1) - 1] = rates[None]
        for month in range(min(dated, default=0), max(dated, default=-1) + 1):
            filled[month] = dated[month] if month in dated else filled[month - 1]
        return cls(filled, None in rates)

    def asked(self, month: ir.IntegerValue) -> ir.IntegerValue:
        """The month to look up: the last one known for later ones, the timeless one for earlier ones."""
        latest = ibis.least(month, max(self.by_month))
        return cast(ir.IntegerValue, ibis.greatest(latest, min(self.by_month)) if self.timeless else latest)


@dataclass(frozen=True)
class Rates:
    """Every currency that has a rate."""

    currencies: Mapping[str, Currency]

    @classmethod
    def read(cls, work: Workspace, usable: ir.Table | None) -> Rates:
        """From usable rows of `fx_rates`: `currency`, `rate` and `month_number`."""
        found: dict[str, dict[int | None, Decimal]] = defaultdict(dict)
        for row in work.dicts(usable.select("currency", "rate", "month_number")) if usable is not None else []:
            found[row["currency"]][row["month_number"]] = row["rate"]
        return cls({name: Currency.of(rates) for name, rates in sorted(found.items())})

    def convert(self, rows: ir.Table, currency: str, **months: str) -> ir.Table:
        """The rows with a column for each name in `months`: the rate of `currency` in that month, null without one."""
        for name, month in months.items():
            table = ibis.memtable(self._rows(), schema=_SCHEMA)
            cases = [(rows[currency] == code, each.asked(rows[month])) for code, each in self.currencies.items()]
            asked = rows.mutate(asked=ibis.cases(*cases) if cases else ibis.null("int16"))
            on = [asked[currency] == table.rate_currency, asked.asked == table.rate_month]
            rows = asked.left_join(table, on).select(*rows.columns, **{name: table.rate})
        return rows

    def has(self, currency: ir.StringValue, month: ir.IntegerValue) -> ir.BooleanValue:
        """Whether there is a rate for `currency` (null: the reporting one) in that month."""
        known = [
            (currency == code) & (ibis.literal(True) if each.timeless else month >= min(each.by_month))
            for code, each in self.currencies.items()
        ]
        return cast(ir.BooleanValue, ibis.or_(currency.isnull(), *known))

    def _rows(self) -> list[dict[str, Any]]:
        return [
            {"rate_currency": code, "rate_month": month, "rate": rate}
            for code, currency in self.currencies.items()
            for month, rate in currency.by_month.items()
        ]
