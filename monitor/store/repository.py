"""The store: the only reader and writer of what was recorded. One decision is one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Select, delete, insert, select, update

from monitor.core.chain import seal, verify
from monitor.core.plan import NewEvent, Plan, SealedVerdict, sealed_by, verify_verdicts
from monitor.core.types import Event
from monitor.errors import Conflict, UsageError
from monitor.store import rows, schema
from monitor.store.engine import Database
from monitor.store.escalations import Escalations, cancel_steps, insert_steps, take_steps
from monitor.store.opening import make_folder, make_ready
from monitor.store.outbox import Outbox, insert_outgoing
from monitor.store.rows import KeptReading
from monitor.store.seen import Seen, insert_week
from monitor.store.signs import Signs
from monitor.store.slots import Slots, finish_slot
from monitor.store.statements import lock, replace_rows

SNAPSHOTS_KEPT = 200

_KEY = ("quarter", "indicator", "version")
_IN_ORDER: Select[Any] = select(schema.verdicts).order_by(*(schema.verdicts.c[name] for name in _KEY))


@dataclass(frozen=True)
class SnapshotKey:
    """What a run depends on; as long as none of it changes, its snapshot can be shown again.

    `source` is the source's stamp (what changes when its files or tables change), `head` the last hash of the log,
    `program` the program's version.
    """

    as_of: date
    configuration: str
    source: str
    head: str
    program: str

    def columns(self) -> dict[str, str]:
        return {
            "as_of": self.as_of.isoformat(),
            "configuration": self.configuration,
            "source": self.source,
            "head": self.head,
            "program": self.program,
        }


@dataclass(frozen=True)
class Kept:
    """A run's snapshot as JSON, to be shown again as long as `key` stays what it is."""

    key: SnapshotKey
    snapshot: str


def open_store(url: str, *, create: bool = True, folder: Path | None = None) -> Store:
    """The store at the SQLAlchemy URL `url`, created or migrated first where needed and `create` allows it; so is
    `folder`, which is for the files of many stores.

    Raises StoreError, with the password masked, when it cannot be opened or was made by a newer program; NoStore when
    there is none and none may be created.
    """
    database = Database(url)
    with ExitStack() as unless_ready:
        unless_ready.callback(database.engine.dispose)
        if folder is not None and create:
            make_folder(folder)
        make_ready(database, create=create)
        unless_ready.pop_all()
    return Store(database)


class Store:
    """What was recorded. Every method is one transaction; all raise StoreError when the database cannot be used.

    `outbox`, `slots`, `escalations` and `seen_weeks` are its parts. Several threads and processes may use one store at
    once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.outbox = Outbox(database)
        self.slots = Slots(database)
        self.escalations = Escalations(database)
        self.seen_weeks = Seen(database)
        self._signs = Signs(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; the store cannot be used after it."""
        self._database.engine.dispose()

    # What was recorded.

    def head(self) -> str:
        """The hash of the last line of the log; `""` while there is none."""
        with self._database.read() as connection:
            return str(connection.execute(select(schema.head.c.hash)).scalar_one())

    def events(self, until: date | None = None) -> list[Event]:
        """The log in order; with `until`, only lines that take effect on or before that day."""
        wanted = select(schema.events).order_by(schema.events.c.seq)
        if until is not None:
            wanted = wanted.where(schema.events.c.on_day <= until.isoformat())
        with self._database.read() as connection:
            return [rows.event(row) for row in connection.execute(wanted)]

    def verdicts(self, segment: str) -> list[SealedVerdict]:
        """The verdict in force of each quarter and indicator, which is its last version."""
        versions = self.verdict_versions(segment)
        return list({(verdict.indicator, verdict.quarter): verdict for verdict in versions}.values())

    def verdict_versions(self, segment: str) -> list[SealedVerdict]:
        """Every version of every verdict of a segment, by quarter, indicator and version."""
        with self._database.read() as connection:
            chosen = connection.execute(_IN_ORDER.where(schema.verdicts.c.segment == segment))
            return [rows.verdict(row) for row in chosen]

    def verify(self) -> list[str]:
        """What is wrong with the log and the verdicts, one sentence a line; empty when nothing was touched."""
        with self._database.read() as connection:
            lines = rows.readable(connection.execute(select(schema.events).order_by(schema.events.c.seq)), rows.event)
            verdicts = rows.readable(connection.execute(_IN_ORDER), rows.verdict)
            head = connection.execute(select(schema.head)).one_or_none()
        if lines.damaged or verdicts.damaged:
            return [*lines.damaged, *verdicts.damaged]
        if head is None:
            return ["the note of where the log ends was removed", *verify(lines.whole)]
        problems = verify(lines.whole, count=head.lines, head=head.hash)
        return problems + verify_verdicts(lines.whole, verdicts.whole)

    # Recording.

    def commit(self, plan: Plan, at: datetime, shown: Kept | None = None) -> list[Event]:
        """Record `plan`, all of it or nothing, as of the moment `at` (with its zone); the new lines as they stand.

        What was `shown` of the run is kept with it, for the head that the log then has.

        Raises Conflict when the log no longer ends with `plan.expected_head`, a verdict of that version stands already,
        a step that it takes is not pending any more, its slot is somebody else's, or somebody has seen its week: load
        and decide again.
        """
        _refuse_unstorable(plan.events)
        with self._database.write() as connection:
            head = lock(connection)
            if head.hash != plan.expected_head:
                raise Conflict("somebody else recorded in the meantime, so nothing was written: run the command again")
            added = _chain(plan.events, head.lines, head.hash, at)
            if added:
                _append(connection, added, plan.verdicts)
            _follow(connection, plan, at)
            if shown is not None:
                ends = added[-1].hash if added else head.hash
                _keep(connection, replace(shown, key=replace(shown.key, head=ends)), SNAPSHOTS_KEPT)
        return added

    # Snapshots of whole runs.

    def snapshot(self, key: SnapshotKey) -> str | None:
        """The JSON kept under `key`, or None."""
        wanted = select(schema.snapshots.c.snapshot).filter_by(**key.columns())
        with self._database.read() as connection:
            return connection.execute(wanted).scalar_one_or_none()

    def latest_snapshot(self) -> str | None:
        """The JSON of the newest run of the newest day that is kept, or None."""
        table = schema.snapshots
        wanted = select(table.c.snapshot).order_by(table.c.as_of.desc(), table.c.id.desc()).limit(1)
        with self._database.read() as connection:
            return connection.execute(wanted).scalar_one_or_none()

    def keep(self, shown: Kept, *, newest: int = SNAPSHOTS_KEPT) -> None:
        """Keep (or replace) the JSON of a run, and drop all but the `newest`."""
        with self._database.write() as connection:
            _keep(connection, shown, newest)

    # Weekly readings of the past.

    def keep_readings(self, readings: Iterable[KeptReading]) -> None:
        """Keep rebuilt weekly readings; one of the same segment, indicator, configuration and day is replaced."""
        with self._database.write() as connection:
            replace_rows(connection, schema.readings, [rows.reading_row(reading) for reading in readings], "reading")

    def readings(self, segment: str, indicator: str, configuration: str) -> list[KeptReading]:
        """The weekly readings kept, oldest first."""
        wanted = (
            select(schema.readings)
            .filter_by(segment=segment, indicator=indicator, configuration=configuration)
            .order_by(schema.readings.c.as_of)
        )
        with self._database.read() as connection:
            return [rows.reading(row) for row in connection.execute(wanted)]

    # Signs of life.

    def seen(self, envelope: str, now: datetime) -> bool:
        """Whether this envelope of Slack comes for the first time within a week."""
        return self._signs.seen(envelope, now)

    def health(self, channel: str) -> tuple[str, datetime] | None:
        """Why a channel is out of reach and since when; None while it is not."""
        return self._signs.health(channel)

    def set_health(self, channel: str, error: str | None, now: datetime) -> bool:
        """Note that a channel is out of reach, or within again (None); True when that is news."""
        return self._signs.set_health(channel, error, now)

    def beat(self, worker: str, what: str, now: datetime, note: str = "") -> None:
        """Note that a worker did something just now."""
        self._signs.beat(worker, what, now, note)

    def beats(self) -> list[tuple[str, str, datetime, str]]:
        """Worker, what it did, when it last did, a note; the newest first."""
        return self._signs.beats()


def _follow(connection: Connection, plan: Plan, at: datetime) -> None:
    """What follows from the events. Steps are cancelled last: what a plan both adds and cancels is over."""
    insert_outgoing(connection, plan.outgoing, at)
    take_steps(connection, plan.taken, at)
    insert_steps(connection, plan.escalations, at)
    cancel_steps(connection, plan.cancels, at)
    if plan.seen is not None:
        insert_week(connection, plan.seen)
    if plan.done is not None:
        finish_slot(connection, plan.done, at)


def _keep(connection: Connection, shown: Kept, newest: int) -> None:
    table = schema.snapshots
    replace_rows(connection, table, [{**shown.key.columns(), "snapshot": shown.snapshot}], "snapshot")
    kept = select(table.c.id).order_by(table.c.id.desc()).limit(newest)
    connection.execute(delete(table).where(table.c.id.not_in(kept)))


def _chain(new: Sequence[NewEvent], lines: int, previous: str, at: datetime) -> list[Event]:
    """The new lines, numbered after `lines` and each holding the hash of the one before it."""
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    added: list[Event] = []
    for seq, event in enumerate(new, start=lines + 1):
        unsealed = Event(event.kind, event.on, at, event.actor, event.surface, event.reason, event.payload, seq)
        added.append(seal(unsealed, added[-1].hash if added else previous))
    return added


def _append(connection: Connection, added: Sequence[Event], verdicts: Sequence[SealedVerdict]) -> None:
    connection.execute(insert(schema.events), [rows.event_row(event) for event in added])
    if verdicts:
        seqs = {name: event.seq for event in added for name in sealed_by(event)}
        connection.execute(
            insert(schema.verdicts), [rows.verdict_row(verdict, seqs[verdict.name]) for verdict in verdicts]
        )
    connection.execute(update(schema.head).values(lines=added[-1].seq, hash=added[-1].hash))


def _refuse_unstorable(events: Sequence[NewEvent]) -> None:
    """Bytes that are no text reach us through a shell's arguments as surrogates; PostgreSQL holds no NUL."""
    for event in events:
        for name in ("actor", "surface", "reason"):
            text = getattr(event, name)
            if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
                raise UsageError(f"the {name} of the {event.kind} is no readable text ({text!a}): write it in UTF-8")
