"""Each slot of the schedule is run once; another worker takes over where its holder is gone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.core.plan import Plan, SlotDone
from monitor.errors import Conflict
from monitor.store.repository import open_store
from monitor.store.slots import Finished
from tests.store.trade import NOON, later, note, outgoing

SLOT = "digest:2026-W40"
LEASE = timedelta(seconds=300)


def test_a_slot_is_claimed_by_one_until_its_lease_ends(url: str) -> None:
    with open_store(url) as store:
        assert store.slots.claim(SLOT, "a", NOON, LEASE)
        assert not store.slots.claim(SLOT, "b", later(299), LEASE)
        assert not store.slots.claim(SLOT, "a", later(299), LEASE)  # another thread of the same worker
        assert store.slots.claim("daily:2026-10-08", "b", NOON, LEASE)
        assert store.slots.claim(SLOT, "b", later(300), LEASE)
        assert not store.slots.claim(SLOT, "a", later(599), LEASE)


def test_whoever_is_still_at_it_renews_and_nobody_else(url: str) -> None:
    with open_store(url) as store:
        assert not store.slots.renew(SLOT, "a", NOON, LEASE)
        store.slots.claim(SLOT, "a", NOON, LEASE)
        assert store.slots.renew(SLOT, "a", later(200), LEASE)
        assert not store.slots.renew(SLOT, "b", later(200), LEASE)
        assert not store.slots.claim(SLOT, "b", later(499), LEASE)
        assert store.slots.renew(SLOT, "a", later(600), LEASE)  # late, and nobody took it over
        assert store.slots.claim(SLOT, "b", later(900), LEASE)
        assert not store.slots.renew(SLOT, "a", later(901), LEASE)


def test_a_slot_that_is_given_up_is_anybodys(url: str) -> None:
    with open_store(url) as store:
        store.slots.claim(SLOT, "a", NOON, LEASE)
        store.slots.give_up(SLOT, "b")
        assert not store.slots.claim(SLOT, "b", later(1), LEASE)
        store.slots.give_up(SLOT, "a")
        assert not store.slots.renew(SLOT, "a", later(1), LEASE)
        with pytest.raises(Conflict):
            store.commit(Plan(done=SlotDone(SLOT, "a")), later(1))
        assert store.slots.claim(SLOT, "b", later(1), LEASE)


def test_a_slot_is_finished_with_what_it_decided_and_never_run_again(url: str) -> None:
    with open_store(url) as store:
        store.slots.claim(SLOT, "a", NOON, LEASE)
        assert not store.slots.done(SLOT)
        store.commit(Plan((note("x"),), outgoing=(outgoing("o"),), done=SlotDone(SLOT, "a", "3 rows")), later(9))
        assert store.slots.done(SLOT)
        assert store.slots.last("digest:") == [Finished(SLOT, "a", later(9), "3 rows")]
        assert not store.slots.claim(SLOT, "b", later(9999), LEASE)
        assert not store.slots.renew(SLOT, "a", later(10), LEASE)
        store.slots.give_up(SLOT, "a")
        assert store.slots.done(SLOT)
        assert len(store.outbox.lines()) == 1


@pytest.mark.parametrize("holder", ["nobody", "b", "b after a", "a, done"])
def test_who_does_not_hold_a_slot_finishes_nothing(url: str, holder: str) -> None:
    with open_store(url) as store:
        if holder.endswith("b after a"):
            store.slots.claim(SLOT, "a", later(-300), LEASE)
        if holder.startswith(("b", "a")):
            store.slots.claim(SLOT, holder[0], NOON, LEASE)
        if holder == "a, done":
            store.commit(Plan(done=SlotDone(SLOT, "a")), NOON)
        with pytest.raises(Conflict, match=f"{SLOT} is not a's any more"):
            store.commit(Plan((note("x"),), outgoing=(outgoing("o"),), done=SlotDone(SLOT, "a")), later(1))
        assert (store.events(), store.outbox.lines()) == ([], [])


def test_a_lease_that_ran_out_and_that_nobody_took_over_still_finishes(url: str) -> None:
    with open_store(url) as store:
        store.slots.claim(SLOT, "a", NOON, LEASE)
        store.commit(Plan(done=SlotDone(SLOT, "a")), later(9999))
        assert store.slots.done(SLOT)


@pytest.mark.parametrize("before", ["never claimed", "held by a", "lease ran out", "given up"])
def test_a_missed_slot_is_recorded_and_never_run(url: str, before: str) -> None:
    holder = "a" if before == "held by a" else "b"
    with open_store(url) as store:
        if before != "never claimed":
            store.slots.claim(SLOT, holder, NOON, LEASE)
        if before == "given up":
            store.slots.give_up(SLOT, holder)
        at = later(300) if before == "lease ran out" else later(1)
        store.commit(Plan(done=SlotDone(SLOT, "a", "4 days late", missed=True)), at)
        assert store.slots.last(SLOT) == [Finished(SLOT, "a", at, "4 days late", missed=True)]
        assert store.slots.done(SLOT)
        assert not store.slots.claim(SLOT, "b", later(9999), LEASE)


def test_a_slot_that_somebody_is_at_or_that_is_over_is_not_missed(url: str) -> None:
    missed = Plan(done=SlotDone(SLOT, "a", missed=True))
    with open_store(url) as store:
        store.slots.claim(SLOT, "b", NOON, LEASE)
        with pytest.raises(Conflict):
            store.commit(missed, later(299))
        store.commit(Plan(done=SlotDone(SLOT, "b")), later(299))
        with pytest.raises(Conflict):
            store.commit(missed, later(9999))
        assert not store.slots.last("")[0].missed


def test_the_last_slots_are_newest_first_and_of_the_prefix_to_the_letter(url: str) -> None:
    names = ["digest:2026-W39", "digest:2026-W40", "digest_2026-W41", "daily:2026-10-01", "digest:2026-W38"]
    with open_store(url) as store:
        for seconds, name in enumerate(names):
            store.slots.claim(name, "a", NOON, LEASE)
            store.commit(Plan(done=SlotDone(name, "a")), later(seconds))
        store.slots.claim("digest:2026-W42", "a", NOON, LEASE)
        assert [each.slot for each in store.slots.last("digest:")] == [names[4], names[1], names[0]]
        assert [each.slot for each in store.slots.last("digest:", limit=1)] == [names[4]]
        assert [each.slot for each in store.slots.last("digest_")] == [names[2]]
        assert [each.slot for each in store.slots.last("%")] == []
