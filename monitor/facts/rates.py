"""Conversion to the reporting currency: one rate for each currency and month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

import ibis
import ibis.expr.types as ir

from monitor.core.policy import FactsPolicy
from monitor.facts.cells import Fault, as_text, stripped
from monitor.facts.grouping import COMPANY, EVERYBODY
from monitor.facts.money import RATE
from monitor.facts.workspace import Workspace

RATED_FROM = "rated_from"
"""The first month for which a row's currency has a rate, null where it has none at all."""
_ALWAYS = -32_768
_RATES = {COMPANY: "int32", "rate_currency": "string", "rate_month": "int16", "rate": RATE}
_SPANS = {COMPANY: "int32", "rate_currency": "string", "first": "int16", "last": "int16", RATED_FROM: "int16"}


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

    @property
    def span(self) -> dict[str, int]:
        """Its first and last month, and from which on it has a rate."""
        first = min(self.by_month)
        return {"first": first, "last": max(self.by_month), RATED_FROM: _ALWAYS if self.timeless else first}


@dataclass(frozen=True)
class Rates:
    """Every currency that has a rate, by the company whose rate it is."""

    known: Mapping[tuple[int, str], Currency]

    @classmethod
    def read(cls, work: Workspace, usable: ir.Table | None) -> Rates:
        """From usable rows of `fx_rates`: `company`, `currency`, `rate` and `month_number`."""
        found: dict[tuple[int, str], dict[int | None, Decimal]] = defaultdict(dict)
        columns = (COMPANY, "currency", "rate", "month_number")
        for row in work.dicts(usable.select(*columns)) if usable is not None else []:
            found[row[COMPANY], row["currency"]][row["month_number"]] = row["rate"]
        return cls({key: Currency.of(rates) for key, rates in sorted(found.items())})

    def told(self, raw: ir.Table, policy: FactsPolicy) -> ir.Table:
        """A raw table with `rated_from` beside its currency."""
        if "currency" not in raw.columns:
            return raw
        spans = self._spans()
        asked = raw.mutate(foreign=foreign(as_text(stripped(raw.currency)), policy))
        joined = asked.left_join(spans, self._whose(asked, spans, "foreign"))
        return joined.select(*raw.columns, **{RATED_FROM: spans[RATED_FROM]})

    def convert(self, rows: ir.Table, currency: str, **months: str) -> ir.Table:
        """The rows with a column for each name in `months`: the rate of `currency` in that month, null without one.

        That is the last rate known for later months, the timeless one for earlier ones.
        """
        for name, month in months.items():
            spans, rates = self._spans(), self._monthly()
            joined = rows.left_join(spans, self._whose(rows, spans, currency))
            spanned = joined.select(*rows.columns, first=spans["first"], last=spans["last"], rated=spans[RATED_FROM])
            latest = ibis.least(spanned[month], spanned["last"])
            earliest = ibis.ifelse(spanned.rated == _ALWAYS, spanned["first"], latest)
            asked = spanned.mutate(asked=ibis.greatest(latest, earliest))
            on = [*self._whose(asked, rates, currency), asked.asked == rates.rate_month]
            rows = asked.left_join(rates, on).select(*rows.columns, **{name: rates.rate})
        return rows

    def _whose(self, rows: ir.Table, ours: ir.Table, currency: str) -> list[ir.BooleanValue]:
        """Where a row finds the rates of its currency: those of its company, or of everybody."""
        is_everybodys = any(company == EVERYBODY for company, _ in self.known)
        own = [] if is_everybodys else [rows[COMPANY] == ours[COMPANY]]
        return [rows[currency] == ours.rate_currency, *own]

    def _spans(self) -> ir.Table:
        return _memtable(({**key, **each.span} for key, each in self._each()), _SPANS)

    def _monthly(self) -> ir.Table:
        months = ((key, month, rate) for key, each in self._each() for month, rate in each.by_month.items())
        return _memtable(({**key, "rate_month": month, "rate": rate} for key, month, rate in months), _RATES)

    def _each(self) -> Iterable[tuple[dict[str, Any], Currency]]:
        return (({COMPANY: company, "rate_currency": code}, each) for (company, code), each in self.known.items())


def no_rate(rows: ir.Table, currency: ir.StringValue, month: ir.IntegerValue) -> Fault:
    """The fault of rows, `told` of their rates, whose currency (null: the reporting one) has none in that month."""
    if RATED_FROM not in rows.columns:
        return ("no_rate", currency.notnull())
    return ("no_rate", currency.notnull() & ~(month >= rows[RATED_FROM]).fill_null(False))


def foreign(currency: ir.StringValue, policy: FactsPolicy) -> ir.StringValue:
    """The currency where it is another than the reporting one, else null."""
    return cast(ir.StringValue, currency.upper().nullif(policy.currency.upper()))


def _memtable(rows: Iterable[dict[str, Any]], schema: Mapping[str, Any]) -> ir.Table:
    return ibis.memtable(list(rows), schema=schema)
