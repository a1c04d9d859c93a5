"""One run: load, decide, commit, and the snapshot that every surface shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import monitor
from monitor.app.wiring import Asked, Company
from monitor.core.chain import digest
from monitor.core.policy import WATCHED
from monitor.core.types import Snapshot
from monitor.errors import Conflict, StoreError

if TYPE_CHECKING:
    from monitor.core.book import Book
    from monitor.core.decide import Decision, Recorded
    from monitor.store.repository import SnapshotKey, Store

_TRIES = 5
"""How often a decision is made anew when somebody else recorded first."""


@dataclass(frozen=True)
class Run:
    """A decision as it was recorded."""

    book: Book
    decision: Decision
    recorded: Recorded
    snapshot: Snapshot


def observe(company: Company, store: Store, asked: Asked, now: datetime) -> Snapshot:
    """What the company looks like on the day asked for; what that decides is recorded first.

    The snapshot kept from an earlier run is shown again while nothing that it depends on has changed.
    """
    kept = store.snapshot(_key(company, asked, store.head()))
    if kept is not None:
        from monitor.store.wire import decode

        try:
            return decode(Snapshot, kept)
        except ValueError:
            pass  # kept by another version of the program: made anew below
    book, _ = company.read(asked.as_of)
    return record(company, store, book, asked, now).snapshot


def record(company: Company, store: Store, book: Book, asked: Asked, now: datetime) -> Run:
    """Decide on what was recorded, commit, and keep the snapshot."""
    from monitor.core.decide import Recorded, decide
    from monitor.core.snapshot import snapshot
    from monitor.store.wire import encode

    for _ in range(_TRIES):
        recorded = Recorded(tuple(store.events()), tuple(store.verdicts(WATCHED)))
        decision = decide(book, recorded, asked.as_of, asked.today)
        try:
            store.commit(decision.plan, now)
        except Conflict:
            continue
        recorded = Recorded(tuple(store.events()), tuple(store.verdicts(WATCHED)))
        seen = snapshot(book, decision, recorded, asked.as_of, monitor.__version__, asked.today)
        store.keep_snapshot(_key(company, asked, recorded.head), encode(seen))
        return Run(book, decision, recorded, seen)
    raise StoreError("others keep recording at the same time, so nothing was written: run the command again")


def look(company: Company, asked: Asked) -> Snapshot:
    """What the company looks like, its history replayed, nothing recorded and nothing remembered."""
    from monitor.core.decide import Recorded, decide
    from monitor.core.snapshot import snapshot

    book, _ = company.read(asked.as_of)
    decision = decide(book, Recorded(), asked.as_of, asked.today)
    return snapshot(book, decision, Recorded(), asked.as_of, monitor.__version__, asked.today)


def _key(company: Company, asked: Asked, head: str) -> SnapshotKey:
    from monitor.store.repository import SnapshotKey

    policy = company.policy
    shown = {
        "configuration": policy.configuration,
        "company": policy.company,
        "today": asked.today.isoformat(),
    }
    return SnapshotKey(asked.as_of, digest(shown), company.source.stamp(), head, monitor.__version__)
