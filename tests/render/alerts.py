"""Notices of every kind, each with the state of the company that it is told in."""

from __future__ import annotations

from datetime import date

from monitor.core.chain import JSON
from monitor.core.messages import Message
from monitor.core.notices import ACTS, Notice, Revision
from monitor.core.types import Snapshot
from monitor.render import notices
from monitor.render.words import Words
from tests.render.snapshots import STATES

INCIDENT = "trip:2026-07-07"
DASHBOARD = "https://monitor.example/"
COVERAGE = ("pipeline_coverage",)
TRIPPING = ("attainment", "win_rate_trend")
COURSE = "Pipeline coverage is on course to trip on 2026-10-07: FY2026-Q3 so far reads 3.30x; then hiring pauses"
WHY = "Two signed enterprise pilots need an owner"
Told = tuple[str | None, tuple[str, ...], dict[str, JSON]]
"""The state (None: the data cannot be read), the indicators concerned, the facts."""

TOLD: dict[str, Told] = {
    "warning": ("warning", COVERAGE, {"before": "healthy", "as_of": "2026-09-27", "text": "3.72x"}),
    "breakage": ("on_course", COVERAGE, {"before": "warning", "as_of": "2026-09-27", "text": "3.21x"}),
    "breakage.while_paused": ("tripped", COVERAGE, {"before": "warning", "as_of": "2026-09-27", "text": "3.21x"}),
    "on_course": ("on_course", COVERAGE, {"by": "2026-10-07", "reason": COURSE}),
    "trip": ("tripped", TRIPPING, {"reason": "attainment (2 quarters in breakage)"}),
    "trip.first_start": ("tripped", TRIPPING, {"since": "2026-07-07", "started": True}),
    "joined": ("tripped", COVERAGE, {}),
    "reminder": ("tripped", (), {"days": 5, "since": "2026-07-07"}),
    "reminder.override": ("override_in_force", (), {"days": 10, "since": "2026-07-07"}),
    "standing": ("acknowledged", (), {"days": 14, "since": "2026-07-07"}),
    "override_asked": (
        "override_asked",
        TRIPPING,
        {"actor": "Dana Ruiz", "reason": WHY, "until": "2026-12-31", "needed": 2},
    ),
    "override_approved": ("override_asked", TRIPPING, {"actor": "Li Wei"}),
    "override_in_force": ("override_in_force", TRIPPING, {"actor": "Li Wei"}),
    "override_ending": ("override_in_force", (), {}),
    "override_ended": ("tripped", TRIPPING, {"reason": "override ended, hiring is paused again"}),
    "override_ended.lapsed": ("tripped", TRIPPING, {"reason": "override lapsed without enough approvals"}),
    "recovering": ("recovering", TRIPPING, {"on": "2026-09-24"}),
    "recovered": ("recovered", TRIPPING, {"on": "2026-09-24"}),
    "recovered.confirmed": ("recovered", TRIPPING, {"actor": "Ada Marsh", "reason": "Seen and agreed with sales"}),
    "violation": (
        "tripped",
        TRIPPING,
        {
            "requisition_id": "R-17",
            "happened": "2026-09-22",
            "reason": "mid-market requisition R-17 opened on 2026-09-22 while hiring is paused",
        },
    ),
    "problem": ("stale", (), {"what": "stale", "reason": "nothing is newer than 2026-09-12"}),
    "problem.unreadable": (
        None,
        (),
        {"what": "unreadable", "reason": "data/opportunities.csv, line 3: 4 fields where 9 are needed."},
    ),
    "problem.lasting": ("missing_tables", (), {"what": "missing_quotas", "days": 7, "since": "2026-09-20"}),
    "mended": ("healthy", (), {"what": "missing_spend", "since": "2026-09-20"}),
    "win": ("tripped", (), {"amount": "250,000 USD", "closed_on": "2026-09-24"}),
    "win.quiet": ("healthy", (), {"amount": "250,000 USD", "closed_on": "2026-09-24"}),
}
KINDS = sorted({name.partition(".")[0] for name in TOLD})


def notice(name: str, **more: JSON) -> Notice:
    """The notice of that name, with further facts."""
    _, about, facts = TOLD[name]
    told: dict[str, JSON] = {"on": "2026-09-28", "actor": "smb-monitor", "reason": "", **facts, **more}
    kind = name.partition(".")[0]
    return Notice(kind, f"{kind}:1", INCIDENT, ("alert",), about, told)


def state(name: str) -> Snapshot | None:
    """The company as it is when that notice is told."""
    of = TOLD[name][0]
    return STATES[of]() if of else None


def message(name: str, words: Words, audience: str = "alert", **more: JSON) -> Message:
    """What an audience is told."""
    return notices.build(notice(name, **more), state(name), words, audience, DASHBOARD)


def revision(act: str, actor: str = "Ada Marsh", drop: tuple[str, ...] = ACTS) -> Revision:
    return Revision(INCIDENT, f"{act}:1", ("trip",), drop, act, actor)


DAY = date(2026, 7, 9)
