"""A row is recorded once, claimed by one worker at a time, and settled once."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from monitor.core.messages import Message, Tone
from monitor.core.outbox import LEASE, Claimed, Settlement, Status
from monitor.core.plan import Plan
from monitor.core.routes import EMAIL
from monitor.errors import Conflict
from monitor.store.engine import Database
from monitor.store.repository import Store, open_store
from tests.store.trade import INCIDENT, NOON, later, note, outgoing, sending

SENT = Settlement(Status.SENT, receipt={"channel": "C0456", "ts": "1790683200.000100"})
LOST = LEASE.total_seconds()


def _keys(claimed: list[Claimed]) -> list[str]:
    return [each.outgoing.key for each in claimed]


def _touch(url: str, statement: str) -> None:
    engine = create_engine(Database(url).url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def test_what_is_to_be_sent_is_recorded_with_its_event_and_read_back_as_it_was(url: str) -> None:
    whole = outgoing("trip:1:C0456", data={"state": "tripped", "gate": {"open": False}}, fallback_of="other")
    whole = outgoing("a", not_before=later(60), data=whole.data, fallback_of="other", run="run-7")
    with open_store(url) as store:
        store.commit(Plan((note("tripped"),), outgoing=(whole,)), NOON)
    with open_store(url) as store:
        assert store.outbox.outgoing("a") == whole
        line = store.outbox.line("a")
        assert line is not None
        assert (line.status, line.headline, line.attempts) == (Status.QUEUED, whole.message.headline, 0)
        assert (line.created_at, line.next_at, line.fallback_of) == (NOON, later(60), "other")
        assert (store.outbox.outgoing("b"), store.outbox.line("b")) == (None, None)
        assert len(store.events()) == 1


def test_a_plan_on_an_old_log_queues_nothing_even_where_it_has_no_events(url: str) -> None:
    with open_store(url) as store:
        store.commit(Plan((note("one"),)), NOON)
        with pytest.raises(Conflict, match="somebody else recorded in the meantime"):
            store.commit(sending(outgoing("a"), head=""), NOON)
        assert store.outbox.lines() == []


def test_a_key_is_recorded_once_for_ever_whatever_became_of_it(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a", run="first")), NOON)
        (claimed,) = store.outbox.claim("w", NOON)
        store.outbox.settle(claimed, SENT, NOON)
        store.commit(sending(outgoing("a", run="second"), outgoing("b")), later(5))
        assert store.outbox.outgoing("a") == outgoing("a", run="first")
        assert _keys(store.outbox.claim("w", later(5))) == ["b"]


def test_a_row_goes_from_queued_through_retry_and_unknown_to_sent_and_every_try_is_kept(url: str) -> None:
    ends = [
        (0, Settlement(Status.RETRY, "ratelimited", next_at=later(30))),
        (30, Settlement(Status.UNKNOWN, "timeout", next_at=later(60))),
        (60, Settlement(Status.UNKNOWN, "the search failed", next_at=later(90), lookups=1)),
        (90, Settlement(Status.SENT, note="found in the history", receipt={"ts": "7"})),
    ]
    seen = []
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        for at, end in ends:
            assert at == 0 or store.outbox.claim("w", later(at - 0.001)) == []
            (claimed,) = store.outbox.claim("w", later(at))
            seen.append((claimed.attempts, claimed.lookups, claimed.uncertain, claimed.tried_at))
            assert store.outbox.settle(claimed, end, later(at))
        line, tries = store.outbox.line("a"), store.outbox.attempts("a")
    assert seen == [(1, 0, False, None), (2, 0, False, NOON), (3, 0, True, later(30)), (4, 1, True, later(30))]
    assert [(at, outcome) for at, outcome, _ in tries] == [(later(at), str(end.status)) for at, end in ends]
    assert [detail for *_, detail in tries] == ["ratelimited", "timeout", "the search failed", "found in the history"]
    assert line is not None
    assert (line.status, line.settled_at, line.next_at) == (Status.SENT, later(90), None)
    assert (line.receipt, line.error, line.note) == ({"ts": "7"}, "", "found in the history")


def test_what_follows_from_a_try_is_recorded_with_it(url: str) -> None:
    instead = outgoing("a:instead:ann@example.com", "ann@example.com", EMAIL, fallback_of="a")
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        (claimed,) = store.outbox.claim("w", NOON)
        store.outbox.settle(claimed, Settlement(Status.FAILED, "is_archived", outgoing=(instead,)), NOON)
        assert [(line.key, line.status) for line in store.outbox.lines()] == [
            (instead.key, Status.QUEUED),
            ("a", Status.FAILED),
        ]
        assert _keys(store.outbox.claim("w", NOON)) == [instead.key]


def test_rows_come_oldest_first_one_an_address_and_no_more_than_asked_for(url: str) -> None:
    rows = [outgoing("c1", "C1"), outgoing("c1b", "C1"), outgoing("c2", "C2"), outgoing("mail", "C1", EMAIL)]
    with open_store(url) as store:
        store.commit(sending(*rows, outgoing("late", "C9", not_before=later(60))), NOON)
        assert _keys(store.outbox.claim("w", NOON, limit=2)) == ["c1", "c2"]
        assert _keys(store.outbox.claim("v", NOON)) == ["mail"]
        assert store.outbox.claim("v", later(59)) == []
        assert _keys(store.outbox.claim("v", later(60))) == ["late"]


def test_only_rows_that_are_asked_for_are_claimed(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a", "C1"), outgoing("b", "C2")), NOON)
        assert store.outbox.claim("w", NOON, keys=()) == []
        assert _keys(store.outbox.claim("w", NOON, keys={"b", "x"})) == ["b"]


@pytest.mark.parametrize(("channel", "wait"), [("slack", 1), ("email", 0), ("webhook", 0)])
def test_a_slack_channel_has_a_second_between_posts_whoever_sends_them(url: str, channel: str, wait: float) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a", channel=channel), outgoing("b", channel=channel)), NOON)
        (claimed,) = store.outbox.claim("w", NOON)
        assert store.outbox.claim("v", later(5)) == []
        store.outbox.settle(claimed, SENT, later(5))
        if wait:
            assert store.outbox.claim("v", later(5.999)) == []
        assert _keys(store.outbox.claim("v", later(5 + wait))) == ["b"]


def test_a_clock_that_jumps_back_holds_no_row_up(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), outgoing("b")), NOON)
        (claimed,) = store.outbox.claim("w", NOON)
        store.outbox.settle(claimed, SENT, NOON)
        assert _keys(store.outbox.claim("w", later(-3600))) == ["b"]


def test_a_lease_that_ran_out_makes_a_row_uncertain_from_its_first_lost_try_on(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        store.outbox.claim("w", NOON)
        assert store.outbox.claim("v", later(LOST - 0.001)) == []
        (second,) = store.outbox.claim("v", later(LOST))
        (third,) = store.outbox.claim("x", later(2 * LOST))
        line = store.outbox.line("a")
        assert [at_outcome[:2] for at_outcome in store.outbox.attempts("a")] == [
            (later(LOST), "lost"),
            (later(2 * LOST), "lost"),
        ]
    assert [(each.uncertain, each.tried_at, each.attempts, each.by) for each in (second, third)] == [
        (True, NOON, 2, "v"),
        (True, NOON, 3, "x"),
    ]
    assert line is not None
    assert (line.status, line.next_at) == (Status.SENDING, later(3 * LOST))


def test_a_row_that_is_surely_not_there_is_certain_again(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        store.outbox.claim("w", NOON)
        (claimed,) = store.outbox.claim("v", later(LOST))
        store.outbox.settle(claimed, Settlement(Status.RETRY, "ratelimited"), later(LOST))
        (again,) = store.outbox.claim("v", later(LOST + 2))
    assert (again.uncertain, again.tried_at) == (False, later(LOST))


def test_who_lost_the_lease_settles_nothing_and_gives_nothing_back(url: str) -> None:
    instead = outgoing("instead", "C2", fallback_of="a")
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        (first,) = store.outbox.claim("w", NOON)
        (again,) = store.outbox.claim("w", later(LOST))  # by the same name, in another thread or after a start
        before = store.outbox.lines()
        assert not store.outbox.settle(first, Settlement(Status.FAILED, "late", outgoing=(instead,)), later(LOST))
        store.outbox.give_back(first, later(LOST))
        assert store.outbox.lines() == before
        assert store.outbox.settle(again, SENT, later(LOST + 1))
        assert not store.outbox.settle(again, Settlement(Status.FAILED, "twice"), later(LOST + 1))
        store.outbox.give_back(again, later(LOST + 1))
        assert [line.status for line in store.outbox.lines()] == [Status.SENT]
        assert [outcome for _, outcome, _ in store.outbox.attempts("a")] == ["lost", "sent"]


def test_a_lease_that_ran_out_and_that_nobody_took_over_may_still_be_settled(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        (claimed,) = store.outbox.claim("w", NOON)
        assert store.outbox.settle(claimed, SENT, later(LOST + 60))
        assert store.outbox.claim("v", later(LOST + 60)) == []


def test_a_row_that_is_given_back_stands_as_it_stood(url: str) -> None:
    ends = [Settlement(Status.RETRY, "ratelimited"), Settlement(Status.UNKNOWN, "timeout")]
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        for seconds, end in zip((0, 10, 20), [*ends, None], strict=True):
            (given,) = store.outbox.claim("w", later(seconds))
            before = (given.attempts, given.uncertain, given.tried_at)
            store.outbox.give_back(given, later(seconds))
            (claimed,) = store.outbox.claim("w", later(seconds + 5))
            assert (claimed.attempts, claimed.uncertain, claimed.tried_at) == before
            if end:
                store.outbox.settle(claimed, end, later(seconds + 5))
        assert [outcome for _, outcome, _ in store.outbox.attempts("a")] == ["retry", "unknown"]


def test_one_refused_address_never_stops_the_others(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("bad", "C1"), outgoing("good", "C2"), outgoing("after", "C1")), NOON)
        bad, good = store.outbox.claim("w", NOON)
        store.outbox.settle(bad, Settlement(Status.RETRY, "ratelimited", next_at=later(3600)), NOON)
        store.outbox.settle(good, SENT, NOON)
        assert _keys(store.outbox.claim("w", later(2))) == ["after"]


# The ledger.


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


# What comes from the data.

WILD = random.Random(7)
HOSTILE = {
    "nul": "win:\0:C1",
    "halves": "win:\udcff\ud800:C1",
    "long": "".join(chr(WILD.randint(0x4E00, 0x9FFF)) for _ in range(4000)),
    "quotes": "win:'; DROP TABLE outbox; --%s %(x)s {{ 7*7 }}\n:C1",
    "empty": "",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_from_the_data_holds_a_message_up(url: str, text: str) -> None:
    message = Message("win", text, Tone.GOOD, ())
    row = outgoing(text, text or "C1", incident=text)
    row = type(row)(**{**vars(row), "message": message, "data": {"name": text}})
    change = outgoing(f"{text}:chart", target=text, op="chart", incident=text, fallback_of=text)
    with open_store(url) as store:
        store.commit(sending(row, change), NOON)
        store.commit(sending(row, change), NOON)
        (claimed,) = store.outbox.claim("w", NOON, keys={text})
        assert (claimed.outgoing.message, claimed.outgoing.data) == (message, {"name": text})
        store.outbox.settle(claimed, Settlement(Status.SENT, text, text, {"ts": text}), NOON)
        assert len(store.outbox.of_incident(text, ("trip",), "slack")) == 2
        (chart,) = store.outbox.claim("w", later(2), keys={f"{text}:chart"})
        assert chart.target == {"ts": text}
        store.outbox.settle(chart, Settlement(Status.FAILED, text), later(2))
        assert len(store.outbox.attempts(text)) == len(store.outbox.attempts(f"{text}:chart")) == 1


def test_long_keys_that_begin_alike_stay_apart(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(*(outgoing("x" * 4000 + end, end) for end in "ab")), NOON)
        assert len({each.outgoing.key for each in store.outbox.claim("w", NOON)}) == 2
        line = store.outbox.line("x" * 4000 + "a")
        assert line is not None
        assert line == store.outbox.line(line.key)


@pytest.mark.parametrize(
    ("kept", "headline"),
    [
        ('{"kind":"trip","headline":"Hiring is paused","new":1}', "Hiring is paused"),
        ("cut", "trip: the message cannot be read by this version of the program"),
    ],
)
def test_a_message_of_another_version_is_sent_as_its_headline(url: str, kept: str, headline: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), outgoing("b", "C2")), NOON)
        _touch(url, f"UPDATE outbox SET message = '{kept}' WHERE key = 'a'".replace(":", r"\:"))
        first, second = store.outbox.claim("w", NOON)
        assert first.outgoing.message == Message("trip", headline, Tone.PLAIN, ())
        assert second.outgoing == outgoing("b", "C2")
        assert store.outbox.lines()[1].headline == headline


@pytest.mark.parametrize("statement", ["DELETE FROM outbox", "DELETE FROM attempts", "UPDATE attempts SET detail = ''"])
def test_the_database_itself_keeps_the_ledger(url: str, statement: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a")), NOON)
        _end(store, "a", FAILED)
        with pytest.raises(SQLAlchemyError, match=r"stays|append-only"):
            _touch(url, statement)
        assert store.outbox.attempts("a") == [(NOON, "failed", "is_archived")]


def test_a_moment_without_its_zone_is_refused(url: str) -> None:
    with open_store(url) as store, pytest.raises(ValueError, match="time zone"):
        store.commit(sending(outgoing("a", not_before=NOON.replace(tzinfo=None))), NOON)


def test_moments_of_other_zones_are_the_same_moments(url: str, zoned: Callable[[datetime], datetime]) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a", not_before=zoned(later(60)))), zoned(NOON))
        assert store.outbox.claim("w", zoned(later(59))) == []
        (claimed,) = store.outbox.claim("w", zoned(later(60)))
        assert claimed.created_at == NOON
        assert claimed.lease_until == later(60) + LEASE
        assert store.outbox.settle(claimed, SENT, later(61))


@pytest.fixture(params=["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati"])
def zoned(request: pytest.FixtureRequest) -> Callable[[datetime], datetime]:
    zone = ZoneInfo(request.param)
    return lambda moment: moment.astimezone(zone)
