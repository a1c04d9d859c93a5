"""Where requests wait to be worked on: bounded, in lanes, each request once, every failure told to whoever asked."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from threading import Condition
from typing import TYPE_CHECKING

from monitor.entrypoints.slack.logs import NAME
from monitor.entrypoints.slack.requests import Request
from monitor.entrypoints.slack.voice import Voice
from monitor.errors import ActRefused, DataError, MonitorError, NotAllowed, StoreError, UsageError
from monitor.store.repository import Store

if TYPE_CHECKING:
    from slack_sdk import WebClient

log = logging.getLogger(NAME)
BUSY = "too many are asking at once: try again in a minute."
FAILED = "something went wrong on our side: the log of the monitor says what."
NO_STORE = "the database cannot be used right now, so nothing was done: the log of the monitor says why."
NO_DATA = "the data cannot be read right now: the log of the monitor says why."
REMEMBERED = 2000
"""Requests of which a redelivery is recognised at once; those that change something are remembered by the store too."""
LEAVE = 10.0
"""Seconds that unfinished work is given when the desk closes."""


class Lane(StrEnum):
    """Who may keep whom waiting."""

    FRONT = "front"
    """Short calls to Slack that touch nothing of ours: opening a modal, asking for patience."""
    QUICK = "quick"
    """The store and nothing else."""
    SLOW = "slow"
    """The source."""


SIZES = {Lane.FRONT: (4, 100), Lane.QUICK: (8, 200), Lane.SLOW: (2, 20)}
"""By lane: how many are worked on at once, how many may wait."""


class Taken(Enum):
    """What became of a request that was handed in."""

    NOW = "now"
    BEFORE = "before"
    """It was handed in before: Slack delivers twice."""
    NOT = "not"
    """Too many wait already."""


@dataclass(frozen=True)
class Job:
    """What is to be done for a request. `once`: a redelivery to another process must not do it again either."""

    request: Request
    work: Callable[[Voice], None]
    lane: Lane = Lane.QUICK
    once: bool = False


class Desk:
    """Takes jobs without waiting for anything; works on them in threads of its own."""

    def __init__(self, store: Store, client: WebClient, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._client = client
        self._clock = clock
        self._changed = Condition()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._held = dict.fromkeys(Lane, 0)
        self._closed = False
        self._pools = {lane: ThreadPoolExecutor(threads, f"slack-{lane}") for lane, (threads, _) in SIZES.items()}

    def take(self, job: Job) -> Taken:
        """Take a request that has just come in; the same one is taken once."""
        with self._changed:
            if job.request.id in self._known:
                return Taken.BEFORE
            if not self._enter(job.lane):
                return Taken.NOT
            self._known[job.request.id] = None
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        self._pools[job.lane].submit(self._work, job)
        return Taken.NOW

    def follow(self, job: Job) -> bool:
        """Take a further step of a request that was taken; False where too many wait."""
        with self._changed:
            if not self._enter(job.lane):
                return False
        self._pools[job.lane].submit(self._work, job)
        return True

    def say(self, request: Request, sentence: str) -> None:
        """Tell whoever asked one sentence, without keeping the caller waiting."""
        if not self.follow(Job(request, lambda voice: voice.say(sentence), Lane.FRONT)):
            log.error("%s could not be told: %s", request.user, sentence)

    def close(self) -> None:
        """Take nothing more, finish what was taken; what does not end in time is left and logged."""
        with self._changed:
            self._closed = True
            done = self._changed.wait_for(lambda: not any(self._held.values()), LEAVE)
        if not done:
            log.error("stopped while people still waited for %d answers", sum(self._held.values()))
        for pool in self._pools.values():
            pool.shutdown(wait=done, cancel_futures=True)

    def _enter(self, lane: Lane) -> bool:
        threads, waiting = SIZES[lane]
        if self._closed or self._held[lane] >= threads + waiting:
            return False
        self._held[lane] += 1
        return True

    def _work(self, job: Job) -> None:
        voice = Voice(self._client, job.request, self._clock)
        try:
            if not job.once or self._store.seen(job.request.id, self._clock()):
                job.work(voice)
        except MonitorError as error:
            voice.say(_told(error))
        except Exception:  # the last door of a thread: the person gets a sentence, the log the rest
            log.exception("a request of %s failed", job.request.user)
            voice.say(FAILED)
        finally:
            with self._changed:
                self._held[job.lane] -= 1
                self._changed.notify_all()


def _told(error: MonitorError) -> str:
    """The error's own sentence where it concerns the person; what concerns the operator is for the log."""
    if isinstance(error, NotAllowed | ActRefused | UsageError):
        return str(error)
    log.error("%s", error)
    return NO_STORE if isinstance(error, StoreError) else NO_DATA if isinstance(error, DataError) else FAILED
