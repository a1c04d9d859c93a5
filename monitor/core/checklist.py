"""The reinvestment cycle that a trip opens: what goes back into SMB, first what the tripping indicator asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from monitor.core.types import ChecklistItem

_ITEMS = {
    "sdrs": ("Put SDRs back on SMB", 30),
    "marketing_budget": ("Bring the SMB marketing budget back", 30),
    "roadmap": ("Bring the SMB share of the roadmap back", 45),
    "enablement": ("Retrain AEs on the SMB motion", 30),
    "ae_headcount": ("Fill the SMB AE seats that the plan counts on", 45),
    "marketing_mix": ("Cut the SMB channels that do not pay back", 30),
}
"""Title, and days after the trip by which it is due."""

_FIRST = {
    "pipeline_coverage": ("sdrs", "marketing_budget"),
    "win_rate_trend": ("roadmap", "enablement"),
    "attainment": ("sdrs", "ae_headcount"),
    "cac_payback": ("marketing_mix",),
}
_ALWAYS = ("sdrs", "marketing_budget", "roadmap")


def checklist(tripped_by: Iterable[str], on: date, owner: str | None = None) -> tuple[ChecklistItem, ...]:
    """The steps, those that the tripping indicators ask for first; the three of every cycle are always there."""
    wanted = [key for indicator in sorted(tripped_by) for key in _FIRST.get(indicator, ())]
    keys = dict.fromkeys([*wanted, *_ALWAYS])
    return tuple(ChecklistItem(key, _ITEMS[key][0], owner, on + timedelta(days=_ITEMS[key][1])) for key in keys)
