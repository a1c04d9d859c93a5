"""`digest --send` and `--dry-run`: record what is to be said, deliver it, say what became of it."""

from __future__ import annotations

import argparse

from monitor.app.digest import Edition, issue
from monitor.app.observe import observe
from monitor.config import Portfolio
from monitor.core.outbox import Status
from monitor.core.routes import AUDIENCES
from monitor.entrypoints.delivering import OPEN, deliver, must_be_heard, read_only, would_say
from monitor.entrypoints.opening import asked, configured, now, opened
from monitor.entrypoints.showing import show
from monitor.entrypoints.terminal import progress
from monitor.errors import DeliveryError


def send(args: argparse.Namespace) -> int:
    """Sends the digest of the week, and whatever else waits to be sent."""
    chosen = configured(args)
    if isinstance(chosen, Portfolio):
        from monitor.entrypoints import portfolio

        return portfolio.send(args, chosen)
    with opened(args, chosen) as found, found.open_store() as store:
        must_be_heard(found.config)
        with progress("reading the data"):
            seen = observe(found, store, asked(args, found), now())
        issue(found, store, seen, Edition(now(), again=True))
        lines = deliver(found.config, store)
        from monitor.render.outbox import outcome

        show(outcome(lines, found.words()), as_json=args.json)
        failed = [line for line in lines if line.status not in (Status.SENT, Status.CANCELLED)]
        return DeliveryError.exit_code if failed else 0


def dry_run(args: argparse.Namespace) -> int:
    """Shows who would get what. Nothing is recorded, and nothing is sent."""
    chosen = configured(args)
    if isinstance(chosen, Portfolio):
        from monitor.entrypoints import portfolio

        return portfolio.dry_run(args, chosen)
    with opened(args, chosen) as found, read_only(found.config) as store:
        day = asked(args, found)
        with progress("reading the data"):
            _, rows = would_say(found, store, day, now())
        from monitor.render.outbox import preview

        directory = found.config.directory()
        reachable = bool(directory.everybody(AUDIENCES))
        show(preview(rows, store.outbox.lines(OPEN), found.words(), reachable=reachable), as_json=args.json)
    return 0
