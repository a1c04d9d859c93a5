"""Salesforce's quotas in the reporting currency: one row for each person, period and kind of forecast."""

from __future__ import annotations

import ibis
from ibis.expr.types import Value

from monitor.sources.presets.asking import dicts
from monitor.sources.presets.cells import day, flag, ident, number, text
from monitor.sources.presets.preset import Raw
from monitor.sources.presets.rows import living, one_of_each, shaped

MONEY = "decimal(38, 9)"
_ALWAYS = "0001-01-01"
"""The day from which on a rate without a month holds."""


def quotas(raw: Raw | None, rates: ibis.Table | None, reporting: str) -> tuple[ibis.Table | None, tuple[str, ...]]:
    """Quotas in money, each with the kind of forecast it is for; and what to remark.

    A quota in another currency is worth what it was at the rate of its period's begin; without a rate it has no amount,
    to be set aside.
    """
    if raw is None:
        return None, ()
    raw = living(raw, "id")
    raw = raw.filter(*(flag(cell).fill_null(True) for cell in raw.cells("is_amount")))
    foreign = _foreign(raw, reporting)
    strange = sorted(foreign - _currencies(rates))
    told = (
        f"Salesforce gives no rate into {reporting} for quotas in {' and '.join(strange)}, so they are set aside: "
        "bring quotas from elsewhere (source.tables.quotas).",
    )
    return _shaped(_converted(raw, rates, reporting) if foreign else raw), told if strange else ()


def _shaped(raw: Raw) -> ibis.Table:
    return shaped(
        raw,
        rep_id=raw.as_(ident, "quota_owner_id"),
        period_start=raw.as_(day, "start_date"),
        amount=raw.cell("quota_amount"),
        forecasting_type_id=raw.as_(ident, "forecasting_type_id"),
    )


def _code(raw: Raw) -> Value | None:
    code = raw.as_(text, "currency_iso_code")
    return None if code is None else code.upper()


def _foreign(raw: Raw, reporting: str) -> set[str]:
    code = _code(raw)
    if code is None:
        return set()
    codes = raw.table.select(code=code).distinct()
    return {row["code"] for row in dicts(codes) if row["code"] not in (None, reporting.upper())}


def _currencies(rates: ibis.Table | None) -> set[str]:
    return set() if rates is None else {row["currency"] for row in dicts(rates.select("currency").distinct())}


def _converted(raw: Raw, rates: ibis.Table | None, reporting: str) -> Raw:
    """The rows with their amounts in the reporting currency, null where there is no rate."""
    code, amount, start, id_ = _code(raw), raw.name("quota_amount"), raw.as_(day, "start_date"), raw.as_(ident, "id")
    if code is None or amount is None or start is None or id_ is None:
        return raw
    of_quotas = raw.table.mutate(quota_key=id_, quota_code=code, quota_start=start.cast("string").substr(0, 10))
    if rates is None:
        rated = of_quotas.mutate(rate=ibis.null("string"))
    else:
        since = rates.select(code_of_rate="currency", rate="rate", since=rates.month.fill_null(_ALWAYS))
        holds = (of_quotas.quota_code == since.code_of_rate) & (since.since <= of_quotas.quota_start)
        rated = of_quotas.left_join(since, holds)
        rated = one_of_each(rated, "quota_key", rated.since.desc()).drop("code_of_rate", "since")
    ours = rated.quota_code.fill_null(reporting.upper()) == reporting.upper()
    exact = number(rated[amount], "decimal(18, 4)")
    worth = ours.ifelse(exact.cast(MONEY), (exact * rated.rate.cast("decimal(20, 14)")).cast(MONEY))
    return Raw(rated.mutate(**{amount: worth}).drop("quota_key", "quota_code", "quota_start", "rate"))
