"""Every deal's states as intervals of days: amount and segment, from the day it was created on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import ibis
import ibis.expr.types as ir

from monitor.core.policy import FactsPolicy
from monitor.core.tables import SEGMENTS
from monitor.facts import segments
from monitor.facts.cells import choice
from monitor.facts.grouping import COMPANY
from monitor.facts.history import History, changes, in_order, unchanged, values
from monitor.facts.money import converted
from monitor.facts.opportunities import Needs
from monitor.facts.people import ae_intervals
from monitor.facts.quality import Tally
from monitor.facts.silent import Silent

_FIXED = (COMPANY, "created", "month", "closed", "won", "counts", "given")
_SIGNALS = ("named", "size", "fit")
_RATES = ("rate_open", "rate_closed")
_NEVER = 2_000_000_000
"""A day's number that is after every other: where an interval has no end."""


@dataclass(frozen=True)
class Reader:
    """What it takes to turn fields into intervals."""

    tally: Tally
    deals: ir.Table
    log: Mapping[str, ir.Table]
    """Changes of each field that has any (`history.changes`)."""
    policy: FactsPolicy
    need: Needs
    migrated: Mapping[int, int]
    """Where the history of each migrated company begins, a day's number."""
    silent: Silent

    def field(self, name: str, current: str, carried: tuple[str, ...], some: ir.Table | None = None) -> ir.Table:
        """One field of every deal (or of some of them) as intervals."""
        deals = self.deals if some is None else some
        if name not in self.log:
            return unchanged(deals, current, carried)
        placed = in_order(self.tally, self.log[name], self.deals)
        self.tally.work.forget(f"{name}_changes")
        return values(placed, deals, current, carried, self.migrated, self.silent.get(name, ()))


def read_log(tally: Tally, history: History, deals: ir.Table, need: Needs, policy: FactsPolicy) -> dict[str, ir.Table]:
    """The changes of the fields that intervals need; those of owners only for won deals."""
    log = {}
    if history.has("amount"):
        log["amount"] = changes(tally, history, deals, "amount", carried(need))
    if history.has("segment"):
        kept = changes(tally, history, deals, "segment", (COMPANY, "created"))
        _count_unknown(tally, kept, deals)
        log["segment"] = kept.mutate(old=_code(kept.old), new=_code(kept.new))
    if history.has("close_date") and policy.with_due:
        log["close_date"] = changes(tally, history, deals, "close_date", (COMPANY, "created"))
    if history.has("owner_id"):
        won = deals.filter(deals.won & deals.counts)
        log["owner_id"] = changes(tally, history, won, "owner_id", (COMPANY, "created", "closed"), every=False)
    return log


def states(reader: Reader, amounts: ir.Table) -> ir.Table:
    """All states of the deals that count, kept.

    `company`, `deal`, `created`, `month`, `closed`, `won`, `valid_from`, `valid_to` (null: for good), `amount` (at the
    rate of the creation day), `booked` (at the rate of the closing day), `segment`, `came_from` and `goes_to` (the
    segments before and after, null where there is no state before or after).
    """
    rows = amounts.filter(amounts.counts)
    if "segment" in reader.log:
        rows = _with_given(reader, rows)
    if reader.need.currency:
        rows = rows.mutate(amount=converted(rows.value, rows.rate_open), booked=converted(rows.value, rows.rate_closed))
        _count_too_much(reader, rows)
    else:
        rows = rows.rename(amount="value")
    rows = rows.mutate(segment=_segment(reader, rows))
    columns = [COMPANY, "deal", "created", "month", "closed", "won", "valid_from", "valid_to", "amount", "segment"]
    kept = _with_moves(reader, rows.select(*columns, *(("booked",) if reader.need.currency else ())))
    return kept if reader.need.currency else kept.mutate(booked=kept.amount)


def _count_too_much(reader: Reader, rows: ir.Table) -> None:
    lost = rows.filter(rows.value.notnull() & (rows.amount.isnull() | rows.booked.isnull())).select("deal").distinct()
    named = lost.inner_join(reader.deals, "deal").select(COMPANY, key=reader.deals.opportunity_id)
    reader.tally.suspect("opportunities", named.mutate(reason=ibis.literal("amount_out_of_range")))


def _with_moves(reader: Reader, rows: ir.Table) -> ir.Table:
    """The states, kept, with the segments before and after; where all are given, no deal ever moves."""
    work = reader.tally.work
    if not reader.need.vote:
        kept = work.keep("states", rows)
        work.forget("placed")
        return kept.mutate(came_from=kept.segment, goes_to=kept.segment)
    still = work.keep("still", rows)
    work.forget("placed")
    order = ibis.window(group_by="deal", order_by="valid_from")
    moving = still.mutate(came_from=still.segment.lag().over(order), goes_to=still.segment.lead().over(order))
    kept = work.keep("states", moving)
    work.forget("still")
    return kept


def carried(need: Needs) -> tuple[str, ...]:
    """The columns of a deal that its states need."""
    return _FIXED + (_SIGNALS if need.vote else ()) + (_RATES if need.currency else ())


def _segment(reader: Reader, rows: ir.Table) -> ir.IntegerValue:
    if not reader.need.vote:
        return cast(ir.IntegerValue, rows.given)
    signals = {"employees": rows.size, "acv": segments.by_contract(rows.amount, reader.policy), "fit": rows.fit}
    return cast(ir.IntegerValue, ibis.coalesce(rows.given, rows.named, segments.vote(signals, reader.policy)))


def _with_given(reader: Reader, rows: ir.Table) -> ir.Table:
    """The states cut where the given segment changed."""
    placed = in_order(reader.tally, reader.log["segment"], reader.deals)
    reader.tally.work.forget("segment_changes")
    touched = reader.deals.semi_join(placed, "deal")
    given = values(placed, touched, "given", ("created",), reader.migrated, reader.silent.get("segment", ()))
    return cut(rows, given, given=lambda other: other.value)


def cut(rows: ir.Table, others: ir.Table, **columns: object) -> ir.Table:
    """The intervals of `rows` cut by those of `others`, with columns of the latter; deals without others stay whole.

    The ends are compared as plain numbers: with an OR in an outer join, engines compare every row with every other.
    """
    others = others.select("deal", "value", other_from="valid_from", other_to="valid_to").view()
    on = [
        rows.deal == others.deal,
        others.other_to.fill_null(_NEVER) > rows.valid_from,
        rows.valid_to.fill_null(_NEVER) > others.other_from,
    ]
    joined = rows.left_join(others, on)
    taken = {name: value(others) for name, value in columns.items() if callable(value)}
    there = others.other_from.notnull()
    kept = {name: rows[name] for name in rows.columns}
    return joined.select(
        **kept
        | {name: ibis.ifelse(there, value, rows[name]) if name in kept else value for name, value in taken.items()}
        | {
            "valid_from": ibis.ifelse(there, ibis.greatest(rows.valid_from, others.other_from), rows.valid_from),
            "valid_to": ibis.least(
                ibis.coalesce(rows.valid_to, others.other_to), ibis.coalesce(others.other_to, rows.valid_to)
            ),
        }
    )


def won_by(reader: Reader, reps: ir.Table | None) -> ir.Table:
    """Who owned each won deal on its closing day, kept: `deal`, `rep_id`, `is_ae`."""
    won = reader.deals.filter(reader.deals.won & reader.deals.counts)
    owners = reader.field("owner_id", "owner_id", (COMPANY, "created", "closed"), won)
    owners = owners.filter(
        (owners.valid_from <= owners.closed) & (owners.valid_to.isnull() | (owners.valid_to > owners.closed))
    )
    if reps is None:
        return reader.tally.work.keep("owners", owners.select("deal", rep_id="value", is_ae=ibis.literal(False)))
    stints = ae_intervals(reader.tally.work, reps)
    on = [
        owners[COMPANY] == stints[COMPANY],
        owners.value == stints.rep_id,
        owners.closed >= stints.ae_from,
        owners.closed <= stints.ae_to,
    ]
    joined = owners.left_join(stints, on)
    return reader.tally.work.keep(
        "owners", joined.select(deal=owners.deal, rep_id=owners.value, is_ae=stints.ae_from.notnull())
    )


def _code(text: ir.StringValue) -> ir.IntegerValue:
    named = choice(text, SEGMENTS)
    return segments.code(named, text.notnull() & named.isnull())


def _count_unknown(tally: Tally, kept: ir.Table, deals: ir.Table) -> None:
    strange = kept.filter((_code(kept.old) == segments.IN_REVIEW) | (_code(kept.new) == segments.IN_REVIEW))
    named = strange.inner_join(deals, "deal").select(COMPANY, key=deals.opportunity_id)
    tally.suspect("opportunity_history", named.mutate(reason=ibis.literal("unknown_segment")))
