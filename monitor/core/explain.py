"""Why an indicator reads what it reads: the formula with its numbers, what weighs, what is left out, the bridge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from monitor.core.bands import Unit, fixed
from monitor.core.book import Book
from monitor.core.facts import Deal, Deals
from monitor.core.indicators.base import Indicator, Step, weekly_reading, with_beside
from monitor.core.types import Band, BridgeStep, Explanation, LeftOutView, Number, Reading, Weighing
from monitor.core.views import reading_view

_TOP = 10
_WEEK = timedelta(days=7)


def explain(book: Book, deals: Deals, indicator: Indicator[Any], segment: str, t: date) -> Explanation:
    """The explanation of the weekly reading of `segment` at the end of `t`, against the week before."""
    settings = indicator.settings(book)
    reading = with_beside(indicator, book, weekly_reading(indicator, book, segment, t))
    before = weekly_reading(indicator, book, segment, t - _WEEK)
    steps = () if reading.value is None or before.value is None else indicator.bridge(book, segment, t - _WEEK, t)
    bridge, bridge_from, bridge_to = _bridge(indicator, settings, before, reading, steps)
    wanted = indicator.deals(book, segment, t)
    tables = indicator.people(book, segment, t)
    if wanted is not None:
        rows = (
            deals.open_fresh(segment, t, _TOP)
            if wanted.kind == "open"
            else deals.decided(segment, wanted.start or t, wanted.end or t, t, _TOP, won_only=wanted.won_only)
        )
        tables = (deal_table(rows, wanted.title), *tables)
    beside = _beside(reading)
    tables = (*tables, *beside)
    start = wanted.start if wanted and wanted.start else t - _WEEK
    return Explanation(
        company=book.policy.company,
        segment=segment,
        indicator=indicator.key,
        title=indicator.title,
        formula=indicator.written(settings),
        numbers=indicator.numbers(reading) if reading.inputs else "",
        reading=reading_view(reading, indicator),
        bands_text=indicator.bands_text(settings),
        inputs=tuple((name.replace("_", " "), number_text(value)) for name, value in reading.inputs.items()),
        weighs=tables,
        left_out=tuple(
            LeftOutView(indicator.leaves_out[each.reason], each.deals, money_text(Fraction(each.amount)))
            for each in deals.left_out(segment, start, t)
            if each.reason in indicator.leaves_out
        ),
        bridge=bridge,
        bridge_from=bridge_from,
        bridge_to=bridge_to,
        higher_is_better=indicator.edges(settings).higher_is_better,
    )


def _beside(reading: Reading) -> tuple[Weighing, ...]:
    """What is shown next to the reading and never judged: shares as per cent, counts as they are."""
    shown = tuple(
        (
            _spoken(name),
            number_text(value) if isinstance(value, int) else f"{fixed(100 * Fraction(value), 1)} %",
        )
        for name, value in reading.beside.items()
        if value is not None
    )
    return (Weighing("Shown beside it", ("What", ">Value"), shown),) if shown else ()


def _spoken(name: str) -> str:
    return " ".join({"ae": "AE", "aes": "AEs", "percent": "%"}.get(word, word) for word in name.split("_"))


def deal_table(rows: Sequence[Deal], title: str) -> Weighing:
    """Deals as a small table, the largest first."""
    return Weighing(
        title,
        ("Deal", "Account", "Owner", ">Amount", "Created", "Closed"),
        tuple(
            (
                deal.opportunity_id,
                deal.account or "unknown",
                deal.owner or "unknown",
                "none" if deal.amount is None else money_text(Fraction(deal.amount)),
                deal.created_on.isoformat(),
                _closing(deal),
            )
            for deal in rows
        ),
    )


def _closing(deal: Deal) -> str:
    if deal.closed_on is None:
        return deal.note or "open"
    return f"{deal.closed_on} {'won' if deal.won else 'lost'}"


def _bridge(
    indicator: Indicator[Any], settings: Any, before: Reading, now: Reading, steps: Sequence[Step]
) -> tuple[tuple[BridgeStep, ...], str, str]:
    """The bridge and its two ends, all with the decimals that the finer end needs."""
    if not steps or before.value is None or now.value is None:
        return (), "", ""
    unit, edges = indicator.unit, indicator.edges(settings)
    decimals = max(
        unit.digits(end.value or Fraction(0), None if end.band is Band.NO_DATA else edges) for end in (before, now)
    )
    shown = bridge_steps(steps, before.value, now.value, unit, decimals)
    return shown, unit.at(before.value, decimals), unit.at(now.value, decimals)


def bridge_steps(
    steps: Sequence[Step], first: Fraction, last: Fraction, unit: Unit, decimals: int
) -> tuple[BridgeStep, ...]:
    """The steps as shown. What is shown adds up too: the rounding that is left goes to where it is least wrong."""
    steps = [step for step in steps if step.amount]
    scale = unit.factor * 10**decimals
    total = _round(last * scale) - _round(first * scale)
    exact = [step.amount * scale for step in steps]
    shown = [int(amount // 1) for amount in exact]
    by_rest = sorted(range(len(exact)), key=lambda index: exact[index] - shown[index], reverse=True)
    left = total - sum(shown)
    for turn in range(abs(left)):
        shown[by_rest[turn % len(by_rest)] if left > 0 else by_rest[-1 - turn % len(by_rest)]] += 1 if left > 0 else -1
    return tuple(
        BridgeStep(
            step.label.replace("_", " "),
            fixed(Fraction(units, 10**decimals), decimals, signed=True) + unit.suffix,
            float(step.amount),
        )
        for step, units in zip(steps, shown, strict=True)
    )


def _round(value: Fraction) -> int:
    """Half away from zero, as values are written."""
    sign = -1 if value < 0 else 1
    return sign * ((2 * abs(value.numerator) + value.denominator) // (2 * value.denominator))


def money_text(amount: Fraction) -> str:
    """An amount in whole units, with separators."""
    return f"{_round(amount):,}"


def number_text(value: Number) -> str:
    """A number that went into a reading: counts whole, amounts with separators, shares with four digits."""
    if value is None:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    exact = Fraction(value)
    return (
        f"{float(exact):.4f}"
        if abs(exact) < 10 and exact.denominator > 1
        else f"{float(exact):,.2f}".removesuffix(".00")
    )
