"""`serve`: the worker as a process, or once; what must be there before it starts, and how it ends."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from shlex import quote
from threading import Event
from types import FrameType
from typing import Any

from monitor.app.wiring import Company, company
from monitor.config import Config, Portfolio
from monitor.config.database import passwords
from monitor.core.outbox import Status
from monitor.core.secret import Secret
from monitor.core.settings import SlackSettings
from monitor.entrypoints import logs
from monitor.entrypoints.delivering import deliver, worker_name
from monitor.entrypoints.opening import configured, now, opened
from monitor.entrypoints.sending import dry_run
from monitor.entrypoints.showing import show
from monitor.entrypoints.terminal import complain
from monitor.errors import ConfigError, DataError, DeliveryError, UsageError
from monitor.sources.source import World

_LOG = logging.getLogger(__name__)


def serve(args: argparse.Namespace, clock: Callable[[], datetime] = now) -> int:
    """Runs until it is told to stop; with --once, what is due now; with --dry-run, nothing."""
    chosen = configured(args)
    if isinstance(chosen, Portfolio):
        raise UsageError(
            "serve is one company's worker: name it with --company NAME, or run all of them by the clock, such as with"
            f" the cron line `0 8 * * * smb-monitor --config {quote(str(chosen.own.file.absolute()))} digest --send`."
        )
    if args.dry_run:
        return dry_run(args)
    if args.as_of is not None:
        raise UsageError("--as-of: the worker lives today; leave it out, or ask for a day with --dry-run.")
    with opened(args, chosen) as found:
        refuse(found.config, web=not args.once)
        with logs.written(secrets(found.config), debug=args.debug):
            return once(args, found, clock) if args.once else run(found, clock)


def run(found: Company, clock: Callable[[], datetime], **more: Any) -> int:
    """The worker, its web server and Slack, until SIGTERM or SIGINT; `more` is what a Post may be given besides."""
    from monitor.entrypoints.service import Post, Service

    stop = Event()
    gc.set_threshold(700, 10, 10)  # a command lets its cycles be; a process that lives for months must not
    with found.open_store() as store:
        more.setdefault("open_company", partial(company, found.config, World(clock, time.sleep)))
        service = Service(Post(found, store, clock, worker_name(), **more))
        before = _on_signals(stop)
        try:
            service.start()
            stop.wait()
        finally:
            _restore(before)  # who asks a second time is not kept waiting
            clean = service.stop()
    _LOG.info("stopped")
    if not clean:
        sys.stderr.flush()
        os._exit(0)  # a run that goes on in the engine would keep the process; nothing of it is half recorded
    return 0


def once(args: argparse.Namespace, found: Company, clock: Callable[[], datetime]) -> int:
    """Runs what is due, delivers, reports; 4 when something could not be delivered, 3 when data could not be used."""
    from monitor.app.worker import Worker
    from monitor.entrypoints.service import ping
    from monitor.render.outbox import outcome

    schedule = found.config.schedule()
    with found.open_store() as store:
        opening = partial(company, found.config, World(clock, time.sleep))
        worker = Worker(found, store, clock, worker_name(), opening, ping=partial(ping, schedule.ping))
        ran = worker.tick()
        lines = deliver(found.config, store)
        worker.tell_good(ran)
    message = outcome(lines, found.words())
    show(replace(message, headline=f"{_ran(ran)} {message.headline}"), as_json=args.json)
    if worker.trouble:
        complain(worker.trouble)
    failed = any(line.status not in (Status.SENT, Status.CANCELLED) for line in lines)
    return DeliveryError.exit_code if failed else DataError.exit_code if worker.trouble else 0


def _ran(slots: tuple[str, ...]) -> str:
    return f"Ran {', '.join(slots)}." if slots else "Nothing was due."


def refuse(config: Config, *, web: bool) -> None:
    """Raises ConfigError where a configured channel lacks what only the environment holds."""
    missing = [f"{name} ({section})" for name, section in _missing(config, web=web)]
    if missing:
        raise ConfigError(
            f"serve needs {', '.join(missing)} in the environment: set what is missing, or take the section out of"
            f" {config.file.name}; `smb-monitor doctor` checks them all."
        )


def _missing(config: Config, *, web: bool) -> Iterator[tuple[str, str]]:
    from monitor.config.places import loopback

    email, webhook, slack, listens = config.email(), config.webhook(), config.slack(), config.web()
    if slack:
        yield from _missing_of_slack(slack, web=web)
    if email and email.username and not email.password:
        yield "SMTP_PASSWORD", "email"
    if webhook and not webhook.secret:
        yield "WEBHOOK_SECRET", "webhook"
    if web and not listens.token and not loopback(listens.host):
        yield "SMB_MONITOR_WEB_TOKEN", f"web.host {listens.host} is beyond this machine"


def _missing_of_slack(slack: SlackSettings, *, web: bool) -> Iterator[tuple[str, str]]:
    if not slack.bot_token:
        yield "SLACK_BOT_TOKEN", "slack"
    if web and slack.mode == "socket" and not slack.app_token:
        yield "SLACK_APP_TOKEN", "slack.mode socket"
    if web and slack.mode == "http" and not slack.signing_secret:
        yield "SLACK_SIGNING_SECRET", "slack.mode http"


def secrets(config: Config) -> list[Secret]:
    """Whatever must not be written down."""
    return [*config.secrets.values(), *map(Secret, passwords(config.database_url))]


_Handlers = dict[signal.Signals, "Callable[[int, FrameType | None], object] | int | None"]


def _on_signals(stop: Event) -> _Handlers:
    """SIGTERM and SIGINT ask to stop; who handled them before."""
    return {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGTERM, signal.SIGINT)}


def _restore(before: _Handlers) -> None:
    for each, handler in before.items():
        signal.signal(each, handler)


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {"serve": serve}
