"""The open pipeline as it was seen week by week: what stands in for the history that a CRM does not keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from monitor.core.calendar import DAY
from monitor.core.chain import digest
from monitor.core.policy import FactsPolicy
from monitor.core.sums import Sums
from monitor.core.tables import ALL_SEGMENTS

if TYPE_CHECKING:
    from monitor.core.book import Book

WEEK = timedelta(days=7)
"""How long after a day a run may still see what that day's open pipeline was."""
WEEKEND = timedelta(days=2)
"""How long nothing may happen in data that are up to date."""


@dataclass(frozen=True)
class Held:
    """The open pipeline of one segment: every deal, and those no older than its `max_age_days`."""

    every: Sums
    fresh: Sums
    due: Mapping[date, Sums] | None = None
    """By the first day of the fiscal quarter of the expected close, where there is one; None: was not asked for."""
    stands_in: bool = False
    """Whether `due` rests in part on actual close dates: of deals that closed between the day and its being seen."""


@dataclass(frozen=True)
class SeenWeek:
    """The open pipeline at the end of `as_of`, as a run saw it on `seen_on`; written once."""

    as_of: date
    seen_on: date
    shape: str
    """Of the policy that it was made under (`shape_of`)."""
    newest: date
    """The newest day of the data by then."""
    held: Mapping[str, Held]
    """By segment, every one of them, review included."""


@dataclass(frozen=True)
class SeenWeeks:
    """What a company's runs have seen, by day. `others` are days that were seen only under another policy."""

    weeks: Mapping[date, SeenWeek] = field(default_factory=dict)
    others: tuple[date, ...] = ()

    @classmethod
    def of(cls, weeks: Iterable[SeenWeek], shape: str) -> SeenWeeks:
        """Those that were made under the policy of this `shape`."""
        every = tuple(weeks)
        mine = {week.as_of: week for week in every if week.shape == shape}
        return cls(mine, tuple(sorted({week.as_of for week in every} - mine.keys())))

    def with_week(self, week: SeenWeek) -> SeenWeeks:
        """These and one more."""
        return replace(self, weeks={**self.weeks, week.as_of: week})

    @cached_property
    def digest(self) -> str:
        """Changes whenever a reading from these weeks might. A week is written once, so its day says which it is."""
        return digest([[day.isoformat(), week.shape] for day, week in sorted(self.weeks.items())])


def shape_of(policy: FactsPolicy) -> str:
    """What decides which deals are in which open pipeline, at what value; a week seen under another is not used."""
    bands = policy.segment_bands
    return digest(
        {
            "deal_types": sorted(policy.deal_types),
            "segments_by": sorted(policy.segments_by),
            "employees": bands.employees,
            "acv": [f"{edge.normalize():f}" for edge in bands.acv],
            "named_accounts": policy.named_accounts,
            "max_age_days": policy.max_age_days,
            "currency": policy.currency,
            "timezone": policy.timezone,
            "quarters": (policy.calendar.fiscal_year_start - 1) % 3,
            "mapping": policy.mapping,
        }
    )


def is_evidence(as_of: date, today: date) -> bool:
    """Whether a run on `today` sees what was open at the end of `as_of`: the day is over, and not for long."""
    return as_of < today <= as_of + WEEK


def see(book: Book, t: date, today: date) -> SeenWeek | None:
    """What a run on `today` sees of the open pipeline at the end of `t`; None where that is no evidence."""
    newest = book.newest(today)
    if not is_evidence(t, today) or t in book.seen.weeks or newest is None or book.is_stale(t):
        return None
    if not _is_renewed(book, t, newest):
        return None
    held = {segment: _held(book, segment, t) for segment in ALL_SEGMENTS}
    return SeenWeek(t, today, shape_of(book.policy.facts), newest, held)


def _is_renewed(book: Book, t: date, newest: date) -> bool:
    """Whether the data reach to `t`.

    Where nothing is newer than a week, or than what was seen of a week before, they show what was open then. That
    nothing happened for a weekend says nothing. A copy that tells when it was made shows what was open at that time.
    """
    sync = book.facts.sync
    if sync is not None and sync.at.date() < t - WEEKEND:
        return False
    before = max((week.newest for day, week in book.seen.weeks.items() if day < t), default=date.min)
    return newest >= t - WEEKEND or newest > max(t - WEEK, before)


def _held(book: Book, segment: str, t: date) -> Held:
    every, fresh = (book.open_pipeline(segment, t, fresh=fresh) for fresh in (False, True))
    if book.facts.due is None:
        return Held(every, fresh)
    due = {quarter: held for quarter, held in sorted(book.due_by_quarter(segment, t).items()) if held != Sums()}
    last = book.facts.activity[-1]
    closed = (book.pipeline_change(segment, change, t + DAY, last, fresh=False) for change in ("won", "lost"))
    return Held(every, fresh, due, book.facts.due_dates_stand_in and any(each.deals for each in closed))


def seen_remarks(book: Book, t: date) -> Iterator[str]:
    """Which days up to `t` are read as they were seen, and which were seen in vain."""
    used = [day for day in sorted(book.seen.weeks) if day <= t and book.as_seen(day)]
    if used:
        yield f"The open pipeline {_of(used)} is read as it was seen then, since there is no history of it."
    unused = [day for day in book.seen.others if day <= t and book.lacks_history(day)]
    if unused:
        yield (
            f"The open pipeline {_of(unused)} was seen under other segments, ages, deal types, currency, time zone or "
            "mapping than are configured now, so what was seen is not used."
        )


def _of(days: Sequence[date]) -> str:
    return f"of {days[0]}" if len(days) == 1 else f"of {len(days)} weeks, {days[0]} to {days[-1]},"
