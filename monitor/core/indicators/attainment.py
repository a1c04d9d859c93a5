"""AE attainment: do the AEs book what the plan asked of them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from statistics import median

from monitor.core import evidence
from monitor.core.bands import Edges, Unit, fixed
from monitor.core.book import Book
from monitor.core.calendar import DAY, Quarter
from monitor.core.counted import counted
from monitor.core.indicators.base import DealsWanted, Indicator, Measure, Step, lacking_quotas
from monitor.core.sums import AMOUNT, total
from monitor.core.types import NoData, Number, Reading, Weighing

_LEAST_QUARTERS, _MOST_QUARTERS = 4, 8
"""Full quarters that the expected share is taken from."""

_TOP = 10
_ON_PLAN = Fraction(4, 5)
"""An AE at or above it is counted as on plan."""


@dataclass(frozen=True)
class Bands:
    healthy: Decimal = Decimal("0.80")
    breakage: Decimal = Decimal("0.65")


@dataclass(frozen=True)
class AttainmentSettings:
    bands: Bands = Bands()
    """As a share: healthy from, breakage below."""


def attainment(bookings: Fraction, plan_quota: Fraction, expected_share: Fraction = Fraction(1)) -> Fraction:
    """Bookings over the plan quota that was expected by then (spec: AE attainment)."""
    return bookings / (plan_quota * expected_share)


class Attainment(Indicator[AttainmentSettings]):
    key = "attainment"
    title = "AE attainment"
    unit = Unit(" %", 1, factor=100)
    unit_name = "%"
    formula = "bookings of AEs / (plan quota x expected share of the quarter)"
    needs = ("opportunities", "reps", "quotas")
    settled_from_week = 4
    Settings = AttainmentSettings

    def edges(self, settings: AttainmentSettings) -> Edges:
        return Edges(
            settings.bands.healthy, settings.bands.breakage, True, healthy_at_edge=True, breakage_at_edge=False
        )

    def week(self, book: Book, segment: str, t: date) -> Measure | NoData:
        quarter = book.policy.calendar.quarter_of(t)
        share, quarters = expected_share(book, segment, quarter, t)
        if share <= 0:
            return NoData(
                "too_early", f"by day {(t - quarter.start).days + 1} of a quarter nothing used to be booked yet"
            )
        shape = f"mean of {counted(quarters, 'quarter')}" if quarters else "a straight line"
        return self._measure(book, segment, quarter, t, share, f"expected share: {shape}")

    def quarter(self, book: Book, segment: str, quarter: Quarter, known: date) -> Measure | NoData:
        if known < quarter.end:
            return self.week(book, segment, known)
        return self._measure(book, segment, quarter, known, None, None)

    def _measure(
        self, book: Book, segment: str, quarter: Quarter, known: date, share: Fraction | None, note: str | None
    ) -> Measure | NoData:
        quota = book.plan_quota(segment, quarter)
        if isinstance(quota, NoData):
            return quota
        if "opportunities.owner_id" in book.facts.empty_columns:
            return NoData("no_owners", "no deal has an owner (`opportunities.owner_id`), so no booking is an AE's")
        booked = book.bookings(segment, quarter.start, quarter.end, known)
        won = book.won(segment, quarter.start, quarter.end, known)
        if won.deals and won.deals == won.unpriced:
            return NoData("no_amounts", f"no amount on the {counted(won.deals, 'won deal')} of {quarter}")
        value = attainment(booked.amount, quota, Fraction(1) if share is None else share)
        inputs: dict[str, Number] = {"bookings": booked.amount, "plan_quota": quota, "won_deals": booked.deals}
        if share is not None:
            inputs["expected_share"] = share
        return Measure(
            value,
            inputs,
            interval=evidence.around(value, evidence.relative_error(booked.amount, booked.squares)),
            notes=((note,) if note else ()) + lacking_quotas(book, segment, quarter),
        )

    def beside(self, book: Book, segment: str, t: date) -> dict[str, Number]:
        quarter = book.policy.calendar.quarter_of(t)
        share, _ = expected_share(book, segment, quarter, t)
        if quarter.start < book.facts.by_rep_since or share <= 0:
            return {}
        each = by_rep(book, segment, quarter, t)
        people = book.aes(segment, quarter.start)
        quotas = {rep: book.quota_of(rep, quarter) for rep in people}
        ratios = [each.get(rep, Fraction(0)) / (quota * share) for rep, quota in quotas.items() if quota]
        seated = book.aes(segment, t)
        seat_quota = total(book.quota_of(rep, quarter) or Fraction(0) for rep in seated)
        in_seat = total(each[rep] for rep in seated if rep in each)
        return {
            "in_seat": in_seat / (seat_quota * share) if seat_quota else None,
            "median_ae": median(ratios) if ratios else None,
            "aes_at_80_percent": Fraction(sum(r >= _ON_PLAN for r in ratios), len(ratios)) if ratios else None,
            "aes": len(people),
        }

    def numbers(self, reading: Reading) -> str:
        i = reading.inputs
        share = i.get("expected_share")
        paced = f" x {float(share):.4f}" if share is not None else ""
        return f"{_m(i['bookings'])} / ({_m(i['plan_quota'])}{paced}) = {reading.text}"

    def bridge(self, book: Book, segment: str, before: date, t: date) -> tuple[Step, ...]:
        first, last = self.week(book, segment, before), self.week(book, segment, t)
        if isinstance(first, NoData) or isinstance(last, NoData) or first.value is None or last.value is None:
            return ()
        expected = _expected(last)
        if book.policy.calendar.quarter_of(before) != book.policy.calendar.quarter_of(t):
            return (Step("a new quarter", last.value - first.value),)
        won = (_number(last, "bookings") - _number(first, "bookings")) / expected
        return (Step("won", won), Step("expected by now", last.value - first.value - won))

    def deals(self, book: Book, segment: str, t: date) -> DealsWanted:
        return DealsWanted(
            "decided", "Largest deals won this quarter", book.policy.calendar.quarter_of(t).start, t, won_only=True
        )

    def people(self, book: Book, segment: str, t: date) -> tuple[Weighing, ...]:
        quarter = book.policy.calendar.quarter_of(t)
        names = {seat.rep_id: seat.name or seat.rep_id for seat in book.seats or ()}
        booked = by_rep(book, segment, quarter, t)
        expected, _ = expected_share(book, segment, quarter, t)
        rows = []
        for rep in book.aes(segment, quarter.start):
            quota, won = book.quota_of(rep, quarter), booked.get(rep, Fraction(0))
            parts = (_part(won, quota), _part(won, quota * expected)) if quota else ("no quota", "")
            rows.append((won, (names[rep], _m(won), _m(quota) if quota else "none", *parts)))
        rows.sort(key=lambda row: (-row[0], row[1]))
        shown = tuple(cells for _, cells in rows[:_TOP])
        title = f"AEs of the plan, {quarter} to date" + (f" (10 of {len(rows)})" if len(rows) > _TOP else "")
        return (Weighing(title, ("AE", ">Booked", ">Quota", ">Of quota", ">Of expected"), shown),) if rows else ()

    def needed(self, book: Book, segment: str, quarter: Quarter, t: date, target: Fraction) -> str | None:
        quota = book.plan_quota(segment, quarter)
        if isinstance(quota, NoData):
            return None
        booked = book.bookings(segment, quarter.start, quarter.end, t).amount
        gap = target * quota - booked
        return f"{_m(gap)} more in bookings" if gap > 0 else None


def expected_share(book: Book, segment: str, quarter: Quarter, t: date) -> tuple[Fraction, int]:
    """The part of a quarter's bookings that used to have closed by the same fraction of it, and from how many quarters.

    The mean over the last 4 to 8 full quarters; a straight line (0 quarters) where there are fewer.
    """
    gone = Fraction((min(t, quarter.end) - quarter.start).days + 1, quarter.days)
    shares: list[Fraction] = []
    past = book.policy.calendar.next(quarter, -1)
    while past >= book.first_decided and len(shares) < _MOST_QUARTERS:
        booked = book.booked(segment, past.start, past.end, t)
        if booked > 0:
            shares.append(_closed_by(book, segment, past, gone, t, booked))
        past = book.policy.calendar.next(past, -1)
    if len(shares) < _LEAST_QUARTERS:
        return gone, 0
    return total(shares) / len(shares), len(shares)


def _closed_by(book: Book, segment: str, quarter: Quarter, gone: Fraction, known: date, whole: int) -> Fraction:
    """The part of the quarter's bookings (`whole`) that was there by a fraction of it; within a day, in proportion."""
    full, part = divmod(gone.numerator * quarter.days, gone.denominator)
    day = quarter.start + full * DAY
    until = book.booked(segment, quarter.start, day - DAY, known)
    within = book.booked(segment, day, day, known) if part else 0
    return Fraction(until * gone.denominator + part * within, gone.denominator * whole)


def by_rep(book: Book, segment: str, quarter: Quarter, known: date) -> dict[str, Fraction]:
    """Bookings of each AE in the quarter, as known at `known`."""
    held: dict[str, int] = {}
    names = ("day", "closed_on", "segment", "rep_id", "is_ae", "amount")
    columns = (book.facts.by_rep[name].tolist() for name in names)
    for day, closed_on, where, rep, is_ae, amount in zip(*columns, strict=True):
        if is_ae and where == segment and day <= known and closed_on in quarter:
            held[rep] = held.get(rep, 0) + amount
    return {rep: Fraction(amount, 10**AMOUNT) for rep, amount in held.items()}


def _expected(measure: Measure) -> Fraction:
    return _number(measure, "plan_quota") * Fraction(measure.inputs.get("expected_share") or 1)


def _number(measure: Measure, name: str) -> Fraction:
    return Fraction(measure.inputs[name] or 0)


def _part(won: Fraction, whole: Fraction) -> str:
    return f"{fixed(100 * won / whole, 1)} %" if whole else "none"


def _m(amount: Number) -> str:
    return f"{round(Fraction(amount or 0)):,}"
