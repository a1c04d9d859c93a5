"""Seeing the open pipeline of a week as it is just now, and saying which weeks were seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from monitor.core.book import Book
from monitor.core.calendar import DAY
from monitor.core.seen import Held, SeenWeek, shape_of
from monitor.core.sums import Sums
from monitor.core.tables import ALL_SEGMENTS

WEEK = timedelta(days=7)
"""How long after a day a run may still see what that day's open pipeline was."""
WEEKEND = timedelta(days=2)
"""How long nothing may happen in data that are up to date."""


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
