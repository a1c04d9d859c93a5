"""What every command begins with: the configuration, the clock, the company, the day that is asked about."""

from __future__ import annotations

import argparse
import os
import time
from datetime import UTC, datetime

from monitor.app.wiring import Asked, Company, open_company
from monitor.config import file_to_read
from monitor.entrypoints.terminal import reading
from monitor.errors import UsageError
from monitor.sources.source import World


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def opened(args: argparse.Namespace) -> Company:
    """The company of the configuration that the command line names."""
    return open_company(args.config or file_to_read(os.environ), os.environ, World(now, time.sleep, reading))


def asked(args: argparse.Namespace, company: Company) -> Asked:
    """The day that the command is about. Raises UsageError for a day that has not come."""
    today = company.today(now())
    if args.as_of is not None and args.as_of > today:
        raise UsageError(
            f"--as-of {args.as_of} lies in the future: today is {today} in {company.policy.facts.timezone}."
        )
    return company.asked(args.as_of, today)
