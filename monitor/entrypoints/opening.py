"""What every command begins with: the configuration, the clock, the company, the day that is asked about."""

from __future__ import annotations

import argparse
import os
import shlex
import time
from datetime import UTC, datetime

from monitor import config as configuration
from monitor.app.wiring import Asked, Company, company
from monitor.config import Config, Portfolio, file_to_read
from monitor.entrypoints.terminal import reading
from monitor.errors import UsageError
from monitor.sources.source import World


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def world() -> World:
    """The clock, and whoever hears how far a reading is."""
    return World(now, time.sleep, reading)


def cores() -> int:
    """How many processes can run at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def configured(args: argparse.Namespace) -> Config | Portfolio:
    """What the command line names: the one company of the file, the one of many that --company names, or all of them.

    Raises ConfigError, and UsageError for a company that is not there.
    """
    file = args.config or file_to_read(os.environ)
    found = configuration.configured(file, os.environ)
    if args.company is None:
        return found
    if isinstance(found, Portfolio):
        from monitor.app.portfolio import Errand, one_of

        return one_of(found, args.company, Errand(args.as_of, world()))
    if args.company != found.company:
        raise UsageError(configuration.unknown_company(args.company, (found.company,), file.name))
    return found


def opened(args: argparse.Namespace, chosen: Config | None = None) -> Company:
    """The company that the command line names, or that was chosen before. Raises UsageError where it is many."""
    found = chosen or configured(args)
    if isinstance(found, Portfolio):
        example = f", such as --company {shlex.quote(found.names[0])}" if found.names else ""
        raise UsageError(
            f"{args.command} is about one company, and {found.own.file.name} has many: name one with --company"
            f"{example}; `smb-monitor status` lists them."
        )
    return company(found, world())


def asked(args: argparse.Namespace, company: Company) -> Asked:
    """The day that the command is about. Raises UsageError for a day that has not come."""
    today = company.today(now())
    if args.as_of is not None and args.as_of > today:
        raise UsageError(
            f"--as-of {args.as_of} lies in the future: today is {today} in {company.policy.facts.timezone}."
        )
    return company.asked(args.as_of, today)
