"""States to daily facts: each interval comes in on one day and goes out on another, and a company's days are summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import cast

import ibis
import ibis.expr.types as ir

from monitor.core.facts import CHANGES
from monitor.core.policy import FactsPolicy
from monitor.facts import days, segments
from monitor.facts.grouping import COMPANY
from monitor.facts.money import MONEY, SQUARE, square

_CREATED, _WON, _LOST, _AGED_OUT, _REAMOUNTED, _MOVED = range(len(CHANGES))


def pipeline(states: ir.Table, policy: FactsPolicy) -> ir.Table:
    """Signed changes of the open pipeline by day, segment and reason (`Facts.pipeline`)."""
    rows = _open(states, policy)
    began_fresh = rows.valid_from < rows.stale_from
    ages = began_fresh & (
        rows.ends.isnull()
        | (rows.ends > rows.stale_from)
        | ((rows.ends == rows.stale_from) & (rows.leaves == _REAMOUNTED))
    )
    came = rows.mutate(day=rows.valid_from, change=rows.enters, fresh=began_fresh)
    went = rows.mutate(day=rows.ends, change=rows.leaves, fresh=began_fresh & ~ages).filter(rows.ends.notnull())
    aged = rows.filter(ages).mutate(day=rows.stale_from, change=_code(_AGED_OUT))
    keys = (COMPANY, "day", "segment", "change")
    parts = [
        _summed(came, keys, _all_sums(came) | _fresh_sums(came, came.fresh)),
        _summed(went, keys, _all_sums(went) | _fresh_sums(went, went.fresh), negative=True),
        _summed(aged, keys, _no_sums() | _fresh_sums(aged, None), negative=True),
    ]
    return _total(parts, keys)


def due(states: ir.Table, policy: FactsPolicy) -> ir.Table:
    """Signed changes of the open pipeline by day, segment and fiscal quarter of the expected close (`Facts.due`).

    `states` are cut by expected close (`due`, a day's number); `due_quarter` is the number of its first month.
    """
    since = (policy.calendar.fiscal_year_start - 1) % 3
    month = days.month_of(states.due).cast("int32")
    quarter = month - (month + 3 - since) % 3
    rows = _open(states.mutate(due_quarter=quarter), policy)
    keys = (COMPANY, "day", "segment", "due_quarter")
    came, went = rows.mutate(day=rows.valid_from), rows.mutate(day=rows.ends).filter(rows.ends.notnull())
    return _total([_summed(came, keys, _all_sums(came)), _summed(went, keys, _all_sums(went), negative=True)], keys)


def decided(states: ir.Table, policy: FactsPolicy) -> ir.Table:
    """Closed deals by closing day, and what history corrected later (`Facts.decided`)."""
    keys = (COMPANY, "day", "closed_on", "segment", "created_month", "stale")

    def summed(rows: ir.Table, *, negative: bool = False) -> ir.Table:
        rows = rows.mutate(stale=rows.closed_on - rows.created > policy.stale_after_days)
        sums = {
            "won": rows.count(where=rows.won),
            "lost": rows.count(where=~rows.won),
            "won_amount": rows.booked.sum(where=rows.won),
            "lost_amount": rows.booked.sum(where=~rows.won),
            "won_squares": square(rows.booked).sum(where=rows.won),
            "won_unpriced": rows.count(where=rows.won & rows.booked.isnull()),
        }
        return _summed(rows, keys, sums, negative=negative)

    came, went = _after_closing(states)
    return _total([summed(came), summed(went, negative=True)], keys)


def bookings(states: ir.Table, owners: ir.Table) -> ir.Table:
    """Won deals whose owner was an AE on the closing day (`Facts.bookings`)."""
    keys = (COMPANY, "day", "closed_on", "segment")

    def summed(rows: ir.Table, *, negative: bool = False) -> ir.Table:
        sums = {"deals": rows.count(), "amount": rows.booked.sum(), "squares": square(rows.booked).sum()}
        return _summed(rows, keys, sums, negative=negative)

    came, went = _after_closing(states.inner_join(owners.filter(owners.is_ae), "deal"))
    return _total([summed(came), summed(went, negative=True)], keys)


def by_rep(states: ir.Table, owners: ir.Table, since: int) -> ir.Table:
    """Won deals by owner, for closings since a day (`Facts.by_rep`)."""
    keys = (COMPANY, "day", "closed_on", "segment", "rep_id", "is_ae")

    def summed(rows: ir.Table, *, negative: bool = False) -> ir.Table:
        return _summed(rows, keys, {"deals": rows.count(), "amount": rows.booked.sum()}, negative=negative)

    came, went = _after_closing(states.filter(states.closed >= since).inner_join(owners, "deal"))
    return _total([summed(came), summed(went, negative=True)], keys)


def _open(states: ir.Table, policy: FactsPolicy) -> ir.Table:
    """The part of each state in which the deal was open: `valid_from` to before `ends`, how it came and how it left.

    `stale_from` is the first day on which it is too old for coverage.
    """
    ends = ibis.least(ibis.coalesce(states.valid_to, states.closed), ibis.coalesce(states.closed, states.valid_to))
    ages = {name: policy.max_age_days.get(name, policy.max_age_days["smb"]) for name in segments.NAMES}
    age = ibis.cases(*((states.segment == code, ages[name] + 1) for code, name in enumerate(segments.NAMES)))
    is_closing = (states.closed <= ends).fill_null(False)
    return states.filter(states.closed.isnull() | (states.valid_from < states.closed)).select(
        COMPANY,
        "valid_from",
        "segment",
        "amount",
        *(("due_quarter",) if "due_quarter" in states.columns else ()),
        ends=ends,
        stale_from=states.created + age,
        squares=square(states.amount),
        enters=ibis.cases(
            (states.valid_from == states.created, _code(_CREATED)),
            (states.came_from == states.segment, _code(_REAMOUNTED)),
            else_=_code(_MOVED),
        ),
        leaves=ibis.cases(
            (is_closing & states.won, _code(_WON)),
            (is_closing, _code(_LOST)),
            (states.goes_to == states.segment, _code(_REAMOUNTED)),
            else_=_code(_MOVED),
        ),
    )


def _after_closing(states: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Each state that held when the deal closed or later, on the day it came and, where it did not last, went."""
    held = states.filter(states.closed.notnull() & (states.valid_to.isnull() | (states.valid_to > states.closed)))
    held = held.rename(closed_on="closed", created_month="month")
    came = held.mutate(day=ibis.greatest(held.valid_from, held.closed_on))
    return came, held.mutate(day=held.valid_to).filter(held.valid_to.notnull())


def _code(change: int) -> ir.IntegerScalar:
    return cast(ir.IntegerScalar, ibis.literal(change, "int8"))


def _all_sums(rows: ir.Table) -> dict[str, ir.Value]:
    return {
        "deals": rows.count(),
        "amount": rows.amount.sum(),
        "squares": rows.squares.sum(),
        "unpriced": rows.count() - rows.amount.count(),
    }


def _fresh_sums(rows: ir.Table, fresh: ir.BooleanValue | None) -> dict[str, ir.Value]:
    return {
        "fresh_deals": rows.count(where=fresh),
        "fresh_amount": rows.amount.sum(where=fresh),
        "fresh_squares": rows.squares.sum(where=fresh),
        "fresh_unpriced": rows.count(where=fresh) - rows.amount.count(where=fresh),
    }


def _no_sums() -> dict[str, ir.Value]:
    return {name: ibis.literal(0) for name in ("deals", "amount", "squares", "unpriced")}


def _summed(rows: ir.Table, keys: Sequence[str], sums: Mapping[str, ir.Value], *, negative: bool = False) -> ir.Table:
    """One side of the intervals by its keys; `negative` for the side on which they go."""
    total = rows.group_by(keys).agg(**sums)
    typed = {name: total[name].cast(_kind(name)).fill_null(0) for name in sums}
    named = {key: total[key].cast(_KEYS.get(key, "int32")) for key in keys}
    return total.select(**named, **{name: value.negate() if negative else value for name, value in typed.items()})


_KEYS = {"segment": "int8", "change": "int8", "stale": "boolean", "rep_id": "string", "is_ae": "boolean"}


def _kind(name: str) -> object:
    return MONEY if "amount" in name else SQUARE if "squares" in name else "int64"


def _total(parts: Sequence[ir.Table], keys: Sequence[str]) -> ir.Table:
    """The sides together; where everything cancels out nothing happened."""
    rows = reduce(ir.Table.union, parts)
    names = [name for name in rows.columns if name not in keys]
    total = rows.group_by(keys).agg(**{name: rows[name].sum().cast(_kind(name)) for name in names})
    return total.filter(ibis.or_(*(total[name] != 0 for name in names)))
