"""Other processes that run companies beside this one."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from typing import Any, TypeVar

A = TypeVar("A")
T = TypeVar("T")

_AHEAD = 3
"""How many tasks wait for each process, so that none is idle and little is held."""


class Crew:
    """Processes that answer what they are asked, one after the other."""

    def __init__(self, pool: ProcessPoolExecutor, size: int) -> None:
        self._pool = pool
        self._size = size

    def answers(self, run: Callable[[A], T | None], asked: Iterable[A]) -> Iterator[tuple[A, T | None]]:
        """What `run` says of each, in their order; None of what the processes
        cannot say, or did not live to.

        Both have to be such as can be pickled. Few are asked for ahead.
        """
        waiting: deque[tuple[A, Future[T | None] | None]] = deque()
        for each in asked:
            waiting.append((each, self._submitted(run, each)))
            if len(waiting) > _AHEAD * self._size:
                yield _said(*waiting.popleft())
        while waiting:
            yield _said(*waiting.popleft())

    def _submitted(self, run: Callable[[A], T | None], asked: A) -> Future[T | None] | None:
        packed = pickle.dumps((run, asked))  # here: what cannot be packed leaves Python 3.11's pool waiting for ever
        try:
            return self._pool.submit(_unpacked, packed)
        except BrokenProcessPool:
            return None


def _unpacked(packed: bytes) -> Any:
    run, asked = pickle.loads(packed)  # noqa: S301  packed by `Crew`, never from outside
    return run(asked)


def _said(asked: A, future: Future[T | None] | None) -> tuple[A, T | None]:
    try:
        return asked, None if future is None else future.result()
    except BrokenProcessPool:
        return asked, None


@contextmanager
def crew(size: int) -> Iterator[Crew]:
    """So many processes, each started from nothing, so that no lock and no connection of this one is copied."""
    pool = ProcessPoolExecutor(size, get_context("spawn"), _begin)
    try:
        yield Crew(pool, size)
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Ctrl-C is for the process that they work for, and none of them outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000, 50, 50)  # a company leaves few cycles, and the usual search costs a fifteenth of it
    threading.Thread(target=_end_with_it, daemon=True).start()


def _end_with_it() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
