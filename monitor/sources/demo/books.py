"""The other tables: leads, spend, resources, releases, requisitions, rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from monitor.core.calendar import add_months
from monitor.sources.demo.days import LAST_DAY, busy_days, iso
from monitor.sources.demo.deals import quarter_of
from monitor.sources.demo.draws import Draws
from monitor.sources.demo.history import Row
from monitor.sources.demo.scenarios import LAST, Chapter

_QUALIFIED = 0.52
_SMALL = 200
"""Leads a quarter below which a company ships and plans little."""


def leads(chapters: Sequence[Chapter], draws: Draws) -> Iterator[Row]:
    """SMB leads as the chapter says, mid-market ones four to a deal."""
    number = 0
    for chapter in chapters:
        days = busy_days(quarter_of(chapter))
        for segment, count in (("smb", chapter.leads), ("mid_market", 4 * chapter.mid_market_deals)):
            for place in range(count):
                number += 1
                day = days[int((place + draws.unit()) / count * len(days))]
                qualified = day + int(draws.unit() * 12)
                known = draws.below(_QUALIFIED) and qualified <= LAST_DAY
                yield f"LEAD-{number:05d}", iso(day), iso(qualified) if known else None, segment


def spend(chapters: Sequence[Chapter], draws: Draws) -> Iterator[Row]:
    """Each month that is over, as finance books it: about the chapter's thousands."""
    for chapter in chapters:
        for month in quarter_of(chapter).months:
            if add_months(month, 1) <= LAST:
                yield from _month(month, chapter, draws)


def _month(month: date, chapter: Chapter, draws: Draws) -> Iterator[Row]:
    lines = (
        ("smb", "sales", chapter.sales),
        ("smb", "marketing", chapter.marketing),
        ("mid_market", "sales", chapter.mid_market * 2 / 3),
        ("mid_market", "marketing", chapter.mid_market / 3),
        ("shared", "marketing", chapter.shared),
    )
    for segment, function, thousands in lines:
        amount = int(thousands * 100 * draws.between(0.97, 1.03)) * 10
        yield month.isoformat(), segment, function, str(amount), "USD"


def resources(chapters: Sequence[Chapter]) -> Iterator[Row]:
    """SMB and mid-market shares in percent: planned as the company once said, actual as the money went."""
    for chapter in chapters:
        start = quarter_of(chapter).start.isoformat()
        money = chapter.marketing + chapter.mid_market / 3
        people = chapter.sales + chapter.mid_market * 2 / 3
        for resource, smb in (
            ("engineering", (2 * chapter.marketing + chapter.sales) / (2 * money + people)),
            ("marketing_budget", chapter.marketing / money),
            ("headcount", chapter.sales / people),
        ):
            actual = int(100 * smb + 0.5)
            yield start, "smb", resource, "80", str(actual)
            yield start, "mid_market", resource, "20", str(100 - actual)


def releases(chapters: Sequence[Chapter], draws: Draws) -> Iterator[Row]:
    """The roadmap follows the deals: eight releases a quarter, shared out by them, fewer in a small company."""
    for chapter in chapters:
        days = busy_days(quarter_of(chapter))
        count = 8 if chapter.leads > _SMALL else 2
        for place in range(count):
            day = days[int((place + draws.unit()) / count * len(days))]
            large = draws.below(chapter.mid_market_deals * 4 / (chapter.deals + chapter.mid_market_deals * 4))
            yield iso(day), "mid_market" if large else "smb"


REQUISITIONS: dict[str, tuple[Row, ...]] = {
    "poached": (
        ("REQ-101", "mid_market", "ae", "filled", "2025-03-10", "2025-05-05"),
        ("REQ-102", "mid_market", "ae", "filled", "2025-06-09", "2025-08-18"),
        ("REQ-103", "mid_market", "se", "filled", "2025-08-25", "2025-11-03"),
        ("REQ-104", "smb", "sdr", "cancelled", "2025-09-15", "2025-12-01"),
        ("REQ-105", "smb", "ae", "cancelled", "2025-10-20", "2026-01-19"),
        ("REQ-106", "mid_market", "ae", "paused", "2026-02-16", "2026-04-08"),
        ("REQ-107", "mid_market", "ae", "open", "2026-05-18", None),
    ),
    "growing": (
        ("REQ-101", "mid_market", "ae", "filled", "2025-03-10", "2025-05-05"),
        ("REQ-102", "mid_market", "ae", "filled", "2025-06-09", "2025-08-18"),
        ("REQ-103", "smb", "ae", "filled", "2025-11-24", "2026-02-09"),
        ("REQ-104", "mid_market", "se", "filled", "2025-08-25", "2025-11-03"),
        ("REQ-105", "mid_market", "ae", "filled", "2026-01-19", "2026-04-13"),
        ("REQ-106", "smb", "sdr", "filled", "2025-07-14", "2025-10-06"),
        ("REQ-107", "mid_market", "ae", "open", "2026-08-17", None),
    ),
    "two": (("REQ-101", "smb", "ae", "open", "2026-08-17", None),),
}
"""By team. In the trap one is opened while hiring is paused."""
