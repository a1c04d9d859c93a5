"""What is merely suspicious: kept, counted and said."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from monitor.facts import days
from monitor.facts.people import Small
from monitor.facts.quality import Tally

RECENT_DAYS = 30
LEARNED_DAYS = 90
"""A stage is new when it first appeared in the last 30 days of data that go back at least 90."""


def count_odd_deals(
    tally: Tally, deals: ir.Table, accounts: ir.Table | None, small: Small, as_of: date
) -> None:
    """Counts deals without an amount though won, of owners and accounts that no table knows, past due, and of leavers."""
    today = days.number_of(as_of)
    is_open = (deals.closed.isnull() | (deals.closed > today)) & (deals.created <= today)
    found = {
        "no_amount_on_won": deals.filter(deals.won & (deals.amount.isnull() | (deals.amount == 0))),
        "past_due_open": deals.filter(is_open & deals.closed.isnull() & (deals.due < today)),
    }
    if accounts is not None:
        held = deals.filter(deals.account_id.notnull())
        found["unknown_account"] = held.anti_join(accounts, "account_id")
    if small.reps is not None:
        owned = deals.filter(deals.owner_id.notnull())
        found["unknown_owner"] = owned.anti_join(small.reps, owned.owner_id == small.reps.rep_id)
        left = _left(small.reps, today)
        found["owner_left"] = owned.filter(is_open).semi_join(left, owned.owner_id == left.rep_id)
    for reason, rows in found.items():
        tally.suspect("opportunities", rows.select(key=rows.opportunity_id, reason=ibis.literal(reason)))


def _left(reps: ir.Table, today: int) -> ir.Table:
    """People all of whose time has ended."""
    last = reps.group_by("rep_id").agg(until=ibis.coalesce(reps.end_date, days.number_of(days.LAST)).max())
    return last.filter(last.until < today)
