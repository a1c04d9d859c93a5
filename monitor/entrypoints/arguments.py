"""What may be typed: the commands and their options. Imports nothing heavy, so that --help is at once."""

from __future__ import annotations

import argparse
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from monitor import __version__
from monitor.core.tables import ON_SHEETS, SEGMENTS

INDICATORS = {
    "pipeline_coverage": ("coverage",),
    "win_rate_trend": ("win-rate", "win_rate"),
    "attainment": (),
    "cac_payback": ("cac", "payback"),
}
"""Short names of the built-in indicators; others go by their key."""
SCENARIOS = ("trap", "healthy", "shock", "thin", "dirty")
FORMATS = ("text", "json", "slack", "html")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"smb-monitor: {message[:1].lower()}{message[1:]} (see `{self.prog} --help`)\n")


def day(text: str) -> date:
    """A day as typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no day: write it as 2026-09-27") from None


def indicator(text: str) -> str:
    """An indicator by its key or its short name."""
    wanted = text.strip().lower().replace("-", "_")
    for key, shorts in INDICATORS.items():
        if wanted == key or wanted in (short.replace("-", "_") for short in shorts):
            return key
    from monitor.core.indicators import BY_KEY

    if wanted in BY_KEY:
        return wanted
    near = get_close_matches(wanted, [*BY_KEY, "coverage", "win_rate", "cac"], 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise argparse.ArgumentTypeError(f"'{text}' is no indicator; {hint}there are {', '.join(BY_KEY)}")


def parser() -> Parser:
    """The whole command line."""
    common = _common()
    top = Parser(
        prog="smb-monitor",
        description="Watches the SMB engine while a company moves up-market; pauses mid-market hiring when it breaks.",
        parents=[_common(None)],
    )
    top.add_argument("--version", action="version", version=f"smb-monitor {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)

    def add(name: str, text: str) -> Parser:
        return commands.add_parser(name, help=text, description=text[:1].upper() + text[1:], parents=[common])

    _setting_up(add("init", "ask a few questions; write a commented config.yaml and spreadsheets to fill in"))
    doctor = add("doctor", "check configuration, data, definitions and database; say how to mend each")
    doctor.add_argument("--dry-run", action="store_true", help="ask an API what reading it would cost; read nothing")
    add("status", "the four readings, bands, streaks, the breaker and what is ahead")
    explain = add("explain", "why an indicator reads what it reads, and what changed since last week")
    explain.add_argument("indicator", type=indicator)
    explain.add_argument("--segment", choices=SEGMENTS, default="smb")
    history = add("history", "quarter readings, sealed or provisional, and the weekly line")
    history.add_argument("indicator", type=indicator, nargs="?")
    digest = add("digest", "the weekly digest; prints it unless --send")
    _format(digest)
    digest.add_argument("--send", action="store_true", help="deliver it to the configured channels")
    digest.add_argument("--dry-run", action="store_true", help="show who would get what; record and send nothing")
    backfill = add("backfill", "rebuild the readings of past weeks and quarters")
    backfill.add_argument("--from", dest="start", type=day, required=True, metavar="DATE")
    add("backtest", "what would have been said and when, over all the history there is")
    _breaker(add("breaker", "the breaker and its events; ack, override, approve, resume, item"), common)
    reseal = add("reseal", "seal a quarter's verdict anew, kept beside the old one")
    reseal.add_argument("indicator", type=indicator, nargs="?")
    reseal.add_argument("quarter", nargs="?", help="such as FY2026-Q3")
    reseal.add_argument("--all", action="store_true", help="every sealed verdict that reads differently today")
    _who(reseal, reason=True)
    add("gate", "exit 0 when mid-market hiring is open, 1 when it is paused, 2 when that cannot be told")
    serve = add("serve", "the worker: schedule, Slack, dashboard and API, until it is told to stop")
    serve.add_argument("--once", action="store_true", help="run what is due now, deliver, report and end")
    serve.add_argument("--dry-run", action="store_true", help="show who would get what; record and send nothing")
    audit = add("audit", "the event log; `audit verify` finds a line that was changed or removed")
    audit.add_argument("act", nargs="?", choices=("verify",))
    config = add("config", "check the configuration, print its JSON schema, or show it with its defaults")
    config.add_argument("act", choices=("check", "schema", "show"))
    demo = add("demo", "the digest of the built-in company")
    demo.add_argument("--scenario", choices=SCENARIOS, default="trap")
    _format(demo)
    return top


def _common(absent: Any = argparse.SUPPRESS) -> Parser:
    """Options that may stand before or after the command. Behind it, what is not given leaves the one before it."""
    off = False if absent is None else absent
    common = Parser(add_help=False)
    common.add_argument("--config", type=Path, metavar="FILE", help="the configuration (config.yaml)", default=absent)
    one = "one of many companies, where the configuration has many"
    common.add_argument("--company", metavar="NAME", help=one, default=absent)
    last_week = "as of the end of this day (the last complete week)"
    common.add_argument("--as-of", type=day, metavar="DATE", help=last_week, default=absent)
    common.add_argument("--json", action="store_true", help="machine-readable", default=off)
    common.add_argument("--debug", action="store_true", help="show a traceback when something fails", default=off)
    return common


def _format(command: Parser) -> None:
    command.add_argument("--format", choices=FORMATS, default="text")


def _setting_up(init: Parser) -> None:
    init.add_argument("--output", type=Path, metavar="FILE", help="the file to write (config.yaml)")
    init.add_argument("--template", choices=ON_SHEETS, help="write the empty spreadsheet of one table and ask nothing")
    init.add_argument("--force", action="store_true", help="replace the file if it is there")


def _who(command: Parser, *, reason: bool) -> None:
    command.add_argument("--by", required=True, metavar="NAME", help="who does it, by name")
    command.add_argument(
        "--reason", default="", required=reason, help="why; at least 20 characters" if reason else "why"
    )


def _breaker(breaker: Parser, common: Parser) -> None:
    acts = breaker.add_subparsers(dest="act", metavar="ACT", parser_class=Parser)
    _who(acts.add_parser("ack", help="acknowledge: stops the reminders, not the pause", parents=[common]), reason=False)
    override = acts.add_parser("override", help="ask to open hiring until a day", parents=[common])
    _who(override, reason=True)
    override.add_argument("--until", type=day, required=True, metavar="DATE")
    _who(acts.add_parser("approve", help="agree to the override that was asked for", parents=[common]), reason=False)
    _who(acts.add_parser("resume", help="confirm a recovery", parents=[common]), reason=False)
    item = acts.add_parser("item", help="set a step of the reinvestment checklist", parents=[common])
    item.add_argument("item")
    item.add_argument("--state", help="open, doing, done")
    item.add_argument("--owner")
    item.add_argument("--due", type=day, metavar="DATE")
    item.add_argument("--by", required=True, metavar="NAME", help="who does it, by name")
