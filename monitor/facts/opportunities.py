"""The deals: one row each, with everything about them that does not change from day to day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from monitor.core.policy import FactsPolicy
from monitor.core.tables import SEGMENTS
from monitor.facts import days, segments
from monitor.facts.cells import Fault, choice, identity, stripped
from monitor.facts.clean import usable
from monitor.facts.grouping import COMPANY
from monitor.facts.history import History
from monitor.facts.people import Small
from monitor.facts.quality import Tally
from monitor.facts.rates import foreign, no_rate

_COLUMNS = ("opportunity_id", "account_id", "owner_id", "type", "created_date", "close_date", "is_closed", "is_won",
            "amount", "currency", "segment")  # fmt: skip


@dataclass(frozen=True)
class Needs:
    """What these data make necessary; what is not costs nothing."""

    currency: bool
    """Some deal is in another currency than the reporting one."""
    voting: frozenset[int]
    """The companies of which some deal's segment is not given."""

    @property
    def vote(self) -> bool:
        return bool(self.voting)


def needs(tally: Tally, raw: ir.Table, policy: FactsPolicy, history: History | None) -> Needs:
    """Looks at the few distinct values of two columns."""
    currencies: list[dict[str, Any]] = []
    voting = set(tally.companies)
    if "currency" in raw.columns:
        text = stripped(raw.currency.cast("string"))
        currencies = tally.work.dicts(raw.select(currency=foreign(text, policy)).distinct())
    if "segment" in raw.columns:
        given = raw.select(COMPANY, segment=stripped(raw.segment.cast("string")))
        told = tally.work.dicts(given.filter(given.segment.isnull()).select(COMPANY).distinct())
        changing = history.rows["segment"].keys() if history and history.has("segment") else ()
        voting = {row[COMPANY] for row in told} | set(changing)
    return Needs(any(row["currency"] is not None for row in currencies), frozenset(voting))


def read_deals(
    tally: Tally, raw: ir.Table, accounts: ir.Table | None, small: Small, policy: FactsPolicy, need: Needs
) -> ir.Table:
    """Usable deals, kept. Days are numbers, segments codes.

    `company`, `deal` (a number that no other company's deal has), `opportunity_id`, `account` (its id as a number, null
    where there is none), `owner_id`, `counts` (of a type that counts),
    `created`, `month` (of creation), `due` (expected close), `closed` (null while open), `won`, `amount` (as given),
    `given` (segment); where a vote is needed `named`, `size`, `fit`; with currencies `rate_open`, `rate_closed` (null:
    the reporting one).
    """

    def rules(rows: ir.Table) -> Sequence[Fault]:
        found = [
            ("won_not_closed", rows.is_won & ~rows.is_closed),
            ("closed_without_close_date", rows.is_closed & rows.close_date.isnull()),
            ("closed_before_created", rows.is_closed & (rows.close_date < rows.created_date)),
        ]
        if need.currency:
            found.append(no_rate(rows, foreign(rows.currency, policy), days.month_of(rows.created_date)))
        return found

    def shape(rows: ir.Table) -> ir.Table:
        rows = rows.select(
            **_deal(rows, policy), fine=rows.fine, currency=foreign(rows.currency, policy), account_id=rows.account_id
        )
        if need.vote:
            rows = _with_signals(rows, accounts, policy)
        if need.currency:
            rows = rows.mutate(closed_month=days.month_of(rows.closed))
            rows = small.rates.convert(rows, "currency", rate_open="month", rate_closed="closed_month")
            rows = rows.drop("closed_month")
        return rows.drop("currency", "account_id")

    rated = small.rates.told(raw, policy) if need.currency else raw
    return usable(tally, rated, "opportunities", _COLUMNS, rules, shape)


def _deal(rows: ir.Table, policy: FactsPolicy) -> Mapping[str, ir.Value]:
    return {
        "company": rows.company,
        "deal": identity(rows.opportunity_id, rows.company),
        "opportunity_id": rows.opportunity_id,
        "account": identity(rows.account_id, rows.company),
        "owner_id": rows.owner_id,
        "counts": rows.type.isin(policy.deal_types).fill_null(False),
        "odd_type": rows.odd_type,
        "odd_segment": rows.odd_segment,
        "created": rows.created_date,
        "month": days.month_of(rows.created_date),
        "due": rows.close_date,
        "closed": ibis.ifelse(rows.is_closed, rows.close_date, ibis.null("int32")),
        "won": rows.is_won,
        "amount": rows.amount,
        "given": segments.code(rows.segment, rows.odd_segment),
    }


def _with_signals(rows: ir.Table, accounts: ir.Table | None, policy: FactsPolicy) -> ir.Table:
    rows = _with_named(rows, policy)
    if accounts is None or not {"employees", "fit"} & set(policy.segments_by):
        return rows.mutate(size=ibis.null("int8"), fit=ibis.null("int8"))
    signals = accounts.select(
        key=identity(accounts.account_id, accounts.company),
        size=segments.by_employees(accounts.employees, policy),
        fit=segments.code(accounts.fit_segment),
    )
    return rows.left_join(signals, rows.account == signals.key).drop("key")


def _with_named(rows: ir.Table, policy: FactsPolicy) -> ir.Table:
    if not policy.named_accounts:
        return rows.mutate(named=ibis.null("int8"))
    pairs = [{"key": account, "label": label} for account, label in sorted(policy.named_accounts.items())]
    named = ibis.memtable(pairs, schema={"key": "string", "label": "string"})
    named = named.select("key", named=segments.code(choice(named.label, SEGMENTS)))
    return rows.left_join(named, rows.account_id == named.key).drop("key")
