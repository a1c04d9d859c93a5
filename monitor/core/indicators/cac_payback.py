"""CAC payback: after how many months has a new customer paid for the cost of winning it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from monitor.core import evidence
from monitor.core.bands import Edges, Unit
from monitor.core.book import Book
from monitor.core.calendar import DAY, Quarter, add_months
from monitor.core.counted import counted
from monitor.core.indicators.base import DealsWanted, Indicator, Measure, Step
from monitor.core.sums import total
from monitor.core.tables import SEGMENTS
from monitor.core.types import NoData, Number, Reading

_FURTHEST_MONTHS = 6
"""How far back the weekly reading looks for three months with spend."""


@dataclass(frozen=True)
class Bands:
    healthy: Decimal = Decimal("14")
    breakage: Decimal = Decimal("18")


@dataclass(frozen=True)
class PaybackSettings:
    gross_margin: Mapping[str, Decimal] = field(default_factory=dict)
    """By segment, as a share; there is no default, and without it the payback reads no data."""
    shared: Literal["include", "exclude", "by_bookings"] = "include"
    """What a segment bears of the `shared` spend: all, nothing, or its part of the bookings."""
    lag_months: int = 0
    """Shifts spend back: the spend of this many months earlier is held against the new ARR."""
    bands: Bands = Bands()
    """In months: healthy below, breakage past."""

    def __post_init__(self) -> None:
        for segment, margin in self.gross_margin.items():
            if not 0 < margin <= 1:
                clause = f"must be a share above 0, at most 1, such as 0.75, not {margin}"
                raise ValueError(f"gross_margin.{segment}", clause)


def payback(spend: Fraction, new_arr: Fraction, gross_margin: Fraction) -> Fraction:
    """Months: S&M spend over a month's gross profit on new ARR (spec: CAC payback)."""
    return spend / (new_arr / 12 * gross_margin)


class CacPayback(Indicator[PaybackSettings]):
    key = "cac_payback"
    title = "CAC payback"
    unit = Unit(" months", 1)
    unit_name = "months"
    formula = "S&M spend / (new ARR / 12 x gross margin), in months"
    needs = ("opportunities", "spend")
    waits_for = ("stale", "missing_spend")
    Settings = PaybackSettings

    def edges(self, settings: PaybackSettings) -> Edges:
        return Edges(
            settings.bands.healthy, settings.bands.breakage, False, healthy_at_edge=False, breakage_at_edge=False
        )

    def week(self, book: Book, segment: str, t: date) -> Measure | NoData:
        if blocked := self._blocked(book, segment):
            return blocked
        months = self._months(book, segment, t)
        if len(months) < 3 or months[0] < book.first_full.start:
            return NoData("missing_spend", f"`spend` has fewer than three complete months of {segment} before {t}")
        return self._measure(book, segment, months, t)

    def _months(self, book: Book, segment: str, t: date) -> tuple[date, ...]:
        """The last three complete months before `t` that have spend, or as many as there are, the oldest first."""
        last, lag = add_months(t + DAY, -1), self.settings(book).lag_months
        months = (add_months(last, -back) for back in range(_FURTHEST_MONTHS))
        spent = [month for month in months if book.has_spend(segment, add_months(month, -lag))]
        return tuple(sorted(spent[:3]))

    def quarter(self, book: Book, segment: str, quarter: Quarter, known: date) -> Measure | NoData:
        settings = self.settings(book)
        if blocked := self._blocked(book, segment):
            return blocked
        if known < quarter.end:
            return NoData("incomplete", f"{quarter} is not over on {known}")
        missing = [m for m in quarter.months if not book.has_spend(segment, add_months(m, -settings.lag_months))]
        if missing:
            month = add_months(missing[0], -settings.lag_months)
            return NoData("missing_spend", f"`spend` has no row of {segment} for {month:%Y-%m}")
        return self._measure(book, segment, quarter.months, known)

    def _blocked(self, book: Book, segment: str) -> NoData | None:
        if book.facts.spend is None:
            return NoData("missing_table", "there is no table `spend`")
        if self.settings(book).gross_margin.get(segment) is None:
            return NoData("no_gross_margin", f"indicators.cac_payback.gross_margin.{segment} is not configured")
        return None

    def _measure(self, book: Book, segment: str, months: tuple[date, ...], known: date) -> Measure | NoData:
        if self.settings(book).shared != "by_bookings":  # which asks for other segments too
            known = book.closings_known(segment, add_months(months[-1], 1) - DAY, known)
        key = (self.key, segment, months, known)
        return book.remember(key, lambda: self._held_against(book, segment, months, known))

    def _held_against(self, book: Book, segment: str, months: tuple[date, ...], known: date) -> Measure | NoData:
        """The spend of `months` against what was won in them."""
        settings = self.settings(book)
        margin = Fraction(settings.gross_margin[segment])
        cost = book.spend(segment, (add_months(month, -settings.lag_months) for month in months))
        won = [book.won(segment, month, add_months(month, 1) - DAY, known) for month in months]
        new_arr, squares = total(sums.amount for sums in won), total(sums.squares for sums in won)
        deals, unpriced = sum(s.deals for s in won), sum(s.unpriced for s in won)
        shared = cost.shared * _share(book, settings, segment, months, known)
        spend = cost.own + shared
        inputs: dict[str, Number] = {
            "spend": spend,
            "shared_spend": shared,
            "new_arr": new_arr,
            "gross_margin": margin,
            "won_deals": deals,
        }
        if deals and deals == unpriced:
            return NoData("no_amounts", f"no amount on the {counted(deals, 'won deal')}")
        notes: tuple[str, ...] = (f"months {months[0]:%Y-%m} to {months[-1]:%Y-%m}",)
        if unpriced:
            lacking = counted(unpriced, "won deal has no amount and adds", "won deals have no amount and add")
            notes += (f"{lacking} nothing",)
        if new_arr <= 0:
            if spend <= 0:
                return NoData(
                    "no_spend", f"nothing was spent and nothing won in {months[0]:%Y-%m} to {months[-1]:%Y-%m}"
                )
            return Measure(None, inputs, infinite=True, notes=notes)
        value = payback(spend, new_arr, margin)
        return Measure(value, inputs, evidence.around(value, evidence.relative_error(new_arr, squares)), notes=notes)

    def numbers(self, reading: Reading) -> str:
        i = reading.inputs
        margin = float(i["gross_margin"] or 0)
        return f"{_m(i['spend'])} / ({_m(i['new_arr'])} / 12 x {margin:g}) = {reading.text}"

    def bridge(self, book: Book, segment: str, before: date, t: date) -> tuple[Step, ...]:
        first, last = self.week(book, segment, before), self.week(book, segment, t)
        if isinstance(first, NoData) or isinstance(last, NoData) or first.value is None or last.value is None:
            return ()
        value = first.value
        steps = []
        state = {name: Fraction(first.inputs[name] or 0) for name in ("spend", "new_arr", "gross_margin")}
        for name, words in (("spend", "spend"), ("new_arr", "new ARR"), ("gross_margin", "gross margin")):
            state[name] = Fraction(last.inputs[name] or 0)
            now = payback(state["spend"], state["new_arr"], state["gross_margin"])
            steps.append(Step(words, now - value))
            value = now
        return tuple(steps)

    def deals(self, book: Book, segment: str, t: date) -> DealsWanted | None:
        months = self._months(book, segment, t)
        if not months:
            return None
        end = add_months(months[-1], 1) - DAY
        return DealsWanted("decided", "Largest deals won in the months", months[0], end, won_only=True)

    def needed(self, book: Book, segment: str, quarter: Quarter, t: date, target: Fraction) -> str | None:
        settings = self.settings(book)
        margin = settings.gross_margin.get(segment)
        if margin is None or book.facts.spend is None:
            return None
        measure = self.week(book, segment, t)
        if isinstance(measure, NoData):
            return None
        arr = Fraction(measure.inputs["spend"] or 0) * 12 / (target * Fraction(margin))
        booked = book.won(segment, quarter.start, quarter.end, t).amount
        gap = arr - booked
        return f"{_m(gap)} more in new ARR at the spend of the last three months" if gap > 0 else None

    def alternatives(self, settings: PaybackSettings) -> Mapping[str, PaybackSettings]:
        return {
            f"shared: {shared}": replace(settings, shared=shared)
            for shared in ("include", "exclude", "by_bookings")
            if shared != settings.shared
        }


def _share(book: Book, settings: PaybackSettings, segment: str, months: tuple[date, ...], known: date) -> Fraction:
    """The part of shared spend that is the segment's."""
    if settings.shared == "exclude":
        return Fraction(0)
    if settings.shared == "include":
        return Fraction(1)
    won = {each: total(book.won(each, m, add_months(m, 1) - DAY, known).amount for m in months) for each in SEGMENTS}
    every = total(won.values())
    return won[segment] / every if every else Fraction(1)


def _m(amount: Number) -> str:
    return f"{round(Fraction(amount or 0)):,}"
