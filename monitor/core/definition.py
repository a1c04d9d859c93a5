"""Does each indicator's definition fit this company, and what would the alternatives have read on the baseline?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from monitor.core.book import Book
from monitor.core.indicators import INDICATORS
from monitor.core.indicators.base import Indicator
from monitor.core.policy import WATCHED
from monitor.core.types import Band
from monitor.core.verdicts import Baseline, baseline_reading, fits_definition


@dataclass(frozen=True)
class Alternative:
    """Another way to define an indicator, as it is written in the configuration, and its baseline median."""

    setting: str
    text: str
    band: Band


@dataclass(frozen=True)
class Fit:
    """Whether one indicator fits; `text` is its baseline median, `alternatives` only where it does not fit."""

    indicator: str
    title: str
    fits: bool | None
    quarters: tuple[str, ...]
    text: str
    alternatives: tuple[Alternative, ...]


def definition_check(book: Book, t: date) -> Iterator[Fit]:
    """Every indicator of the watched segment on its baseline quarters. `book` must hold due dates."""
    for indicator in INDICATORS:
        fits = fits_definition(book, indicator, WATCHED, t)
        baseline = None if indicator.own_baseline else baseline_reading(book, indicator, WATCHED, t)
        others = _alternatives(book, indicator, t) if fits is False else ()
        quarters = tuple(quarter.label for quarter in baseline.quarters) if baseline else ()
        yield Fit(indicator.key, indicator.title, fits, quarters, _text(indicator, book, baseline), tuple(others))


def _alternatives(book: Book, indicator: Indicator[Any], t: date) -> Iterator[Alternative]:
    for name, settings in indicator.alternatives(indicator.settings(book)).items():
        policy = replace(book.policy, settings={**book.policy.settings, indicator.key: settings})
        other = book.under(policy)
        baseline = baseline_reading(other, indicator, WATCHED, t)
        setting = f"indicators.{indicator.key}.{name}"
        yield Alternative(setting, _text(indicator, other, baseline), baseline.band if baseline else Band.NO_DATA)


def _text(indicator: Indicator[Any], book: Book, baseline: Baseline | None) -> str:
    if indicator.own_baseline:
        return "measured against its own past"
    if baseline is None:
        return "no data"
    if baseline.value is None:
        return "never" if baseline.band is Band.BREAKAGE else "target met"
    return indicator.unit.write(baseline.value, indicator.edges(indicator.settings(book)))
