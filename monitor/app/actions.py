"""What people do to the breaker, whatever surface they use: checked, recorded, told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from monitor.app.observe import Run, latest, record
from monitor.app.telling import told
from monitor.app.wiring import Asked, Company
from monitor.core.breaker import Breaker, fold
from monitor.core.chain import JSON
from monitor.core.decide import Restated, reseal_plan, restatements
from monitor.core.notices import tell
from monitor.core.plan import NewEvent, Plan
from monitor.core.scope import command
from monitor.core.snapshot import as_recorded
from monitor.core.types import Event, State
from monitor.errors import ActRefused, Conflict, NotAllowed, UsageError
from monitor.store.repository import Store

LEAST_REASON = 20
"""Characters that the reason of an override or a reseal needs."""
ITEM_STATES = ("open", "doing", "done")
_TRIES = 5


@dataclass(frozen=True)
class Act:
    """Who acts, from which surface, on which run, and when."""

    company: Company
    store: Store
    asked: Asked
    now: datetime
    actor: str
    surface: str

    @property
    def on(self) -> date:
        return self.asked.today


def acknowledge(act: Act, reason: str = "") -> list[Event]:
    """Stops the reminders, never the pause. Raises ActRefused where nothing is tripped or somebody was first."""

    def check(breaker: Breaker) -> NewEvent:
        _must_lead(act)
        _must_be_paused(breaker, "there is nothing to acknowledge")
        if breaker.acknowledged_by:
            raise ActRefused(f"{breaker.acknowledged_by} has acknowledged this already.")
        return _event(act, "acknowledged", reason, {})

    return _commit(act, check)


def ask_override(act: Act, reason: str, until: date) -> list[Event]:
    """Asks to open hiring until `until`, and agrees to it. In force once enough approvers have agreed."""

    def check(breaker: Breaker) -> NewEvent:
        _must_approve(act)
        _must_give_reason(reason, "an override")
        _must_be_paused(breaker, "there is nothing to override")
        latest = last_override_day(act.company, act.on)
        if not act.on < until <= latest:
            raise UsageError(f"--until {until}: an override ends after {act.on} and no later than {latest}.")
        if breaker.override is not None and act.on <= breaker.override.until:
            raise ActRefused(f"{breaker.override.asked_by} has asked for an override already: approve it instead.")
        needed = act.company.policy.breaker.approvals
        return _event(act, "override_asked", reason, {"until": until.isoformat(), "needed": needed})

    return _commit(act, check)


def last_override_day(company: Company, today: date) -> date:
    """The last day on which an override that is asked for today may end: that of the next quarter."""
    calendar = company.policy.calendar
    return calendar.next(calendar.quarter_of(today)).end


def approve_override(act: Act, reason: str = "") -> list[Event]:
    """Agrees to the override that was asked for; each approver counts once."""

    def check(breaker: Breaker) -> NewEvent:
        _must_approve(act)
        override = breaker.override
        if override is None or act.on > override.until:
            raise ActRefused("no override has been asked for: there is nothing to approve.")
        if act.actor in override.approved_by:
            raise ActRefused(f"{act.actor} has agreed to this override already: another approver must.")
        if override.agreed:
            raise ActRefused(f"the override is in force already, agreed by {', '.join(override.approved_by)}.")
        return _event(act, "override_approved", reason, {})

    return _commit(act, check)


def resume(act: Act, reason: str = "") -> list[Event]:
    """Confirms a recovery where `breaker.resume: approval` asks for it."""

    def check(breaker: Breaker) -> NewEvent:
        _must_approve(act)
        if breaker.state is not State.RECOVERING:
            raise ActRefused(f"the breaker is {breaker.state}, not recovering: there is nothing to resume.")
        return _event(act, "resumed", reason, {})

    return _commit(act, check)


def set_item(act: Act, item: str, *, state: str | None, owner: str | None, due: date | None) -> list[Event]:
    """Sets the state, owner or due date of one step of the reinvestment cycle."""

    def check(breaker: Breaker) -> NewEvent:
        _must_lead(act)
        keys = [each.key for each in breaker.checklist]
        if item not in keys:
            raise ActRefused(f"the checklist has no item '{item}': it has {', '.join(keys) or 'none while armed'}.")
        if state is not None and state not in ITEM_STATES:
            raise UsageError(f"--state {state}: an item is {', '.join(ITEM_STATES)}.")
        given = {"state": state, "owner": owner, "due": due.isoformat() if due else None}
        changed: dict[str, JSON] = {name: value for name, value in given.items() if value is not None}
        if not changed:
            raise UsageError("say what changes: --state, --owner or --due.")
        return _event(act, "checklist_set", "", {"item": item, **changed})

    return _commit(act, check)


def reseal(act: Act, wanted: Sequence[tuple[str, str]] | None, reason: str) -> list[Event]:
    """Seals verdicts anew as they read today: `wanted` (indicator, quarter) pairs, or all that differ (None).

    The only act that reads the data.
    """
    if act.company.policy.approvers:
        _must_approve(act)
    _must_give_reason(reason, "a reseal")
    book, deals = act.company.read(act.asked.as_of, today=act.asked.today)
    for _ in range(_TRIES):
        run = record(act.company, act.store, book, deals, act.asked, act.now)
        _must_be_today(act, run.recorded.last_on)
        chosen = _restated(run, act, wanted)
        plan = reseal_plan(run.book, run.recorded, chosen, _by(act, reason))
        try:
            return act.store.commit(_with_telling(act, plan, fold(run.recorded.events)), act.now)
        except Conflict:
            continue
    raise ActRefused(_BUSY)


def _restated(run: Run, act: Act, wanted: Sequence[tuple[str, str]] | None) -> list[Restated]:
    found = restatements(run.book, run.recorded, act.asked.as_of)
    known = {(verdict.indicator, verdict.quarter) for verdict in run.recorded.verdicts}
    for indicator, quarter in wanted or ():
        if (indicator, quarter) not in known:
            typed = command(f"history {indicator}", act.company.config.signature)
            raise UsageError(f"{indicator} of {quarter} is not sealed: see `{typed}`.")
    chosen = [each for each in found if wanted is None or _name(each) in wanted]
    if not chosen:
        raise ActRefused("what is sealed reads the same today: there is nothing to reseal.")
    return chosen


def _by(act: Act, reason: str) -> Callable[[str, Mapping[str, JSON]], NewEvent]:
    return lambda kind, payload: _event(act, kind, reason, payload)


def _event(act: Act, kind: str, reason: str, payload: Mapping[str, JSON]) -> NewEvent:
    return NewEvent(kind, act.on, act.actor, act.surface, reason, payload)


def _name(each: Restated) -> tuple[str, str]:
    return (each.verdict.indicator, each.verdict.quarter)


def _commit(act: Act, check: Callable[[Breaker], NewEvent]) -> list[Event]:
    """Check against the log as it is now and record, with what is said of it; anew when somebody else was first."""
    for _ in range(_TRIES):
        events = act.store.events()
        _must_be_today(act, max((event.on for event in events), default=None))
        breaker = fold(events)
        plan = Plan((check(breaker),), expected_head=events[-1].hash if events else "")
        try:
            return act.store.commit(_with_telling(act, plan, breaker), act.now)
        except Conflict:
            continue
    raise ActRefused(_BUSY)


_BUSY = "others keep recording at the same time, so nothing was written: try again."


def _with_telling(act: Act, plan: Plan, before: Breaker) -> Plan:
    """The plan with what people are told of it, drawn from the newest run with the breaker as the plan leaves it."""
    telling = tell(plan.events, before, act.company.config.directory())
    seen = latest(act.company, act.store, act.on)
    if seen is not None:
        seen = as_recorded(seen, fold(plan.events, before), act.company.policy.breaker, act.on)
    return told(plan, telling, act.company, act.store, seen, act.on)


def _must_be_today(act: Act, last: date | None) -> None:
    if last is not None and act.on < last:
        raise UsageError(f"--as-of {act.on}: the log goes on until {last}; what people do is done today.")


def _must_lead(act: Act) -> None:
    """Approvers, members and the owner. Where no leadership is configured, whoever reaches the command line."""
    names = [person.name for person in act.company.config.directory().leaders]
    if names and act.actor not in names:
        raise NotAllowed(f"{act.actor} may not do this: ask one of {', '.join(names)} (leadership).")


def _must_approve(act: Act) -> None:
    approvers = act.company.policy.approvers
    if not approvers:
        raise NotAllowed("nobody may do this: `leadership.approvers` is not configured.")
    if act.actor not in approvers:
        raise NotAllowed(f"{act.actor} may not do this: ask one of {', '.join(approvers)} (leadership.approvers).")


def _must_give_reason(reason: str, what: str) -> None:
    if len(reason.strip()) < LEAST_REASON:
        raise UsageError(f"--reason: {what} needs a reason of at least {LEAST_REASON} characters.")


def _must_be_paused(breaker: Breaker, consequence: str) -> None:
    if breaker.state is State.ARMED:
        raise ActRefused(f"the breaker is armed and hiring is open: {consequence}.")
