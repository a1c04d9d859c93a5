"""Claims of the schedule: each slot (`digest:2026-W39`) is run once, by whoever claimed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from monitor.core.plan import SlotDone
from monitor.errors import Conflict
from monitor.store.engine import Database
from monitor.store.rows import moment, moment_text, storable
from monitor.store.schema import slots
from monitor.store.statements import insert_once, lock


@dataclass(frozen=True)
class Finished:
    """A slot that is over: who finished it and when; `missed`: it came too late to be run."""

    slot: str
    by: str
    at: datetime
    note: str = ""
    missed: bool = False


class Slots:
    """Who runs what of the schedule. Every method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, slot: str, by: str, now: datetime, lease: timedelta) -> bool:
        """Whether `by` may run the slot, until the lease ends: nobody has, and nobody is at it."""
        mine = {"worker": by, "claimed_at": moment_text(now), "lease_until": moment_text(now + lease)}
        with self._database.write() as connection:
            lock(connection)
            if insert_once(connection, slots, [{"slot": slot, "missed": False, "note": "", **mine}]):
                return True
            return _change(connection, and_(_open(slot), _free(now)), mine)

    def renew(self, slot: str, by: str, now: datetime, lease: timedelta) -> bool:
        """Whether the slot is still `by`'s, now until the new lease ends."""
        with self._database.write() as connection:
            lock(connection)
            held = and_(_open(slot), slots.c.worker == by, slots.c.lease_until.is_not(None))
            return _change(connection, held, {"lease_until": moment_text(now + lease)})

    def give_up(self, slot: str, by: str) -> None:
        """Leave the slot to whoever claims it next; nothing where `by` does not hold it."""
        with self._database.write() as connection:
            lock(connection)
            _change(connection, and_(_open(slot), slots.c.worker == by), {"lease_until": None})

    def done(self, slot: str) -> bool:
        """Whether the slot is over, run or missed."""
        with self._database.read() as connection:
            found = connection.execute(select(slots.c.finished_at).where(slots.c.slot == slot)).scalar_one_or_none()
        return found is not None

    def last(self, prefix: str, limit: int = 10) -> list[Finished]:
        """The newest slots that are over and whose name begins with `prefix`, the newest first."""
        over = and_(slots.c.slot.startswith(prefix, autoescape=True), slots.c.finished_at.is_not(None))
        wanted = select(slots).where(over).order_by(slots.c.finished_at.desc(), slots.c.slot.desc()).limit(limit)
        with self._database.read() as connection:
            return [_finished(row) for row in connection.execute(wanted)]


def finish_slot(connection: Connection, done: SlotDone, at: datetime) -> None:
    """Raises Conflict when `done.by` does not hold the slot. A missed one need be held by nobody."""
    over = {"finished_at": moment_text(at), "missed": done.missed, "note": storable(done.note), "lease_until": None}
    mine: ColumnElement[bool] = and_(slots.c.worker == done.by, slots.c.lease_until.is_not(None))
    if done.missed:
        new = {"slot": done.slot, "worker": done.by, "claimed_at": moment_text(at), **over}
        if insert_once(connection, slots, [new]):
            return
        mine = or_(mine, _free(at))
    if not _change(connection, and_(_open(done.slot), mine), {"worker": done.by, **over}):
        raise Conflict(f"{done.slot} is not {done.by}'s any more, so nothing was written: somebody else sees to it")


def _open(slot: str) -> ColumnElement[bool]:
    return and_(slots.c.slot == slot, slots.c.finished_at.is_(None))


def _free(now: datetime) -> ColumnElement[bool]:
    """Given up, or not heard of until the lease ended."""
    return or_(slots.c.lease_until.is_(None), slots.c.lease_until <= moment_text(now))


def _change(connection: Connection, which: ColumnElement[bool], values: dict[str, Any]) -> bool:
    return connection.execute(update(slots).where(which).values(**values)).rowcount == 1


def _finished(row: Row[Any]) -> Finished:
    return Finished(row.slot, row.worker, moment(row.finished_at), row.note, row.missed)
