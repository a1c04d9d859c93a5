"""Pipeline coverage: is there one sales cycle's pipeline for one sales cycle's quota?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Literal

from monitor.core import evidence
from monitor.core.bands import Edges, Unit
from monitor.core.book import Book
from monitor.core.calendar import DAY, Quarter
from monitor.core.counted import counted
from monitor.core.facts import CHANGES
from monitor.core.indicators.base import DealsWanted, Indicator, Measure, Step, lacking_quotas
from monitor.core.sums import Sums, sum_of, total
from monitor.core.types import NoData, Number, Reading

_BY_DUE_DATE = ("quarter", "remaining")
"""Bases that count open deals by their expected close date."""
_FORMULAS = {
    "quarter": "open pipeline due by the quarter's end / quota of the quarter",
    "remaining": "open pipeline due by the quarter's end / (quota of the quarter - bookings to date)",
    "worked": "(pipeline open at the quarter's start + pipeline created in it) / quota of the quarter",
}
_MIN_WEEKS = 9
"""Weekly readings that a quarter's mean needs once the quarter is over."""


@dataclass(frozen=True)
class Bands:
    healthy: Decimal = Decimal("4.0")
    breakage: Decimal = Decimal("3.5")


@dataclass(frozen=True)
class CoverageSettings:
    basis: Literal["horizon", "quarter", "remaining", "worked"] = "horizon"
    """What the open pipeline is held against: one sales cycle's quota, or one of the other readings people know."""
    horizon_days: Mapping[str, int] = field(default_factory=lambda: {"smb": 30, "mid_market": 90, "strategic": 180})
    """By segment: about one sales cycle."""
    max_age_days: Mapping[str, int] = field(default_factory=lambda: {"smb": 90, "mid_market": 240, "strategic": 365})
    """By segment: older open deals are left out; age counts from their creation."""
    bands: Bands = Bands()
    """As a ratio: healthy from, breakage below."""


def coverage(open_pipeline: Fraction, quota: Fraction) -> Fraction:
    """Open pipeline over the quota for the same stretch of time (spec: Pipeline coverage)."""
    return open_pipeline / quota


class PipelineCoverage(Indicator[CoverageSettings]):
    key = "pipeline_coverage"
    title = "Pipeline coverage"
    unit = Unit("x", 2)
    unit_name = "x"
    formula = "open pipeline no older than max_age_days / (quota of the quarter x horizon_days / days in the quarter)"
    needs = ("opportunities", "reps", "quotas")
    leaves_out = MappingProxyType({"too_old": "older than max_age_days", **Indicator.leaves_out})
    Settings = CoverageSettings

    def edges(self, settings: CoverageSettings) -> Edges:
        return Edges(
            settings.bands.healthy, settings.bands.breakage, True, healthy_at_edge=True, breakage_at_edge=False
        )

    def written(self, settings: CoverageSettings) -> str:
        return _FORMULAS.get(settings.basis, self.formula)

    def week(self, book: Book, segment: str, t: date) -> Measure | NoData:
        return book.remember((self.key, segment, t, "week"), lambda: self._week(book, segment, t))

    def _week(self, book: Book, segment: str, t: date) -> Measure | NoData:
        settings = self.settings(book)
        if (t - book.facts.begins).days < settings.max_age_days[segment]:
            needed = counted(settings.max_age_days[segment], "day is", "days are")
            return NoData("not_enough_history", f"not enough history: {needed} needed before {t}")
        quarter = book.policy.calendar.quarter_of(t)
        quota = book.plan_quota(segment, quarter)
        if isinstance(quota, NoData):
            return quota
        found = _numerator(book, settings.basis, segment, quarter, t)
        if settings.basis in _BY_DUE_DATE and not book.has_due_dates(segment, t):
            return NoData("no_close_dates", f"none of the open deals of {segment} has an expected close date")
        if found.deals and found.deals == found.unpriced:
            return NoData("no_amounts", f"no amount on the {counted(found.deals, 'open deal')} of {segment}")
        denominator, inputs = _denominator(book, settings, segment, quarter, t, quota)
        inputs = {"open_pipeline": found.amount, "quota": quota, **inputs, "open_deals": found.deals}
        if denominator <= 0:
            notes = ("bookings have reached the quota: target met",)
            return Measure(None, inputs, met=True, approximate=book.is_carried_back(t), notes=notes)
        value = coverage(found.amount, denominator)
        error = evidence.relative_error(found.amount, found.squares)
        return Measure(
            value,
            inputs,
            interval=evidence.around(value, error),
            approximate=_is_approximate(book, settings.basis, segment, t),
            notes=_notes(book, segment, quarter, t, found),
        )

    def quarter(self, book: Book, segment: str, quarter: Quarter, known: date) -> Measure | NoData:
        ends = [t for t in book.policy.calendar.weeks(quarter.start, min(known, quarter.end)) if not book.is_stale(t)]
        weeks = [self.week(book, segment, t) for t in ends]
        read = [week for week in weeks if isinstance(week, Measure)]
        valued = [(week, week.value) for week in read if week.value is not None]
        least = _MIN_WEEKS if known >= quarter.end else 1
        if len(read) < least:
            missing = next((week for week in weeks if isinstance(week, NoData)), None)
            if missing and not read:
                return missing
            return NoData("too_few_weeks", f"{counted(len(read), 'weekly reading')} in {quarter}, {least} are needed")
        if not valued:
            return Measure(None, read[-1].inputs, met=True, approximate=any(week.approximate for week in read))
        count = len(valued)
        value = total(v for _, v in valued) / count
        return Measure(
            value,
            _mean_inputs([week for week, _ in valued]) | {"weeks": count},
            interval=_mean_interval(value, valued),
            approximate=any(week.approximate for week, _ in valued),
            notes=valued[-1][0].notes,
        )

    def numbers(self, reading: Reading) -> str:
        i = reading.inputs
        if "horizon_days" in i:
            quota = f"{_m(i['quota'])} x {i['horizon_days']} / {i['quarter_days']}"
            return f"{_m(i['open_pipeline'])} / ({quota}) = {reading.text}"
        return f"{_m(i['open_pipeline'])} / {_m(i.get('remaining_quota', i['quota']))} = {reading.text}"

    def bridge(self, book: Book, segment: str, before: date, t: date) -> tuple[Step, ...]:
        settings = self.settings(book)
        first, last = self.week(book, segment, before), self.week(book, segment, t)
        if isinstance(first, NoData) or isinstance(last, NoData) or first.value is None or last.value is None:
            return ()
        if settings.basis != "horizon":
            return super().bridge(book, segment, before, t)
        quota = _horizon_quota(last)
        steps = [
            Step(name, book.pipeline_change(segment, name, before + DAY, t, fresh=True).amount / quota)
            for name in CHANGES
        ]
        steps.append(Step("quota", _amount(first) / quota - first.value))
        # what was seen holds changes that no history tells
        untold = last.value - first.value - total(step.amount for step in steps)
        return (*steps, Step("changes_without_history", untold))

    def is_carried_back(self, book: Book, day: date) -> bool:
        """By what was open day by day, the weekly readings themselves say it, and what was seen needs no history."""
        return self.settings(book).basis == "worked" and super().is_carried_back(book, day)

    def deals(self, book: Book, segment: str, t: date) -> DealsWanted:
        return DealsWanted("open", "Largest open deals that count")

    def needed(self, book: Book, segment: str, quarter: Quarter, t: date, target: Fraction) -> str | None:
        settings = self.settings(book)
        measure = self.quarter(book, segment, quarter, t)
        quota = book.plan_quota(segment, quarter)
        left = len(list(book.policy.calendar.weeks(t + DAY, quarter.end)))
        if settings.basis != "horizon" or isinstance(quota, NoData) or not left:
            return None
        done, so_far = (0, Fraction(0))
        if isinstance(measure, Measure) and measure.value is not None:
            done = int(measure.inputs.get("weeks") or 0)
            so_far = measure.value * done
        mean = (target * (done + left) - so_far) / left
        pipeline = mean * quota * settings.horizon_days[segment] / quarter.days
        now = book.open_pipeline(segment, t, fresh=True).amount
        more = f", {_m(pipeline - now)} more than now" if pipeline > now else ""
        return f"an open pipeline of {_m(pipeline)} on average over the {counted(left, 'week')} left{more}"

    def can_still_change(self, book: Book, quarter: Quarter, t: date) -> bool:
        return next(book.policy.calendar.weeks(t + DAY, quarter.end), None) is not None

    def wants_due_dates(self, settings: CoverageSettings) -> bool:
        return settings.basis in _BY_DUE_DATE

    def alternatives(self, settings: CoverageSettings) -> Mapping[str, CoverageSettings]:
        others: dict[str, CoverageSettings] = {
            f"basis: {basis}": replace(settings, basis=basis)
            for basis in ("horizon", "quarter", "remaining", "worked")
            if basis != settings.basis
        }
        for days in (45, 60, 90):
            if settings.horizon_days.get("smb") != days:
                horizon = {**settings.horizon_days, "smb": days}
                others[f"horizon_days.smb: {days}"] = replace(settings, basis="horizon", horizon_days=horizon)
        return others


def _numerator(book: Book, basis: str, segment: str, quarter: Quarter, t: date) -> Sums:
    if basis == "horizon":
        return book.open_pipeline(segment, t, fresh=True)
    if basis in _BY_DUE_DATE:
        return book.due_pipeline(segment, t, quarter)
    opening = book.open_pipeline(segment, quarter.start - DAY, fresh=False)
    came = [
        book.pipeline_change(segment, name, quarter.start, t, fresh=False)
        for name in ("created", "reamounted", "moved")
    ]
    return sum_of((opening, *came))


def _is_approximate(book: Book, basis: str, segment: str, t: date) -> bool:
    """Whether what is counted rests on values of another day. What was seen says nothing of days between two weeks."""
    week = book.as_seen(t)
    if basis in _BY_DUE_DATE:
        if week is not None and week.held[segment].due is not None:
            return week.held[segment].stands_in
        return book.lacks_history(t) or book.facts.due_dates_stand_in
    return book.lacks_history(t) and (week is None or basis == "worked")


def _denominator(
    book: Book, settings: CoverageSettings, segment: str, quarter: Quarter, t: date, quota: Fraction
) -> tuple[Fraction, dict[str, Number]]:
    if settings.basis == "horizon":
        days = settings.horizon_days[segment]
        return quota * days / quarter.days, {"horizon_days": days, "quarter_days": quarter.days}
    if settings.basis == "remaining":
        booked = book.bookings(segment, quarter.start, t, t).amount
        return quota - booked, {"bookings": booked, "remaining_quota": quota - booked}
    return quota, {}


def _notes(book: Book, segment: str, quarter: Quarter, t: date, found: Sums) -> tuple[str, ...]:
    notes = []
    week = book.as_seen(t)
    if week is not None:
        notes.append(f"open pipeline as it was seen on {week.seen_on}: there is no history of it")
    if found.unpriced:
        deals = counted(found.unpriced, "open deal has no amount and adds", "open deals have no amount and add")
        notes.append(f"{deals} nothing")
    return (*notes, *lacking_quotas(book, segment, quarter))


def _amount(measure: Measure) -> Fraction:
    amount = measure.inputs["open_pipeline"]
    assert isinstance(amount, Fraction)
    return amount


def _horizon_quota(measure: Measure) -> Fraction:
    quota, days, of_days = (Fraction(measure.inputs[name] or 0) for name in ("quota", "horizon_days", "quarter_days"))
    return quota * days / of_days


def _mean_inputs(weeks: list[Measure]) -> dict[str, Number]:
    inputs = dict(weeks[-1].inputs)
    inputs["open_pipeline"] = total(map(_amount, weeks)) / len(weeks)
    inputs.pop("open_deals", None)
    return inputs


def _mean_interval(value: Fraction, valued: list[tuple[Measure, Fraction]]) -> tuple[float, float] | None:
    """Weeks share most of their deals, so their relative errors are averaged, not reduced."""
    spans = [(float(week.interval[1]) / float(v)) for week, v in valued if week.interval and v]
    if not spans:
        return None
    factor = sum(spans) / len(spans)
    return (float(value) / factor, float(value) * factor)


def _m(amount: Number) -> str:
    return f"{round(Fraction(amount or 0)):,}"
