"""What a notice says, with days as days: the values that the words of an alert may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from monitor.core.breaker import PROGRAM
from monitor.core.chain import JSON
from monitor.core.notices import Notice
from monitor.core.types import Band, IndicatorView, Snapshot
from monitor.render.situation import named

_SHOWN = 3
"""Quarters in breakage that are named."""


@dataclass(frozen=True)
class News:
    """One notice beside the snapshot it is drawn from. What is not known is empty, None or 0."""

    kind: str
    about: tuple[IndicatorView, ...] = ()
    """The indicators concerned: of the notice, or what tripped the breaker."""
    actor: str = ""
    """Whoever acted; empty where the rule itself did."""
    reason: str = ""
    on: date | None = None
    since: date | None = None
    until: date | None = None
    by: date | None = None
    """The day of a trip that lies ahead."""
    as_of: date | None = None
    happened: date | None = None
    closed_on: date | None = None
    days: int = 0
    quarters: int = 0
    """How many quarters running the indicators concerned have been in breakage."""
    what: str = ""
    """The trouble with the data (`stale`, `missing_quotas`)."""
    text: str = ""
    """The reading that crossed a line."""
    before: str = ""
    amount: str = ""
    requisition: str = ""
    started: bool = False
    """The replay of history found it so, at the first start."""
    broke: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """By title, the sealed quarters in breakage that the notice is about, each (quarter, reading)."""
    approved_by: tuple[str, ...] = ()
    needed: int = 0


def news(notice: Notice, snapshot: Snapshot | None) -> News:
    """The facts of `notice`, completed from `snapshot`."""
    facts = _Facts(notice.facts)
    views = _about(notice, snapshot)
    override = snapshot.breaker.override if snapshot else None
    actor = facts.text("actor")
    return News(
        notice.kind,
        views,
        "" if actor == PROGRAM else actor,
        facts.text("reason"),
        facts.day("on"),
        facts.day("since") or (snapshot.breaker.since if snapshot else None),
        facts.day("until") or (override.until if override else None),
        facts.day("by"),
        facts.day("as_of"),
        facts.day("happened"),
        facts.day("closed_on"),
        facts.number("days"),
        max((view.streak for view in views), default=0),
        facts.text("what"),
        facts.text("text"),
        facts.text("before"),
        facts.text("amount"),
        facts.text("requisition_id"),
        bool(facts.held.get("started")),
        tuple((view.title, run) for view in views if (run := _broke(view))),
        override.approved_by if override else (),
        override.needed if override else facts.number("needed"),
    )


@dataclass(frozen=True)
class _Facts:
    """Reads plain facts; one that is not what it should be counts as not there."""

    held: Mapping[str, JSON]

    def text(self, name: str) -> str:
        value = self.held.get(name)
        return "" if value is None else str(value)

    def number(self, name: str) -> int:
        value = self.held.get(name)
        return int(value) if isinstance(value, int | float) and abs(value) < 1e9 else 0

    def day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            return None


def _about(notice: Notice, snapshot: Snapshot | None) -> tuple[IndicatorView, ...]:
    if snapshot is None:
        return ()
    return named(snapshot, notice.about or snapshot.breaker.tripped_by)


def _broke(view: IndicatorView) -> tuple[tuple[str, str], ...]:
    """The last of the counted quarters in breakage that the sealed ones end with; holes neither count nor end them."""
    run: list[tuple[str, str]] = []
    for reading in reversed([each for each in view.quarters if each.sealed and each.counted]):
        if reading.band is Band.BREAKAGE:
            run.append((reading.quarter or "", reading.text))
        elif reading.band is not Band.NO_DATA:
            break
    return tuple(reversed(run[:_SHOWN]))
