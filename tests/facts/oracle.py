"""The facts worked out day by day and deal by deal in plain Python, to check the engine against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import Any

from monitor.core.policy import FactsPolicy
from tests.facts.company import Row, Tables

DAY = timedelta(days=1)
Value = Any


@dataclass(frozen=True)
class Change:
    at: str
    old: Value
    new: Value

    @property
    def day(self) -> date:
        return date.fromisoformat(self.at[:10])


@dataclass
class Oracle:
    """One company; `until` is the last day looked at."""

    tables: Tables
    policy: FactsPolicy
    until: date
    log: dict[tuple[str, str], list[Change]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows: dict[tuple[str, str], set[Change]] = defaultdict(set)
        for row in self.tables.get("opportunity_history", ()):
            read: Callable[[str], Value] = Decimal if row["field"] == "amount" else str
            old, new = (read(row[name]) if row[name] else None for name in ("old_value", "new_value"))
            rows[row["opportunity_id"], row["field"]].add(Change(row["changed_at"], old, new))
        self.log = {key: list(_untied(changes)) for key, changes in rows.items()}

    def value(self, row: Row, name: str, t: date) -> Value:
        """The value in force at the end of a day."""
        changes = self.log.get((row["opportunity_id"], name), [])
        if not changes:
            now = row.get(name)
            return Decimal(now) if name == "amount" and now else now or None
        past = [change for change in changes if change.day <= t]
        return past[-1].new if past else changes[0].old

    def amount(self, row: Row, t: date, valued: date) -> Decimal | None:
        """The amount at the end of `t` in the reporting currency, at the rate of the day `valued`."""
        value = self.value(row, "amount", t)
        rate = self.rate(row.get("currency"), valued)
        return None if value is None else (value * rate).quantize(Decimal("1e-9"), ROUND_HALF_UP)

    def rate(self, currency: str | None, day: date) -> Decimal:
        if not currency or currency == self.policy.currency:
            return Decimal(1)
        known = [
            (row["month"] or "0001-01-01", Decimal(row["rate"]))
            for row in self.tables.get("fx_rates", ())
            if row["currency"] == currency and (not row["month"] or row["month"][:7] <= day.isoformat()[:7])
        ]
        return max(known)[1]

    def segment(self, row: Row, t: date) -> str:
        given = self.value(row, "segment", t)
        account = row.get("account_id")
        if given:
            return str(given)
        if account is not None and account in self.policy.named_accounts:
            return self.policy.named_accounts[account]
        known = {each["account_id"]: each for each in self.tables.get("accounts", ())}.get(account, {})
        acv = self.amount(row, t, date.fromisoformat(row["created_date"]))
        signals = {
            "employees": _band(_decimal(known.get("employees")), Decimal(50), Decimal(1000), included=True),
            "acv": _band(acv, Decimal(50_000), Decimal(500_000), included=False),
            "fit": known.get("fit_segment"),
        }
        named = [signals[name] for name in self.policy.segments_by]
        if len(named) == 1:
            return named[0] or "review"
        return next((one for one, other in combinations(named, 2) if one is not None and one == other), "review")

    def counted(self) -> list[Row]:
        return [row for row in self.tables["opportunities"] if (row.get("type") or "new_business") == "new_business"]

    def pipeline(self) -> dict[tuple[date, str, str, bool], list[Decimal]]:
        total: dict[tuple[date, str, str, bool], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
        for row in self.counted():
            created = date.fromisoformat(row["created_date"])
            was: tuple[str, Decimal | None] | None = None
            was_fresh = False
            for t in _days(created, self.until):
                now = self._open(row, t)
                fresh = now is not None and (t - created).days <= self.age(now[0])
                why = _why(was, now, won=row["is_won"] == "true")
                if (was_fresh and not fresh) and why in (None, "reamounted"):
                    _book(total, t, was, None, "aged_out", fresh=True)
                    was_fresh = False
                for young in (True, False):
                    before, after = was if was_fresh is young else None, now if fresh is young else None
                    _book(total, t, before, after, why, fresh=young)
                was, was_fresh = now, fresh
        return {key: sums for key, sums in total.items() if any(sums)}

    def age(self, segment: str) -> int:
        return self.policy.max_age_days["smb" if segment == "review" else segment]

    def _open(self, row: Row, t: date) -> tuple[str, Decimal | None] | None:
        closed = self._closed(row)
        if closed is not None and closed <= t:
            return None
        return self.segment(row, t), self.amount(row, t, date.fromisoformat(row["created_date"]))

    def _closed(self, row: Row) -> date | None:
        return date.fromisoformat(row["close_date"]) if row["is_closed"] == "true" else None

    def decided(self) -> dict[tuple[Any, ...], list[Decimal]]:
        total: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 6)
        for row in self.counted():
            created, won = date.fromisoformat(row["created_date"]), row["is_won"] == "true"
            for day, sign, segment, amount in self._closings(row):
                closed = self._closed(row)
                assert closed is not None
                stale = (closed - created).days > self.policy.stale_after_days
                sums = total[day, closed, segment, created.replace(day=1), stale]
                sums[0 if won else 1] += sign
                sums[2 if won else 3] += sign * (amount or 0)
                sums[4] += sign * _square(amount) if won else 0
                sums[5] += sign * (amount is None) if won else 0
        return {key: sums for key, sums in total.items() if any(sums)}

    def bookings(self) -> dict[tuple[Any, ...], list[Decimal]]:
        total: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
        for row in self.counted():
            for day, sign, segment, amount in self._closings(row):
                closed = self._closed(row)
                assert closed is not None
                if row["is_won"] == "true" and self.is_ae(self.value(row, "owner_id", closed), closed):
                    sums = total[day, closed, segment]
                    sums[0] += sign
                    sums[1] += sign * (amount or 0)
                    sums[2] += sign * _square(amount)
        return {key: sums for key, sums in total.items() if any(sums)}

    def _closings(self, row: Row) -> Iterator[tuple[date, int, str, Decimal | None]]:
        """What is known of a closed deal, when it became known and when it stopped being true."""
        closed = self._closed(row)
        if closed is None:
            return
        known: tuple[str, Decimal | None] | None = None
        for t in _days(closed, self.until):
            now = (self.segment(row, t), self.amount(row, t, closed))
            if now != known:
                if known is not None:
                    yield t, -1, *known
                yield t, 1, *now
            known = now

    def is_ae(self, owner: str | None, day: date) -> bool:
        return any(
            row["rep_id"] == owner
            and row["role"] == "ae"
            and row["start_date"] <= day.isoformat()
            and (not row["end_date"] or day.isoformat() <= row["end_date"])
            for row in self.tables.get("reps", ())
        )


def _untied(changes: set[Change]) -> Iterator[Change]:
    for at in sorted({change.at for change in changes}):
        tie = [change for change in changes if change.at == at]
        olds, news = {_text(change.old) for change in tie}, {_text(change.new) for change in tie}
        lasts = {_text(change.new) for change in tie} - olds
        firsts = {_text(change.old) for change in tie} - news
        last = max(
            (change for change in tie if len(lasts) != 1 or _text(change.new) in lasts),
            key=lambda change: (_text(change.new), _text(change.old)),
        )
        first = max(
            (change for change in tie if len(firsts) != 1 or _text(change.old) in firsts),
            key=lambda change: (_text(change.old), _text(change.new)),
        )
        yield Change(at, first.old, last.new)


def _text(value: Value) -> str:
    return f"{value:.9f}" if isinstance(value, Decimal) else value or ""


def _band(value: Decimal | None, small: Decimal, middle: Decimal, *, included: bool) -> str | None:
    if value is None:
        return None
    if value < small or (included and value == small):
        return "smb"
    return "mid_market" if value < middle or (included and value == middle) else "strategic"


def _decimal(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _square(amount: Decimal | None) -> Decimal:
    return Decimal(0) if amount is None else amount.quantize(Decimal("0.001"), ROUND_HALF_UP) ** 2


def _why(was: Value, now: Value, *, won: bool) -> str | None:
    if was == now:
        return None
    if was is None:
        return "created"
    if now is None:
        return "won" if won else "lost"
    return "moved" if was[0] != now[0] else "reamounted"


def _book(total: Any, t: date, was: Value, now: Value, why: str | None, *, fresh: bool) -> None:
    if was == now:
        return
    for sign, state in ((-1, was), (1, now)):
        if state is not None:
            segment, amount = state
            sums = total[t, segment, why, fresh]
            sums[0] += sign
            sums[1] += sign * (amount or 0)
            sums[2] += sign * _square(amount)
            sums[3] += sign * (amount is None)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY
