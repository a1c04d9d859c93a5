"""What is merely suspicious: kept, counted and said."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from monitor.facts import days
from monitor.facts.cells import identity
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
        known = accounts.select(account=identity(accounts.account_id))
        found["unknown_account"] = deals.filter(deals.account.notnull()).anti_join(known, "account")
    if small.reps is not None:
        owned = deals.filter(deals.owner_id.notnull())
        found["unknown_owner"] = owned.anti_join(small.reps, owned.owner_id == small.reps.rep_id)
        left = _left(small.reps, today)
        found["owner_left"] = owned.filter(is_open).semi_join(left, owned.owner_id == left.rep_id)
        if small.quotas is not None:
            nobody = small.quotas.anti_join(small.reps, "rep_id")
            tally.suspect("quotas", nobody.select(key="rep_id", reason=ibis.literal("unknown_rep")))
    for reason, rows in found.items():
        tally.suspect("opportunities", rows.select(key=rows.opportunity_id, reason=ibis.literal(reason)))
    if small.reps is not None:
        find_orphans(tally, found["owner_left"], _left(small.reps, today))


def count_odd_changes(tally: Tally, amounts: ir.Table, deals: ir.Table) -> None:
    """Counts deals whose last change of amount leads to another amount than they have, and changes that all lack `old`.

    Of many deals a part is looked at first, and all of them only where something is odd there.
    """
    step = max(1, tally.work.count(deals) // LOOKED_AT)
    if tally.work.count(_disagreeing(amounts, deals.filter(deals.deal % step == 0))):
        odd = _disagreeing(amounts, deals).select(key="opportunity_id", reason=ibis.literal("other_amount_than_deal"))
        tally.suspect("opportunity_history", odd)
    if not tally.work.count(amounts.filter(amounts.old.notnull()).limit(1)):
        named = amounts.inner_join(deals, "deal").select(key=deals.opportunity_id, reason=ibis.literal("no_old_value"))
        tally.suspect("opportunity_history", named)


def _disagreeing(amounts: ir.Table, deals: ir.Table) -> ir.Table:
    """Deals none of whose last changes (there may be several at one instant) says what the deal is worth now."""
    deals = deals.select("deal", "opportunity_id", worth="amount")
    both = amounts.select("deal", "instant", "new").inner_join(deals, "deal")
    right = both.new.identical_to(both.worth)
    last = both.group_by("deal", "opportunity_id").agg(last=both.instant.max(), right=both.instant.max(where=right))
    return last.filter(last.right.isnull() | (last.right < last.last))


def _left(reps: ir.Table, today: int) -> ir.Table:
    """People all of whose time has ended."""
    last = reps.group_by("rep_id").agg(until=ibis.coalesce(reps.end_date, days.number_of(days.LAST)).max())
    return last.filter(last.until < today)
