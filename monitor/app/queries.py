"""Questions that need the facts themselves: explain, backtest, backfill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from monitor.app.observe import record
from monitor.app.wiring import Asked, Company
from monitor.core.backtest import backtest as run_backtest
from monitor.core.backtest import weeks_of
from monitor.core.explain import explain as explain_reading
from monitor.core.indicators import BY_KEY, INDICATORS
from monitor.core.indicators.base import weekly_reading
from monitor.core.policy import WATCHED
from monitor.core.seen import SeenWeeks
from monitor.core.snapshot import BESIDE
from monitor.core.types import Backtest, Explanation
from monitor.core.views import reading_view, to_json
from monitor.store.repository import Store
from monitor.store.rows import KeptReading

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done."""


@dataclass(frozen=True)
class Backfilled:
    """What a backfill rebuilt."""

    weeks: int
    readings: int
    quarters: int
    first: date | None
    last: date | None


def explain(company: Company, seen: SeenWeeks, indicator: str, segment: str, asked: Asked) -> Explanation:
    """Why `indicator` reads what it reads for `segment`."""
    book, deals = company.read(asked.as_of, today=asked.today)
    return explain_reading(book.seeing(seen), deals, BY_KEY[indicator], segment, asked.as_of)


def backtest(company: Company, seen: SeenWeeks, asked: Asked, progress: Progress) -> Backtest:
    """What would have been said and when, up to the day asked for."""
    book, _ = company.read(asked.as_of, today=asked.today)
    return run_backtest(book.seeing(seen), asked.as_of, progress)


def backfill(
    company: Company, store: Store, start: date, asked: Asked, now: datetime, progress: Progress
) -> Backfilled:
    """Rebuilds the weekly readings from `start` on, and records the quarters that are due."""
    book, deals = company.read(asked.as_of, today=asked.today)
    run = record(company, store, book, deals, asked, now)
    book = run.book
    weeks = [week for week in weeks_of(book, asked.as_of) if week >= start]
    kept = 0
    for done, week in enumerate(weeks, start=1):
        readings = [
            KeptReading(
                segment,
                indicator.key,
                week,
                company.policy.configuration,
                to_json(reading_view(weekly_reading(indicator, book, segment, week), indicator)),
            )
            for segment in (WATCHED, *BESIDE)
            for indicator in INDICATORS
        ]
        store.keep_readings(readings)
        kept += len(readings)
        progress(done, len(weeks))
    quarters = len({verdict.quarter for verdict in run.recorded.verdicts})
    return Backfilled(len(weeks), kept, quarters, weeks[0] if weeks else None, weeks[-1] if weeks else None)
