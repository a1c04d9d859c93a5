"""Everything that runs while `serve` runs: slots, outbox, Slack, web; started in order and stopped cleanly."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

from monitor.app.delivery import drain
from monitor.app.wiring import Company
from monitor.app.worker import Worker
from monitor.core.calendar import WEEKDAYS
from monitor.core.schedule import upcoming
from monitor.core.secret import Secret
from monitor.core.settings import Schedule
from monitor.entrypoints.loops import Heart, Loop
from monitor.entrypoints.slack.surface import SlackSurface
from monitor.errors import StoreError
from monitor.store.repository import Store

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

    from monitor.entrypoints.web.server import WebServer

SLOTS, OUTBOX = "slots", "outbox"
CHECK, DRAIN = timedelta(minutes=1), timedelta(seconds=5)
"""How often it is looked for slots that are due or were slept through, and for what waits in the outbox."""
GRACE = 8.0
"""Seconds that what is in hand has to be finished; shorter than the 10 that a container is given."""
_PING = 10
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Post:
    """What a service needs: who it is, its company and store, the clock, how to open the company anew.

    `check`: how often it looks for slots that were slept through.
    """

    company: Company
    store: Store
    clock: Callable[[], datetime]
    by: str
    open_company: Callable[[], Company]
    check: timedelta = CHECK


class Service:
    """A worker, its web server and its Slack surface. `start`, then `stop` from the same thread."""

    def __init__(self, post: Post) -> None:
        self._stopping = Event()
        self._post = post
        schedule = post.company.config.schedule()
        self._channels = post.company.channels(self._wait)
        self._heart = Heart(post.store, post.clock, post.by, SLOTS)
        self.worker = Worker(
            post.company,
            post.store,
            post.clock,
            post.by,
            post.open_company,
            ping=lambda: ping(schedule.ping),
            stopping=self._stopping.is_set,
            beat=self._heart.beat,
        )
        self._slots = Loop(SLOTS, self._tick, post.check, self._heart.beat)
        self._outbox = Loop(OUTBOX, self._deliver, DRAIN, Heart(post.store, post.clock, post.by, OUTBOX).beat)
        self._alarm = alarm(schedule, self._slots.wake)
        slack = post.company.config.slack()
        self.slack = SlackSurface(post.open_company, slack, post.clock, wake=self._outbox.wake) if slack else None
        self.web: WebServer | None = None

    def start(self) -> None:
        """Raises UsageError where the port is taken, ConfigError where Slack's tokens are missing."""
        self.web = self._web()
        self.web.start()
        if self.slack is not None:
            self.slack.start()
        self._outbox.start()
        self._slots.start()
        self._alarm.start()
        schedule = self._post.company.config.schedule()
        times = [at.isoformat(timespec="minutes") for at in upcoming(schedule, self._post.clock())]
        directory = self._post.company.config.directory()
        if not directory.everybody(directory.audiences("digest")):
            _LOG.warning("nobody is configured to get the digest: see slack, email and leadership in the configuration")
        _LOG.info("serving", extra={"url": self.web.url, "worker": self._post.by, "digests": times})

    def stop(self) -> bool:
        """No new work, then what is in hand to its end; whether all of it ended in time."""
        _LOG.info("stopping")
        until = time.monotonic() + GRACE
        self._stopping.set()
        if self._alarm.running:
            self._alarm.shutdown(wait=False)
        self._slots.stop()
        self._outbox.stop()
        over = [self.web is None or self.web.stop(until - time.monotonic())]  # it hands requests to Slack's surface
        over.append(self.slack is None or _ended(self.slack.stop, until - time.monotonic()))
        over += [loop.join(until - time.monotonic()) for loop in (self._outbox, self._slots)]
        if not all(over):
            self._let_go()
            return False
        for channel in self._channels.values():
            channel.close()
        return True

    def _tick(self) -> None:
        ran = self.worker.tick()
        if ran:
            self._deliver()
            self.worker.tell_good(ran)

    def _deliver(self) -> None:
        post = self._post
        elsewhere = post.company.elsewhere()
        report = drain(post.store, self._channels, elsewhere, post.clock, post.by, stop=self._stopping.is_set)
        if report.sent or report.failed or report.unknown or report.retry:
            found = {"sent": report.sent, "failed": report.failed, "unknown": report.unknown, "retry": report.retry}
            _LOG.info("outbox", extra={name: keys for name, keys in found.items() if keys})

    def _wait(self, seconds: float) -> None:
        """Between two calls of a channel; not while the service stops."""
        self._stopping.wait(seconds)

    def _let_go(self) -> None:
        _LOG.warning("what is in hand takes too long: another worker takes it over")
        try:
            self.worker.let_go()
        except StoreError as error:
            _LOG.error("the slot is free only when its lease runs out", extra={"why": str(error)})

    def _web(self) -> WebServer:
        from monitor.entrypoints.web.pages import site
        from monitor.entrypoints.web.server import WebServer
        from monitor.entrypoints.web.state import Seen

        post, settings = self._post, self._post.company.config.web()
        seen = Seen(post.company, post.store, post.clock, post.by, self.slack)
        return WebServer(site(seen, settings), settings)


def _ended(work: Callable[[], None], seconds: float) -> bool:
    """Whether it came to its end within that many seconds."""
    thread = Thread(target=work, name="stopping", daemon=True)
    thread.start()
    thread.join(max(seconds, 0))
    return not thread.is_alive()


def alarm(schedule: Schedule, wake: Callable[[], None]) -> BackgroundScheduler:
    """Wakes the worker at its wall times. It remembers nothing: the store says what was run."""
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.cron import CronTrigger

    zone = ZoneInfo(schedule.timezone)
    defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    made = BackgroundScheduler(timezone=zone, job_defaults=defaults)
    weekday = WEEKDAYS[schedule.weekday][:3]  # by name: its 1 is Tuesday
    digest, daily = schedule.digest_at, schedule.daily_at
    weekly = CronTrigger(day_of_week=weekday, hour=digest.hour, minute=digest.minute, timezone=zone)
    made.add_job(wake, weekly, id="digest")
    made.add_job(wake, CronTrigger(hour=daily.hour, minute=daily.minute, timezone=zone), id="daily")
    return made


def ping(url: Secret | None) -> None:
    """Tells whoever watches us that a weekly run went well; that it cannot be told is only logged."""
    if url is None:
        return
    request = Request(url.reveal(), headers={"User-Agent": "smb-monitor"})  # noqa: S310  config lets only http(s) pass
    try:
        with urlopen(request, timeout=_PING) as answer:  # noqa: S310
            _LOG.info("dead-man's switch told", extra={"status": answer.status})
    except (URLError, OSError, ValueError) as error:
        _LOG.warning("dead-man's switch not told", extra={"why": str(error)})
