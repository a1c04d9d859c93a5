"""One run: load, decide, draw, commit; and the snapshot that every surface shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import monitor
from monitor.app.seen import seen_weeks
from monitor.app.wiring import Asked, Company
from monitor.core.chain import digest
from monitor.core.policy import WATCHED
from monitor.core.types import Snapshot
from monitor.errors import Conflict, StoreError

if TYPE_CHECKING:
    from monitor.core.book import Book
    from monitor.core.decide import Decision, Recorded
    from monitor.core.facts import Deals
    from monitor.core.plan import NewEvent, Plan
    from monitor.core.seen import SeenWeeks
    from monitor.core.types import Event
    from monitor.store.repository import SnapshotKey, Store

_TRIES = 5
"""How often a decision is made anew when somebody else recorded first."""


@dataclass(frozen=True)
class Run:
    """A decision as it is, or was, recorded: `plan` with all that is said."""

    book: Book
    decision: Decision
    recorded: Recorded
    snapshot: Snapshot
    plan: Plan


def observe(company: Company, store: Store, asked: Asked, now: datetime) -> Snapshot:
    """What the company looks like on the day asked for; what that decides is recorded first, with what is said of it.

    The snapshot kept from an earlier run is shown again while nothing that it depends on has changed.
    """
    kept = store.snapshot(_key(company, asked, now, store.head(), seen_weeks(company, store)))
    if kept is not None:
        from monitor.store.wire import decode

        try:
            return decode(Snapshot, kept)
        except ValueError:
            pass  # kept by another version of the program: made anew below
    book, deals = company.read(asked.as_of, today=asked.today)
    return record(company, store, book, deals, asked, now).snapshot


def record(company: Company, store: Store, book: Book, deals: Deals | None, asked: Asked, now: datetime) -> Run:
    """Decide on what was recorded and seen, commit, and keep the snapshot."""
    from monitor.store.repository import Kept
    from monitor.store.wire import encode

    for _ in range(_TRIES):
        run = prepare(company, store, book, deals, asked, now)
        key = _key(company, asked, now, run.plan.expected_head, run.book.seen)
        try:
            added = store.commit(run.plan, now, Kept(key, encode(run.snapshot)))
        except Conflict:
            continue
        return replace(run, recorded=_with(run.recorded, added, run.plan))
    raise StoreError("others keep recording at the same time, so nothing was written: run the command again")


def prepare(company: Company, store: Store, book: Book, deals: Deals | None, asked: Asked, now: datetime) -> Run:
    """What a run would record and say; nothing is written."""
    from monitor.app.telling import told
    from monitor.core.breaker import fold
    from monitor.core.decide import Recorded, decide
    from monitor.core.notices import tell
    from monitor.core.seeing import see
    from monitor.core.snapshot import snapshot

    recorded = Recorded(tuple(store.events()), tuple(store.verdicts(WATCHED)))
    book = book.seeing(seen_weeks(company, store))
    week = None if recorded.goes_on_after(asked.today) else see(book, asked.as_of, company.today(now))
    if week is not None:
        book = book.seeing(book.seen.with_week(week))
    decision = decide(book, recorded, asked.as_of, asked.today)
    after = _with(recorded, (), decision.plan)
    seen = snapshot(book, decision, after, asked.as_of, monitor.__version__, asked.today, asked.weeks)
    plan = replace(decision.plan, seen=week)
    if not decision.past:
        sighted = _sighted(company, book, deals, seen, (*recorded.events, *plan.events), asked.today)
        plan = replace(plan, events=(*plan.events, *sighted))
        telling = tell(plan.events, fold(recorded.events), company.config.directory())
        plan = told(plan, telling, company, store, seen, asked.today)
    return Run(book, decision, recorded, seen, plan)


def unreadable(company: Company, store: Store, why: str, today: date, now: datetime) -> None:
    """Records and says, once, that the data cannot be read."""
    from monitor.app.telling import told
    from monitor.core import watch
    from monitor.core.breaker import fold
    from monitor.core.notices import tell
    from monitor.core.plan import Plan

    for _ in range(_TRIES):
        events = store.events()
        found = watch.unreadable(why, events, today)
        if not found:
            return
        plan = Plan(found, expected_head=events[-1].hash if events else "")
        telling = tell(found, fold(events), company.config.directory())
        try:
            store.commit(told(plan, telling, company, store, latest(company, store, today), today), now)
        except Conflict:
            continue
        return


def latest(company: Company, store: Store, today: date) -> Snapshot | None:
    """The newest run that was kept, with the breaker as the log has it by now; None before the first run.

    Reads no data, so it answers at once, whatever the source is doing.
    """
    from monitor.core.breaker import fold
    from monitor.core.snapshot import as_recorded
    from monitor.store.wire import decode

    kept = store.latest_snapshot()
    if kept is None:
        return None
    try:
        seen = decode(Snapshot, kept)
    except ValueError:
        return None  # of another version of the program; the next run makes one anew
    breaker = fold(event for event in store.events() if event.on <= today)
    return as_recorded(seen, breaker, company.policy.breaker, today)


def look(company: Company, asked: Asked) -> Snapshot:
    """What the company looks like, its history replayed, nothing recorded and nothing remembered."""
    from monitor.core.decide import Recorded, decide
    from monitor.core.snapshot import snapshot

    book, _ = company.read(asked.as_of, today=asked.today)
    decision = decide(book, Recorded(), asked.as_of, asked.today)
    return snapshot(book, decision, Recorded(), asked.as_of, monitor.__version__, asked.today)


def _sighted(
    company: Company,
    book: Book,
    deals: Deals | None,
    seen: Snapshot,
    events: Sequence[Event | NewEvent],
    today: date,
) -> tuple[NewEvent, ...]:
    """What nobody was told yet, large mid-market wins among it."""
    from monitor.core.indicators import INDICATORS
    from monitor.core.verdicts import is_settled
    from monitor.core.watch import large_wins, sightings, wins_from

    settled = {
        indicator.key: frozenset(
            week.as_of for week in seen.indicator(indicator.key).weeks if is_settled(book, indicator, week.as_of)
        )
        for indicator in INDICATORS
    }
    found = sightings(seen, settled, events, today)
    start, least = wins_from(events, seen.as_of), company.config.large_win
    if deals is None or start is None or not company.config.directory().audiences("win"):
        return found
    if book.won("mid_market", start, seen.as_of, seen.as_of).amount < least:
        return found  # all of them together are no large one: the engine need not be asked
    won = deals.decided("mid_market", start, seen.as_of, seen.as_of, 20, won_only=True)
    return (*found, *large_wins(won, least, events, seen.currency, today))


def _with(recorded: Recorded, added: Sequence[Event], plan: Plan) -> Recorded:
    """What is recorded once `plan` is: the latest version of every verdict."""
    verdicts = {(v.indicator, v.quarter): v for v in (*recorded.verdicts, *plan.verdicts)}
    return replace(recorded, events=(*recorded.events, *added), verdicts=tuple(verdicts.values()))


def _key(company: Company, asked: Asked, now: datetime, head: str, seen: SeenWeeks) -> SnapshotKey:
    from monitor.core.seeing import is_evidence
    from monitor.store.repository import SnapshotKey

    policy = company.policy
    shown = {
        "configuration": policy.configuration,
        "company": policy.company,
        "today": asked.today.isoformat(),
        "weeks": asked.weeks,
        "seen": seen.digest,
        "sees": is_evidence(asked.as_of, company.today(now)) and asked.as_of not in seen.weeks,
    }
    return SnapshotKey(asked.as_of, digest(shown), company.source.stamp(), head, monitor.__version__)
