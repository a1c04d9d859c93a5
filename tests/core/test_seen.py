"""What was seen of a week stands in for history that is not there, and only for that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.book import Book
from monitor.core.calendar import DAY, FiscalCalendar
from monitor.core.facts import Facts, Sync
from monitor.core.indicators import BY_KEY
from monitor.core.indicators.base import quarter_reading, weekly_reading
from monitor.core.policy import SegmentBands
from monitor.core.seeing import is_evidence, see, seen_remarks
from monitor.core.seen import SeenWeeks, shape_of
from monitor.core.types import Reading
from tests.core.companies import BEGINS, CALENDAR, Company, choosing, cut, open_deal, policy, q, won_deal

COVERAGE = BY_KEY["pipeline_coverage"]
QUARTER = q("FY2025-Q2")
WEEKS = list(CALENDAR.weeks(QUARTER.start, QUARTER.end))
QUOTAS = {("A1", quarter.start): Decimal(900_000) for quarter in CALENDAR.quarters(q("FY2024-Q1"), q("FY2026-Q4"))}
KEPT_UP = ((BEGINS, QUARTER.end + 30 * DAY),)


@dataclass(frozen=True)
class Forgetful(Company):
    """A company whose CRM keeps no history. `stand_in`: of closed deals not even of the expected close."""

    has_history: bool = False
    stand_in: bool = False

    def facts(self) -> Facts:
        return replace(super().facts(), due_dates_stand_in=self.stand_in)


def company(factor: int, *, stand_in: bool = False) -> Forgetful:
    """Deals that were worth `factor` times as much when somebody looked; one without an amount, one in review."""
    deals = (
        open_deal(QUARTER.start - 10 * DAY, 100_000 * factor, due=QUARTER.start + 50 * DAY),
        open_deal(QUARTER.start + 20 * DAY, 30_000 * factor, due=QUARTER.end + 50 * DAY),
        open_deal(QUARTER.start + 25 * DAY, None),
        open_deal(QUARTER.start, 5_000 * factor, segment="review"),
        won_deal(QUARTER.start + 60 * DAY, 40_000 * factor, created=QUARTER.start - 5 * DAY, due=QUARTER.end),
    )
    return Forgetful(deals, quotas=QUOTAS, alive=KEPT_UP, stand_in=stand_in)


def looked(company: Company, days: Mapping[date, int], basis: str = "horizon") -> SeenWeeks:
    """What runs saw that looked so many days after each day, each at what there was by then."""
    rule, seen = choosing(policy(), COVERAGE.key, basis=basis), SeenWeeks()
    for t, later in days.items():
        week = see(Book(cut(company.facts(), t + later * DAY), rule, seen), t, t + later * DAY)
        assert week is not None, t
        seen = seen.with_week(week)
    return seen


def of_week(company: Company, seen: SeenWeeks, t: date, basis: str = "horizon") -> Reading:
    book = Book(company.facts(), choosing(policy(), COVERAGE.key, basis=basis), seen)
    return weekly_reading(COVERAGE, book, "smb", t)


def every_week(company: Company, basis: str = "horizon") -> SeenWeeks:
    return looked(company, dict.fromkeys(WEEKS, 1), basis)


def test_without_history_a_week_that_was_seen_reads_as_it_did_then() -> None:
    then, now = company(1), company(7)
    seen, t = looked(then, {WEEKS[4]: 1}), WEEKS[4]
    assert of_week(now, SeenWeeks(), t).value == 7 * (of_week(then, SeenWeeks(), t).value or 0)
    read = of_week(now, seen, t)
    assert replace(read, approximate=True, notes=()) == replace(of_week(then, SeenWeeks(), t), notes=())
    assert (read.approximate, of_week(now, seen, WEEKS[5]).approximate) == (False, True)
    assert f"open pipeline as it was seen on {t + DAY}: there is no history of it" in read.notes


def test_with_history_what_was_seen_is_not_used() -> None:
    now = replace(company(7), has_history=True)
    for t in WEEKS:
        assert of_week(now, every_week(company(1)), t) == of_week(now, SeenWeeks(), t)


@pytest.mark.parametrize("beyond", [0, 1, 5])
def test_where_history_begins_later_what_was_seen_before_it_is_used(beyond: int) -> None:
    begins = WEEKS[6] + DAY
    now = replace(company(7), has_history=True, history_begins=begins)
    seen = looked(company(1), dict.fromkeys(WEEKS[: 7 + beyond], 1))
    book = Book(now.facts(), policy(), seen)
    read = [weekly_reading(COVERAGE, book, "smb", t) for t in WEEKS]
    assert not any(each.approximate for each in read)
    assert [each.value for each in read[:7]] == [of_week(company(1), SeenWeeks(), t).value for t in WEEKS[:7]]
    assert [each.value for each in read[7:]] == [of_week(now, SeenWeeks(), t).value for t in WEEKS[7:]]
    assert not quarter_reading(COVERAGE, book, "smb", QUARTER, QUARTER.end).approximate
    assert weekly_reading(BY_KEY["attainment"], book, "smb", WEEKS[3]).approximate


@pytest.mark.parametrize("missing", [None, 0, 6, 12])
def test_a_quarter_is_approximate_as_long_as_any_of_its_weeks_is(missing: int | None) -> None:
    days = {t: 1 for n, t in enumerate(WEEKS) if n != missing}
    book = Book(company(7).facts(), policy(), looked(company(1), days))
    read = quarter_reading(COVERAGE, book, "smb", QUARTER, QUARTER.end + 7 * DAY)
    assert read.approximate is (missing is not None)


@pytest.mark.parametrize("basis", ["quarter", "remaining"])
def test_by_due_date_a_week_is_exact_unless_a_deal_closed_before_it_was_seen(basis: str) -> None:
    closing = QUARTER.start + 60 * DAY
    before = [t for t in WEEKS if t < closing][-1]
    days = {WEEKS[2]: 1, before: (closing - before).days}
    then, now = company(1, stand_in=True), company(7, stand_in=True)
    seen = looked(then, days, basis)
    assert of_week(then, SeenWeeks(), WEEKS[2], basis).approximate
    assert [of_week(now, seen, t, basis).approximate for t in days] == [False, True]
    assert of_week(now, seen, WEEKS[2], basis).value == of_week(then, SeenWeeks(), WEEKS[2], basis).value


def test_by_due_date_what_was_seen_without_due_dates_is_not_used() -> None:
    now, t = company(7), WEEKS[4]
    without = replace(company(1).facts(), due=None)
    week = see(Book(cut(without, t + DAY), policy()), t, t + DAY)
    assert week is not None
    read = of_week(now, SeenWeeks({t: week}), t, "quarter")
    assert (read.approximate, read.value) == (True, of_week(now, SeenWeeks(), t, "quarter").value)


def test_by_what_was_worked_the_days_between_two_weeks_count_so_it_stays_approximate() -> None:
    assert of_week(company(7), every_week(company(1)), WEEKS[4], "worked").approximate


DAYS_LATER = [(-1, False), (0, False), (1, True), (7, True), (8, False), (400, False)]


@pytest.mark.parametrize(("later", "evidence"), DAYS_LATER)
def test_a_run_sees_a_day_that_is_over_and_not_for_more_than_a_week(later: int, evidence: bool) -> None:
    t = WEEKS[3]
    assert is_evidence(t, t + later * DAY) is evidence
    assert (see(company(1).book(), t, t + later * DAY) is not None) is evidence


def test_what_was_seen_first_stays_and_data_that_were_not_renewed_show_nothing_new() -> None:
    t = WEEKS[3]
    first = looked(company(1), {t: 1})
    assert see(Book(company(7).facts(), policy(), first), t, t + 2 * DAY) is None
    old = Book(cut(company(1).facts(), t + DAY), policy(), first)
    assert see(old, t + 7 * DAY, t + 8 * DAY) is None
    assert see(old.seeing(SeenWeeks()), t + 7 * DAY, t + 8 * DAY) is not None
    assert see(old.seeing(SeenWeeks()), t + 14 * DAY, t + 15 * DAY) is None


@pytest.mark.parametrize(("quiet_since", "seen"), [(-6, False), (-3, False), (-2, True), (0, True), (1, True)])
def test_a_weekend_without_rows_does_not_hide_the_week(quiet_since: int, seen: bool) -> None:
    """Somebody looked in the middle of the week and looks again on Monday; nothing was newer than `quiet_since`."""
    t = WEEKS[3]
    facts = cut(company(1).facts(), t + quiet_since * DAY)
    newest = t + quiet_since * DAY
    before = looked(company(1), {t - 7 * DAY: 7 + min(quiet_since, 0)})
    assert before.weeks[t - 7 * DAY].newest == min(newest, t)
    assert (see(Book(facts, policy(), before), t, t + DAY) is not None) is seen


@given(st.sets(st.sampled_from(WEEKS)), st.integers(1, 9))
def test_the_bridge_between_two_weeks_adds_up_whichever_of_them_was_seen(days: set[date], factor: int) -> None:
    book = Book(company(factor).facts(), policy(), looked(company(1), dict.fromkeys(sorted(days), 1)))
    for before, t in pairwise(WEEKS):
        steps = COVERAGE.bridge(book, "smb", before, t)
        first, last = (weekly_reading(COVERAGE, book, "smb", day).value for day in (before, t))
        assert first is not None and last is not None
        assert sum((step.amount for step in steps), first) == last
        untold = next((step.amount for step in steps if step.label == "changes_without_history"), Fraction(0))
        assert (untold == 0) or factor > 1


@pytest.mark.parametrize(("before", "seen"), [(-1, True), (0, True), (2, True), (3, False), (6, False)])
def test_a_copy_that_was_made_in_the_middle_of_the_week_does_not_show_its_end(before: int, seen: bool) -> None:
    t = WEEKS[3]
    made = datetime.combine(t - before * DAY, time(12), UTC)
    facts = replace(cut(company(1).facts(), made.date()), sync=Sync(made, stale=False))
    assert (see(Book(facts, policy()), t, t + DAY) is not None) is seen


def test_remarks_say_which_weeks_are_read_as_seen_and_which_were_seen_in_vain() -> None:
    book = Book(company(7).facts(), policy(), every_week(company(1)))
    (one,) = seen_remarks(book, WEEKS[0])
    assert one.startswith(f"The open pipeline of {WEEKS[0]} is read as it was seen then")
    (all_of_them,) = seen_remarks(book, WEEKS[-1])
    assert f"of 13 weeks, {WEEKS[0]} to {WEEKS[-1]}," in all_of_them
    (vain,) = seen_remarks(book.seeing(SeenWeeks.of(book.seen.weeks.values(), "another")), WEEKS[-1])
    assert vain.endswith("than are configured now, so what was seen is not used.")
    assert not list(seen_remarks(replace(book, facts=replace(book.facts, has_history=True)), WEEKS[-1]))


RULE = policy().facts
OTHERS = [
    replace(RULE, deal_types=("new_business", "expansion")),
    replace(RULE, segments_by=("employees",)),
    replace(RULE, segment_bands=SegmentBands(acv=(Decimal(1), Decimal(2)))),
    replace(RULE, named_accounts={"A1": "smb"}),
    replace(RULE, max_age_days={**RULE.max_age_days, "review": 1}),
    replace(RULE, currency="EUR"),
    replace(RULE, timezone="Asia/Tokyo"),
    replace(RULE, calendar=FiscalCalendar(2)),
    replace(RULE, mapping="columns"),
]
SAME = [
    replace(RULE, segments_by=("fit", "acv", "employees")),
    replace(RULE, segment_bands=SegmentBands(acv=(Decimal("5e4"), Decimal("500000.00")))),
    replace(RULE, calendar=FiscalCalendar(4)),
    replace(RULE, stale_after_days=1, with_due=True, history_begins=False),
]


def test_the_shape_of_a_policy_changes_with_all_that_decides_what_is_open_where() -> None:
    assert len({shape_of(rule) for rule in (RULE, *OTHERS)}) == len(OTHERS) + 1
    assert {shape_of(rule) for rule in SAME} == {shape_of(RULE)}
