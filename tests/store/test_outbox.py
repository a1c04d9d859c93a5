"""A row is recorded once, claimed by one worker at a time, and settled once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.core.outbox import LEASE, Claimed, Settlement, Status
from monitor.core.plan import Plan
from monitor.core.routes import EMAIL
from monitor.errors import Conflict
from monitor.store.repository import open_store
from tests.store.trade import NOON, later, note, outgoing, sending

SENT = Settlement(Status.SENT, receipt={"channel": "C0456", "ts": "1790683200.000100"})
LOST = LEASE.total_seconds()


def _keys(claimed: list[Claimed]) -> list[str]:
    return [each.outgoing.key for each in claimed]


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
            seen.append((claimed.attempts, claimed.lookups, claimed.perhaps, claimed.tried_at))
            assert store.outbox.settle(claimed, end, later(at))
        line, tries = store.outbox.line("a"), store.outbox.attempts("a")
    assert seen == [(1, 0, 0, None), (2, 0, 0, NOON), (3, 0, 1, later(30)), (4, 1, 1, later(30))]
    assert [at for at, *_ in tries] == [later(at) for at, _ in ends]
    assert [outcome for _, outcome, _ in tries] == ["retry", "unknown", "sought", "sent"]
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
    assert [(each.uncertain, each.perhaps, each.tried_at, each.attempts, each.by) for each in (second, third)] == [
        (True, 1, NOON, 2, "v"),
        (True, 2, NOON, 3, "x"),
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
