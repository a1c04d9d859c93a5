"""One decision: from the log, the readings and the rule to what is to be recorded. Touches nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from monitor.core.book import Book
from monitor.core.breaker import PROGRAM, Breaker, apply, fold
from monitor.core.calendar import DAY
from monitor.core.chain import JSON
from monitor.core.counted import counted
from monitor.core.indicators import BY_KEY, INDICATORS
from monitor.core.indicators.base import quarter_reading
from monitor.core.plan import NewEvent, Plan, SealedVerdict, seals
from monitor.core.policy import WATCHED, Policy
from monitor.core.types import Event, Reading, State
from monitor.core.verdicts import Verdict, fits_definition, full_quarters, verdicts, watch_from
from monitor.core.views import agrees, reading_view, to_json

SURFACE = "rule"
"""Where events come from that nobody asked for by hand."""


@dataclass(frozen=True)
class Recorded:
    """What the store holds: the whole log, and the latest version of every sealed verdict of the watched segment."""

    events: tuple[Event, ...] = ()
    verdicts: tuple[SealedVerdict, ...] = ()

    @property
    def head(self) -> str:
        return self.events[-1].hash if self.events else ""

    @property
    def last_on(self) -> date | None:
        return max((event.on for event in self.events), default=None)

    def goes_on_after(self, today: date) -> bool:
        """Whether the log has lines of later days, so that a question about `today` is one about the past."""
        return self.last_on is not None and today < self.last_on

    def sealed(self) -> Mapping[tuple[str, str], SealedVerdict]:
        return {(v.indicator, v.quarter): v for v in self.verdicts}


@dataclass(frozen=True)
class Decision:
    """What a run at `t` found: the plan to record, and the breaker as it stands with it."""

    plan: Plan
    breaker: Breaker
    current: Mapping[str, tuple[Verdict, ...]]
    """By indicator, every full quarter as the data read today."""
    fits: Mapping[str, bool | None]
    past: bool = False
    """Whether the log goes on after the day asked about: then nothing is recorded, and nothing is said."""


class Draft:
    """Events and verdicts collected in order, with the state that they lead to."""

    def __init__(self, breaker: Breaker) -> None:
        self.breaker = breaker
        self.events: list[NewEvent] = []
        self.verdicts: list[SealedVerdict] = []

    def add(self, kind: str, on: date, reason: str, payload: Mapping[str, JSON]) -> None:
        event = NewEvent(kind, on, PROGRAM, SURFACE, reason, payload)
        self.events.append(event)
        self.breaker = apply(self.breaker, event)


def decide(book: Book, recorded: Recorded, t: date, today: date | None = None) -> Decision:
    """What the end of day `t` brings: quarters to seal, transitions, ended overrides, violations, restatements.

    Deterministic. With an empty log the history is replayed. `today` is the day until which what people did counts; for
    a question about the past it is `t` itself (the default), and where the log goes on after it, nothing is recorded.
    """
    today = today or t
    current = {i.key: tuple(verdicts(book, i, WATCHED, t)) for i in INDICATORS}
    fits = {i.key: fits_definition(book, i, WATCHED, t) for i in INDICATORS}
    draft = Draft(fold(event for event in recorded.events if event.on <= today))
    past = recorded.goes_on_after(today)
    if not past:
        _advance(draft, book, recorded, _to_seal(book, recorded, current, fits, t), t, today)
        _restate(draft, book, recorded, t, today)
    plan = Plan(tuple(draft.events), tuple(draft.verdicts), recorded.head)
    return Decision(plan, draft.breaker, current, fits, past)


def _to_seal(
    book: Book,
    recorded: Recorded,
    current: Mapping[str, Iterable[Verdict]],
    fits: Mapping[str, bool | None],
    t: date,
) -> dict[date, list[SealedVerdict]]:
    """Verdicts that are due and not recorded, by the day that seals them, each day in the order of the indicators."""
    held = recorded.sealed()
    quarters = {quarter for _, quarter in held}
    first = watch_from(book)
    due: dict[date, list[SealedVerdict]] = {}
    for indicator in INDICATORS:
        for each in current[indicator.key]:
            if each.sealed_on is None or (indicator.key, each.quarter.label) in held:
                continue
            # the other indicators of this quarter are sealed already: this one was waiting until today,
            # unless it waited in vain
            came_late = each.quarter.label in quarters and each.reading.reason not in indicator.waits_for
            on = t if came_late else each.sealed_on
            counted = each.quarter >= first and fits[indicator.key] is not False
            on = max(on, recorded.last_on or on)
            due.setdefault(on, []).append(
                SealedVerdict(
                    WATCHED,
                    indicator.key,
                    each.quarter.label,
                    on,
                    to_json(reading_view(each.reading, indicator)),
                    each.reading.band,
                    counted,
                    book.policy.configuration,
                    book.facts.fingerprint,
                )
            )
    return due


def _advance(
    draft: Draft, book: Book, recorded: Recorded, due: dict[date, list[SealedVerdict]], t: date, today: date
) -> None:
    """Day by day: what overrides end, who hires while paused, what is sealed, what follows."""
    if not recorded.events:
        reason = f"history replayed from {book.first_full} on" if due else "nothing to replay"
        draft.add("started", min(due, default=t), reason, {"as_of": t.isoformat()})
    hires = [hire for hire in _hires(book, t) if hire[1] not in _known_hires(recorded)]
    last = recorded.last_on
    days = sorted({*due, *(max(day, last or day) for day, _, _ in hires), today})
    for day in days:
        _end_override(draft, day)
        for happened, requisition, words in hires:
            if max(happened, last or happened) == day:
                _violate(draft, day, happened, requisition, words)
        if day in due:
            _seal(draft, day, due[day])
            transitions(draft, book.policy, day)


def _seal(draft: Draft, day: date, sealed: Sequence[SealedVerdict]) -> None:
    quarters = sorted({verdict.quarter for verdict in sealed})
    payload: dict[str, JSON] = {"verdicts": verdict_lines(sealed), **seals(sealed)}
    draft.verdicts.extend(sealed)
    draft.add("sealed", day, f"{', '.join(quarters)} sealed", payload)


def verdict_lines(sealed: Iterable[SealedVerdict]) -> list[JSON]:
    """What the fold needs to know of sealed verdicts."""
    return [{"indicator": v.indicator, "quarter": v.quarter, "band": str(v.band), "counted": v.counted} for v in sealed]


def transitions(draft: Draft, policy: Policy, day: date) -> None:
    """What the rule makes of the streaks after a day's seals."""
    before, rule = draft.breaker, policy.breaker
    streaks = {key: before.streak(key) for key in sorted(before.verdicts)}
    already = before.tripped_by if before.state is State.TRIPPED else ()  # what had recovered can break anew
    reached = {k: s for k, s in streaks.items() if s.count >= rule.quarters_to_trip and k not in already}
    tripped_by = {key: s.quarters[-1] for key, s in reached.items()}
    bridged = any(s.bridged for s in reached.values())
    words = ", ".join(f"{key} ({counted(s.count, 'quarter')} in breakage)" for key, s in reached.items())
    if reached and before.state is State.ARMED:
        draft.add("tripped", day, words, {"tripped_by": tripped_by, "bridged": bridged, "owner": policy.owner})
    elif reached:
        draft.add("joined", day, words, {"tripped_by": tripped_by, "bridged": bridged, "owner": policy.owner})
    after = draft.breaker
    if after.state is State.TRIPPED and all(after.recovered(key, rule) for key in after.tripped_by):
        state = "recovering" if rule.resume == "approval" else "armed"
        names = ", ".join(sorted(after.tripped_by))
        draft.add("recovered", day, f"{names} {rule.recovered_when} again", {"state": state})


def _end_override(draft: Draft, day: date) -> None:
    override = draft.breaker.override
    if override is not None and day > override.until:
        words = (
            "override ended, hiring is paused again" if override.agreed else "override lapsed without enough approvals"
        )
        draft.add("override_ended", override.until + DAY, words, {"until": override.until.isoformat()})


def _hires(book: Book, t: date) -> list[tuple[date, str, str]]:
    """Mid-market requisitions opened, or moved to offer, by `t`: (day, id, what happened)."""
    frame = book.facts.requisitions
    if frame is None:
        return []
    found: list[tuple[date, str, str]] = []
    names = ("requisition_id", "segment", "status", "opened_date", "status_date")
    for name, segment, status, opened, changed in zip(*(frame[n].tolist() for n in names), strict=True):
        if segment != "mid_market":
            continue
        if opened <= t:
            found.append((opened, name, "opened"))
        if status == "offer" and isinstance(changed, date) and opened < changed <= t:
            found.append((changed, name, "moved to offer"))
    return sorted(found)


def _known_hires(recorded: Recorded) -> set[str]:
    return {str(e.payload["requisition_id"]) for e in recorded.events if e.kind == "violation"}


def _violate(draft: Draft, day: date, happened: date, requisition: str, words: str) -> None:
    now = draft.breaker
    if now.since is None or happened <= now.since or not now.paused(happened) or requisition in now.violations:
        return
    reason = f"mid-market requisition {requisition} {words} on {happened} while hiring is paused"
    draft.add("violation", day, reason, {"requisition_id": requisition, "happened": happened.isoformat()})


def _restate(draft: Draft, book: Book, recorded: Recorded, t: date, today: date) -> None:
    """Says once for every sealed verdict that today's data would read differently."""
    said = {(e.payload["verdict"], e.payload["text"]) for e in recorded.events if e.kind == "restated"}
    for each in restatements(book, recorded, t):
        verdict, text, band = each.verdict, each.text, each.reading.band
        if (verdict.name, text) not in said:
            review = band is not verdict.band
            ask = ": another band, please review" if review else ""
            reason = f"{verdict.indicator} of {verdict.quarter} would now read {text}{ask}"
            payload: dict[str, JSON] = {"verdict": verdict.name, "text": text, "band": str(band), "review": review}
            draft.add("restated", today, reason, payload)


@dataclass(frozen=True)
class Restated:
    """A sealed verdict, and what today's data or configuration would read instead."""

    verdict: SealedVerdict
    reading: Reading
    counted: bool

    @property
    def text(self) -> str:
        return f"{self.reading.text}, {self.reading.band.replace('_', ' ')}"


def restatements(book: Book, recorded: Recorded, t: date) -> list[Restated]:
    """Sealed verdicts that would read differently today, from what was known on the day they were read on."""
    indicators = {indicator.key: indicator for indicator in INDICATORS}
    quarters = {q.label: q for q in full_quarters(book, t)}
    found = []
    for verdict in recorded.verdicts:
        indicator, quarter = indicators.get(verdict.indicator), quarters.get(verdict.quarter)
        if indicator is None or quarter is None or verdict.sealed_on > t:
            continue
        known = date.fromisoformat(str(verdict.reading["as_of"]))
        reading = quarter_reading(indicator, book, WATCHED, quarter, known)
        if not agrees(reading, verdict.reading):
            fits = fits_definition(book, indicator, WATCHED, t)
            found.append(Restated(verdict, reading, quarter >= watch_from(book) and fits is not False))
    return found


def reseal_plan(
    book: Book,
    recorded: Recorded,
    chosen: Sequence[Restated],
    by: Callable[[str, Mapping[str, JSON]], NewEvent],
) -> Plan:
    """What to record when `chosen` are sealed anew: the next versions, who did it, and what the rule makes of it."""
    again = [
        replace(
            each.verdict,
            reading=to_json(reading_view(each.reading, BY_KEY[each.verdict.indicator])),
            band=each.reading.band,
            counted=each.counted,
            configuration=book.policy.configuration,
            fingerprint=book.facts.fingerprint,
            version=each.verdict.version + 1,
        )
        for each in chosen
    ]
    changes: list[JSON] = [
        {"verdict": old.verdict.name, "before": str(old.verdict.reading.get("text")), "after": old.text}
        for old in chosen
    ]
    event = by("resealed", {"verdicts": verdict_lines(again), "changes": changes, **seals(again)})
    draft = Draft(apply(fold(recorded.events), event))
    transitions(draft, book.policy, event.on)
    return Plan((event, *draft.events), tuple(again), recorded.head)
