"""Quarter verdicts: what each quarter read, on which day that became final, and whether the breaker counts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from statistics import median
from typing import Any

from monitor.core.book import Book
from monitor.core.calendar import DAY, Quarter
from monitor.core.indicators.base import Indicator, quarter_reading
from monitor.core.types import Band, Reading

_UNCOUNTED_QUARTERS = 4
"""Without an expansion date the breaker watches from the fifth full quarter on."""
_BASELINE_QUARTERS = 4
_NO_TABLE = "missing_table"
"""Nobody said yet where the data are: there is nothing to seal until they do."""


@dataclass(frozen=True)
class Verdict:
    """One quarter of one indicator. `sealed_on` is None while it is provisional."""

    indicator: str
    quarter: Quarter
    reading: Reading
    sealed_on: date | None


def watch_from(book: Book) -> Quarter:
    """The first quarter that the breaker counts."""
    started = book.policy.expansion_started
    if started is None:
        return book.policy.calendar.next(book.first_full, _UNCOUNTED_QUARTERS)
    return max(book.policy.calendar.quarter_of(started), book.first_full)


def full_quarters(book: Book, t: date) -> Iterator[Quarter]:
    """The full quarters up to the running one, oldest first."""
    yield from book.policy.calendar.quarters(book.first_full, book.policy.calendar.quarter_of(t))


def verdict(book: Book, indicator: Indicator[Any], segment: str, quarter: Quarter, t: date) -> Verdict:
    """The verdict of `quarter` as it stands at the end of `t`: sealed with what was known then, or provisional."""
    key = ("verdict", indicator.key, segment, quarter, t if t < _deadline(book, quarter) else None)
    return book.remember(key, lambda: _verdict(book, indicator, segment, quarter, t))


def _deadline(book: Book, quarter: Quarter) -> date:
    rule = book.policy.breaker
    return quarter.end + timedelta(days=max(rule.seal_deadline_days, rule.seal_after_days))


def _verdict(book: Book, indicator: Indicator[Any], segment: str, quarter: Quarter, t: date) -> Verdict:
    day = quarter.end + timedelta(days=book.policy.breaker.seal_after_days)
    while day <= t:
        reading = quarter_reading(indicator, book, segment, quarter, day)
        if reading.reason == _NO_TABLE:
            break
        if reading.reason not in indicator.waits_for or day >= _deadline(book, quarter):
            return Verdict(indicator.key, quarter, reading, day)
        day += DAY
    return Verdict(indicator.key, quarter, quarter_reading(indicator, book, segment, quarter, t), None)


def verdicts(book: Book, indicator: Indicator[Any], segment: str, t: date) -> list[Verdict]:
    """Every full quarter up to the running one, oldest first."""
    return [verdict(book, indicator, segment, quarter, t) for quarter in full_quarters(book, t)]


def fits_definition(book: Book, indicator: Indicator[Any], segment: str, t: date) -> bool | None:
    """Whether the indicator's definition fits this company: the median of its baseline quarters is not breakage.

    None where there is nothing to read in the baseline. An indicator that is its own baseline always fits.
    """
    if indicator.own_baseline:
        return True
    baseline = baseline_reading(book, indicator, segment, t)
    return None if baseline is None else baseline.band is not Band.BREAKAGE


@dataclass(frozen=True)
class Baseline:
    """The median of the baseline quarters.

    `value` is None where it lies beyond all values (a payback that never comes), or where every quarter met its target.
    """

    quarters: tuple[Quarter, ...]
    value: Fraction | None
    band: Band


def baseline_reading(book: Book, indicator: Indicator[Any], segment: str, t: date) -> Baseline | None:
    """What the indicator read on the last four full quarters before the watch begins; None where nothing was read."""
    first = watch_from(book)
    quarters = [q for q in full_quarters(book, t) if q < first and q.end <= t][-_BASELINE_QUARTERS:]
    readings = [verdict(book, indicator, segment, quarter, t).reading for quarter in quarters]
    read = [r for r in readings if r.band is not Band.NO_DATA]
    if not read:
        return None
    never = sum(r.infinite for r in read)
    values = sorted(r.value for r in read if r.value is not None)
    middle = _median(values, never) if values else None
    if middle is not None:
        return Baseline(tuple(quarters), middle, indicator.edges(indicator.settings(book)).judge(middle))
    return Baseline(tuple(quarters), None, Band.BREAKAGE if never else Band.HEALTHY)


def _median(values: list[Fraction], never: int) -> Fraction | None:
    """The median of `values` and of `never` paybacks that lie beyond all of them; None when it lies there too."""
    if not never:
        return median(values)
    count = len(values) + never
    middle = values[(count - 1) // 2 : count // 2 + 1] if count // 2 < len(values) else []
    return sum(middle, Fraction(0)) / len(middle) if middle else None


def is_settled(book: Book, indicator: Indicator[Any], t: date) -> bool:
    """Whether the weekly reading at `t` is far enough into its quarter to alert on."""
    start = book.policy.calendar.quarter_of(t).start
    return (t - start).days // 7 + 1 >= indicator.settled_from_week
