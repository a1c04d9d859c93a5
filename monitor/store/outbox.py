"""The outbox: rows are recorded with their event, claimed with a lease, settled once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from monitor.core.outbox import LEASE, Claimed, LedgerLine, Op, Outgoing, Receipt, Settlement, Status
from monitor.store import letters, schema
from monitor.store.claiming import WAITING, begun, choose, due, next_moment
from monitor.store.engine import Database
from monitor.store.rows import moment, moment_or_none, moment_text, named, storable
from monitor.store.statements import insert_once, lock

LATE = timedelta(hours=1)
"""A row that is not settled after this long is reported."""
LOST, SOUGHT = "lost", "sought"
"""Outcomes of a try besides a status: the worker was not heard of again; a search that found nothing out."""
UNSETTLED = (*WAITING, Status.SENDING)

_rows = schema.outbox
_FREE: dict[str, None] = {"lease_by": None, "lease_until": None}


def insert_outgoing(connection: Connection, outgoing: Iterable[Outgoing], at: datetime) -> None:
    """Record what is to be sent; a key that is there already stays as it is."""
    insert_once(connection, _rows, [letters.outgoing_row(each, at) for each in outgoing])


class Outbox:
    """What is to be sent and what became of it. Every method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Sending.

    def claim(self, by: str, now: datetime, limit: int = 10, keys: Collection[str] | None = None) -> list[Claimed]:
        """Rows (of `keys`) that `by` may send until their lease ends: the oldest that are due, one an address.

        `Claimed.tried_at` is when the first try began whose answer was lost, from where a search must start; for a row
        that is certain, when the last try began.
        """
        with self._database.read() as connection:
            if connection.execute(select(_rows.c.seq).where(due(now)).limit(1)).first() is None:
                return []  # so that a worker with nothing to do waits for no lock and takes none
        wanted = None if keys is None else {named(key) for key in keys}
        with self._database.write() as connection:
            lock(connection)
            choice = choose(connection, now, limit, wanted)
            for row, why in choice.cancelled:
                _cancel(connection, row, why, now)
            return [_lease(connection, row.key, by, now) for row in choice.chosen]

    def settle(self, claimed: Claimed, settlement: Settlement, now: datetime) -> bool:
        """Note how a try ended and record what follows from it; False, and nothing, when the lease was lost."""
        with self._database.write() as connection:
            lock(connection)
            row = _held(connection, claimed)
            if row is None:
                return False
            _change(connection, row.key, _settled(row, settlement, now))
            detail = settlement.error or settlement.note
            sought = settlement.status is Status.UNKNOWN and settlement.lookups > 0
            _note(connection, row.key, now, claimed.by, SOUGHT if sought else str(settlement.status), detail)
            insert_outgoing(connection, settlement.outgoing, now)
            return True

    def give_back(self, claimed: Claimed, now: datetime) -> None:
        """Undo the claim of a row that was not tried; nothing where the lease was lost."""
        before = Status.UNKNOWN if claimed.uncertain else Status.RETRY if claimed.attempts > 1 else Status.QUEUED
        with self._database.write() as connection:
            lock(connection)
            row = _held(connection, claimed)
            if row is not None:
                tried = moment_text(claimed.tried_at) if claimed.tried_at else None
                values = {"status": str(before), "attempts": row.attempts - 1, "tried_at": tried}
                _change(connection, row.key, {**values, **_FREE, "touched_at": moment_text(now)})

    # The ledger.

    def lines(self, statuses: Collection[Status] | None = None, limit: int = 200) -> list[LedgerLine]:
        """The newest rows first; only those of `statuses` where given."""
        wanted = select(_rows).order_by(_rows.c.seq.desc()).limit(limit)
        if statuses is not None:
            wanted = wanted.where(_rows.c.status.in_(statuses))
        return [letters.line(row) for row in self._read(wanted)]

    def line(self, key: str) -> LedgerLine | None:
        return next((letters.line(row) for row in self._read(_by_key(key))), None)

    def outgoing(self, key: str) -> Outgoing | None:
        return next((letters.outgoing(row) for row in self._read(_by_key(key))), None)

    def of_incident(self, incident: str, kinds: Collection[str], channel: str) -> list[tuple[Outgoing, Status]]:
        """The rows of some kinds that an incident has in one channel, oldest first, changes and charts among them."""
        mine = and_(_rows.c.incident == named(incident), _rows.c.kind.in_(kinds), _rows.c.channel == channel)
        wanted = select(_rows).where(mine).order_by(_rows.c.seq)
        return [(letters.outgoing(row), Status(row.status)) for row in self._read(wanted)]

    def undelivered(self, now: datetime) -> list[LedgerLine]:
        """What did not arrive, newest first: given up with nothing sent in its place, or not settled for an hour."""
        long_ago = func.coalesce(_rows.c.not_before, _rows.c.created_at) <= moment_text(now - LATE)
        open_rows = and_(_rows.c.status.in_(UNSETTLED), long_ago)
        found = select(_rows).where(or_(_rows.c.status == Status.FAILED, open_rows)).order_by(_rows.c.seq.desc())
        instead = select(_rows.c.key, _rows.c.fallback_of, _rows.c.status).where(_rows.c.fallback_of.is_not(None))
        with self._database.read() as connection:
            replaced = _replaced([(row.key, row.fallback_of, row.status) for row in connection.execute(instead)])
            rows = connection.execute(found).all()
        return [letters.line(row) for row in rows if row.status != Status.FAILED or row.key not in replaced]

    def attempts(self, key: str) -> list[tuple[datetime, str, str]]:
        """The tries of a row in order: when each ended, its outcome (a status, `lost` or `sought`), the detail."""
        ledger = schema.attempts
        wanted = select(ledger).where(ledger.c.key == named(key)).order_by(ledger.c.seq)
        return [(moment(row.at), row.outcome, row.detail) for row in self._read(wanted)]

    def waiting(self, now: datetime) -> int:
        """How many rows are not settled; those for later are not counted yet."""
        wanted = select(func.count()).select_from(_rows).where(_rows.c.status.in_(UNSETTLED), begun(now))
        with self._database.read() as connection:
            return int(connection.execute(wanted).scalar_one())

    def next_at(self, now: datetime) -> datetime | None:
        """When there may be something to claim again; None while everything is settled."""
        with self._database.read() as connection:
            return next_moment(connection, now)

    def _read(self, wanted: Any) -> Sequence[Row[Any]]:
        with self._database.read() as connection:
            return connection.execute(wanted).all()


def _by_key(key: str) -> Any:
    return select(_rows).where(_rows.c.key == named(key))


def _change(connection: Connection, key: str, values: dict[str, Any]) -> None:
    connection.execute(update(_rows).where(_rows.c.key == key).values(**values))


def _note(connection: Connection, key: str, at: datetime, worker: str, outcome: str, detail: str) -> None:
    values = {"key": key, "at": moment_text(at), "worker": worker, "outcome": outcome, "detail": storable(detail)}
    connection.execute(insert(schema.attempts).values(**values))


def _held(connection: Connection, claimed: Claimed) -> Row[Any] | None:
    """The row, while it is leased by this very claim."""
    mine = and_(
        _rows.c.key == named(claimed.outgoing.key),
        _rows.c.status == Status.SENDING,
        _rows.c.lease_by == claimed.by,
        _rows.c.lease_until == moment_text(claimed.lease_until),
    )
    return connection.execute(select(_rows).where(mine)).one_or_none()


def _cancel(connection: Connection, row: Row[Any], why: str, now: datetime) -> None:
    values = {"status": str(Status.CANCELLED), "note": storable(why), "next_at": None, "settled_at": moment_text(now)}
    _change(connection, row.key, {**values, **_FREE})
    _note(connection, row.key, now, row.lease_by or "", str(Status.CANCELLED), why)


def _lease(connection: Connection, key: str, by: str, now: datetime) -> Claimed:
    row = connection.execute(_by_key(key)).one()
    lost = row.status == Status.SENDING
    since = row.uncertain_since or (row.tried_at if lost else None)
    if lost:
        _note(connection, key, now, row.lease_by, LOST, "the worker was not heard of until its lease ended")
    at, until = moment_text(now), now + LEASE
    values = {"status": str(Status.SENDING), "attempts": row.attempts + 1, "uncertain_since": since}
    lease = {"lease_by": by, "lease_until": moment_text(until), "tried_at": at, "touched_at": at, "next_at": None}
    _change(connection, key, {**values, **lease})
    return Claimed(
        letters.outgoing(row),
        by,
        until,
        moment(row.created_at),
        row.attempts + 1,
        row.lookups,
        lost or row.status == Status.UNKNOWN,
        moment_or_none(since or row.tried_at),
        _target(connection, row),
        _perhaps(connection, key),
    )


def _perhaps(connection: Connection, key: str) -> int:
    """How many tries of a row may have arrived."""
    ledger = schema.attempts
    unsure = and_(ledger.c.key == key, ledger.c.outcome.in_((LOST, Status.UNKNOWN)))
    return int(connection.execute(select(func.count()).select_from(ledger).where(unsure)).scalar_one())


def _target(connection: Connection, row: Row[Any]) -> Receipt | None:
    if row.op == Op.POST:
        return None
    return letters.receipt(connection.execute(select(_rows.c.receipt).where(_rows.c.key == row.target)).scalar_one())


def _settled(row: Row[Any], settlement: Settlement, now: datetime) -> dict[str, Any]:
    over = settlement.status not in UNSETTLED
    unsure = settlement.status is Status.UNKNOWN
    return {
        "status": str(settlement.status),
        "error": storable(settlement.error),
        "note": storable(settlement.note),
        "receipt": letters.receipt_text(settlement.receipt),
        "next_at": moment_text(settlement.next_at) if settlement.next_at and not over else None,
        "lookups": settlement.lookups,
        "uncertain_since": (row.uncertain_since or row.tried_at) if unsure else None,
        "touched_at": moment_text(now),
        "settled_at": moment_text(now) if over else None,
        **_FREE,
    }


def _replaced(instead: Iterable[tuple[str, str, str]]) -> set[str]:
    """Keys of which something else was sent in their place, or in the place of what took it."""
    rows = list(instead)
    took_its_place = {key: original for key, original, _ in rows}
    found: set[str] = set()
    for _, original, status in rows:
        key: str | None = original if status == Status.SENT else None
        while key is not None and key not in found:
            found.add(key)
            key = took_its_place.get(key)
    return found
