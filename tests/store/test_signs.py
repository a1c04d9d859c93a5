"""Envelopes act once, channels out of reach are news once, workers leave signs of life."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from monitor.store.repository import open_store
from tests.store.trade import NOON, later

WEEK = timedelta(days=7)


def test_an_envelope_is_new_once_by_whoever_it_comes(url: str) -> None:
    with open_store(url) as store, open_store(url) as other:
        assert store.seen("E1", NOON)
        assert not other.seen("E1", later(1))
        assert other.seen("E2" * 4000, later(1))
        assert not store.seen("E2" * 4000, later(2))


def test_an_envelope_that_comes_to_racing_threads_is_new_to_one(url: str) -> None:
    start = Barrier(8)

    def comes(_: int) -> int:
        start.wait(30)
        return sum(store.seen(f"E{number}", NOON) for number in range(5))

    with open_store(url) as store, ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(comes, range(8))) == 5


def test_envelopes_are_remembered_for_a_week(url: str) -> None:
    with open_store(url) as store:
        store.seen("old", NOON)
        assert not store.seen("old", NOON + WEEK)
        store.seen("new", NOON + WEEK)
        assert store.seen("old", NOON + WEEK + timedelta(seconds=1))
        assert not store.seen("new", NOON + WEEK + timedelta(seconds=1))


def test_a_channel_that_goes_out_of_reach_is_news_once_and_so_is_its_return(url: str) -> None:
    with open_store(url) as store:
        assert store.health("slack") is None
        assert not store.set_health("slack", None, NOON)
        assert store.set_health("slack", "invalid_auth", later(1))
        assert not store.set_health("slack", "token_revoked", later(2))
        assert store.health("slack") == ("token_revoked", later(1))
        assert store.health("email") is None
        assert store.set_health("slack", None, later(3))
        assert store.health("slack") is None
        assert not store.set_health("slack", None, later(4))
        assert store.set_health("slack", "invalid_auth", later(5))
        assert store.health("slack") == ("invalid_auth", later(5))


def test_of_two_who_find_a_channel_out_of_reach_one_brings_the_news(url: str) -> None:
    start = Barrier(6)

    def finds(_: int) -> bool:
        start.wait(30)
        return store.set_health("slack", "invalid_auth", NOON)

    with open_store(url) as store, ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(finds, range(6))) == 1


def test_the_last_beat_of_each_worker_is_kept(url: str) -> None:
    with open_store(url) as store:
        store.beat("a", "tick", NOON)
        store.beat("a", "socket", later(1), "connected")
        store.beat("b", "tick", later(2))
        store.beat("a", "tick", later(3), "5 rows")
        assert store.beats() == [
            ("a", "tick", later(3), "5 rows"),
            ("b", "tick", later(2), ""),
            ("a", "socket", later(1), "connected"),
        ]
