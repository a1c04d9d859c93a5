"""Escalation steps: pending until they are taken or cancelled, each of it in the transaction that decides it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from monitor.core.chain import exact
from monitor.core.escalation import Cancel, Escalation
from monitor.errors import Conflict
from monitor.store.engine import Database
from monitor.store.rows import moment_text, named
from monitor.store.schema import escalations
from monitor.store.statements import insert_once

PENDING, TAKEN, CANCELLED = "pending", "taken", "cancelled"

_PENDING: Select[Any] = (
    select(escalations).where(escalations.c.status == PENDING).order_by(escalations.c.due, escalations.c.key)
)


class Escalations:
    """The steps that are still to be taken, by due day and key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def due(self, today: date) -> list[Escalation]:
        return self._read(_PENDING.where(escalations.c.due <= today.isoformat()))

    def pending(self) -> list[Escalation]:
        return self._read(_PENDING)

    def _read(self, wanted: Select[Any]) -> list[Escalation]:
        with self._database.read() as connection:
            return [_step(row) for row in connection.execute(wanted)]


def insert_steps(connection: Connection, steps: Iterable[Escalation], at: datetime) -> None:
    """Record steps; a key that is there already stays as it is."""
    insert_once(connection, escalations, [_row(step, at) for step in steps])


def take_steps(connection: Connection, keys: Iterable[str], at: datetime) -> None:
    """Raises Conflict when one of them is not pending any more."""
    for key in keys:
        pending = update(escalations).where(escalations.c.key == named(key), escalations.c.status == PENDING)
        if connection.execute(pending.values(status=TAKEN, settled_at=moment_text(at))).rowcount != 1:
            raise Conflict(f"the step {key} was taken or cancelled in the meantime, so nothing was written: look again")


def cancel_steps(connection: Connection, cancels: Iterable[Cancel], at: datetime) -> None:
    for cancel in cancels:
        wanted = update(escalations).where(
            escalations.c.incident == named(cancel.incident), escalations.c.status == PENDING
        )
        if cancel.kind is not None:
            wanted = wanted.where(escalations.c.kind == cancel.kind)
        if cancel.only_until_acknowledged:
            wanted = wanted.where(escalations.c.until_acknowledged)
        connection.execute(wanted.values(status=CANCELLED, settled_at=moment_text(at)))


def _row(step: Escalation, at: datetime) -> dict[str, Any]:
    return {
        "key": named(step.key),
        "incident": named(step.incident),
        "kind": step.kind,
        "due": step.due.isoformat(),
        "audiences": exact(step.audiences),
        "every": step.every,
        "until_acknowledged": step.until_acknowledged,
        "status": PENDING,
        "created_at": moment_text(at),
    }


def _step(row: Row[Any]) -> Escalation:
    return Escalation(
        row.key,
        row.incident,
        row.kind,
        date.fromisoformat(row.due),
        tuple(json.loads(row.audiences)),
        row.every,
        row.until_acknowledged,
    )
