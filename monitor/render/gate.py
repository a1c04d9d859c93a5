"""The gate's answer: may a mid-market hire be made?"""

from __future__ import annotations

from monitor.core.types import Snapshot, State
from monitor.render.situation import named, titles


def answer(snapshot: Snapshot) -> dict[str, object]:
    """`{"open", "since", "reason", "tripped_by", "override"}`, the same on the command line and over HTTP."""
    now = snapshot.breaker
    override = now.override
    return {
        "open": not now.hiring_paused,
        "since": now.since.isoformat() if now.since else None,
        "reason": _reason(snapshot),
        "tripped_by": list(now.tripped_by),
        "override": {"by": list(override.approved_by), "until": override.until.isoformat(), "reason": override.reason}
        if override and override.in_force
        else None,
    }


def _reason(snapshot: Snapshot) -> str:
    now = snapshot.breaker
    about = ", ".join(titles(named(snapshot, now.tripped_by)))
    if now.state is State.ARMED:
        return "the breaker is armed, mid-market hiring is open"
    if now.override and now.override.in_force:
        by = ", ".join(now.override.approved_by)
        return (
            f"tripped on {now.since} by {about}; overridden by {by} until {now.override.until}: {now.override.reason}"
        )
    if now.state is State.RECOVERING:
        return f"tripped on {now.since} by {about}; recovered, and an approver has not confirmed it yet"
    return f"tripped on {now.since} by {about}"
