"""What a store would hold: every plan recorded line by line, chained, and the latest version of each verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from monitor.core import chain
from monitor.core.book import Book
from monitor.core.chain import JSON
from monitor.core.decide import Decision, Recorded, decide
from monitor.core.plan import NewEvent, Plan, SealedVerdict
from monitor.core.policy import Policy
from monitor.core.snapshot import snapshot
from monitor.core.types import Event, Snapshot
from tests.core.companies import Company, policy

AT = datetime(2026, 10, 8, 12, tzinfo=UTC)


@dataclass
class Log:
    """A log in memory. `versions` are all verdicts that were ever sealed, oldest first."""

    events: list[Event] = field(default_factory=list)
    versions: list[SealedVerdict] = field(default_factory=list)

    @property
    def recorded(self) -> Recorded:
        latest = {(verdict.indicator, verdict.quarter): verdict for verdict in self.versions}
        return Recorded(tuple(self.events), tuple(latest.values()))

    def record(self, plan: Plan) -> None:
        assert plan.expected_head == self.recorded.head
        for new in plan.events:
            event = Event(new.kind, new.on, AT, new.actor, new.surface, new.reason, new.payload)
            self.events.append(chain.seal(replace(event, seq=len(self.events) + 1), self.recorded.head))
        self.versions += plan.verdicts

    def decide(self, book: Book, t: date, today: date | None = None) -> Decision:
        """Decides and records."""
        decision = decide(book, self.recorded, t, today)
        self.record(decision.plan)
        return decision

    def week_by_week(self, book: Book, weeks: Iterable[date]) -> Decision | None:
        """The last decision, None where there was no week."""
        last = None
        for week in weeks:
            last = self.decide(book, week)
        return last

    def act(self, kind: str, on: date, actor: str, reason: str = "", **payload: JSON) -> None:
        """Somebody does something."""
        self.record(Plan((NewEvent(kind, on, actor, "cli", reason, payload),), expected_head=self.recorded.head))

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def of_kind(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]


def sealed(on: date, bands: Mapping[str, tuple[str, str]], *, counted: bool = True) -> NewEvent:
    """A seal of one day: indicator to (quarter, band)."""
    lines: list[JSON] = [
        {"indicator": key, "quarter": quarter, "band": band, "counted": counted}
        for key, (quarter, band) in bands.items()
    ]
    return NewEvent("sealed", on, "smb-monitor", "rule", "", {"verdicts": lines})


RULE = policy("2025-01-01")
"""Watches from FY2025-Q1 on, against the four quarters of 2024."""


def at_once(company: Company, t: str, rule: Policy = RULE) -> Log:
    log = Log()
    log.decide(company.book(rule), date.fromisoformat(t))
    return log


def seen(log: Log, company: Company, t: str, rule: Policy = RULE) -> Snapshot:
    book, day = company.book(rule), date.fromisoformat(t)
    return snapshot(book, decide(book, log.recorded, day), log.recorded, day, "1")


def said(log: Log) -> list[tuple[str, str]]:
    return [(event.kind, event.on.isoformat()) for event in log.events if event.kind not in ("sealed", "started")]
