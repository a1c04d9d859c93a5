"""The few deals that `explain` asks for, from the engine, as of the end of a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

import ibis
import ibis.expr.types as ir

from monitor.core.facts import Deal, LeftOut
from monitor.core.policy import FactsPolicy
from monitor.facts import days, segments
from monitor.facts.cells import as_text, stripped
from monitor.facts.grouping import COMPANY
from monitor.facts.history import History
from monitor.facts.workspace import Workspace


@dataclass(frozen=True)
class DealsOf:
    """Deals of one loaded company (`core.facts.Deals`), from tables that may hold others too."""

    work: Workspace
    policy: FactsPolicy
    company: int
    raw: Mapping[str, ir.Table]
    every_deal: ir.Table
    every_state: ir.Table
    history: History | None
    migrated: int | None
    owners_silent: bool

    @property
    def deals(self) -> ir.Table:
        return self._own(self.every_deal)

    @property
    def states(self) -> ir.Table:
        return self._own(self.every_state)

    def _own(self, rows: ir.Table) -> ir.Table:
        return rows.filter(rows[COMPANY] == self.company)

    def open_fresh(self, segment: str, t: date, limit: int) -> list[Deal]:
        """The largest open deals that coverage counts."""
        held = self._open(t)
        held = held.filter((held.segment == segments.NAMES.index(segment)) & ~self._is_old(held, t))
        return self._listed(held.mutate(shown=held.amount), t, limit)

    def decided(self, segment: str, start: date, end: date, t: date, limit: int, *, won_only: bool) -> list[Deal]:
        """The largest deals closed from `start` to `end`, both included."""
        held = self._closed(start, end, t)
        held = held.filter(held.segment == segments.NAMES.index(segment))
        if won_only:
            held = held.filter(held.won)
        return self._listed(held.mutate(shown=held.booked), t, limit)

    def left_out(self, segment: str, start: date, t: date) -> list[LeftOut]:
        """Open deals too old or of another type, deals in review, closed ones too old when they closed."""
        code = segments.NAMES.index(segment)
        held, closed = self._open(t), self._closed(start, t, t)
        closed = closed.mutate(amount=closed.booked)
        stale = closed.closed - closed.created > self.policy.stale_after_days
        found = {
            "too_old": held.filter((held.segment == code) & self._is_old(held, t)),
            "in_review": held.filter(held.segment == segments.IN_REVIEW),
            "other_type": self._other_type(code, t),
            "stale_when_closed": closed.filter((closed.segment == code) & stale),
        }
        left = [LeftOut(reason, *self._sums(rows)) for reason, rows in found.items()]
        return [each for each in left if each.deals]

    def _open(self, t: date) -> ir.Table:
        today = days.number_of(t)
        held = self._as_of(today)
        return held.filter(held.closed.isnull() | (held.closed > today))

    def _closed(self, start: date, end: date, t: date) -> ir.Table:
        today = days.number_of(t)
        last = min(days.number_of(end), today)
        held = self._as_of(today)
        return held.filter(held.closed.between(days.number_of(start), last))

    def _as_of(self, today: int) -> ir.Table:
        held = self.states
        return held.filter((held.valid_from <= today) & (held.valid_to.isnull() | (held.valid_to > today)))

    def _is_old(self, held: ir.Table, t: date) -> ir.BooleanValue:
        ages = {name: self.policy.max_age_days.get(name, self.policy.max_age_days["smb"]) for name in segments.NAMES}
        most = ibis.cases(*((held.segment == code, ages[name]) for code, name in enumerate(segments.NAMES)))
        old: ir.BooleanValue = ibis.literal(days.number_of(t)) - held.created > most
        return old

    def _other_type(self, code: int, t: date) -> ir.Table:
        """Open deals of types that do not count, by what is given now: nothing else is worked out for them."""
        today, deals = days.number_of(t), self.deals
        is_open = (deals.created <= today) & (deals.closed.isnull() | (deals.closed > today))
        return deals.filter(is_open & ~deals.counts & (deals.given == code))

    def _sums(self, rows: ir.Table) -> tuple[int, Decimal]:
        found = self.work.dicts(rows.agg(deals=rows.count(), amount=rows.amount.sum()))[0]
        return int(found["deals"]), found["amount"] or Decimal(0)

    def _listed(self, held: ir.Table, t: date, limit: int) -> list[Deal]:
        known = self.deals.select("deal", "opportunity_id", "owner_id")
        rows = held.inner_join(known, "deal")
        order = [ibis.desc("shown", nulls_first=False), "opportunity_id"]
        found = self.work.dicts(
            rows.select("opportunity_id", "owner_id", "created", "closed", "won", "shown").order_by(order).limit(limit)
        )
        owners = self._owners_as_of(found, t)
        held_by = self._accounts(sorted(row["opportunity_id"] for row in found))
        accounts = self._names("accounts", "account_id", set(held_by.values()))
        people = self._names("reps", "rep_id", set(owners.values()))
        named = {key: accounts.get(account, account) for key, account in held_by.items()}
        return [
            self._deal(row, t, named.get(row["opportunity_id"]), people, owners[row["opportunity_id"]]) for row in found
        ]

    def _accounts(self, keys: list[str]) -> dict[str, str]:
        """The account of each deal that has one."""
        raw = self._own(self.raw["opportunities"])
        if "account_id" not in raw.columns or not keys:
            return {}
        rows = raw.select(key=as_text(stripped(raw.opportunity_id)), account=as_text(stripped(raw.account_id)))
        rows = rows.filter(rows.key.isin(keys) & rows.account.notnull())
        return {row["key"]: row["account"] for row in self.work.dicts(rows)}

    def _deal(
        self, row: Mapping[str, Any], t: date, account: str | None, people: Mapping[str, str], owner: str | None
    ) -> Deal:
        closed = row["closed"] if row["closed"] is not None and row["closed"] <= days.number_of(t) else None
        return Deal(
            opportunity_id=row["opportunity_id"],
            account=account,
            owner=people.get(owner, owner) if owner is not None else None,
            amount=row["shown"],
            created_on=days.day_of(row["created"]),
            closed_on=None if closed is None else days.day_of(closed),
            won=None if closed is None else row["won"],
        )

    def _owners_as_of(self, found: list[dict[str, Any]], t: date) -> dict[str, str | None]:
        """Who owned each deal at the end of the day, or on the day it had closed by then."""
        today = days.number_of(t)
        ends = {row["opportunity_id"]: min(today, row["closed"] or today) for row in found}
        owners: dict[str, str | None] = {row["opportunity_id"]: row["owner_id"] for row in found}
        for key, changes in groupby(self._owner_changes(sorted(ends)), key=lambda row: row["opportunity_id"]):
            log = list(changes)
            past = [row for row in log if row["changed_at_day"] <= ends[key]]
            begins = log[0]["old_value"] is None and (self.owners_silent or log[0]["changed_at_day"] == self.migrated)
            owners[key] = past[-1]["new_value"] if past else log[0]["new_value" if begins else "old_value"]
        return owners

    def _owner_changes(self, keys: list[str]) -> list[dict[str, Any]]:
        if self.history is None or not self.history.has("owner_id") or not keys:
            return []
        rows = self._own(self.history.of("owner_id").good())
        rows = rows.filter(rows.opportunity_id.isin(keys))
        rows = rows.select("opportunity_id", "changed_at", "changed_at_day", "old_value", "new_value")
        return self.work.dicts(rows.order_by("opportunity_id", "changed_at", "new_value"))

    def _names(self, table: str, key: str, wanted: set[str | None]) -> dict[str, str]:
        ids = sorted(each for each in wanted if each is not None)
        if table not in self.raw or "name" not in self.raw[table].columns or not ids:
            return {}
        raw = self._own(self.raw[table])
        named = raw.select(key=as_text(stripped(raw[key])), name=as_text(stripped(raw["name"])))
        named = named.filter(named.key.isin(ids) & named.name.notnull()).distinct().order_by("key", "name")
        return {row["key"]: row["name"] for row in self.work.dicts(named)}
