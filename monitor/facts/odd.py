"""What is merely suspicious: kept, counted and said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from monitor.facts import days
from monitor.facts.cells import identity
from monitor.facts.grouping import COMPANY
from monitor.facts.hygiene import find_orphans
from monitor.facts.people import Small
from monitor.facts.quality import Tally

LOOKED_AT = 100_000
RECENT_DAYS = 30
LEARNED_DAYS = 90
"""A stage is new when it first appeared in the last 30 days of data that go back at least 90."""


def count_odd_deals(tally: Tally, deals: ir.Table, accounts: ir.Table | None, small: Small, as_of: date) -> None:
    """Counts won deals without amount or owner, owners and accounts nobody knows, past due, of leavers."""
    today = days.number_of(as_of)
    is_open = (deals.closed.isnull() | (deals.closed > today)) & (deals.created <= today)
    found = {
        "no_amount_on_won": deals.filter(deals.won & (deals.amount.isnull() | (deals.amount == 0))),
        "no_owner_on_won": deals.filter(deals.won & deals.owner_id.isnull()),
        "past_due_open": deals.filter(is_open & deals.closed.isnull() & (deals.due < today)),
    }
    if accounts is not None:
        known = accounts.select(account=identity(accounts.account_id, accounts.company))
        found["unknown_account"] = deals.filter(deals.account.notnull()).anti_join(known, "account")
    if small.reps is not None:
        owned = deals.filter(deals.owner_id.notnull())
        found["unknown_owner"] = owned.anti_join(small.reps, _owning(owned, small.reps))
        left = _left(small.reps, today)
        found["owner_left"] = owned.filter(is_open).semi_join(left, _owning(owned, left))
        if small.quotas is not None:
            nobody = small.quotas.anti_join(small.reps, [COMPANY, "rep_id"])
            tally.suspect("quotas", nobody.select(COMPANY, key="rep_id", reason=ibis.literal("unknown_rep")))
    for reason, rows in found.items():
        tally.suspect("opportunities", rows.select(COMPANY, key=rows.opportunity_id, reason=ibis.literal(reason)))
    if small.reps is not None:
        find_orphans(tally, found["owner_left"], _left(small.reps, today))


def _owning(deals: ir.Table, people: ir.Table) -> list[ir.BooleanValue]:
    return [deals[COMPANY] == people[COMPANY], deals.owner_id == people.rep_id]


def count_odd_changes(tally: Tally, amounts: ir.Table, deals: ir.Table, sizes: Mapping[int, int]) -> None:
    """Counts deals whose last change of amount leads to another amount than they have, and changes that all lack `old`.

    Of a company's many deals (`sizes`) a part is looked at first, and all of them only where something is odd there.
    """
    seen = tally.work.dicts(_disagreeing(amounts, _part(deals, sizes)).select(COMPANY).distinct())
    if seen:
        suspects = deals.filter(deals[COMPANY].isin(sorted(row[COMPANY] for row in seen)))
        odd = suspects.semi_join(_disagreeing(amounts, suspects), "deal")
        odd = odd.select(COMPANY, key="opportunity_id", reason=ibis.literal("other_amount_than_deal"))
        tally.suspect("opportunity_history", odd)
    known = tally.work.dicts(amounts.group_by(COMPANY).agg(known=amounts.old.count()))
    blind = sorted(row[COMPANY] for row in known if not row["known"])
    if blind:
        named = amounts.filter(amounts[COMPANY].isin(blind)).inner_join(deals, "deal")
        named = named.select(COMPANY, key=deals.opportunity_id, reason=ibis.literal("no_old_value"))
        tally.suspect("opportunity_history", named)


def _part(deals: ir.Table, sizes: Mapping[int, int]) -> ir.Table:
    """All deals of small companies, of large ones as many as are looked at first, the same whoever else is there."""
    companies: dict[int, list[int]] = defaultdict(list)
    for company, size in sorted(sizes.items()):
        companies[max(1, size // LOOKED_AT)].append(company)
    number = identity(deals.opportunity_id, 0)
    parts = [deals[COMPANY].isin(those) & (number % step == 0) for step, those in sorted(companies.items())]
    return deals.filter(ibis.or_(*parts)) if len(companies) > 1 or 1 not in companies else deals


def _disagreeing(amounts: ir.Table, deals: ir.Table) -> ir.Table:
    """Deals none of whose last changes (there may be several at one instant) says what the deal is worth now."""
    both = amounts.select("deal", "instant", "new").inner_join(deals.select(COMPANY, "deal", worth="amount"), "deal")
    right = both.new.identical_to(both.worth)
    ends = both.group_by(COMPANY, "deal").agg(last=both.instant.max(), right=both.instant.max(where=right))
    return ends.filter(ends.right.isnull() | (ends.right < ends.last))


def _left(reps: ir.Table, today: int) -> ir.Table:
    """People all of whose time has ended."""
    last = reps.group_by(COMPANY, "rep_id").agg(until=ibis.coalesce(reps.end_date, days.number_of(days.LAST)).max())
    return last.filter(last.until < today)
