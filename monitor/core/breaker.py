"""The circuit breaker: its state is the fold of the events in the log and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from monitor.core.checklist import checklist
from monitor.core.plan import NewEvent
from monitor.core.policy import BreakerPolicy
from monitor.core.streaks import Streak, streak
from monitor.core.types import Band, ChecklistItem, Event, State

PROGRAM = "smb-monitor"
"""The actor of what the rule itself does."""


@dataclass(frozen=True)
class Override:
    """Hiring opened by name while the breaker stays tripped, once enough approvers have agreed."""

    asked_by: str
    reason: str
    asked_on: date
    until: date
    approved_by: tuple[str, ...]
    needed: int

    @property
    def agreed(self) -> bool:
        return len(self.approved_by) >= self.needed

    def in_force(self, day: date) -> bool:
        return self.agreed and day <= self.until


@dataclass(frozen=True)
class Counted:
    """A sealed quarter of one indicator as the breaker knows it."""

    band: Band
    counted: bool


@dataclass(frozen=True)
class Breaker:
    """The state after some events.

    `verdicts`: by indicator and quarter label, the latest sealed version. `tripped_by`: indicator to the quarter that
    completed its streak.
    """

    state: State = State.ARMED
    since: date | None = None
    verdicts: Mapping[str, Mapping[str, Counted]] = field(default_factory=lambda: MappingProxyType({}))
    tripped_by: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    bridged: bool = False
    override: Override | None = None
    acknowledged_by: str | None = None
    checklist: tuple[ChecklistItem, ...] = ()
    violations: tuple[str, ...] = ()
    recovered_on: date | None = None
    """While armed: the day of the last recovery, of the indicators `recovered_by`."""
    recovered_by: tuple[str, ...] = ()
    last_on: date | None = None

    def streak(self, indicator: str) -> Streak:
        """Over the counted sealed quarters, in order."""
        quarters = sorted(self.verdicts.get(indicator, {}).items())
        return streak((label, sealed.band) for label, sealed in quarters if sealed.counted)

    def paused(self, day: date) -> bool:
        """Whether mid-market hiring is paused at the end of `day`."""
        overridden = self.override is not None and self.override.in_force(day)
        return self.state is not State.ARMED and not overridden

    def recovered(self, indicator: str, rule: BreakerPolicy) -> bool:
        """Whether a tripping indicator has had a good sealed quarter since, and no breakage after it."""
        first = self.tripped_by[indicator]
        well = False
        for label, sealed in sorted(self.verdicts.get(indicator, {}).items()):
            if label >= first:
                well = sealed.band in rule.good or (well and sealed.band is not Band.BREAKAGE)
        return well


def fold(events: Iterable[Event | NewEvent], start: Breaker | None = None) -> Breaker:
    """The state after `events`, oldest first. Kinds that do not concern the state change nothing."""
    now = start or Breaker()
    for event in events:
        now = apply(now, event)
    return now


def apply(before: Breaker, event: Event | NewEvent) -> Breaker:
    """The state after one more event."""
    step = _STEPS.get(event.kind)
    after = step(before, event) if step else before
    return replace(after, last_on=max(event.on, before.last_on or event.on))


def _payload(event: Event | NewEvent) -> Mapping[str, Any]:
    return event.payload


def _sealed(before: Breaker, event: Event | NewEvent) -> Breaker:
    held = {indicator: dict(quarters) for indicator, quarters in before.verdicts.items()}
    for line in _payload(event)["verdicts"]:
        held.setdefault(line["indicator"], {})[line["quarter"]] = Counted(Band(line["band"]), bool(line["counted"]))
    return replace(before, verdicts=held)


def _tripped(before: Breaker, event: Event | NewEvent) -> Breaker:
    tripped_by = dict(_payload(event)["tripped_by"])
    return replace(
        Breaker(verdicts=before.verdicts, last_on=before.last_on),
        state=State.TRIPPED,
        since=event.on,
        tripped_by=tripped_by,
        bridged=bool(_payload(event)["bridged"]),
        checklist=checklist(tripped_by, event.on, _payload(event).get("owner")),
    )


def _joined(before: Breaker, event: Event | NewEvent) -> Breaker:
    payload = _payload(event)
    there = {item.key for item in before.checklist}
    asked = checklist(payload["tripped_by"], event.on, payload.get("owner"))
    return replace(
        before,
        state=State.TRIPPED,
        tripped_by={**before.tripped_by, **payload["tripped_by"]},
        bridged=before.bridged or bool(payload["bridged"]),
        checklist=(*before.checklist, *(item for item in asked if item.key not in there)),
    )


def _recovered(before: Breaker, event: Event | NewEvent) -> Breaker:
    confirmed = _payload(event)["state"] != State.RECOVERING
    return _rearmed(before, event) if confirmed else replace(before, state=State.RECOVERING)


def _rearmed(before: Breaker, event: Event | NewEvent) -> Breaker:
    by = tuple(sorted(before.tripped_by))
    return Breaker(verdicts=before.verdicts, recovered_on=event.on, recovered_by=by, last_on=before.last_on)


def _acknowledged(before: Breaker, event: Event | NewEvent) -> Breaker:
    return replace(before, acknowledged_by=event.actor)


def _override_asked(before: Breaker, event: Event | NewEvent) -> Breaker:
    until = date.fromisoformat(_payload(event)["until"])
    needed = int(_payload(event)["needed"])
    return replace(before, override=Override(event.actor, event.reason, event.on, until, (event.actor,), needed))


def _override_approved(before: Breaker, event: Event | NewEvent) -> Breaker:
    if before.override is None or event.actor in before.override.approved_by:
        return before
    agreed = (*before.override.approved_by, event.actor)
    return replace(before, override=replace(before.override, approved_by=agreed))


def _checklist_set(before: Breaker, event: Event | NewEvent) -> Breaker:
    payload = _payload(event)
    changed = {name: payload[name] for name in ("owner", "state") if name in payload}
    if "due" in payload:
        changed["due"] = date.fromisoformat(payload["due"])
    items = tuple(replace(i, **changed) if i.key == payload["item"] else i for i in before.checklist)
    return replace(before, checklist=items)


def _violation(before: Breaker, event: Event | NewEvent) -> Breaker:
    return replace(before, violations=(*before.violations, str(_payload(event)["requisition_id"])))


_STEPS: Mapping[str, Callable[[Breaker, Event | NewEvent], Breaker]] = {
    "sealed": _sealed,
    "resealed": _sealed,
    "tripped": _tripped,
    "joined": _joined,
    "recovered": _recovered,
    "resumed": _rearmed,
    "acknowledged": _acknowledged,
    "override_asked": _override_asked,
    "override_approved": _override_approved,
    "override_ended": lambda before, _: replace(before, override=None),
    "checklist_set": _checklist_set,
    "violation": _violation,
}
