"""`digest --send` and `--dry-run`: record what is to be said, deliver it, say what became of it."""

from __future__ import annotations

import argparse
import os
import socket
import time

from monitor.app.digest import Edition, issue, planned
from monitor.app.observe import observe, prepare
from monitor.app.telling import steps
from monitor.app.wiring import Company
from monitor.core.outbox import LedgerLine, Outgoing, Status
from monitor.entrypoints.opening import asked, now, opened
from monitor.entrypoints.reading import show
from monitor.entrypoints.terminal import progress
from monitor.errors import DeliveryError, StoreError
from monitor.store.repository import Store

PATIENCE = 120
"""Seconds that a command waits for what could not be delivered at once; a worker has more."""
_OPEN = (Status.QUEUED, Status.SENDING, Status.RETRY, Status.UNKNOWN)


def send(args: argparse.Namespace) -> int:
    """Sends the digest of the week, and whatever else waits to be sent."""
    with opened(args) as found, found.open_store() as store:
        if not found.config.directory().everybody(found.config.directory().audiences("digest")):
            raise DeliveryError(
                "nobody is configured to get the digest: name slack.digest_channel, or email and leadership with mail"
                " addresses, in the configuration; `digest` without --send prints it."
            )
        with progress("reading the data"):
            seen = observe(found, store, asked(args, found), now())
        issue(found, store, seen, Edition(now(), again=True))
        lines = deliver(found, store)
        from monitor.render.outbox import outcome

        show(outcome(lines, found.words()), as_json=args.json)
        failed = [line for line in lines if line.status not in (Status.SENT, Status.CANCELLED)]
        return DeliveryError.exit_code if failed else 0


def deliver(found: Company, store: Store, patience: float = PATIENCE) -> list[LedgerLine]:
    """Sends what is due and waits a while for what has to be tried again; what became of every row."""
    from monitor.app.delivery import drain

    began = time.monotonic()
    before = {line.key for line in store.outbox.lines() if line.status not in _OPEN}
    channels = found.channels(time.sleep)
    try:
        while True:
            report = drain(store, channels, found.elsewhere(), now, worker_name())
            wait = (report.next_at - now()).total_seconds() if report.next_at else None
            if wait is None or time.monotonic() - began + wait > patience:
                break
            time.sleep(max(wait, 0.2))
    finally:
        for channel in channels.values():
            channel.close()
    return [line for line in reversed(store.outbox.lines()) if line.key not in before]


def worker_name() -> str:
    """This process, as claims and the ledger name it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def dry_run(args: argparse.Namespace) -> int:
    """Shows who would get what. Nothing is recorded, and nothing is sent."""
    with opened(args) as found, _read_only(found) as store:
        day = asked(args, found)
        with progress("reading the data"):
            book, deals = found.read(day.as_of, today=day.today)
            run = prepare(found, store, book, deals, day, now())
        rows: list[Outgoing] = [
            *run.plan.outgoing,
            *steps(found, store, run.snapshot, day.today).outgoing,
            *planned(found, store, run.snapshot, Edition(now(), again=True)).outgoing,
        ]
        from monitor.render.outbox import preview

        directory = found.config.directory()
        reachable = bool(directory.everybody(("digest", "alert", "owner", "leadership", "board")))
        show(preview(rows, store.outbox.lines(_OPEN), found.words(), reachable=reachable), as_json=args.json)
    return 0


def _read_only(found: Company) -> Store:
    """The store as it is; where there is none yet, an empty one in memory, so that a dry run leaves nothing behind."""
    from monitor.store.repository import open_store

    try:
        return open_store(found.config.database_url, create=False)
    except StoreError:
        return open_store("sqlite://")
