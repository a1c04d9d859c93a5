"""Everything that one run shows, put together from the facts, the decision and the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from monitor.core.ahead import ahead
from monitor.core.book import Book
from monitor.core.breaker import Breaker, Override
from monitor.core.calendar import Quarter
from monitor.core.chain import digest
from monitor.core.decide import Decision, Recorded, restatements
from monitor.core.indicators import INDICATORS
from monitor.core.indicators.base import Indicator, weekly_reading, with_beside
from monitor.core.plan import SealedVerdict
from monitor.core.policy import WATCHED, BreakerPolicy
from monitor.core.seeing import seen_remarks
from monitor.core.tables import REVIEW
from monitor.core.types import Band, BreakerView, DataView, IndicatorView, OverrideView, ReadingView, Snapshot
from monitor.core.verdicts import Verdict, verdicts, watch_from
from monitor.core.views import from_json, reading_view

_WEEKS_BESIDE = 13
BESIDE = ("mid_market",)
"""Segments shown next to the watched one."""


def snapshot(
    book: Book,
    decision: Decision,
    recorded: Recorded,
    t: date,
    version: str,
    today: date | None = None,
    weeks: int | None = None,
) -> Snapshot:
    """What is shown at the end of day `t`, for the watched segment and beside it mid-market.

    The weekly lines begin with the first full quarter, or so many `weeks` ago.
    """
    policy, first = book.policy, book.first_full.start
    weeks_from = first if weeks is None else max(first, t - timedelta(weeks=weeks - 1))
    sealed = {(v.indicator, v.quarter): v for v in (*recorded.verdicts, *decision.plan.verdicts) if v.sealed_on <= t}
    restated = {(r.verdict.indicator, r.verdict.quarter): r.text for r in restatements(book, recorded, t)}
    indicators = []
    for indicator in INDICATORS:
        quarters = tuple(
            _quarter_view(book, each, indicator, decision, sealed.get(key), restated.get(key))
            for each in decision.current[indicator.key]
            for key in ((indicator.key, each.quarter.label),)
        )
        view = _view(book, indicator, WATCHED, t, quarters, weeks_from)
        count = decision.breaker.streak(indicator.key).count
        indicators.append(replace(view, streak=count, fits_definition=decision.fits[indicator.key]))
    seen = Snapshot(
        company=policy.company,
        as_of=t,
        quarter=policy.calendar.quarter_of(t).label,
        segment=WATCHED,
        currency=policy.facts.currency,
        timezone=policy.facts.timezone,
        breaker=_breaker_view(book, decision, tuple(indicators), t, today or t),
        indicators=tuple(indicators),
        beside={segment: _beside(book, segment, t) for segment in BESIDE},
        ahead=ahead(book, decision, t),
        data=_data_view(book, t),
        configuration=policy.configuration,
        fingerprint=book.facts.fingerprint,
        version=version,
    )
    return identified(seen)


def identified(seen: Snapshot) -> Snapshot:
    """The same with its id: eight characters of a hash over all that it shows, but for its weekly lines of the past."""
    beside = {segment: tuple(map(_without_line, views)) for segment, views in seen.beside.items()}
    bare = replace(seen, run="", indicators=tuple(map(_without_line, seen.indicators)), beside=beside)
    return replace(seen, run=digest({"shown": repr(bare)})[:8])


def _without_line(view: IndicatorView) -> IndicatorView:
    return replace(view, weeks=())


def as_recorded(seen: Snapshot, breaker: Breaker, rule: BreakerPolicy, today: date) -> Snapshot:
    """The snapshot with the breaker as the log has it by now: what people did since, without reading any data."""
    view = breaker_view(breaker, rule, seen.breaker.advisory, seen.breaker.watch_from, today)
    return seen if view == seen.breaker else identified(replace(seen, breaker=view))


def _quarter_view(
    book: Book,
    verdict: Verdict,
    indicator: Indicator[Any],
    decision: Decision,
    sealed: SealedVerdict | None,
    restated: str | None,
) -> ReadingView:
    if sealed is not None:
        view = from_json(sealed.reading)
        return replace(view, sealed=True, sealed_on=sealed.sealed_on, counted=sealed.counted, restated=restated)
    counted = verdict.quarter >= watch_from(book) and decision.fits[indicator.key] is not False
    view = reading_view(verdict.reading, indicator)
    return replace(view, sealed=verdict.sealed_on is not None, sealed_on=verdict.sealed_on, counted=counted)


def _view(
    book: Book, indicator: Indicator[Any], segment: str, t: date, quarters: tuple[ReadingView, ...], weeks_from: date
) -> IndicatorView:
    settings = indicator.settings(book)
    edges = indicator.edges(settings)
    ends = [week for week in book.policy.calendar.weeks(weeks_from, t) if week < t]
    weekly = with_beside(indicator, book, weekly_reading(indicator, book, segment, t))
    weeks = [reading_view(weekly_reading(indicator, book, segment, week), indicator) for week in ends]
    now = reading_view(weekly, indicator)
    return IndicatorView(
        key=indicator.key,
        title=indicator.title,
        bands_text=indicator.bands_text(settings),
        higher_is_better=edges.higher_is_better,
        unit=indicator.unit_name,
        thresholds=(float(edges.healthy), float(edges.breakage)),
        weekly=now,
        weeks=(*weeks, now),
        quarters=quarters,
    )


def _beside(book: Book, segment: str, t: date) -> tuple[IndicatorView, ...]:
    weeks_from = t - timedelta(weeks=_WEEKS_BESIDE - 1)
    views = []
    for indicator in INDICATORS:
        quarters = tuple(
            replace(reading_view(each.reading, indicator), sealed=each.sealed_on is not None, sealed_on=each.sealed_on)
            for each in verdicts(book, indicator, segment, t)
        )
        views.append(_view(book, indicator, segment, t, quarters, weeks_from))
    return tuple(views)


def _breaker_view(
    book: Book, decision: Decision, indicators: tuple[IndicatorView, ...], t: date, today: date
) -> BreakerView:
    first: Quarter = watch_from(book)
    advisory = tuple(
        view.key
        for view in indicators
        if view.weekly.band is Band.BREAKAGE and view.fits_definition is not False and first.start <= t
    )
    label = first.label if first.start <= t else None
    return breaker_view(decision.breaker, book.policy.breaker, advisory, label, today)


def breaker_view(
    breaker: Breaker, rule: BreakerPolicy, advisory: tuple[str, ...], watch_from: str | None, today: date
) -> BreakerView:
    """The breaker as shown on `today`."""
    return BreakerView(
        state=breaker.state,
        hiring_paused=breaker.paused(today),
        since=breaker.since,
        tripped_by=tuple(sorted(breaker.tripped_by)),
        recovered=breaker.recovered_by or tuple(sorted(k for k in breaker.tripped_by if breaker.recovered(k, rule))),
        advisory=advisory,
        bridged=breaker.bridged,
        override=_override_view(breaker.override, today),
        acknowledged_by=breaker.acknowledged_by,
        checklist=breaker.checklist,
        violations=breaker.violations,
        recovered_on=breaker.recovered_on,
        watch_from=watch_from,
    )


def _override_view(override: Override | None, t: date) -> OverrideView | None:
    if override is None:
        return None
    return OverrideView(
        override.asked_by,
        override.reason,
        override.until,
        override.approved_by,
        override.needed,
        override.in_force(t),
    )


def _data_view(book: Book, t: date) -> DataView:
    quality = book.facts.quality
    review = book.open_pipeline(REVIEW, t, fresh=False)
    absent = {name for indicator in INDICATORS for name in indicator.needs} - set(quality.rows)
    remarks: Mapping[str, None] = dict.fromkeys((*quality.remarks, *seen_remarks(book, t)))
    return DataView(
        rows=quality.rows,
        set_aside=quality.set_aside,
        suspicious=quality.suspicious,
        review_deals=review.deals,
        review_amount=float(review.amount),
        newest=book.newest(t),
        stale=book.is_stale(t),
        missing=tuple(sorted(absent)),
        remarks=tuple(remarks),
        ignored_columns=quality.ignored_columns,
        findings=quality.findings,
        sync=book.facts.sync,
    )
