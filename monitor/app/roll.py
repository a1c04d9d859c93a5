"""The companies that a column named before: one that the data name no longer is missed, not forgotten in silence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta

from monitor.core.portfolio import Board, PortfolioLine, board, unreadable
from monitor.store.repository import Kept, SnapshotKey, Store

MISSED = timedelta(weeks=4)
"""For how long a company that is named no more is told of: it was lost on the way, or it was sold."""
_KIND = "roll"


def with_missed(seen: Board, store: Store) -> Board:
    """The board, and a line for every company that was there lately and that no row names now."""
    there = {line.company for line in seen.lines}
    gone = [_missed(name, last) for name, last in known(store, seen.as_of).items() if name not in there]
    return board(seen.name, seen.as_of, (*seen.lines, *gone), seen.remarks) if gone else seen


def note(seen: Board, store: Store) -> None:
    """Keeps which companies the data named in the week of `seen`, beside those that they named lately."""
    there = {line.company: seen.as_of for line in seen.lines}
    kept = {name: last.isoformat() for name, last in (known(store, seen.as_of) | there).items()}
    key = SnapshotKey(seen.as_of, configuration=_KIND, source="", head="", program="")
    store.keep(Kept(key, json.dumps(kept, sort_keys=True)))


def known(store: Store, as_of: date) -> dict[str, date]:
    """The companies that were named lately before `as_of` or then, each with the week of the last time."""
    held: Mapping[str, str] = json.loads(store.latest_snapshot() or "{}")
    days = {name: date.fromisoformat(day) for name, day in held.items()}
    return {name: last for name, last in days.items() if last <= as_of < last + MISSED}


def silenced(name: str, as_of: date, store: Store, why: str) -> Board:
    """The board of a week in which the source of them all cannot be read; `name` is the portfolio's."""
    return board(name, as_of, [unreadable(each, why) for each in known(store, as_of) or (name,)])


def _missed(name: str, last: date) -> PortfolioLine:
    why = (
        f"No row names it any more; the last week in which one did ended on {last}. Look whether its export or sync"
        f" still runs; if it was sold, it leaves this list after {last + MISSED}."
    )
    return unreadable(name, why)
