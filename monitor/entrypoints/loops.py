"""Threads that do one thing again and again, when they are woken and every so often, until they are stopped."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread

from monitor.errors import StoreError
from monitor.store.repository import Store

BEAT = timedelta(seconds=30)
"""How often a loop that lives says so."""
_LOG = logging.getLogger(__name__)


class Heart:
    """Notes in the store that a loop lives, not more often than every half minute."""

    def __init__(self, store: Store, clock: Callable[[], datetime], by: str, what: str) -> None:
        self._store, self._clock, self._by, self._what = store, clock, by, what
        self._last: datetime | None = None

    def beat(self) -> None:
        """Raises StoreError."""
        now = self._clock()
        if self._last is None or not timedelta() <= now - self._last < BEAT:
            self._store.beat(self._by, self._what, now)
            self._last = now


class Loop:
    """One thread. Its waits are not told by the clock on the wall, so setting that back stops nothing."""

    def __init__(self, name: str, work: Callable[[], object], every: timedelta, beat: Callable[[], None]) -> None:
        self._name, self._work, self._every, self._beat = name, work, every, beat
        self._woken, self._stopping = Event(), Event()
        self._trouble = ""
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._woken.set()
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()
        self._woken.set()

    def join(self, seconds: float) -> bool:
        """Whether the thread is over, after that many seconds at most."""
        if self._thread.is_alive():  # it never was where the start failed
            self._thread.join(max(seconds, 0))
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.wait(self._every.total_seconds())
            self._woken.clear()
            if not self._stopping.is_set():
                self._once()

    def _once(self) -> None:
        trouble = ""
        try:
            self._work()
            self._beat()
        except StoreError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001  whatever it was, the next time may go well
            trouble = type(error).__name__
            if trouble != self._trouble:
                _LOG.exception("broke, and goes on", extra={"loop": self._name})
        if trouble and trouble != self._trouble:
            _LOG.error("cannot go on for now", extra={"loop": self._name, "why": trouble})
        elif self._trouble and not trouble:
            _LOG.info("goes on again", extra={"loop": self._name})
        self._trouble = trouble
