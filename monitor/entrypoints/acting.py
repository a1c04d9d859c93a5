"""Commands about the breaker: its state, what people do to it, the gate, the log."""

from __future__ import annotations

import argparse
import getpass
import json
from collections.abc import Callable, Mapping

from monitor.app import actions
from monitor.app.observe import observe
from monitor.app.wiring import Company
from monitor.core.counted import counted
from monitor.core.types import Event
from monitor.entrypoints.opening import asked, now, opened
from monitor.entrypoints.showing import show
from monitor.entrypoints.terminal import complain, say
from monitor.errors import MonitorError, UsageError
from monitor.store.repository import Store

CANNOT_TELL = 2


def breaker(args: argparse.Namespace) -> int:
    """The state and its events, or an act on it."""
    with opened(args) as found, found.open_store() as store:
        if args.act:
            observe(found, store, asked(args, found), now())  # what is due is recorded before anybody acts on it
            recorded = _ACTS[args.act](args, actions.Act(found, store, asked(args, found), now(), args.by, _surface()))
            _tell(args, found, recorded)
            return 0
        from monitor.render import breaker as page

        snapshot = observe(found, store, asked(args, found), now())
        show(page.build(snapshot, store.events(asked(args, found).today), found.words()), as_json=args.json)
    return 0


def reseal(args: argparse.Namespace) -> int:
    """Seal a verdict anew."""
    if args.all == bool(args.indicator or args.quarter) or bool(args.indicator) != bool(args.quarter):
        raise UsageError("reseal takes INDICATOR and QUARTER, or --all.")
    wanted = None if args.all else [(args.indicator, args.quarter.upper())]
    with opened(args) as found, found.open_store() as store:
        act = actions.Act(found, store, asked(args, found), now(), args.by, _surface())
        _tell(args, found, actions.reseal(act, wanted, args.reason))
    return 0


def gate(args: argparse.Namespace) -> int:
    """0 open, 1 paused, 2 cannot tell: treat it as paused."""
    try:
        with opened(args) as found, found.open_store() as store:
            answer = _gate(args, found, store)
    except MonitorError as error:
        if args.debug:
            raise
        complain(f"cannot tell, treat it as paused: {error}")
        if args.json:
            say(json.dumps({"open": False, "since": None, "reason": str(error), "tripped_by": [], "override": None}))
        return CANNOT_TELL
    say(json.dumps(answer) if args.json else _gate_words(answer))
    return 0 if answer["open"] else 1


def _gate(args: argparse.Namespace, found: Company, store: Store) -> dict[str, object]:
    from monitor.render.gate import answer

    return answer(observe(found, store, asked(args, found), now()))


def _gate_words(answer: dict[str, object]) -> str:
    return f"{'open' if answer['open'] else 'paused'}: {answer['reason']}"


def audit(args: argparse.Namespace) -> int:
    """The log, or whether it was touched."""
    with opened(args) as found, found.open_store() as store:
        if args.act == "verify":
            problems = store.verify()
            count = len(store.events())
            if args.json:
                say(json.dumps({"lines": count, "problems": problems}))
            elif problems:
                say("\n".join(problems))
            else:
                say(f"{counted(count, 'line')}, none changed, removed or added behind the program's back.")
            return 1 if problems else 0
        from monitor.render import audit as page

        show(page.build(found.config.company, store.events(), found.words()), as_json=args.json)
    return 0


def _tell(args: argparse.Namespace, found: Company, recorded: list[Event]) -> None:
    if args.json:
        say(json.dumps([{"seq": e.seq, "kind": e.kind, "on": str(e.on), "actor": e.actor} for e in recorded]))
        return
    from monitor.render.audit import sentence

    for event in recorded:
        say(f"Recorded as line {event.seq}: {sentence(event, found.words())}")


def _surface() -> str:
    """The command line, and the account of the machine that typed it: `--by` is what a person says, this is what is."""
    try:
        return f"cli ({getpass.getuser()})"
    except (OSError, KeyError):
        return "cli"


_ACTS: Mapping[str, Callable[[argparse.Namespace, actions.Act], list[Event]]] = {
    "ack": lambda args, act: actions.acknowledge(act, args.reason),
    "override": lambda args, act: actions.ask_override(act, args.reason, args.until),
    "approve": lambda args, act: actions.approve_override(act, args.reason),
    "resume": lambda args, act: actions.resume(act, args.reason),
    "item": lambda args, act: actions.set_item(act, args.item, state=args.state, owner=args.owner, due=args.due),
}

COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "breaker": breaker,
    "reseal": reseal,
    "gate": gate,
    "audit": audit,
}
