"""Which rows of the outbox may be sent now, and which are not to be sent any more."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from monitor.core.outbox import Op, Status
from monitor.core.routes import SLACK
from monitor.store.rows import moment, moment_text
from monitor.store.schema import outbox

SPACING = timedelta(seconds=1)
"""Between two posts to one Slack channel, whoever sends them."""
WAITING = (Status.QUEUED, Status.RETRY, Status.UNKNOWN)
GONE = (Status.FAILED, Status.CANCELLED)
DONE = (Status.SENT, *GONE)

_NEEDED = [outbox.c[name] for name in ("seq", "key", "channel", "address", "op", "target", "status", "lease_by")]


@dataclass(frozen=True)
class Choice:
    """What may be sent, and what is not to be sent any more, with the reason. Rows hold the columns needed here."""

    chosen: list[Row[Any]] = field(default_factory=list)
    cancelled: list[tuple[Row[Any], str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Targets:
    """How the messages stand that others change, and the newest change of each."""

    status: Mapping[str, Status]
    newest: Mapping[str, int]


def due(now: datetime) -> ColumnElement[bool]:
    """Rows whose time has come, and those whose worker has not been heard of for a lease."""
    at = moment_text(now)
    come = and_(or_(outbox.c.next_at.is_(None), outbox.c.next_at <= at), begun(now))
    lost = and_(outbox.c.status == Status.SENDING, outbox.c.lease_until <= at)
    return or_(and_(outbox.c.status.in_(WAITING), come), lost)


def begun(now: datetime) -> ColumnElement[bool]:
    """Rows that are not for later."""
    return or_(outbox.c.not_before.is_(None), outbox.c.not_before <= moment_text(now))


def choose(connection: Connection, now: datetime, limit: int, keys: Collection[str] | None) -> Choice:
    """The oldest rows that are due (of `keys`), one an address, none where another is on its way or was just now."""
    found_due = connection.execute(select(*_NEEDED).where(due(now)).order_by(outbox.c.seq)).all()
    candidates = [row for row in found_due if keys is None or row.key in keys]
    targets = _targets(connection, candidates)
    busy = _busy(connection, now)
    found = Choice()
    for row in candidates:
        address = (row.channel, row.address)
        why = _needless(row, targets)
        if why:
            found.cancelled.append((row, why))
        elif len(found.chosen) < limit and address not in busy and _has_its_message(row, targets):
            found.chosen.append(row)
            busy.add(address)
    return found


def next_moment(connection: Connection, now: datetime) -> datetime | None:
    """When there may be something to claim again, after `now`; changes wait for their message and tell no moment."""
    unsettled = outbox.c.status.in_((*WAITING, Status.SENDING))
    columns = (*_NEEDED, outbox.c.next_at, outbox.c.not_before, outbox.c.lease_until)
    rows = connection.execute(select(*columns).where(unsettled)).all()
    targets = _targets(connection, rows)
    soonest = moment_text(now + SPACING)
    moments = [
        row.lease_until if row.status == Status.SENDING else max(row.next_at or soonest, row.not_before or soonest)
        for row in rows
        if row.status == Status.SENDING or row.op == Op.POST or targets.status.get(row.target) in (None, *DONE)
    ]
    return max(moment(min(moments)), now + SPACING) if moments else None


def _busy(connection: Connection, now: datetime) -> set[tuple[str, str]]:
    """Where a row is on its way, and Slack channels that were posted to less than a second ago."""
    at, just_now = moment_text(now), moment_text(now - SPACING)
    leased = and_(outbox.c.status == Status.SENDING, outbox.c.lease_until > at)
    # A moment in the future is of a clock that has jumped back since: it says nothing.
    posted = and_(outbox.c.channel == SLACK, outbox.c.touched_at > just_now, outbox.c.touched_at <= at)
    wanted = select(outbox.c.channel, outbox.c.address).where(or_(leased, posted))
    return {(row.channel, row.address) for row in connection.execute(wanted)}


def _targets(connection: Connection, candidates: Sequence[Row[Any]]) -> _Targets:
    keys = sorted({row.target for row in candidates if row.target is not None})
    status: dict[str, Status] = {}
    newest: dict[str, int] = {}
    for some in _chunks(keys):
        for row in connection.execute(select(outbox.c.key, outbox.c.status).where(outbox.c.key.in_(some))):
            status[row.key] = Status(row.status)
        changes = (
            select(outbox.c.target, func.max(outbox.c.seq).label("seq"))
            .where(outbox.c.target.in_(some), outbox.c.op == Op.UPDATE, outbox.c.status.not_in(GONE))
            .group_by(outbox.c.target)
        )
        newest.update((row.target, row.seq) for row in connection.execute(changes))
    return _Targets(status, newest)


def _chunks(keys: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    """A statement holds so many values and no more."""
    return (keys[start : start + size] for start in range(0, len(keys), size))


def _needless(row: Row[Any], targets: _Targets) -> str:
    """Why a change need not be made any more; empty where it must, and for messages of their own."""
    if row.op == Op.POST:
        return ""
    status = targets.status.get(row.target)
    if status is None or status in GONE:
        return f"the message that it belongs to was not sent ({row.target})"
    if row.op == Op.UPDATE and row.seq < targets.newest.get(row.target, row.seq):
        return "a newer change of the same message takes its place"
    return ""


def _has_its_message(row: Row[Any], targets: _Targets) -> bool:
    return row.op == Op.POST or targets.status[row.target] is Status.SENT
