"""The slots of the schedule: when each is due, by the company's own clock on the wall, and what was slept through."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, islice
from zoneinfo import ZoneInfo

from monitor.core.calendar import DAY, FiscalCalendar
from monitor.core.settings import Schedule

DIGEST, DAILY = "digest", "daily"
PUNCTUAL = timedelta(hours=1)
"""A slot that is run later than this after its time is late, and says so."""
_WEEKS_LOOKED_BACK = 53
_EXACTLY = timedelta(seconds=1)
"""How exactly the end of a gap is found."""


@dataclass(frozen=True)
class Slot:
    """One run of the schedule. `name` is unique for ever, `at` its moment in the company's zone.

    `day` is what a daily slot is named for, and for a digest the last day of the week that it is about.
    """

    name: str
    day: date
    at: datetime

    def late(self, now: datetime) -> bool:
        """Whether it is run long after its time."""
        return self.lateness(now) > PUNCTUAL

    def lateness(self, now: datetime) -> timedelta:
        """How long after its time it is. Two times of one zone would be subtracted as the wall shows them."""
        return now.astimezone(UTC) - self.at.astimezone(UTC)


@dataclass(frozen=True)
class Due:
    """What is to be done now: at most one digest and one daily check, the newest, and the weeks that nobody ran."""

    digest: Slot | None = None
    daily: Slot | None = None
    missed: tuple[Slot, ...] = ()


def due(schedule: Schedule, calendar: FiscalCalendar, now: datetime, finished: Collection[str]) -> Due:
    """What is due at `now`. `finished`: the names of the newest slots that were finished, missed ones included.

    Only the newest digest is ever run; it and the weeks before it, back to one that was finished, are missed once
    they are later than `max_lateness`. Nothing is missed before the first slot that was ever finished.
    """
    now = now.astimezone(UTC)
    digests = islice(_digests(schedule, calendar, now), _WEEKS_LOOKED_BACK)
    newest, daily = next(digests), next(_dailies(schedule, now))
    in_time = newest.lateness(now) <= schedule.max_lateness
    runs = in_time and newest.name not in finished
    missed = _skipped(digests if in_time else chain((newest,), digests), finished)
    return Due(newest if runs else None, daily if daily.name not in finished else None, missed)


def _skipped(slots: Iterable[Slot], finished: Collection[str]) -> tuple[Slot, ...]:
    """Those after the newest that was finished, oldest first; none where none ever was."""
    found: list[Slot] = []
    for slot in slots:
        if slot.name in finished:
            return tuple(found[::-1])
        found.append(slot)
    return ()


def begun_after(schedule: Schedule, calendar: FiscalCalendar, now: datetime) -> Slot:
    """The newest digest that is too late to be run at `now`: where a worker that never ran before begins to count."""
    slots = _digests(schedule, calendar, now.astimezone(UTC))
    return next(slot for slot in slots if slot.lateness(now) > schedule.max_lateness)


def upcoming(schedule: Schedule, now: datetime, count: int = 3) -> tuple[datetime, ...]:
    """The next `count` moments after `now` at which a digest is sent, in the company's zone."""
    zone, now = ZoneInfo(schedule.timezone), now.astimezone(UTC)
    day = _planned_day(schedule, now.astimezone(zone).date()) - 7 * DAY
    found: list[datetime] = []
    while len(found) < count:
        at = moment(day, schedule.digest_at, zone)
        if at > now:
            found.append(at)
        day += 7 * DAY
    return tuple(found)


@lru_cache(maxsize=1024)
def moment(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """When the clock on the wall shows `wall` on `day`: the first time, where it does so twice; where it never does,
    the first moment after the gap.
    """
    shown = datetime.combine(day, wall, zone)
    after = shown.astimezone(UTC)
    if after.astimezone(zone).replace(tzinfo=None) == shown.replace(tzinfo=None):
        return shown
    before = shown.replace(fold=1).astimezone(UTC)
    summer = after.astimezone(zone).utcoffset()
    while after - before > _EXACTLY:
        between = before + (after - before) / 2
        if between.astimezone(zone).utcoffset() == summer:
            after = between
        else:
            before = between
    return after.replace(microsecond=0).astimezone(zone)


def _digests(schedule: Schedule, calendar: FiscalCalendar, now: datetime) -> Iterator[Slot]:
    """The digests up to `now` (UTC), newest first."""
    zone = ZoneInfo(schedule.timezone)
    day = _planned_day(schedule, now.astimezone(zone).date()) + 7 * DAY
    while True:
        at = moment(day, schedule.digest_at, zone)
        if at <= now:
            as_of = calendar.last_complete_week(day)
            yield Slot(digest_name(as_of), as_of, at)
        day -= 7 * DAY


def digest_name(as_of: date) -> str:
    """The slot, and the subject, of the digest about the week that ends with `as_of`: `digest:2026-W39`."""
    week = as_of.isocalendar()
    return f"{DIGEST}:{week.year}-W{week.week:02}"


def _dailies(schedule: Schedule, now: datetime) -> Iterator[Slot]:
    """The daily checks up to `now` (UTC), newest first."""
    zone = ZoneInfo(schedule.timezone)
    day = now.astimezone(zone).date() + DAY
    while True:
        at = moment(day, schedule.daily_at, zone)
        if at <= now:
            yield Slot(f"{DAILY}:{day}", day, at)
        day -= DAY


def _planned_day(schedule: Schedule, today: date) -> date:
    """The last day up to `today` that is the schedule's weekday."""
    return today - (today.weekday() - schedule.weekday) % 7 * DAY
