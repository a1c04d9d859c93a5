"""What an indicator is: a formula over the book, its thresholds and its words. Everything else is done for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any, ClassVar, Generic, TypeVar, cast

from monitor.core import evidence
from monitor.core.bands import Edges, Unit, trimmed
from monitor.core.book import Book
from monitor.core.calendar import Quarter
from monitor.core.counted import counted
from monitor.core.types import Band, NoData, Number, Reading, Weighing

S = TypeVar("S")


@dataclass(frozen=True)
class Measure:
    """What a formula gives: the exact value in the indicator's unit and every number that went in.

    `value` None stands for a payback that never comes (`infinite`) or a target already met (`met`). `unsure` means that
    the value is shown but has no verdict, and why.
    """

    value: Fraction | None
    inputs: Mapping[str, Number]
    interval: tuple[float, float] | None = None
    infinite: bool = False
    met: bool = False
    approximate: bool = False
    unsure: NoData | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step of a bridge between two values: what changed, and by how much it moved the value."""

    label: str
    amount: Fraction


class Indicator(ABC, Generic[S]):
    """One indicator. A new one implements `week` and `quarter`, and `explain`'s parts where it has more to say."""

    key: ClassVar[str]
    title: ClassVar[str]
    unit: ClassVar[Unit]
    unit_name: ClassVar[str]
    formula: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ("opportunities",)
    own_baseline: ClassVar[bool] = False
    """True where the indicator measures against the company's own past, so that its definition fits every company."""
    waits_for: ClassVar[tuple[str, ...]] = ("stale",)
    """Reasons without data for which a quarter's verdict waits until the deadline."""
    leaves_out: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"in_review": "in review, so in no segment", "other_type": "not of the deal types that count"}
    )
    """What `explain` says of deals that the indicator does not count, by the engine's reason."""
    settled_from_week: ClassVar[int] = 1
    """The week of a quarter from which weekly readings are steady enough for alerts."""
    Settings: ClassVar[Any]

    def settings(self, book: Book) -> S:
        return cast(S, book.policy.settings[self.key])

    @abstractmethod
    def edges(self, settings: S) -> Edges:
        """Its thresholds."""

    @abstractmethod
    def week(self, book: Book, segment: str, t: date) -> Measure | NoData:
        """The weekly reading at the end of day `t`."""

    @abstractmethod
    def quarter(self, book: Book, segment: str, quarter: Quarter, known: date) -> Measure | NoData:
        """The quarter's reading from what was known at the end of day `known` (within the quarter: so far)."""

    def beside(self, book: Book, segment: str, t: date) -> Mapping[str, Number]:
        """What is shown next to the weekly reading, and never judged."""
        return {}

    def written(self, settings: S) -> str:
        """The formula in symbols, as these settings choose it."""
        return self.formula

    def numbers(self, reading: Reading) -> str:
        """The formula with the reading's numbers in it."""
        return ", ".join(f"{name} {value}" for name, value in reading.inputs.items())

    def bridge(self, book: Book, segment: str, before: date, t: date) -> tuple[Step, ...]:
        """Steps from the value at `before` to the value at `t`; they add up exactly. Empty where either has none."""
        first, last = self.week(book, segment, before), self.week(book, segment, t)
        if isinstance(first, NoData) or isinstance(last, NoData) or first.value is None or last.value is None:
            return ()
        return (Step("change", last.value - first.value),)

    def deals(self, book: Book, segment: str, t: date) -> DealsWanted | None:
        """Which deals `explain` shows as weighing most; None for none."""
        return None

    def people(self, book: Book, segment: str, t: date) -> tuple[Weighing, ...]:
        """Tables of people that `explain` shows beside the deals."""
        return ()

    def needed(self, book: Book, segment: str, quarter: Quarter, t: date, target: Fraction) -> str | None:
        """What `quarter` still takes to reach `target`, a clause with its numbers; None if it cannot be said."""
        return None

    def can_still_change(self, book: Book, quarter: Quarter, t: date) -> bool:
        """Whether what happens after `t` can still move the reading of `quarter`."""
        return t < quarter.end

    def alternatives(self, settings: S) -> Mapping[str, S]:
        """Other settings that a company might choose when the definition does not fit, by name."""
        return {}

    def wants_due_dates(self, settings: S) -> bool:
        """Whether the formula needs open deals by their expected close date."""
        return False

    def is_carried_back(self, book: Book, day: date) -> bool:
        """Whether a reading that begins on `day` rests on values from before history's beginning."""
        return book.is_carried_back(day)

    def bands_text(self, settings: S) -> str:
        edges = self.edges(settings)
        better, worse = (
            (("from" if edges.healthy_at_edge else "above"), "below") if edges.higher_is_better else ("below", "past")
        )
        if edges.higher_is_better and edges.breakage_at_edge:
            worse = "at or below"
        healthy, breakage = (trimmed(e * self.unit.factor) + self.unit.suffix for e in (edges.healthy, edges.breakage))
        return f"healthy {better} {healthy}, breakage {worse} {breakage}"


@dataclass(frozen=True)
class DealsWanted:
    """A question to the engine: the open deals that count (`open`), or those closed from `start` to `end`."""

    kind: str
    title: str
    start: date | None = None
    end: date | None = None
    won_only: bool = False


def weekly_reading(indicator: Indicator[Any], book: Book, segment: str, t: date) -> Reading:
    """The weekly reading of `segment` at the end of day `t`."""
    blocked = book.cannot_read(t)
    reading = _reading(indicator, book, segment, t, blocked or indicator.week(book, segment, t))
    if reading.approximate or not _is_carried_back(indicator, book, reading, t):
        return reading
    return replace(reading, approximate=True)


def with_beside(indicator: Indicator[Any], book: Book, reading: Reading) -> Reading:
    """The same weekly reading with what is shown next to it."""
    if book.cannot_read(reading.as_of):
        return reading
    return replace(reading, beside=indicator.beside(book, reading.segment, reading.as_of))


def quarter_reading(indicator: Indicator[Any], book: Book, segment: str, quarter: Quarter, known: date) -> Reading:
    """The quarter's reading from what was known at the end of day `known`."""
    key = ("reading", indicator.key, segment, quarter, known)
    return book.remember(key, lambda: _quarter_reading(indicator, book, segment, quarter, known))


def _quarter_reading(indicator: Indicator[Any], book: Book, segment: str, quarter: Quarter, known: date) -> Reading:
    blocked = book.cannot_read(known, quarter)
    measure = blocked or indicator.quarter(book, segment, quarter, known)
    reading = _reading(indicator, book, segment, known, measure, quarter.label)
    if reading.approximate or not _is_carried_back(indicator, book, reading, quarter.start):
        return reading
    return replace(reading, approximate=True)


def lacking_quotas(book: Book, segment: str, quarter: Quarter) -> tuple[str, ...]:
    """A note where the plan holds AEs without a quota."""
    without = book.without_quota(segment, quarter)
    if not without:
        return ()
    return (f"{counted(without, 'AE of the plan has', 'AEs of the plan have')} no quota row for {quarter}",)


def _is_carried_back(indicator: Indicator[Any], book: Book, reading: Reading, day: date) -> bool:
    return reading.band is not Band.NO_DATA and indicator.is_carried_back(book, day)


def _reading(
    indicator: Indicator[Any],
    book: Book,
    segment: str,
    t: date,
    measure: Measure | NoData,
    quarter: str | None = None,
) -> Reading:
    if isinstance(measure, NoData):
        return Reading(
            indicator.key, segment, t, None, Band.NO_DATA, "no data", quarter, reason=measure.reason, why=measure.why
        )
    edges = indicator.edges(indicator.settings(book))
    band, text = _band(indicator, edges, measure)
    unsure = measure.unsure
    return Reading(
        indicator=indicator.key,
        segment=segment,
        as_of=t,
        value=measure.value,
        band=band,
        text=text,
        quarter=quarter,
        reason=unsure.reason if unsure else None,
        why=unsure.why if unsure else None,
        interval=measure.interval,
        evidence=evidence.label(measure.interval, band, edges),
        approximate=measure.approximate,
        infinite=measure.infinite,
        inputs=measure.inputs,
        notes=measure.notes,
    )


def _band(indicator: Indicator[Any], edges: Edges, measure: Measure) -> tuple[Band, str]:
    if measure.value is None:
        return (Band.BREAKAGE, "never") if measure.infinite else (Band.HEALTHY, "target met")
    if measure.unsure:
        return Band.NO_DATA, indicator.unit.write(measure.value)
    return edges.judge(measure.value), indicator.unit.write(measure.value, edges)
