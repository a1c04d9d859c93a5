"""Escalation steps: taken once or cancelled, in the transaction of what decides it."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.core.escalation import Cancel, Escalation
from monitor.core.plan import Plan
from monitor.errors import Conflict
from monitor.store.repository import Store, open_store
from tests.store.trade import INCIDENT, NOON, note, outgoing, step

DAY = date(2026, 10, 9)
LATER = date(2026, 10, 12)


def _pending(store: Store) -> list[str]:
    return [each.key for each in store.escalations.pending()]


def test_steps_are_read_back_as_they_were_by_due_day(url: str) -> None:
    second = step("b", DAY)
    third = step("a", LATER, kind="standing", every=14, until_acknowledged=False)
    first = step("a0", DAY)
    with open_store(url) as store:
        store.commit(Plan((note("tripped"),), escalations=(third, second, first)), NOON)
        assert store.escalations.pending() == [first, second, third]
        assert store.escalations.due(date(2026, 10, 8)) == []
        assert store.escalations.due(DAY) == [first, second]
        assert store.escalations.due(LATER) == [first, second, third]


def test_a_step_is_recorded_once_for_ever_whatever_became_of_it(url: str) -> None:
    with open_store(url) as store:
        store.commit(Plan(escalations=(step("a"), step("b"))), NOON)
        store.commit(Plan(taken=("a",), cancels=(Cancel(INCIDENT),)), NOON)
        store.commit(Plan(escalations=(step("a"), step("b"), step("c"))), NOON)
        assert _pending(store) == ["c"]


@pytest.mark.parametrize("keys", [("a",), ("b", "a"), ("nowhere",), ("b", "b")])
def test_a_plan_that_takes_a_step_that_is_not_pending_leaves_nothing(url: str, keys: tuple[str, ...]) -> None:
    with open_store(url) as store:
        store.commit(Plan(escalations=(step("a"), step("b"))), NOON)
        store.commit(Plan(taken=("a",)), NOON)
        with pytest.raises(Conflict, match="was taken or cancelled in the meantime"):
            store.commit(Plan((note("x"),), outgoing=(outgoing("o"),), escalations=(step("c"),), taken=keys), NOON)
        assert (_pending(store), store.outbox.lines(), store.events()) == (["b"], [], [])


def test_a_step_that_comes_again_is_taken_and_recorded_anew_at_once(url: str) -> None:
    standing = step(f"{INCIDENT}:standing:{DAY}", DAY, kind="standing", every=14)
    again = standing.next()
    assert again is not None
    with open_store(url) as store:
        store.commit(Plan(escalations=(standing,)), NOON)
        store.commit(Plan(taken=(standing.key,), escalations=(again,)), NOON)
        assert store.escalations.pending() == [again]


STEPS: tuple[Escalation, ...] = (
    step("reminder"),
    step("standing", kind="standing", until_acknowledged=False),
    step("ending", kind="override_ending", until_acknowledged=False),
    step("other", incident="trip:2025-01-01"),
)


@pytest.mark.parametrize(
    ("cancel", "left"),
    [
        (Cancel(INCIDENT), ["other"]),
        (Cancel(INCIDENT, only_until_acknowledged=True), ["ending", "other", "standing"]),
        (Cancel(INCIDENT, "override_ending"), ["other", "reminder", "standing"]),
        (Cancel("trip:1999-01-01"), ["ending", "other", "reminder", "standing"]),
    ],
)
def test_a_cancel_ends_the_steps_that_it_names(url: str, cancel: Cancel, left: list[str]) -> None:
    with open_store(url) as store:
        store.commit(Plan(escalations=STEPS), NOON)
        store.commit(Plan((note("ack"),), cancels=(cancel,)), NOON)
        assert _pending(store) == left


def test_what_a_plan_both_adds_and_cancels_is_over(url: str) -> None:
    with open_store(url) as store:
        store.commit(Plan((note("tripped and recovered"),), escalations=STEPS, cancels=(Cancel(INCIDENT),)), NOON)
        assert _pending(store) == ["other"]


def test_an_acknowledgement_wins_over_a_step_that_is_being_taken(url: str) -> None:
    with open_store(url) as store, open_store(url) as other:
        store.commit(Plan(escalations=(step("a"),)), NOON)
        taking = Plan(expected_head=store.head(), outgoing=(outgoing("reminder"),), taken=("a",))
        other.commit(Plan((note("ack"),), cancels=(Cancel(INCIDENT, only_until_acknowledged=True),)), NOON)
        for head in (taking.expected_head, store.head()):
            with pytest.raises(Conflict):
                store.commit(Plan(expected_head=head, outgoing=taking.outgoing, taken=taking.taken), NOON)
        assert (store.outbox.lines(), store.escalations.pending()) == ([], [])
