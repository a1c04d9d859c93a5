"""HubSpot's currencies: which one an account counts in, and what the others are worth in it.

HubSpot's settings tell it over the API (`portal_currency`). No tool copies them into a warehouse: there, the deals tell
it, by their amount and the same amount in the company's currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import ibis
from ibis.expr.types import Value

from monitor.sources.presets.asking import dicts
from monitor.sources.presets.cells import flag, moment, number, text
from monitor.sources.presets.preset import Raw
from monitor.sources.presets.rates import Currency, fx_rates, positive

_MUCH = 1e12
"""An amount of more is nobody's, and too long to be added up."""
_MONTH = "^[0-9]{4}-(0[1-9]|1[0-2])"


@dataclass(frozen=True)
class Told:
    """The currency that the account counts in, None where nobody tells it, and what others are worth in it by code."""

    own: str | None = None
    worth: Mapping[str, Currency] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    """Currencies of the account of which the settings do not tell what they are worth."""


def settings(portal: Raw | None) -> Told:
    """What HubSpot's settings tell, read here: a few rows."""
    rows = [] if portal is None else _cells(portal)
    own = next((row["code"].upper() for row in rows if row["code"] and row["is_company"]), None)
    if own is None:
        return Told()
    worth = {own: Currency(Decimal(1))}
    others = {row["code"].upper() for row in rows if row["code"]} - {own}
    for row in sorted(rows, key=lambda row: row["start"] or ""):
        value, code = positive(row["worth"]), (row["code"] or "").upper()
        if code in others and value is not None and row["start"]:
            # Before its first rate HubSpot takes the nearest, which is the first.
            worth.setdefault(code, Currency(value)).begin(row["start"], value)
    return Told(own, worth, tuple(sorted(others - set(worth))))


def told_by_deals(deals: ibis.Table, home: Value | None) -> Told:
    """What canonical deals tell, `home` being their amount in the company's currency: a row a currency and month here.

    The deals that closed in a month add up to what HubSpot makes of them; since the newest month in which a deal was
    made, a currency is worth what the open ones say, which HubSpot keeps up to date.
    """
    if home is None or not {"currency", "amount"} <= set(deals.columns):
        return Told()
    sums = _sums(deals, home)
    by_code: dict[str, list[Mapping[str, Any]]] = {}
    for row in sums:
        by_code.setdefault(row["code"], []).append(row)
    own = [code for code, rows in by_code.items() if all(row["home"] == row["amount"] for row in rows)]
    newest = max((row["newest"] for row in sums if row["newest"]), default=None)
    return Told(own[0] if len(own) == 1 else None, {code: _worth(rows, newest) for code, rows in by_code.items()})


def rates(told: Told, by_deals: Told, reporting: str, beside: ibis.Table) -> tuple[ibis.Table | None, tuple[str, ...]]:
    """The table `fx_rates`, None without one, and what to remark."""
    worth = {**{code: each for code, each in by_deals.worth.items() if code not in told.worth}, **told.worth}
    found, remarks = fx_rates("HubSpot", worth, reporting, beside)
    return found, (*_unknown(told, by_deals), *remarks)


def _unknown(told: Told, by_deals: Told) -> tuple[str, ...]:
    if not told.unknown:
        return ()
    lacking = [code for code in told.unknown if code not in by_deals.worth]
    then = "what they are worth is taken from the deals' amounts in the company's currency"
    if lacking:
        then += f", and deals in {' or '.join(lacking)} that do not tell it either are set aside"
    return (
        f"HubSpot's settings do not tell what {' and '.join(told.unknown)} {_is(told.unknown)} worth, so {then}: give "
        "the private app the scope multi-currency-read, or bring the table fx_rates.",
    )


def _is(many: tuple[str, ...]) -> str:
    return "is" if len(many) == 1 else "are"


def _cells(portal: Raw) -> list[dict[str, Any]]:
    none = ibis.null("string")
    read = (("code", text, "currency"), ("worth", text, "rate"), ("start", moment, "effective_at"))
    cells = {name: portal.as_(how, column) for name, how, column in read}
    is_company = portal.as_(flag, "is_company")
    return dicts(
        portal.table.select(
            **{name: none if cell is None else cell for name, cell in cells.items()},
            is_company=ibis.literal(False) if is_company is None else is_company.fill_null(False),
        )
    )


def _sums(deals: ibis.Table, home: Value) -> list[dict[str, Any]]:
    """By currency and month of closing, null for open deals: both amounts, and the newest month of creation."""
    closed, created = _month(deals.close_date if "close_date" in deals.columns else None), _month(deals.created_date)
    rows = deals.select(
        code=text(deals.currency).upper(),
        month=ibis.ifelse(deals.is_closed.fill_null(False), closed, ibis.null("string")),
        is_open=~deals.is_closed.fill_null(False),
        amount=_money(deals.amount),
        home=_money(home),
        created=created,
    )
    rows = rows.filter(rows.code.notnull(), rows.amount > 0, rows.home > 0, rows.is_open | rows.month.notnull())
    return dicts(
        rows.group_by("code", "month").agg(amount=rows.amount.sum(), home=rows.home.sum(), newest=rows.created.max())
    )


def _money(cell: Value) -> Value:
    value = number(cell)
    return ibis.ifelse(value.abs() < _MUCH, value, ibis.null("float64")).cast("decimal(38, 4)")


def _month(at: Value | None) -> Value:
    if at is None:
        return ibis.null("string")
    said = at.cast("string").substr(0, 7)
    return ibis.ifelse(said.re_search(_MONTH), said, ibis.null("string"))


def _worth(rows: list[Mapping[str, Any]], newest: str | None) -> Currency:
    by_month = {row["month"]: Decimal(row["home"]) / Decimal(row["amount"]) for row in rows}
    now = by_month.pop(None, None)
    if now is not None and newest is not None:
        by_month.setdefault(newest, now)
    since = {(int(month[:4]), int(month[5:7])): worth for month, worth in sorted(by_month.items())}
    return Currency(next(iter(since.values()), now), since)
