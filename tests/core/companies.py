"""Companies in memory: daily facts counted deal by deal, with defaults so that a test states only what matters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pandas as pd

from monitor.core.book import Book
from monitor.core.calendar import DAY, FiscalCalendar, Quarter, add_months, parse_quarter
from monitor.core.facts import BOOKINGS, BY_REP, DECIDED, DUE, PIPELINE, Facts, Quality
from monitor.core.indicators import INDICATORS
from monitor.core.policy import BreakerPolicy, FactsPolicy, Policy
from monitor.core.sums import AMOUNT, SQUARES

BEGINS = date(2024, 1, 1)
ALIVE_UNTIL = date(2027, 12, 31)
MAX_AGE = {"smb": 90, "mid_market": 240, "strategic": 365}
FOREVER = date(2100, 1, 1)
CALENDAR = FiscalCalendar()


def q(label: str, calendar: FiscalCalendar = CALENDAR) -> Quarter:
    quarter = parse_quarter(label, calendar)
    assert quarter is not None, label
    return quarter


def money(value: str | int | Fraction | Decimal) -> Decimal:
    """An amount with nine decimals at most, as the facts hold it."""
    exact = Fraction(value)
    return Decimal(exact.numerator * 10**9 // exact.denominator).scaleb(-9)


@dataclass(frozen=True)
class Deal:
    """One deal. `outcome` None: open; `moved`: it leaves its segment that day. `changes`: its amount from a day on."""

    created: date
    amount: Decimal | None
    ended: date | None = None
    outcome: str | None = None
    owner: str = "A1"
    segment: str = "smb"
    due: date | None = None
    changes: tuple[tuple[date, Decimal | None], ...] = ()

    def amount_at(self, day: date) -> Decimal | None:
        return [self.amount, *(amount for since, amount in self.changes if since <= day)][-1]

    def is_open(self, day: date) -> bool:
        return self.created <= day and (self.ended is None or day < self.ended)

    @property
    def closed(self) -> bool:
        return self.outcome in ("won", "lost")


@dataclass(frozen=True)
class Seat:
    """Somebody in one role; `quota` for every quarter that is not named in `quotas`."""

    rep: str = "A1"
    start: date = BEGINS
    end: date | None = None
    segment: str = "smb"
    role: str = "ae"


@dataclass(frozen=True)
class Company:
    """The rows that a company is made of. None: there is no such table."""

    deals: tuple[Deal, ...] = ()
    seats: tuple[Seat, ...] | None = (Seat(),)
    quotas: Mapping[tuple[str, date], Decimal] | None = field(default_factory=dict)
    spend: tuple[tuple[date, str, Decimal], ...] | None = ()
    requisitions: tuple[tuple[str, str, str, date, date | None], ...] | None = None
    """(id, segment, status, opened, status since)"""
    begins: date = BEGINS
    alive: tuple[tuple[date, date], ...] = ((BEGINS, ALIVE_UNTIL),)
    """Stretches in which the data were kept up, besides the days of the deals themselves."""
    history_begins: date | None = None
    has_history: bool = True

    def facts(self) -> Facts:
        kept_up = {start + n * DAY for start, end in self.alive for n in range((end - start).days + 1)}
        return Facts(
            begins=self.begins,
            activity=tuple(sorted(kept_up | {day for deal in self.deals for day in _days(deal)})),
            pipeline=_pipeline(self.deals),
            due=_due(self.deals),
            decided=_decided(self.deals),
            bookings=_bookings(self.deals, self.seats or ()),
            by_rep=_by_rep(self.deals, self.seats or ()),
            by_rep_since=self.begins,
            quality=Quality({"opportunities": len(self.deals)}),
            reps=_frame(("rep_id", "name", "role", "segment", "start_date", "end_date"), self._reps()),
            quotas=_frame(("rep_id", "period_start", "amount"), self._quotas()),
            spend=_frame(("month", "segment", "amount"), self.spend),
            requisitions=_frame(
                ("requisition_id", "segment", "status", "opened_date", "status_date"), self.requisitions
            ),
            history_begins=self.history_begins,
            has_history=self.has_history,
            fingerprint="facts",
        )

    def _reps(self) -> list[tuple[Any, ...]] | None:
        if self.seats is None:
            return None
        return [(s.rep, s.rep, s.role, s.segment, s.start, s.end) for s in self.seats]

    def _quotas(self) -> list[tuple[Any, ...]] | None:
        if self.quotas is None:
            return None
        return [(rep, start, amount) for (rep, start), amount in self.quotas.items()]

    def book(self, rule: Policy | None = None) -> Book:
        return Book(self.facts(), rule or policy())


def policy(
    expansion: str | None = None, margin: str | None = "0.75", calendar: FiscalCalendar = CALENDAR, **rule: Any
) -> Policy:
    """The default policy, with a gross margin; `rule` are settings of the breaker."""
    settings: dict[str, Any] = {indicator.key: indicator.Settings() for indicator in INDICATORS}
    margins = {} if margin is None else {"smb": Decimal(margin), "mid_market": Decimal(margin)}
    settings["cac_payback"] = replace(settings["cac_payback"], gross_margin=margins)
    started = date.fromisoformat(expansion) if expansion else None
    facts = FactsPolicy(calendar=calendar, max_age_days=MAX_AGE)
    return Policy("Acme", calendar, facts, BreakerPolicy(**rule), settings, expansion_started=started)


def choosing(rule: Policy, indicator: str, **settings: Any) -> Policy:
    """The same policy with other settings of one indicator."""
    return replace(rule, settings={**rule.settings, indicator: replace(rule.settings[indicator], **settings)})  # type: ignore[type-var]


def open_deal(created: date, amount: str | int | Fraction | None, **more: Any) -> Deal:
    return Deal(created, None if amount is None else money(amount), **more)


def won_deal(closed: date, amount: str | int | Fraction | None, created: date | None = None, **more: Any) -> Deal:
    return Deal(created or closed, None if amount is None else money(amount), closed, "won", **more)


def lost_deal(closed: date, amount: str | int | Fraction | None = 1, created: date | None = None, **more: Any) -> Deal:
    return Deal(created or closed, None if amount is None else money(amount), closed, "lost", **more)


def deals_that_closed(quarter: Quarter, won: int, lost: int, amount: str | int | Fraction = 1) -> list[Deal]:
    """Won and lost deals, spread evenly over a quarter; each is created on the day it closes."""
    days = [quarter.start + (quarter.days * n // (won + lost)) * DAY for n in range(won + lost)]
    return [won_deal(day, amount) if n * won // (won + lost) < (n + 1) * won // (won + lost) else lost_deal(day)
            for n, day in enumerate(days)]  # fmt: skip


QUOTA = 900_000
COVERAGE = {"H": "4.2", "W": "3.7", "B": "3.0"}
WON_OF_40 = {"H": 12, "W": 11, "B": 9}
ATTAINMENT = {"H": "0.9", "W": "0.7", "B": "0.5"}
PAYBACK = {"H": 10, "W": 16, "B": 24}


def told(
    coverage: str = "", win_rate: str = "", attainment: str = "", payback: str = "", quarters: int = 0, **more: Any
) -> Company:
    """A company by what each of its quarters reads, from FY2024-Q1 on: H healthy, W warning, B breakage.

    In `win_rate` and `payback` N is a quarter without data (too few deals, no spend). What is not said is healthy.
    """
    count = max(quarters, *map(len, (coverage, win_rate, attainment, payback)))
    lines = zip(*(text.ljust(count, "H") for text in (coverage, win_rate, attainment, payback)), strict=True)
    deals: list[Deal] = []
    spend: list[tuple[date, str, Decimal]] = []
    quotas = {}
    for quarter, bands in zip(CALENDAR.quarters(q("FY2024-Q1"), q("FY2031-Q4")), lines, strict=False):
        quotas["A1", quarter.start] = Decimal(QUOTA)
        deals += _open_all_quarter(quarter, bands[0])
        deals += _closed(quarter, bands[1], bands[2])
        if bands[3] != "N":
            cost = money(PAYBACK[bands[3]] * Fraction(ATTAINMENT[bands[2]]) * QUOTA / 12 * Fraction(3, 4) / 3)
            spend += [(month, "smb", cost) for month in quarter.months]
    return Company(tuple(deals), quotas=quotas, spend=tuple(spend), **more)


def _open_all_quarter(quarter: Quarter, band: str) -> list[Deal]:
    """Two deals, one after the other, that keep the coverage at one value on every day of the quarter."""
    amount = money(Fraction(COVERAGE[band]) * QUOTA * 30 / quarter.days)
    middle = quarter.start + 45 * DAY
    return [
        Deal(quarter.start, amount, middle, "moved"),
        Deal(middle, amount, quarter.end + DAY, "moved"),
    ]


def _closed(quarter: Quarter, win_rate: str, attainment: str) -> list[Deal]:
    won, lost = (3, 7) if win_rate == "N" else (WON_OF_40[win_rate], 40 - WON_OF_40[win_rate])
    deals = deals_that_closed(quarter, won, lost)
    booked = Fraction(ATTAINMENT[attainment]) * QUOTA
    each = money(booked / won)
    first = next(n for n, deal in enumerate(deals) if deal.outcome == "won")
    amounts = {n: each for n, deal in enumerate(deals) if deal.outcome == "won"}
    amounts[first] = money(booked) - each * (won - 1)
    return [replace(deal, amount=amounts.get(n, deal.amount)) for n, deal in enumerate(deals)]


def cut(facts: Facts, t: date) -> Facts:
    """The same facts as they would have stood at the end of `t`."""

    def upto(frame: pd.DataFrame | None, column: str) -> pd.DataFrame | None:
        return None if frame is None else frame.loc[[n for n, day in frame[column].items() if day <= t]]

    kept = {name: upto(getattr(facts, name), "day") for name in ("pipeline", "due", "decided", "bookings", "by_rep")}
    columns = {"reps": "start_date", "quotas": "period_start", "spend": "month", "requisitions": "opened_date"}
    kept |= {name: upto(getattr(facts, name), column) for name, column in columns.items()}
    return replace(facts, activity=tuple(day for day in facts.activity if day <= t), **kept)  # type: ignore[arg-type]


def _days(deal: Deal) -> Iterable[date]:
    yield deal.created
    yield from (since for since, _ in deal.changes)
    if deal.closed and deal.ended:
        yield deal.ended


def _frame(columns: Sequence[str], rows: Iterable[tuple[Any, ...]] | None) -> Any:
    if rows is None:
        return None
    return pd.DataFrame(list(rows), columns=list(columns), dtype=object)


def _daily(rows: Iterable[Iterable[Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    """Daily facts, their money in whole units."""
    scales = [AMOUNT if "amount" in name else SQUARES if "squares" in name else None for name in columns]

    def whole(row: Iterable[Any]) -> list[Any]:
        return [
            cell if scale is None else int(Fraction(cell) * 10**scale // 1)
            for cell, scale in zip(row, scales, strict=True)
        ]

    return pd.DataFrame([whole(row) for row in rows], columns=list(columns), dtype=object)


def _stretches(deal: Deal) -> Iterable[tuple[date, date, str, str, Decimal | None]]:
    """While the deal was open: from, to (not included), how it came, how it left, at which amount."""
    ends = deal.ended or FOREVER
    starts = [deal.created, *(since for since, _ in deal.changes if deal.created < since < ends), ends]
    for n, (start, end) in enumerate(pairwise(starts)):
        came = "reamounted" if n else "created"
        left = "reamounted" if end != ends else deal.outcome or ""
        if start < end:
            yield start, end, came, left, deal.amount_at(start)


def _pipeline(deals: Iterable[Deal]) -> pd.DataFrame:
    held: dict[tuple[date, str, str, bool], list[Any]] = defaultdict(lambda: [0, Decimal(0), Decimal(0), 0])

    def add(day: date, segment: str, change: str, fresh: bool, sign: int, amount: Decimal | None) -> None:
        row = held[day, segment, change, fresh]
        row[0] += sign
        row[1] += sign * (amount or 0)
        row[2] += sign * (amount or 0) ** 2
        row[3] += sign * (amount is None)

    for deal in deals:
        stale_from = deal.created + timedelta(days=MAX_AGE.get(deal.segment, 90) + 1)
        for start, end, came, left, amount in _stretches(deal):
            begins_fresh, ages = start < stale_from, start < stale_from < end
            add(start, deal.segment, came, begins_fresh, 1, amount)
            if ages:
                add(stale_from, deal.segment, "aged_out", True, -1, amount)
            if end < FOREVER:
                add(end, deal.segment, left, begins_fresh and not ages, -1, amount)
    return _daily([(*key, *row) for key, row in held.items()], PIPELINE)


def _due(deals: Iterable[Deal]) -> pd.DataFrame:
    rows = []
    for deal in deals:
        quarter = CALENDAR.quarter_of(deal.due).start if deal.due else None
        for start, end, _, _, amount in _stretches(deal):
            value, unpriced = amount or Decimal(0), int(amount is None)
            rows.append((start, deal.segment, quarter, 1, value, value**2, unpriced))
            if end < FOREVER:
                rows.append((end, deal.segment, quarter, -1, -value, -(value**2), -unpriced))
    return _daily(rows, DUE)


def _booked(deal: Deal, closed_on: date) -> Iterable[tuple[date, int, Decimal | None]]:
    """At which amount a deal closed, and how that was corrected later: day, 1 for what comes or -1, amount."""
    amount = deal.amount_at(closed_on)
    yield closed_on, 1, amount
    for since, corrected in deal.changes:
        if since > closed_on:
            yield from ((since, -1, amount), (since, 1, corrected))
            amount = corrected


def _decided(deals: Iterable[Deal]) -> pd.DataFrame:
    rows = []
    for deal in deals:
        if deal.closed and deal.ended:
            won, stale = deal.outcome == "won", (deal.ended - deal.created).days > 180
            for day, sign, amount in _booked(deal, deal.ended):
                value = sign * (amount or Decimal(0))
                amounts = (value, Decimal(0), sign * value**2) if won else (Decimal(0), value, Decimal(0))
                counts = (sign * won, sign * (not won), *amounts, sign * (won and amount is None))
                rows.append((day, deal.ended, deal.segment, add_months(deal.created, 0), stale, *counts))
    return _daily(rows, DECIDED)


def _is_ae(seats: Iterable[Seat], rep: str, day: date) -> bool:
    return any(s.rep == rep and s.role == "ae" and s.start <= day <= (s.end or FOREVER) for s in seats)


def _won(deals: Iterable[Deal]) -> Iterable[tuple[Deal, date, date, int, Decimal]]:
    """Won deals and their later corrections: day, closing day, 1 or -1, the amount with that sign."""
    for deal in deals:
        if deal.outcome == "won" and deal.ended:
            for day, sign, amount in _booked(deal, deal.ended):
                yield deal, day, deal.ended, sign, sign * (amount or Decimal(0))


def _bookings(deals: Iterable[Deal], seats: Sequence[Seat]) -> pd.DataFrame:
    rows = [(day, on, deal.segment, sign, amount, sign * amount**2)
            for deal, day, on, sign, amount in _won(deals) if _is_ae(seats, deal.owner, on)]  # fmt: skip
    return _daily(rows, BOOKINGS)


def _by_rep(deals: Iterable[Deal], seats: Sequence[Seat]) -> pd.DataFrame:
    rows = [(day, on, deal.segment, deal.owner, _is_ae(seats, deal.owner, on), sign, amount)
            for deal, day, on, sign, amount in _won(deals)]  # fmt: skip
    return _daily(rows, BY_REP)
