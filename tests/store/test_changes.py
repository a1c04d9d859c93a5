"""Changes and charts wait for the message that they belong to, and never go back to an older state of it."""

from __future__ import annotations

import pytest

from monitor.core.outbox import Op, Outgoing, Settlement, Status
from monitor.store.repository import Store, open_store
from tests.store.trade import NOON, later, outgoing, sending

SENT = Settlement(Status.SENT, receipt={"channel": "C0456", "ts": "1.2"})


def change(key: str, target: str = "a", op: Op = Op.UPDATE) -> Outgoing:
    return outgoing(key, op=op, target=target)


def _settle(store: Store, key: str, settlement: Settlement, at: float) -> None:
    (claimed,) = store.outbox.claim("w", later(at), keys={key})
    assert store.outbox.settle(claimed, settlement, later(at))


def _claim(store: Store, at: float) -> list[str]:
    return [each.outgoing.key for each in store.outbox.claim("w", later(at))]


def _status(store: Store, key: str) -> Status:
    line = store.outbox.line(key)
    assert line is not None
    return line.status


@pytest.mark.parametrize("op", [Op.UPDATE, Op.CHART])
def test_it_is_claimed_with_the_place_of_its_message_once_that_is_sent(url: str, op: Op) -> None:
    with open_store(url) as store:
        store.commit(sending(change("u", op=op), outgoing("a")), NOON)
        assert _claim(store, 0) == ["a"]
        assert _claim(store, 60) == []
        store.commit(sending(), later(60))
        (claimed,) = store.outbox.claim("w", later(120))
        assert (claimed.outgoing.key, claimed.target) == ("a", None)
        store.outbox.settle(claimed, SENT, later(120))
        (claimed,) = store.outbox.claim("w", later(122))
        assert (claimed.outgoing.key, claimed.target) == ("u", {"channel": "C0456", "ts": "1.2"})


@pytest.mark.parametrize(
    "end",
    [
        Settlement(Status.RETRY, "429", next_at=later(600)),
        Settlement(Status.UNKNOWN, "timeout", next_at=later(600)),
    ],
)
def test_it_waits_while_its_message_is_not_settled(url: str, end: Settlement) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), change("u")), NOON)
        _settle(store, "a", end, 0)
        assert _claim(store, 60) == []
        assert _status(store, "u") is Status.QUEUED


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED])
def test_it_is_cancelled_where_its_message_was_never_sent(url: str, end: Status) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), change("u"), change("lost", "nowhere")), NOON)
        _settle(store, "a", Settlement(end, "is_archived"), 0)
        assert _claim(store, 2) == []
        lines = {line.key: line for line in store.outbox.lines()}
        assert (lines["u"].status, lines["u"].settled_at) == (Status.CANCELLED, later(2))
        assert lines["u"].note == "the message that it belongs to was not sent (a)"
        assert lines["lost"].status is Status.CANCELLED
        assert [outcome for _, outcome, _ in store.outbox.attempts("u")] == ["cancelled"]
        assert {line.key for line in store.outbox.undelivered(later(9999))} <= {"a"}


def test_of_several_changes_of_one_message_only_the_newest_is_made(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), change("u1"), change("u2"), change("chart", op=Op.CHART)), NOON)
        _settle(store, "a", SENT, 0)
        assert _claim(store, 2) == ["u2"]
        assert (_status(store, "u1"), _status(store, "chart")) == (Status.CANCELLED, Status.QUEUED)
        note = "a newer change of the same message takes its place"
        assert [line.note for line in store.outbox.lines((Status.CANCELLED,))] == [note]


@pytest.mark.parametrize("end", [Status.RETRY, Status.UNKNOWN])
def test_an_older_change_is_never_made_after_a_newer_one(url: str, end: Status) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), change("u1")), NOON)
        _settle(store, "a", SENT, 0)
        _settle(store, "u1", Settlement(end, "timeout", next_at=later(60)), 2)
        store.commit(sending(change("u2")), later(3))
        _settle(store, "u2", SENT, 4)
        assert _claim(store, 60) == []
        assert _status(store, "u1") is Status.CANCELLED


def test_a_newer_change_waits_while_an_older_one_is_on_its_way_and_follows_when_that_is_lost(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), change("u1")), NOON)
        _settle(store, "a", SENT, 0)
        assert _claim(store, 2) == ["u1"]
        store.commit(sending(change("u2")), later(3))
        assert _claim(store, 60) == []
        assert _claim(store, 122) == ["u2"]
        assert _status(store, "u1") is Status.CANCELLED


def test_an_older_change_stands_where_the_newer_one_could_not_be_made(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), change("u1")), NOON)
        _settle(store, "a", SENT, 0)
        _settle(store, "u1", Settlement(Status.RETRY, "429", next_at=later(60)), 2)
        store.commit(sending(change("u2")), later(3))
        _settle(store, "u2", Settlement(Status.FAILED, "message_not_found"), 4)
        assert _claim(store, 60) == ["u1"]


def test_changes_of_many_messages_are_chosen_at_once(url: str) -> None:
    posts = [outgoing(f"p{number}", f"C{number}") for number in range(600)]
    changes = [outgoing(f"u{number}", f"C{number}", op=Op.UPDATE, target=f"p{number}") for number in range(600)]
    with open_store(url) as store:
        store.commit(sending(*posts, *changes), NOON)
        claimed = store.outbox.claim("w", NOON, limit=1000)
        assert [each.outgoing.key for each in claimed] == [post.key for post in posts]
