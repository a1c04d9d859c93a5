"""Signs of life: what Slack has handed over, which channels are out of reach, when each worker last did what."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from monitor.store.engine import Database
from monitor.store.rows import moment, moment_text, named, storable
from monitor.store.schema import beats, envelopes, health
from monitor.store.statements import insert_once, lock, replace_rows

ENVELOPES_KEPT = timedelta(days=7)


class Signs:
    """Every method is one transaction and raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seen(self, envelope: str, now: datetime) -> bool:
        """Whether this envelope comes for the first time. Those of a week ago are forgotten."""
        with self._database.write() as connection:
            old = envelopes.c.at < moment_text(now - ENVELOPES_KEPT)
            connection.execute(delete(envelopes).where(old))
            new = {"envelope": named(envelope), "at": moment_text(now)}
            return insert_once(connection, envelopes, [new]) == 1

    def health(self, channel: str) -> tuple[str, datetime] | None:
        """Why a channel is out of reach and since when; None while it is not."""
        wanted = select(health).where(health.c.channel == channel, health.c.error.is_not(None))
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return (row.error, moment(row.since)) if row else None

    def set_health(self, channel: str, error: str | None, now: datetime) -> bool:
        """Note that a channel is out of reach, or within again (None). True when that is news.

        Another error of a channel that is out of reach already is noted and is no news.
        """
        with self._database.write() as connection:
            lock(connection)
            row = connection.execute(select(health).where(health.c.channel == channel)).one_or_none()
            before = row.error if row else None
            news = (before is None) != (error is None)
            since = moment_text(now) if news or row is None else row.since
            if error != before:
                text = None if error is None else storable(error)
                replace_rows(
                    connection, health, [{"channel": channel, "error": text, "since": since}], "error", "since"
                )
            return news

    def beat(self, worker: str, what: str, now: datetime, note: str = "") -> None:
        """Note that a worker did something just now."""
        new = {"worker": worker, "what": what, "at": moment_text(now), "note": storable(note)}
        with self._database.write() as connection:
            replace_rows(connection, beats, [new], "at", "note")

    def beats(self) -> list[tuple[str, str, datetime, str]]:
        """Worker, what it did, when it last did, a note; the newest first."""
        wanted = select(beats).order_by(beats.c.at.desc(), beats.c.worker, beats.c.what)
        with self._database.read() as connection:
            return [(row.worker, row.what, moment(row.at), row.note) for row in connection.execute(wanted)]
