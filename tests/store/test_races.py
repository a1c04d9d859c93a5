"""Threads and processes that claim at once never get one row, step or slot twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import TypeVar

from monitor.core.escalation import Cancel
from monitor.core.outbox import LEASE, Settlement, Status
from monitor.core.plan import Plan, SlotDone
from monitor.errors import Conflict
from monitor.store.repository import Store, open_store
from tests.store.recorders import all_at_once, start
from tests.store.trade import NOON, note, outgoing, sending, step

T = TypeVar("T")
ROWS = [outgoing(f"row{number}", f"C{number}") for number in range(40)]


def _racing(count: int, act: Callable[[int], T]) -> list[T]:
    """What threads that begin together each come to."""
    begin = Barrier(count)

    def run(number: int) -> T:
        begin.wait(30)
        return act(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def _won(act: Callable[[], object]) -> bool:
    try:
        act()
    except Conflict:
        return False
    return True


def test_threads_of_one_process_that_empty_the_outbox_get_every_row_once(url: str) -> None:
    def empty(number: int) -> list[str]:
        keys = []
        while rows := store.outbox.claim(f"w{number}", NOON, limit=3):
            assert all(store.outbox.settle(row, Settlement(Status.SENT), NOON) for row in rows)
            keys += [row.outgoing.key for row in rows]
        return keys

    with open_store(url) as store:
        store.commit(sending(*ROWS), NOON)
        got = [key for keys in _racing(6, empty) for key in keys]
        assert Counter(got) == Counter(row.key for row in ROWS)
        assert {line.attempts for line in store.outbox.lines()} == {1}


def test_processes_that_empty_the_outbox_get_every_row_once(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(*ROWS), NOON)
        said = all_at_once([start("claim", url, name) for name in "abc"])
        assert Counter(key for keys in said for key in keys) == Counter(row.key for row in ROWS)
        assert {(line.status, line.attempts) for line in store.outbox.lines()} == {(Status.SENT, 1)}


def test_a_row_that_is_settled_late_is_not_also_taken_over(url: str) -> None:
    """Its lease has run out: either its worker settles it, or another one gets it."""
    with open_store(url) as store:
        store.commit(sending(*ROWS), NOON)
        held = store.outbox.claim("late", NOON, limit=len(ROWS))

        def settle_or_claim(number: int) -> set[str]:
            if number:
                return {row.outgoing.key for row in store.outbox.claim("other", NOON + LEASE, limit=len(ROWS))}
            return {row.outgoing.key for row in held if store.outbox.settle(row, Settlement(Status.SENT), NOON + LEASE)}

        settled, taken_over = _racing(2, settle_or_claim)
        assert settled | taken_over == {row.key for row in ROWS}
        assert settled & taken_over == set()
        assert {line.key for line in store.outbox.lines((Status.SENT,))} == settled


def test_one_address_is_one_workers_at_a_time(url: str) -> None:
    rows = [outgoing(f"row{number}", "ann@example.com", "email") for number in range(5)]
    with open_store(url) as store:
        store.commit(sending(*rows), NOON)
        got = _racing(5, lambda number: store.outbox.claim(f"w{number}", NOON))
        assert [row.outgoing.key for rows in got for row in rows] == ["row0"]


def test_of_many_who_take_a_step_one_takes_it(url: str) -> None:
    def take(store: Store, number: int) -> bool:
        plan = Plan(outgoing=(outgoing(f"by{number}"),), taken=("due",))
        return _won(lambda: store.commit(plan, NOON))

    with open_store(url) as store:
        store.commit(Plan(escalations=(step("due"),)), NOON)
        won = _racing(5, lambda number: take(store, number))
        assert sum(won) == 1
        assert [line.key for line in store.outbox.lines()] == [f"by{won.index(True)}"]


def test_an_acknowledgement_and_the_step_that_it_cancels_are_not_both_done(url: str) -> None:
    plans = [
        Plan((note("ack"),), cancels=(Cancel("trip:2026-07-07", only_until_acknowledged=True),)),
        Plan((note("reminder"),), outgoing=(outgoing("reminder"),), taken=("due",)),
    ]
    with open_store(url) as store:
        store.commit(Plan(escalations=(step("due"),)), NOON)
        won = _racing(2, lambda number: _won(lambda: store.commit(plans[number], NOON)))
        assert sum(won) == 1
        assert len(store.outbox.lines()) == won[1]
        assert store.escalations.pending() == []


def test_of_many_who_claim_a_slot_one_runs_it_also_when_its_holder_is_gone(url: str) -> None:
    lease = timedelta(minutes=5)

    def claim(store: Store, now: datetime) -> list[bool]:
        return _racing(5, lambda number: store.slots.claim("daily", f"w{number}", now, lease))

    def finish(store: Store, number: int) -> bool:
        return _won(lambda: store.commit(Plan(done=SlotDone("daily", f"w{number}")), NOON))

    with open_store(url) as store:
        assert sum(claim(store, NOON)) == 1
        holds = claim(store, NOON + lease)
        assert sum(holds) == 1
        assert _racing(5, lambda number: finish(store, number)) == holds


def test_of_many_who_record_a_missed_slot_one_does(url: str) -> None:
    with open_store(url) as store:
        plans = [Plan(done=SlotDone("digest:2026-W40", f"w{number}", missed=True)) for number in range(5)]
        assert sum(_racing(5, lambda number: _won(lambda: store.commit(plans[number], NOON)))) == 1
