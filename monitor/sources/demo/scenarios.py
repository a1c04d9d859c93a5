"""The stories of the built-in company, quarter by quarter. Everything else only plays them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from monitor.core.calendar import FiscalCalendar

BEGINS = date(2023, 10, 2)
"""The first deal: the Monday after the quarter began, so the first full quarter is FY2024-Q1."""
LAST = date(2026, 9, 27)
"""The last day with data, a Sunday."""
TODAY = date(2026, 9, 28)
CALENDAR = FiscalCalendar(fiscal_year_start=1)


class Chapter(NamedTuple):
    """One quarter of the story. `win_rate` is that of the deals created in it; spend is in thousands a month."""

    quarter: str
    leads: int
    deals: int
    win_rate: float
    pace: float
    """How long deals take, against the usual."""
    mid_market_deals: int
    sales: int
    marketing: int
    mid_market: int
    shared: int
    kept: float = 0.89
    """Share of customers who stay when their year is over."""


@dataclass(frozen=True)
class Scenario:
    """A story: its chapters, its people (a team of `people.py`), and whether its exports are as bad as real ones."""

    chapters: tuple[Chapter, ...]
    team: str
    dirty: bool = False


_BEFORE = (
    #       quarter      leads deals won   pace  MM sales mktg MM shared kept
    Chapter("FY2023-Q4", 1280, 580, 0.252, 1.00, 10, 195, 112, 18, 58),
    Chapter("FY2024-Q1", 1290, 585, 0.252, 1.00, 10, 198, 112, 18, 58),
    Chapter("FY2024-Q2", 1360, 622, 0.252, 1.00, 11, 205, 116, 18, 60),
    Chapter("FY2024-Q3", 1450, 655, 0.252, 1.00, 12, 212, 120, 20, 62),
    Chapter("FY2024-Q4", 1380, 622, 0.252, 1.00, 12, 208, 122, 20, 64),
    Chapter("FY2025-Q1", 1460, 670, 0.252, 1.00, 14, 215, 126, 24, 66),
)
"""The same company in three of the stories: healthy, growing a little, mid-market by chance."""

_TRAP = (
    *_BEFORE,
    # The expansion starts on 2025-04-01. Marketing turns to mid-market, the best AEs follow, the roadmap too.
    Chapter("FY2025-Q2", 1480, 705, 0.252, 1.00, 30, 226, 122, 70, 76),
    Chapter("FY2025-Q3", 1270, 665, 0.251, 1.00, 44, 228, 112, 120, 92, 0.87),
    # Leads are down by a third: coverage breaks first, reps close what they have and attainment still looks fair.
    Chapter("FY2025-Q4", 980, 455, 0.247, 0.94, 56, 214, 104, 165, 110, 0.85),
    Chapter("FY2026-Q1", 840, 460, 0.228, 0.95, 66, 200, 98, 200, 120, 0.82),
    # By half: deals are lost to neglect as well, and now attainment shows it.
    Chapter("FY2026-Q2", 710, 366, 0.204, 0.97, 76, 186, 92, 225, 124, 0.80),
    Chapter("FY2026-Q3", 680, 372, 0.200, 0.95, 84, 190, 94, 240, 128, 0.79),
)

_UNHURT = (
    *_BEFORE,
    Chapter("FY2025-Q2", 1520, 705, 0.252, 1.00, 24, 226, 132, 60, 68),
    Chapter("FY2025-Q3", 1610, 755, 0.252, 1.00, 30, 236, 136, 80, 70),
)

_HEALTHY = (
    *_UNHURT,
    Chapter("FY2025-Q4", 1700, 800, 0.252, 1.00, 36, 248, 144, 100, 72),
    Chapter("FY2026-Q1", 1790, 850, 0.252, 1.00, 42, 266, 154, 115, 74),
    Chapter("FY2026-Q2", 1870, 890, 0.252, 1.00, 48, 268, 158, 130, 76),
    Chapter("FY2026-Q3", 1950, 930, 0.252, 1.00, 54, 280, 162, 140, 78),
)

_SHOCK = (
    *_UNHURT,
    # The marketplace that brings every third lead shuts its doors; a quarter later another channel stands.
    Chapter("FY2025-Q4", 1010, 500, 0.252, 1.00, 36, 248, 128, 100, 72),
    Chapter("FY2026-Q1", 1790, 880, 0.252, 1.00, 42, 266, 160, 115, 74),
    Chapter("FY2026-Q2", 1870, 890, 0.252, 1.00, 48, 268, 158, 130, 76),
    Chapter("FY2026-Q3", 1950, 930, 0.252, 1.00, 54, 280, 162, 140, 78),
)

_THIN = tuple(
    # Twelve decided deals a quarter, the same in every one: what moves is luck.
    Chapter(quarter, 60, 13, 0.34, 1.20, 1, 8, 2, 1, 1)
    for quarter in (chapter.quarter for chapter in _TRAP)
)

SCENARIOS = {
    "healthy": Scenario(_HEALTHY, "growing"),
    "trap": Scenario(_TRAP, "poached"),
    "shock": Scenario(_SHOCK, "growing"),
    "thin": Scenario(_THIN, "two"),
    "dirty": Scenario(_TRAP, "poached", dirty=True),
}
"""Every scenario by the name it has in the configuration."""
