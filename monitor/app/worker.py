"""What the worker does when it is woken: runs each slot of the schedule once, however many workers there are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from threading import Event, Thread

from monitor.app.digest import Edition, issue
from monitor.app.observe import latest, observe
from monitor.app.telling import take_steps
from monitor.app.trouble import broke, tell_trouble
from monitor.app.wiring import Asked, Company
from monitor.core.outbox import Status
from monitor.core.plan import Plan, SlotDone
from monitor.core.schedule import DAILY, DIGEST, Due, Slot, begun_after, due
from monitor.errors import Conflict, DataError, MonitorError, StoreError
from monitor.store.repository import Store

LEASE = timedelta(minutes=2)
"""How long a slot belongs to a worker that is not heard of; another one takes over then."""
RENEWED = LEASE / 4
AGAIN = timedelta(minutes=15)
"""How long after a run that failed the next one is tried."""
BEGAN = "the worker began after it"
"""The note of the slot from which on weeks are counted, which was not run."""
_REMEMBERED = 60
"""Finished slots that are looked at: more than a year of digests."""
_TRIES = 5
_LOG = logging.getLogger(__name__)


def _never() -> bool:
    return False


@dataclass
class Worker:
    """One worker. Woken as often as one likes: it does what is due, and nothing twice.

    `open_company` opens the company anew for each run, since its source reads its files once. `ping` is called after
    every good weekly run. Nothing new is begun once `stopping` says so. `beat` is called while a run takes long.
    """

    company: Company
    store: Store
    clock: Callable[[], datetime]
    by: str
    open_company: Callable[[], Company]
    ping: Callable[[], None] = lambda: None
    stopping: Callable[[], bool] = _never
    beat: Callable[[], None] = lambda: None
    renew_every: timedelta = RENEWED
    holding: str | None = None
    """The slot that is run just now."""
    trouble: str = ""
    """Why the last run failed."""
    _failed_at: datetime | None = field(default=None, repr=False)
    _looked: bool = field(default=False, repr=False)

    def tick(self) -> tuple[str, ...]:
        """Runs what is due; the names of the slots that were finished. Raises StoreError where the database fails."""
        found = self._due()
        for slot in found.missed:
            self._miss(slot)
        wanted = ((found.daily, self._daily), (found.digest, self._weekly))
        ran = tuple(slot.name for slot, work in wanted if slot is not None and self._run(slot, work))
        if not self._looked and not self.stopping() and not self._resting():
            self._looked = True
            self._look()
        return ran

    def tell_good(self, ran: Iterable[str]) -> None:
        """Calls `ping` where a digest was run, once it was tried to deliver it; not where nobody got it."""
        for name in (each for each in ran if each.startswith(DIGEST)):
            lines = self.store.outbox.lines((Status.FAILED,))
            if any(line.key.startswith(f"{name}:") for line in lines):
                _LOG.error("digest not delivered, so this was no good run", extra={"slot": name})
            else:
                self.ping()

    def let_go(self) -> None:
        """Leaves the slot in hand to whoever comes next, at once."""
        if self.holding is not None:
            self.store.slots.give_up(self.holding, self.by)

    # What is due.

    def _due(self) -> Due:
        schedule, calendar, now = self.company.config.schedule(), self.company.policy.calendar, self.clock()
        finished = {each.slot for kind in (DIGEST, DAILY) for each in self.store.slots.last(f"{kind}:", _REMEMBERED)}
        if not any(name.startswith(DIGEST) for name in finished):
            began = begun_after(schedule, calendar, now)
            if self._claimed(began):
                self._finish(SlotDone(began.name, self.by, BEGAN))
                finished.add(began.name)
        return due(schedule, calendar, now, finished)

    def _resting(self) -> bool:
        """Whether a run has failed a moment ago. A clock that was set back does not make it wait longer."""
        return self._failed_at is not None and timedelta() <= self.clock() - self._failed_at < AGAIN

    def _claimed(self, slot: Slot) -> bool:
        return self.store.slots.claim(slot.name, self.by, self.clock(), LEASE)

    # One slot.

    def _run(self, slot: Slot, work: Callable[[Slot], None]) -> bool:
        """Whether the slot was run to its end, by this worker."""
        if self.stopping() or self._resting() or not self._claimed(slot):
            return False
        _LOG.info("slot begins", extra={"slot": slot.name, "late": str(slot.lateness(self.clock())).split(".")[0]})
        with self._held(slot):
            return self._done(slot.name, partial(work, slot))

    def _done(self, what: str, work: Callable[[], None]) -> bool:
        """Whether it was done to its end. No source, and no error of ours, ends the worker."""
        try:
            work()
        except StoreError as error:
            self.trouble = str(error)
            _LOG.error("not finished, tried again in a minute", extra={"what": what, "why": self.trouble})
            return False
        except MonitorError as error:
            self._failed_at, self.trouble = self.clock(), str(error)
            _LOG.error("not finished, tried again in 15 minutes", extra={"what": what, "why": self.trouble})
            if isinstance(error, DataError):
                self._tell(self.trouble)
            return False
        except Exception as error:  # noqa: BLE001  the worker lives on
            self._failed_at, self.trouble = self.clock(), f"{broke(error)}, which its log shows"
            _LOG.exception("broke, tried again in 15 minutes", extra={"what": what})
            self._tell(broke(error))
            return False
        self._failed_at, self.trouble = None, ""
        _LOG.info("finished", extra={"what": what})
        return True

    @contextmanager
    def _held(self, slot: Slot) -> Iterator[None]:
        """Keeps the claim alive while the slot is run, and leaves it to others unless it was finished."""
        over = Event()
        self.holding = slot.name
        renewing = Thread(target=self._renew, args=(slot, over), name="lease", daemon=True)
        renewing.start()
        try:
            yield
        finally:
            over.set()
            renewing.join()
            self.holding = None
            self.store.slots.give_up(slot.name, self.by)

    def _renew(self, slot: Slot, over: Event) -> None:
        while not over.wait(self.renew_every.total_seconds()):
            try:
                self.beat()
                kept = self.store.slots.renew(slot.name, self.by, self.clock(), LEASE)
            except StoreError as error:
                _LOG.warning("lease not renewed", extra={"slot": slot.name, "why": str(error)})
            else:
                if not kept:
                    _LOG.warning("slot lost to another worker", extra={"slot": slot.name})
                    return

    def _finish(self, done: SlotDone) -> None:
        """Notes that a slot is over. Raises StoreError where it is not this worker's any more."""
        for _ in range(_TRIES):
            try:
                self.store.commit(Plan(expected_head=self.store.head(), done=done), self.clock())
            except Conflict:
                continue
            return
        raise StoreError(f"{done.slot} is not {done.by}'s any more, or others keep recording: nothing was written")

    def _miss(self, slot: Slot) -> None:
        """Records that a week has no digest; the next one says so."""
        try:
            self._finish(SlotDone(slot.name, self.by, f"not sent by {slot.at:%Y-%m-%d %H:%M %Z} or soon after", True))
        except StoreError as error:
            _LOG.info("somebody else sees to it", extra={"slot": slot.name, "why": str(error)})
            return
        _LOG.warning("digest missed", extra={"slot": slot.name, "planned": slot.at.isoformat()})

    # What a slot consists of.

    def _weekly(self, slot: Slot) -> None:
        now = self.clock()
        with self.open_company() as company:
            seen = observe(company, self.store, self._asked(company, slot.day), now)
            done = SlotDone(slot.name, self.by, f"as of {seen.as_of}, run {seen.run}")
            edition = Edition(now, late_since=slot.at if slot.late(now) else None, done=done)
            issue(company, self.store, seen, edition)

    def _daily(self, slot: Slot) -> None:
        with self.open_company() as company:
            asked = self._asked(company, None)
            seen = observe(company, self.store, asked, self.clock())
            take_steps(company, self.store, seen, asked.today, self.clock())
        self._finish(SlotDone(slot.name, self.by, f"as of {seen.as_of}, run {seen.run}"))

    def _look(self) -> None:
        """Pages and answers need a run of this version of the program, which a finished slot may not have left."""
        if latest(self.company, self.store, self._today(self.company)) is None:
            self._done("first look", self._read)

    def _read(self) -> None:
        with self.open_company() as company:
            observe(company, self.store, self._asked(company, None), self.clock())

    def _tell(self, why: str) -> None:
        try:
            tell_trouble(self.company, self.store, why, self._today(self.company), self.clock())
        except MonitorError as error:
            _LOG.error("cannot tell that the data are unreadable", extra={"why": str(error)})

    def _asked(self, company: Company, as_of: date | None) -> Asked:
        """The week that a slot is about; by default the last one. A source may live on a day of its own."""
        if as_of is None or company.source.today() is not None:
            return company.asked(None, self._today(company))
        return Asked(as_of, self._today(company))

    def _today(self, company: Company) -> date:
        return company.today(self.clock())
