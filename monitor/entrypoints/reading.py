"""Commands that show: status, explain, history, digest, backfill, backtest, demo."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.app.observe import look, observe
from monitor.app.wiring import Asked, Company, company
from monitor.config import Portfolio
from monitor.core.counted import counted
from monitor.entrypoints.opening import asked, configured, now, opened
from monitor.entrypoints.showing import show, show_as
from monitor.entrypoints.terminal import progress, say

if TYPE_CHECKING:
    from monitor.core.types import Snapshot
    from monitor.render.words import Words


def status(args: argparse.Namespace) -> int:
    """The four readings and the breaker."""
    chosen = configured(args)
    if isinstance(chosen, Portfolio):
        from monitor.entrypoints import portfolio

        return portfolio.status(args, chosen)
    with opened(args, chosen) as found:
        snapshot = _observed(args, found)
        if args.json:
            from monitor.render.status_json import document

            say(json.dumps(document(snapshot), indent=2, ensure_ascii=False))
            return 0
        from monitor.render import status as page

        show(page.build(snapshot, found.words()))
    return 0


def history(args: argparse.Namespace) -> int:
    """Quarter readings and the weekly line."""
    from monitor.render import history as page

    with opened(args) as found:
        snapshot = _observed(args, found, replace(asked(args, found), weeks=None))
        show(page.build(snapshot, args.indicator, found.words()), as_json=args.json)
    return 0


def explain(args: argparse.Namespace) -> int:
    """Why an indicator reads what it reads."""
    from monitor.app.queries import explain as answer
    from monitor.app.seen import seen_so_far
    from monitor.render import explain as page

    with opened(args) as found:
        with progress("reading the data"):
            explanation = answer(found, seen_so_far(found), args.indicator, args.segment, asked(args, found))
        show(page.build(explanation, found.words()), as_json=args.json)
    return 0


def digest(args: argparse.Namespace) -> int:
    """The weekly digest."""
    if args.send or args.dry_run:
        from monitor.entrypoints import sending

        return sending.dry_run(args) if args.dry_run else sending.send(args)
    chosen = configured(args)
    if isinstance(chosen, Portfolio):
        from monitor.entrypoints import portfolio

        return portfolio.digest(args, chosen)
    with opened(args, chosen) as found:
        _show_digest(args, _observed(args, found), found.words())
    return 0


def demo(args: argparse.Namespace) -> int:
    """The digest of the built-in company; nothing is recorded."""
    from monitor.config.built_in import built_in

    with company(built_in(args.scenario)) as found:
        snapshot = look(found, asked(args, found))
        _show_digest(args, snapshot, found.words())
    return 0


def backfill(args: argparse.Namespace) -> int:
    """Rebuild past weeks and quarters."""
    from monitor.app.queries import backfill as rebuild

    with opened(args) as found, found.open_store() as store, progress("weeks") as told:
        done = rebuild(found, store, args.start, asked(args, found), now(), told)
    sealed = counted(done.quarters, "quarter is sealed", "quarters are sealed")
    if args.json:
        say(json.dumps(vars(done), default=str))
    elif done.weeks:
        span = f"{counted(done.weeks, 'week')}, {done.first} to {done.last}"
        say(f"Rebuilt {counted(done.readings, 'reading')} of {span}; {sealed}.")
    else:
        say(f"There is no week that can be read from {args.start} on; {sealed}.")
    return 0


def backtest(args: argparse.Namespace) -> int:
    """The timeline of what would have been said."""
    from monitor.app.queries import backtest as play
    from monitor.app.seen import seen_so_far
    from monitor.render import backtest as page

    with opened(args) as found:
        with progress("weeks") as told:
            timeline = play(found, seen_so_far(found), asked(args, found), told)
        show(page.build(timeline, found.words()), as_json=args.json)
    return 0


def _observed(args: argparse.Namespace, found: Company, day: Asked | None = None) -> Snapshot:
    with found.open_store() as store, progress("reading the data"):
        return observe(found, store, day or asked(args, found), now())


def _show_digest(args: argparse.Namespace, snapshot: Snapshot, chosen: Words) -> None:
    from monitor.render import digest as page

    show_as(args, page.build(snapshot, chosen), chosen)


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "status": status,
    "history": history,
    "explain": explain,
    "digest": digest,
    "demo": demo,
    "backfill": backfill,
    "backtest": backtest,
}
