"""What one decision asks to be recorded: new lines of the log and sealed verdicts, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from monitor.core.chain import JSON, digest
from monitor.core.escalation import Cancel, Escalation
from monitor.core.outbox import Outgoing
from monitor.core.seen import SeenWeek
from monitor.core.types import Band, Event

SEALS = "seals"
"""Payload key under which an event names the verdicts that it seals."""


@dataclass(frozen=True)
class SealedVerdict:
    """The verdict of one quarter, written once. A reseal is another row with the next `version`.

    `reading` is JSON-able (value, interval, inputs ...; exact fractions as text). `configuration` and `fingerprint` are
    the hashes of the configuration and the facts it was read with. `counted`: whether the breaker counts this quarter.
    """

    segment: str
    indicator: str
    quarter: str
    sealed_on: date
    reading: Mapping[str, object]
    band: Band
    counted: bool
    configuration: str
    fingerprint: str
    version: int = 1

    @property
    def name(self) -> str:
        return f"{self.segment}/{self.indicator}/{self.quarter}/{self.version}"

    @cached_property
    def hash(self) -> str:
        return digest(
            {
                "name": self.name,
                "sealed_on": self.sealed_on.isoformat(),
                "reading": self.reading,
                "band": str(self.band),
                "counted": self.counted,
                "configuration": self.configuration,
                "fingerprint": self.fingerprint,
            }
        )


@dataclass(frozen=True)
class NewEvent:
    """A line to be appended to the log; the store gives it its number, its moment and its hash."""

    kind: str
    on: date
    actor: str
    surface: str
    reason: str
    payload: Mapping[str, JSON]


@dataclass(frozen=True)
class SlotDone:
    """A slot of the schedule (`digest:2026-W39`) that its holder `by` finishes; `missed`: too late to be run."""

    slot: str
    by: str
    note: str = ""
    missed: bool = False


@dataclass(frozen=True)
class Plan:
    """What to record in one transaction, decided on a log that ended with the line whose hash is `expected_head`.

    Every verdict must be named by one of the events (see `seals`), so that the chain covers it: ValueError otherwise.
    `outgoing` and `escalations` whose key is there already are left as they are. `taken` are the keys of escalation
    steps that this plan takes. `done` is the slot of the schedule that is finished with it, `seen` the open pipeline as
    this run saw it, where none did before.
    """

    events: tuple[NewEvent, ...] = ()
    verdicts: tuple[SealedVerdict, ...] = ()
    expected_head: str = ""
    outgoing: tuple[Outgoing, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    cancels: tuple[Cancel, ...] = ()
    taken: tuple[str, ...] = ()
    done: SlotDone | None = None
    seen: SeenWeek | None = None

    def __post_init__(self) -> None:
        sealed = {name: value for event in self.events for name, value in sealed_by(event).items()}
        loose = [verdict.name for verdict in self.verdicts if sealed.get(verdict.name) != verdict.hash]
        if loose:
            raise ValueError(f"no event of the plan seals {', '.join(loose)}: put seals(verdicts) into its payload")

    @property
    def empty(self) -> bool:
        asked = (self.events, self.verdicts, self.outgoing, self.escalations, self.cancels, self.taken)
        return not any(asked) and self.done is None and self.seen is None


def seals(verdicts: Sequence[SealedVerdict]) -> dict[str, JSON]:
    """The part of an event's payload that seals `verdicts`: `{"seals": {name: hash}}`."""
    return {SEALS: {verdict.name: verdict.hash for verdict in verdicts}}


def sealed_by(event: NewEvent | Event) -> Mapping[str, str]:
    """Names and hashes of the verdicts that `event` seals."""
    named = event.payload.get(SEALS)
    return {str(name): str(sealed) for name, sealed in named.items()} if isinstance(named, Mapping) else {}


def verify_verdicts(events: Sequence[Event], verdicts: Sequence[SealedVerdict]) -> list[str]:
    """What is wrong with the sealed `verdicts` (all versions) held against the log, one sentence each."""
    sealed = {name: (event.seq, value) for event in events for name, value in sealed_by(event).items()}
    rows = {verdict.name: verdict.hash for verdict in verdicts}
    changed = [
        f"verdict {name} is not the one that line {sealed[name][0]} sealed: it was changed"
        for name in rows
        if name in sealed and rows[name] != sealed[name][1]
    ]
    added = [f"verdict {name} was inserted: no line sealed it" for name in rows if name not in sealed]
    removed = [
        f"verdict {name}, sealed by line {seq}, is missing" for name, (seq, _) in sealed.items() if name not in rows
    ]
    return changed + added + removed
