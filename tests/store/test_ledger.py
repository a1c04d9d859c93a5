"""What became of every row can be looked up, and nothing of it is ever lost."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import SQLAlchemyError

from monitor.core.outbox import Settlement, Status
from monitor.core.routes import EMAIL
from monitor.store.repository import Store, open_store
from tests.store.behind import execute
from tests.store.trade import INCIDENT, NOON, later, outgoing, sending

SENT = Settlement(Status.SENT, receipt={"channel": "C0456", "ts": "1790683200.000100"})


def _end(store: Store, key: str, settlement: Settlement, at: float = 0) -> None:
    (claimed,) = store.outbox.claim("w", later(at), keys={key})
    assert store.outbox.settle(claimed, settlement, later(at))


def test_lines_are_newest_first_and_of_the_statuses_asked_for(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(*(outgoing(key, key) for key in "abcd")), NOON)
        _end(store, "b", SENT)
        assert [line.key for line in store.outbox.lines()] == ["d", "c", "b", "a"]
        assert [line.key for line in store.outbox.lines(limit=2)] == ["d", "c"]
        assert [line.key for line in store.outbox.lines((Status.SENT, Status.FAILED))] == ["b"]
        assert store.outbox.lines(()) == []
        assert store.outbox.waiting(NOON) == 3


def test_rows_for_later_are_not_waiting_yet(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a", not_before=later(60))), NOON)
        assert (store.outbox.waiting(NOON), store.outbox.waiting(later(60))) == (0, 1)


def test_the_rows_of_an_incident_are_found_by_kind_and_channel_in_order(url: str) -> None:
    rows = [
        outgoing("a"),
        outgoing("b", kind="reminder"),
        outgoing("c", "ann@example.com", EMAIL),
        outgoing("d", incident="trip:2026-10-07"),
        outgoing("e", kind="joined"),
    ]
    with open_store(url) as store:
        store.commit(sending(*rows), NOON)
        _end(store, "a", SENT)
        found = store.outbox.of_incident(INCIDENT, ("joined", "trip"), "slack")
    assert found == [(rows[0], Status.SENT), (rows[4], Status.QUEUED)]


FAILED = Settlement(Status.FAILED, "is_archived")


@pytest.mark.parametrize(
    ("ends", "undelivered"),
    [
        ({}, []),
        ({"a": SENT}, []),
        ({"a": FAILED}, ["a"]),
        ({"a": FAILED, "a1": SENT}, []),
        ({"a": FAILED, "a1": FAILED}, ["a1", "a"]),
        ({"a": FAILED, "a1": FAILED, "a2": SENT}, []),
        ({"a": FAILED, "a1": FAILED, "b1": SENT}, ["a1"]),
        ({"a": FAILED, "a1": FAILED, "a2": FAILED}, ["a2", "a1", "a"]),
        ({"a": Settlement(Status.CANCELLED, note="no longer to be said")}, []),
    ],
)
def test_what_was_given_up_is_undelivered_unless_something_was_sent_in_its_place(
    url: str, ends: dict[str, Settlement], undelivered: list[str]
) -> None:
    rows = {
        "a": outgoing("a", "A"),
        "a1": outgoing("a1", "A1", fallback_of="a"),
        "a2": outgoing("a2", "A2", fallback_of="a1"),
        "b1": outgoing("b1", "B1", fallback_of="a"),
    }
    with open_store(url) as store:
        store.commit(sending(*(rows[key] for key in ends)), NOON)
        for key, end in ends.items():
            _end(store, key, end)
        assert [line.key for line in store.outbox.undelivered(NOON)] == undelivered


def test_a_row_that_is_not_settled_for_an_hour_after_its_time_is_undelivered(url: str) -> None:
    ends = {"r": Settlement(Status.RETRY, "429"), "u": Settlement(Status.UNKNOWN, "timeout"), "s": SENT}
    rows = [outgoing(key, key) for key in "qrus"]
    with open_store(url) as store:
        store.commit(sending(*rows, outgoing("sending", "S"), outgoing("l", "L", not_before=later(60))), NOON)
        for key, end in ends.items():
            _end(store, key, end)
        store.outbox.claim("w", NOON, keys={"sending"})
        assert store.outbox.undelivered(later(3599)) == []
        assert [line.key for line in store.outbox.undelivered(later(3600))] == ["sending", "u", "r", "q"]
        assert [line.key for line in store.outbox.undelivered(later(3660))] == ["l", "sending", "u", "r", "q"]


@pytest.mark.parametrize("statement", ["DELETE FROM outbox", "DELETE FROM attempts", "UPDATE attempts SET detail = ''"])
def test_the_database_itself_keeps_the_ledger(url: str, statement: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        _end(store, "a", FAILED)
        with pytest.raises(SQLAlchemyError, match=r"stays|append-only"):
            execute(url, statement)
        assert store.outbox.attempts("a") == [(NOON, "failed", "is_archived")]
