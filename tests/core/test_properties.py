"""What holds for every company: no look into the future, no matter of scale, order or other segments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.core.book import Book
from monitor.core.calendar import DAY, FiscalCalendar
from monitor.core.decide import Recorded, decide
from monitor.core.facts import Facts
from monitor.core.indicators import INDICATORS
from monitor.core.indicators.base import quarter_reading, weekly_reading, with_beside
from monitor.core.snapshot import snapshot
from monitor.core.sums import AMOUNT
from monitor.core.types import Reading
from tests.core.companies import BEGINS, Company, Deal, Seat, cut, policy

RULE = policy("2025-01-01")
DAYS = st.integers(0, 700).map(lambda n: BEGINS + n * DAY)


def _deal(created: date, life: int, outcome: str | None, amount: int, owner: str, segment: str, changed: int) -> Deal:
    ended = created + life * DAY if outcome else None
    changes = ((created + changed * DAY, Decimal(amount) * 2),) if changed else ()
    return Deal(created, Decimal(amount), ended, outcome, owner, segment, created + 2 * life * DAY, changes)


DEALS = st.builds(
    _deal,
    DAYS,
    st.integers(0, 200),
    st.sampled_from(["won", "won", "lost", "lost", "lost", None, "moved"]),
    st.integers(1, 10**6),
    st.sampled_from(["A1", "A2", "X"]),
    st.sampled_from(["smb", "smb", "smb", "mid_market"]),
    st.sampled_from([0, 0, 30]),
)
SEATS = (Seat(), Seat("A2", date(2024, 5, 1), date(2025, 3, 9)), Seat("A2", date(2025, 3, 10), segment="mid_market"))
STARTS = [
    quarter.start
    for quarter in FiscalCalendar().quarters(
        RULE.calendar.quarter_of(BEGINS), RULE.calendar.quarter_of(date(2026, 6, 1))
    )
]


@st.composite
def companies(draw: st.DrawFn) -> Company:
    """Some sixty deals over two years, two AEs of whom one moves, and spend with a hole."""
    deals = draw(st.lists(DEALS, min_size=40, max_size=60))
    quotas = {(rep, start): Decimal(draw(st.integers(1, 10**6))) for rep in ("A1", "A2") for start in STARTS}
    hole = draw(st.integers(0, 23))
    months = [date(2024 + n // 12, n % 12 + 1, 1) for n in range(24) if n != hole]
    spend = [(m, s, Decimal(draw(st.integers(0, 10**5)))) for m in months for s in ("smb", "shared")]
    return Company(tuple(deals), SEATS, quotas, tuple(spend))


def readings(facts: Facts, t: date, segment: str = "smb") -> list[Reading]:
    """Everything that is read at the end of `t`: the week, what stands beside it, and every quarter so far."""
    return readings_of(Book(facts, RULE), t, segment)


def readings_of(book: Book, t: date, segment: str = "smb") -> list[Reading]:
    found = [with_beside(i, book, weekly_reading(i, book, segment, t)) for i in INDICATORS]
    quarters = RULE.calendar.quarters(book.first_full, RULE.calendar.quarter_of(t))
    return found + [quarter_reading(i, book, segment, q, t) for q in quarters for i in INDICATORS]


FEW = settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@FEW
@given(companies(), st.integers(100, 720))
def test_a_day_never_depends_on_anything_after_it(company: Company, day: int) -> None:
    t, facts = BEGINS + day * DAY, company.facts()
    assert readings(cut(facts, t), t) == readings(facts, t)


@FEW
@given(companies(), st.lists(st.integers(100, 720), min_size=2, max_size=5))
def test_what_a_book_was_asked_before_changes_no_answer(company: Company, days: list[int]) -> None:
    facts = company.facts()
    asked = Book(facts, RULE)
    for t in (BEGINS + day * DAY for day in days):
        assert readings_of(asked, t) == readings(facts, t)


@FEW
@given(companies(), st.integers(0, 600), st.integers(0, 200), st.lists(st.integers(0, 720), min_size=2, max_size=5))
def test_closings_are_what_was_known_of_them(company: Company, first: int, length: int, days: list[int]) -> None:
    book, (start, end) = company.book(RULE), (BEGINS + first * DAY, BEGINS + (first + length) * DAY)
    for known in (BEGINS + day * DAY for day in days):
        closed = [
            (deal, deal.ended, deal.amount_at(known) or Decimal(0))
            for deal in company.deals
            if deal.segment == "smb" and deal.closed and deal.ended and start <= deal.ended <= min(end, known)
        ]
        won = [Fraction(amount) for deal, _, amount in closed if deal.outcome == "won"]
        found = book.won("smb", start, end, known)
        assert (found.deals, found.amount, found.squares) == (len(won), sum(won), sum(each**2 for each in won))
        decided = book.decided("smb", start, end, known)
        assert decided.decided + decided.stale == len(closed)
        by_aes = sum(
            amount
            for deal, on, amount in closed
            if deal.outcome == "won" and any(seat.rep_id == deal.owner and seat.covers(on) for seat in book.seats or ())
        )
        assert book.bookings("smb", start, end, known).amount == by_aes
        assert book.booked("smb", start, end, known) == by_aes * 10**AMOUNT


@FEW
@given(companies(), st.integers(400, 720), st.integers(1, 60))
def test_a_run_is_the_same_however_far_back_its_weekly_lines_go(company: Company, day: int, weeks: int) -> None:
    book, t = company.book(RULE), BEGINS + day * DAY
    decision = decide(book, Recorded(), t)
    whole, short = (snapshot(book, decision, Recorded(), t, "1", weeks=each) for each in (None, weeks))
    assert short.run == whole.run
    for some, every in zip(short.indicators, whole.indicators, strict=True):
        assert len(some.weeks) == min(weeks, len(every.weeks)) and every.weeks[-weeks:] == some.weeks


def scaled(company: Company, by: Fraction) -> Company:
    def times(amount: Decimal | None) -> Decimal | None:
        return None if amount is None else amount * by.numerator / by.denominator

    deals = tuple(
        replace(d, amount=times(d.amount), changes=tuple((day, times(a)) for day, a in d.changes))
        for d in company.deals
    )
    quotas = {key: times(amount) or Decimal(0) for key, amount in (company.quotas or {}).items()}
    spend = tuple((month, segment, times(amount) or Decimal(0)) for month, segment, amount in company.spend or ())
    return replace(company, deals=deals, quotas=quotas, spend=spend)


def core(reading: Reading) -> tuple[Any, ...]:
    return (reading.indicator, reading.quarter, reading.value, reading.band, reading.text, reading.reason)


@FEW
@given(companies(), st.integers(100, 720), st.sampled_from([Fraction(1, 100), Fraction(3, 2), Fraction(1000)]))
def test_scaling_all_money_leaves_the_readings_as_they_are(company: Company, day: int, by: Fraction) -> None:
    t = BEGINS + day * DAY
    one, other = (readings(each.facts(), t) for each in (company, scaled(company, by)))
    assert [core(each) for each in one] == [core(each) for each in other]


@FEW
@given(companies(), st.lists(DEALS, max_size=10), st.integers(100, 720))
def test_deals_of_another_segment_change_nothing(company: Company, more: list[Deal], day: int) -> None:
    t = BEGINS + day * DAY
    others = tuple(replace(deal, segment="strategic") for deal in more)
    one, other = (readings(replace(company, deals=d).facts(), t) for d in (company.deals, (*company.deals, *others)))
    assert one == other


@FEW
@given(companies(), st.integers(100, 720), st.integers(0, 10**6))
def test_the_order_of_the_rows_does_not_matter(company: Company, day: int, seed: int) -> None:
    t, facts, order = BEGINS + day * DAY, company.facts(), Random(seed)
    frames = ("pipeline", "due", "decided", "bookings", "by_rep", "reps", "quotas", "spend")
    shuffled: Mapping[str, Any] = {
        name: getattr(facts, name).iloc[order.sample(range(n), n)]
        for name in frames
        if (n := len(getattr(facts, name)))
    }
    assert readings(replace(facts, **shuffled), t) == readings(facts, t)


@FEW
@given(companies(), st.integers(100, 720))
def test_every_reading_has_a_value_or_says_why_not(company: Company, day: int) -> None:
    for reading in readings(company.facts(), BEGINS + day * DAY):
        assert (reading.band == "no_data") is (reading.reason is not None) is (reading.why is not None)
        assert reading.value is not None or reading.infinite or reading.reason
        assert reading.evidence is None or reading.band in ("warning", "breakage")
        if reading.value is not None and reading.interval is not None:
            low, high = reading.interval
            assert low - 1e-9 <= float(reading.value) <= high + 1e-9
