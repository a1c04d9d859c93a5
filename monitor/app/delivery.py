"""Empties the outbox: claims what is due, has it sent, settles it. The only link between deciding and sending."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from monitor.app.courier import Courier
from monitor.app.reach import Reach
from monitor.channels.channel import Channel
from monitor.core.outbox import Claimed, Status
from monitor.core.undelivered import Elsewhere
from monitor.errors import StoreError
from monitor.store.repository import Store

BATCH = 10
"""Rows claimed at once. Each channel sends its share one by one, beside the other channels."""


@dataclass(frozen=True)
class Done:
    """One row that was taken in hand; no status where somebody else had taken it over, or it was given back."""

    key: str
    status: Status | None
    followed_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What became of the rows taken in hand, by key; how many are left unsettled, and when the next is due.

    `lost` are rows that somebody else took over because they took too long: they report what became of them.
    """

    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    retry: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    left: int = 0
    next_at: datetime | None = None


def drain(
    store: Store,
    channels: Mapping[str, Channel],
    elsewhere: Elsewhere,
    clock: Callable[[], datetime],
    by: str,
    *,
    keys: Collection[str] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Send all that is due now; of `keys` and what follows from them only, where given.

    `elsewhere`: who hears of what cannot be delivered. `by` names this worker, `stop` ends it after the rows in hand.
    Never waits: `next_at` says when there is more.
    Raises StoreError where the database fails; what was in hand then is looked for before it is sent again.
    """
    reach = Reach(store, by)
    reach.probe(channels.values(), clock)
    post = Post(store, Courier(channels, elsewhere, clock, reach), clock, by, stop)
    wanted = None if keys is None else set(keys)
    done: dict[str, Done] = {}
    while not stop():
        batch = post.batch(wanted)
        done |= {each.key: each for each in batch}
        if wanted is not None:
            wanted |= {key for each in batch for key in each.followed_by}
        if not batch:
            break
    return _report(done.values(), store, clock())


@dataclass(frozen=True)
class Post:
    """One worker's hands: takes rows, hands each channel its share, settles."""

    store: Store
    courier: Courier
    clock: Callable[[], datetime]
    by: str
    stop: Callable[[], bool]

    def batch(self, keys: Collection[str] | None) -> list[Done]:
        """Some of what is due now, done; empty when nothing is."""
        rows = self.store.outbox.claim(self.by, self.clock(), BATCH, keys=keys)
        shares = _by_channel(rows)
        if len(shares) < 2:
            return [each for share in shares for each in self._share(share)]
        with ThreadPoolExecutor(len(shares), "delivery") as threads:
            return [each for done in list(threads.map(self._share, shares)) for each in done]

    def _share(self, rows: list[Claimed]) -> list[Done]:
        """The rows of one channel, in order; those not begun when told to stop, or when it breaks, are given back."""
        done: list[Done] = []
        waiting = deque(rows)
        try:
            while waiting and not self.stop():
                done.append(self._one(waiting.popleft()))
        finally:
            for row in waiting:
                with suppress(StoreError):  # its lease runs out then
                    self.store.outbox.give_back(row, self.clock())
        return done

    def _one(self, row: Claimed) -> Done:
        settlement = self.courier.deliver(row)
        if settlement is None:
            self.store.outbox.give_back(row, self.clock())
            return Done(row.outgoing.key, None)
        if not self.store.outbox.settle(row, settlement, self.clock()):
            return Done(row.outgoing.key, Status.SENDING)
        return Done(row.outgoing.key, settlement.status, tuple(each.key for each in settlement.outgoing))


def _by_channel(rows: Iterable[Claimed]) -> list[list[Claimed]]:
    shares: dict[str, list[Claimed]] = {}
    for row in rows:
        shares.setdefault(row.outgoing.address.channel, []).append(row)
    return list(shares.values())


def _report(done: Iterable[Done], store: Store, now: datetime) -> Report:
    keys: dict[Status | None, list[str]] = {}
    for each in done:
        keys.setdefault(each.status, []).append(each.key)
    return Report(
        sent=tuple(keys.get(Status.SENT, ())),
        failed=tuple(keys.get(Status.FAILED, ())),
        unknown=tuple(keys.get(Status.UNKNOWN, ())),
        retry=tuple(keys.get(Status.RETRY, ())),
        cancelled=tuple(keys.get(Status.CANCELLED, ())),
        lost=tuple(keys.get(Status.SENDING, ())),
        left=store.outbox.waiting(now),
        next_at=store.outbox.next_at(now),
    )
