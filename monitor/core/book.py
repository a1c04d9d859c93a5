"""The daily facts, indexed: exact sums over any days, as they were known at the end of any day."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from monitor.core.calendar import Quarter, add_months
from monitor.core.counted import counted
from monitor.core.facts import Facts
from monitor.core.index import BOOKED, BOTH, Bookings, Closings, Due, Pipeline
from monitor.core.policy import Policy
from monitor.core.seats import Seat
from monitor.core.seen import SeenWeek, SeenWeeks
from monitor.core.sums import Decided, Spend, Sums, sum_of, total
from monitor.core.tables import ALL_SEGMENTS
from monitor.core.types import NoData

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
_UNKNOWN: Any = object()

_UNTIL_CLOSINGS = timedelta(days=30)
"""How long into a quarter the first closing of all may lie for the quarter's closings to be taken as whole."""
_LONG_OPEN, _MANY_DEALS = timedelta(days=60), 30
"""So many deals open for so long without any closing: the data lack the closings of before."""


@dataclass
class Book:
    """One company's facts under one policy. All amounts in the reporting currency; everything exact.

    `seen`: what earlier runs saw of the open pipeline; used where the data have no history of the day.
    """

    facts: Facts
    policy: Policy
    seen: SeenWeeks = field(default_factory=SeenWeeks)
    _memory: dict[Hashable, Any] = field(default_factory=dict)

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gave the first time for this key."""
        value: T = self._memory.get(key, _UNKNOWN)
        if value is _UNKNOWN:
            value = self._memory[key] = make()
        return value

    def under(self, policy: Policy) -> Book:
        """The same facts read under another policy."""
        return self._anew(replace(self, policy=policy, _memory={}))

    def seeing(self, seen: SeenWeeks) -> Book:
        """The same facts read with what earlier runs saw."""
        return self._anew(replace(self, seen=seen, _memory={}))

    def _anew(self, other: Book) -> Book:
        """`other` with the indexes that depend on the facts alone."""
        for name in ("_pipeline", "_due", "_closings", "_bookings"):
            if name in self.__dict__:
                other.__dict__[name] = self.__dict__[name]
        return other

    @cached_property
    def first_full(self) -> Quarter:
        """The first quarter that the data hold whole."""
        return self.policy.calendar.first_full(self.facts.begins)

    @cached_property
    def first_decided(self) -> Quarter:
        """The first full quarter whose closings the data hold from its beginning on.

        An export often has the deals that were open on its first day and none that had closed before it: the quarter
        of the first closings then shows only the quick ones.
        """
        calendar, closings = self.policy.calendar, self.facts.decided["closed_on"].tolist()
        if not closings or not self._held_back(min(closings)):
            return self.first_full
        late = calendar.quarter_of(min(closings))
        begun = min(closings) <= late.start + _UNTIL_CLOSINGS
        return max(self.first_full, late if begun else calendar.next(late))

    def _held_back(self, first_closing: date) -> bool:
        """Whether many deals had long been open before any closed, so that earlier closings must be missing."""
        day = first_closing - _LONG_OPEN
        if day < self.facts.begins:
            return False
        opened = (self.pipeline_change(s, "created", self.facts.begins, day, fresh=False).deals for s in ALL_SEGMENTS)
        return sum(opened) >= _MANY_DEALS

    def newest(self, t: date) -> date | None:
        """The newest day with activity that was not after `t`."""
        index = bisect_right(self.facts.activity, t)
        return self.facts.activity[index - 1] if index else None

    def is_stale(self, t: date) -> bool:
        newest = self.newest(t)
        return newest is None or (t - newest).days > self.policy.max_age or self.is_unsynced(t)

    def is_unsynced(self, t: date) -> bool:
        """Whether `t` came after the last sync of the copy that was read, and that is too long ago."""
        sync = self.facts.sync
        return sync is not None and sync.stale and t > sync.at.date()

    def cannot_read(self, t: date, quarter: Quarter | None = None) -> NoData | None:
        """Why nothing at all can be read at the end of day `t` (for `quarter`), or None."""
        if (quarter or self.policy.calendar.quarter_of(t)) < self.first_full:
            return NoData(
                "partial_quarter",
                f"the data begin on {self.facts.begins}, so {self.first_full} is the first full quarter",
            )
        oldest = counted(self.policy.max_age, "day")
        if self.facts.sync is not None and self.is_unsynced(t):
            at = f"{self.facts.sync.at:%Y-%m-%d %H:%M}"
            return NoData("stale", f"the last sync was on {at}, more than {oldest} ago")
        if self.is_stale(t):
            newest = self.newest(t)
            return NoData("stale", f"the newest row is of {newest}, more than {oldest} before {t}")
        return None

    def is_carried_back(self, t: date) -> bool:
        """Whether values of day `t` are what a migrated history says first, carried back before its beginning."""
        begins = self.facts.history_begins
        return begins is not None and t < begins

    def lacks_history(self, t: date) -> bool:
        """Whether values of day `t`, as the data have them now, are partly carried back or taken from today."""
        if self.is_carried_back(t):
            return True
        return not self._tells_past and bool(self.facts.activity) and t < self.facts.activity[-1]

    def as_seen(self, t: date) -> SeenWeek | None:
        """What was seen of the open pipeline at the end of `t`, where the data themselves have no history of it."""
        return self.seen.weeks.get(t) if self.is_carried_back(t) or not self._tells_past else None

    @property
    def _tells_past(self) -> bool:
        return self.facts.has_history and self.facts.says_before

    @cached_property
    def _pipeline(self) -> Pipeline:
        return Pipeline(self.facts.pipeline)

    def open_pipeline(self, segment: str, t: date, *, fresh: bool) -> Sums:
        """Deals of `segment` open at the end of `t`; `fresh`: no older than its `max_age_days`."""
        week = self.as_seen(t)
        if week is not None:
            return week.held[segment].fresh if fresh else week.held[segment].every
        return Sums.of(self._pipeline.running(segment, fresh=fresh).upto(t))

    def pipeline_change(self, segment: str, change: str, start: date, end: date, *, fresh: bool) -> Sums:
        """By how much one reason changed the open pipeline from `start` to `end`, both included."""
        return Sums.of(self._pipeline.running(segment, fresh=fresh, change=change).between(start, end))

    @cached_property
    def _due(self) -> Due:
        return Due(self.facts.due)

    def due_pipeline(self, segment: str, t: date, quarter: Quarter) -> Sums:
        """Deals open at the end of `t` whose expected close date then lay no later than the quarter's end."""
        return sum_of(held for due, held in self.due_by_quarter(segment, t).items() if due <= quarter.start)

    def has_due_dates(self, segment: str, t: date) -> bool:
        """Whether any deal open at the end of `t` has an expected close date; True where no deal is open."""
        dated = any(held.deals for held in self.due_by_quarter(segment, t).values())
        return dated or not self.open_pipeline(segment, t, fresh=False).deals

    def due_by_quarter(self, segment: str, t: date) -> Mapping[date, Sums]:
        """Deals open at the end of `t` by the first day of the fiscal quarter of their expected close."""
        week = self.as_seen(t)
        if week is not None and (seen := week.held[segment].due) is not None:
            return seen
        return {due: Sums.of(running.upto(t)) for due, running in self._due.running(segment).items()}

    @cached_property
    def _closings(self) -> Closings:
        return Closings(self.facts.decided)

    def decided(self, segment: str, start: date, end: date, known: date) -> Decided:
        """Deals of `segment` closed from `start` to `end` as known at the end of `known`; too old ones only counted."""
        return self._closed(segment, ((start, end),), known)

    def pooled(self, segment: str, quarters: Iterable[Quarter], known: date) -> Decided:
        """The same of several quarters together."""
        return self._closed(segment, tuple((quarter.start, quarter.end) for quarter in quarters), known)

    def _closed(self, segment: str, spans: Sequence[tuple[date, date]], known: date) -> Decided:
        sums = [self._closed_in(segment, *span, self.closings_known(segment, span[1], known)) for span in spans]
        *decided, left_out = [sum(column) for column in zip(*sums, strict=True)] or [0] * 8
        return Decided.of(decided, left_out)

    def _closed_in(self, segment: str, start: date, end: date, known: date) -> list[int]:
        """What was decided, and how many of those that were too old."""
        return self.remember(
            ("closed", segment, start, end, known),
            lambda: [
                *self._closings.known(segment, stale=False).between(start, end, known),
                self._closings.known(segment, stale=True).one(BOTH, start, end, known),
            ],
        )

    def closings_known(self, segment: str, end: date, known: date) -> date:
        """The first day that knew the same of the closings until `end` as `known` does."""
        return self._closings.since(segment, end, known)

    def won(self, segment: str, start: date, end: date, known: date) -> Sums:
        """All deals of `segment` won from `start` to `end`, however old, as known at the end of `known`."""
        asked = (start, end, self.closings_known(segment, end, known))
        return self.remember(("won", segment, *asked), lambda: self._won(segment, *asked))

    def _won(self, segment: str, start: date, end: date, known: date) -> Sums:
        both = [self._closings.known(segment, stale=stale).between(start, end, known) for stale in (False, True)]
        won, _, amount, _, squares, unpriced, _ = map(sum, zip(*both, strict=True))
        return Sums.of((won, amount, squares, unpriced))

    def cohort(self, segment: str, months: Iterable[date], known: date) -> Decided:
        """Deals created in `months` (their first days) that were decided by the end of `known`."""
        created = [self._closings.created(segment, month, known) for month in months]
        return Decided.of([sum(column) for column in zip(*created, strict=True)], 0)

    @cached_property
    def _bookings(self) -> Bookings:
        return Bookings(self.facts.bookings)

    def bookings(self, segment: str, start: date, end: date, known: date) -> Sums:
        """Deals of `segment` won from `start` to `end` by people who were AEs on that day, as known at `known`."""
        booked = self._bookings.known(segment)
        asked = (start, end, booked.since(end, known))
        return self.remember(("bookings", segment, *asked), lambda: Sums.of((*booked.between(*asked), 0)))

    def booked(self, segment: str, start: date, end: date, known: date) -> int:
        """Their amount alone, in whole units (`sums.AMOUNT`)."""
        return self._bookings.known(segment).one(BOOKED, start, end, known)

    @cached_property
    def seats(self) -> tuple[Seat, ...] | None:
        if self.facts.reps is None:
            return None
        names = ("rep_id", "name", "role", "segment", "start_date", "end_date")
        return tuple(
            Seat(rep, _present(name), role, segment, start, _present(end))
            for rep, name, role, segment, start, end in _columns(self.facts.reps, names)
        )

    def aes(self, segment: str, day: date) -> tuple[str, ...]:
        """The AEs of `segment` on `day`, by id."""
        return self.remember(("aes", segment, day), lambda: self._aes(segment, day))

    def _aes(self, segment: str, day: date) -> tuple[str, ...]:
        return tuple(
            sorted({s.rep_id for s in self.seats or () if s.role == "ae" and s.segment == segment and s.covers(day)})
        )

    @cached_property
    def _quotas(self) -> Mapping[tuple[str, date], Fraction]:
        if self.facts.quotas is None:
            return {}
        return {
            (rep, start): Fraction(amount)
            for rep, start, amount in _columns(self.facts.quotas, ("rep_id", "period_start", "amount"))
        }

    def quota_of(self, rep_id: str, quarter: Quarter) -> Fraction | None:
        return self._quotas.get((rep_id, quarter.start))

    def plan_quota(self, segment: str, quarter: Quarter) -> Fraction | NoData:
        """The quotas of everybody who was an AE of `segment` on the quarter's first day; frozen there."""
        return self.remember(("plan", segment, quarter), lambda: self._plan_quota(segment, quarter))

    def _plan_quota(self, segment: str, quarter: Quarter) -> Fraction | NoData:
        for table, frame in (("reps", self.facts.reps), ("quotas", self.facts.quotas)):
            if frame is None:
                return NoData("missing_table", f"there is no table `{table}`")
        aes = self.aes(segment, quarter.start)
        if not aes:
            return NoData("no_aes", f"`reps` names nobody as an AE of {segment} on {quarter.start}")
        quotas = [self.quota_of(rep, quarter) for rep in aes]
        plan = total(quota for quota in quotas if quota is not None)
        if plan <= 0:
            theirs = f"the {counted(len(aes), 'AE')} of {segment}"
            return NoData("no_quota", f"`quotas` has no quota above 0 for {quarter} of {theirs}")
        return plan

    def without_quota(self, segment: str, quarter: Quarter) -> int:
        """How many AEs of the plan have no quota row for the quarter."""
        return self.remember(("without_quota", segment, quarter), lambda: self._without_quota(segment, quarter))

    def _without_quota(self, segment: str, quarter: Quarter) -> int:
        return sum(self.quota_of(rep, quarter) is None for rep in self.aes(segment, quarter.start))

    @cached_property
    def _spend(self) -> Mapping[tuple[str, date], Fraction]:
        held: dict[tuple[str, date], Fraction] = defaultdict(Fraction)
        if self.facts.spend is not None:
            for month, segment, amount in _columns(self.facts.spend, ("month", "segment", "amount")):
                held[segment, add_months(month, 0)] += Fraction(amount)
        return dict(held)

    def has_spend(self, segment: str, month: date) -> bool:
        return (segment, month) in self._spend

    def spend(self, segment: str, months: Iterable[date]) -> Spend:
        """Sales and marketing cost booked in `months`: of the segment, and shared."""
        wanted = tuple(months)
        held = self._spend
        own, shared = ([held[key] for month in wanted if (key := (of, month)) in held] for of in (segment, "shared"))
        return Spend(total(own), total(shared))


def _columns(frame: pd.DataFrame, names: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    return zip(*(frame[name].tolist() for name in names), strict=True)


def _present(value: Any) -> Any:
    return None if value is None or value != value else value
