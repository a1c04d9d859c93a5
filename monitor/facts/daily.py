"""States to daily facts: each interval comes in on one day and goes out on another, and a company's days are summed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    aged = rows.filter(ages).mutate(day=rows.stale_from, change=_code(_AGED_OUT), fresh=ibis.literal(True))
    keys, amounts = (COMPANY, "day", "segment", "change", "fresh"), ("amount", "squares")
    every = _both(came, went, keys, amounts).union(_signed(aged, keys, amounts, -1))
    return _summed(every, keys, _all_sums)


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
    return _summed(_both(came, went, keys, ("amount", "squares")), keys, _all_sums)


def decided(states: ir.Table, policy: FactsPolicy) -> ir.Table:
    """Closed deals by closing day, and what history corrected later (`Facts.decided`)."""
    keys = (COMPANY, "day", "closed_on", "segment", "created_month", "stale")

    def sums(rows: ir.Table) -> dict[str, ir.Value]:
        return {
            "won": rows.sign.sum(where=rows.won),
            "lost": rows.sign.sum(where=~rows.won),
            "won_amount": rows.booked.sum(where=rows.won),
            "lost_amount": rows.booked.sum(where=~rows.won),
            "won_squares": rows.squares.sum(where=rows.won),
            "won_unpriced": rows.sign.sum(where=rows.won & rows.booked.isnull()),
        }

    came, went = _after_closing(
        states.mutate(
            stale=states.closed - states.created > policy.stale_after_days,
            squares=square(states.booked),
        )
    )
    return _summed(_both(came, went, (*keys, "won"), ("booked", "squares")), keys, sums)


def bookings(states: ir.Table, owners: ir.Table) -> ir.Table:
    """Won deals whose owner was an AE on the closing day (`Facts.bookings`)."""
    keys = (COMPANY, "day", "closed_on", "segment")

    def sums(rows: ir.Table) -> dict[str, ir.Value]:
        return {"deals": rows.sign.sum(), "amount": rows.booked.sum(), "squares": rows.squares.sum()}

    booked = states.inner_join(owners.filter(owners.is_ae), "deal")
    came, went = _after_closing(booked.mutate(squares=square(booked.booked)))
    return _summed(_both(came, went, keys, ("booked", "squares")), keys, sums)


def by_rep(states: ir.Table, owners: ir.Table, since: int) -> ir.Table:
    """Won deals by owner, for closings since a day (`Facts.by_rep`)."""
    keys = (COMPANY, "day", "closed_on", "segment", "rep_id", "is_ae")

    def sums(rows: ir.Table) -> dict[str, ir.Value]:
        return {"deals": rows.sign.sum(), "amount": rows.booked.sum()}

    came, went = _after_closing(states.filter(states.closed >= since).inner_join(owners, "deal"))
    return _summed(_both(came, went, keys, ("booked",)), keys, sums)


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


def _both(came: ir.Table, went: ir.Table, keys: Sequence[str], amounts: Sequence[str]) -> ir.Table:
    """Both sides of the intervals: what comes counts 1, what goes -1, and amounts have that sign."""
    return _signed(came, keys, amounts, 1).union(_signed(went, keys, amounts, -1))


def _signed(rows: ir.Table, keys: Sequence[str], amounts: Sequence[str], sign: int) -> ir.Table:
    named = {key: rows[key].cast(_KEYS.get(key, "int32")) for key in keys}
    valued = {name: rows[name] if sign > 0 else rows[name].negate() for name in amounts}
    return rows.select(**named, **valued, sign=ibis.literal(sign, "int64"))


def _all_sums(rows: ir.Table) -> dict[str, ir.Value]:
    return {
        "deals": rows.sign.sum(),
        "amount": rows.amount.sum(),
        "squares": rows.squares.sum(),
        "unpriced": rows.sign.sum(where=rows.amount.isnull()),
    }


def _summed(rows: ir.Table, keys: Sequence[str], sums: Callable[[ir.Table], Mapping[str, ir.Value]]) -> ir.Table:
    """Signed rows by their keys; where everything cancels out nothing happened."""
    found = sums(rows)
    total = rows.group_by(keys).agg(**found)
    typed = total.select(*keys, **{name: total[name].cast(_kind(name)).fill_null(0) for name in found})
    return typed.filter(ibis.or_(*(typed[name] != 0 for name in found)))


_KEYS = {"segment": "int8", "change": "int8", "rep_id": "string"} | dict.fromkeys(
    ("stale", "fresh", "won", "is_ae"), "boolean"
)


def _kind(name: str) -> object:
    return MONEY if "amount" in name else SQUARE if "squares" in name else "int64"
