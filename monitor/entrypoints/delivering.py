"""What every command does that sends, or shows what it would send, for one company or many."""

from __future__ import annotations

import os
import socket
import time
from datetime import datetime

from monitor.app.digest import Edition, drafted, planned
from monitor.app.observe import Run, prepare
from monitor.app.telling import steps
from monitor.app.wiring import Asked, Company, channels, elsewhere, open_log
from monitor.config import Config
from monitor.core.outbox import LedgerLine, Outgoing, Status
from monitor.entrypoints.opening import now
from monitor.errors import DeliveryError, NoStore
from monitor.store.repository import Store

PATIENCE = 120
"""Seconds that a command waits for what could not be delivered at once; a worker has more."""
OPEN = (Status.QUEUED, Status.SENDING, Status.RETRY, Status.UNKNOWN)


def must_be_heard(config: Config) -> None:
    """Raises DeliveryError where nobody would get the digest."""
    if not config.directory().everybody(config.directory().audiences("digest")):
        raise DeliveryError(
            "nobody is configured to get the digest: name slack.digest_channel, or email and leadership with mail"
            " addresses, in the configuration; `digest` without --send prints it."
        )


def deliver(config: Config, store: Store, patience: float = PATIENCE) -> list[LedgerLine]:
    """Sends what is due and waits a while for what has to be tried again; what became of every row."""
    from monitor.app.delivery import drain

    began = time.monotonic()
    before = {line.key for line in store.outbox.lines() if line.status not in OPEN}
    opened = channels(config, time.sleep)
    try:
        while True:
            report = drain(store, opened, elsewhere(config), now, worker_name())
            wait = (report.next_at - now()).total_seconds() if report.next_at else None
            if wait is None or time.monotonic() - began + wait > patience:
                break
            time.sleep(max(wait, 0.2))
    finally:
        for channel in opened.values():
            channel.close()
    return [line for line in reversed(store.outbox.lines()) if line.key not in before]


def worker_name() -> str:
    """This process, as claims and the ledger name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def would_say(found: Company, store: Store, day: Asked, at: datetime) -> tuple[Run, list[Outgoing]]:
    """What a run would be, and what it would send to whom."""
    book, deals = found.read(day.as_of, today=day.today)
    run = prepare(found, store, book, deals, day, at)
    edition = Edition(at, again=True)
    rows = [
        *run.plan.outgoing,
        *steps(found, store, run.snapshot, day.today).outgoing,
        *planned(store, drafted(found, store, run.snapshot, edition), edition).outgoing,
    ]
    return run, rows


def read_only(config: Config) -> Store:
    """The store as it is; where there is none yet, an empty one in memory, so that a dry run leaves nothing behind.
    Raises StoreError where one cannot be read.
    """
    from monitor.store.repository import open_store

    try:
        return open_log(config, create=False)
    except NoStore:
        return open_store("sqlite://")
