"""Does what was promised happen? The schedule, the workers, channels out of reach, what was not delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.app.wiring import Company
from monitor.config import Config
from monitor.core.calendar import WEEKDAYS
from monitor.core.checks import Check, Outcome
from monitor.core.counted import counted
from monitor.core.outbox import NEWS, LedgerLine, Status
from monitor.core.routes import EMAIL, SLACK, WEBHOOK
from monitor.core.schedule import DAILY, DIGEST, due, upcoming
from monitor.core.scope import command
from monitor.core.settings import Schedule
from monitor.core.undelivered import who
from monitor.store.repository import Store
from monitor.store.slots import Finished

ALIVE = timedelta(minutes=5)
"""A worker that is not heard of for so long is gone: it says that it lives every half minute."""
LATELY = timedelta(days=8)
"""A worker that is started by the clock has finished a slot since."""
_SHOWN = 20
_SECRET = {SLACK: "SLACK_BOT_TOKEN", EMAIL: "email.username and SMTP_PASSWORD", WEBHOOK: "WEBHOOK_SECRET"}


def examine(company: Company, store: Store, now: datetime) -> Iterator[Check]:
    """What the store says about the worker and its messages at `now` (with its zone)."""
    config = company.config
    schedule = config.schedule()
    zone, serve = ZoneInfo(schedule.timezone), command("serve", config.signature)
    began = store.slots.last(f"{DIGEST}:", _SHOWN)
    daily = store.slots.last(f"{DAILY}:", 1)
    if began or daily or not config.signature:
        yield _times(schedule, now)
        yield from _runs(began, daily, zone, serve)
    else:
        yield Check("schedule", Outcome.NOTE, _BY_THE_CLOCK, f"run `{_SEND}` by the clock (docs/many-companies.md)")
    yield from _overdue(company, schedule, [*began, *daily], now)
    yield from _workers(store.beats(), now, zone, serve)
    yield from _told_to_nobody(config, store.beats(), [*began, *daily], now)
    yield from _marks(store, zone)
    yield from _outbox(config, store, now, zone)
    yield from _steps(store)


_SEND = command("digest --send")
_BY_THE_CLOCK = "it is one of many: what it has to tell is sent with the digest of them all"


def _times(schedule: Schedule, now: datetime) -> Check:
    text = (
        f"the digest is sent on {WEEKDAYS[schedule.weekday].capitalize()}s at {schedule.digest_at:%H:%M} and the daily"
        f" check runs at {schedule.daily_at:%H:%M}, {schedule.timezone}"
    )
    nexts = ", ".join(_shown(at) for at in upcoming(schedule, now))
    return Check("schedule", Outcome.OK, text, details=(f"the next digests: {nexts}",))


def _runs(digests: Sequence[Finished], daily: Sequence[Finished], zone: ZoneInfo, serve: str) -> Iterator[Check]:
    """What was run last, and what was missed since."""
    if not digests and not daily:
        text = "the worker has never run: nothing is sent by itself"
        yield Check("schedule", Outcome.NOTE, text, f"run `{serve}` (docs/running.md)")
        return
    missed = [each for each in digests if each.missed]
    sent = [each for each in digests if not each.missed]
    for each in (*sent[:1], *daily):
        note = f" ({each.note})" if each.note else ""
        yield Check("schedule", Outcome.OK, f"{each.slot} was finished on {_shown(each.at.astimezone(zone))}{note}")
    if missed:
        since = not sent or missed[0].at > sent[0].at
        text = f"missed, and recorded as such: {', '.join(each.slot for each in missed)}"
        mend = "keep `serve` running; the next digest says so by itself" if since else ""
        yield Check("schedule", Outcome.WARNING if since else Outcome.NOTE, text, mend)


def _overdue(company: Company, schedule: Schedule, finished: Sequence[Finished], now: datetime) -> Iterator[Check]:
    """A digest whose time has come long ago; nothing is overdue where no worker ever ran."""
    if not finished:
        return
    found = due(schedule, company.policy.calendar, now, [each.slot for each in finished])
    late = [slot for slot in (*found.missed, found.digest, found.daily) if slot is not None and slot.late(now)]
    serve, once = (command(words, company.config.signature) for words in ("serve", "serve --once"))
    for slot in late:
        text = f"{slot.name} was due on {_shown(slot.at)} and has not run"
        mend = f"start `{serve}`, or run `{once}` now; its log says why it failed"
        yield Check("schedule", Outcome.FAILED, text, mend)


def _workers(
    beats: Sequence[tuple[str, str, datetime, str]], now: datetime, zone: ZoneInfo, serve: str
) -> Iterator[Check]:
    """Each worker's loops by when they were last heard of."""
    alive = {worker for worker, _, at, _ in beats if now - at <= ALIVE}
    for worker in sorted(alive):
        silent = [
            f"{what} since {_shown(at.astimezone(zone))}"
            for w, what, at, _ in beats
            if w == worker and now - at > ALIVE
        ]
        if silent:
            text = f"{worker} lives, but is silent about {', '.join(silent)}"
            yield Check("worker", Outcome.WARNING, text, "look into its log; restart it")
        else:
            yield Check("worker", Outcome.OK, f"{worker} lives")
    if beats and not alive:
        worker, what, at, _ = beats[0]
        text = f"no worker lives: the last that was heard of is {worker} ({what}), on {_shown(at.astimezone(zone))}"
        yield Check("worker", Outcome.WARNING, text, f"start `{serve}` (docs/running.md)")


def _told_to_nobody(
    config: Config, beats: Sequence[tuple[str, str, datetime, str]], finished: Sequence[Finished], now: datetime
) -> Iterator[Check]:
    """A company without channels here, whose log a worker with channels keeps too: who sees first tells."""
    if not config.silent or config.membership is None or not config.membership.own_log:
        return
    alive = sorted({worker for worker, _, at, _ in beats if now - at <= ALIVE})
    lately = sorted({each.by for each in finished if now - each.at <= LATELY})
    if alive or lately:
        text = f"{', '.join(alive or lately)} {'keeps' if alive else 'kept'} this log too, and here it has no channel"
        mend = "take `database` out of its entry, or stop that worker: what is seen here first, nobody would be told"
        yield Check("worker", Outcome.FAILED if alive else Outcome.WARNING, text, mend)


def _marks(store: Store, zone: ZoneInfo) -> Iterator[Check]:
    """Channels that refused our credentials when something was sent."""
    for channel in (SLACK, EMAIL, WEBHOOK):
        if mark := store.health(channel):
            error, since = mark
            text = f"{channel} refuses us since {_shown(since.astimezone(zone))}: {error}"
            mend = f"set the right {_SECRET[channel]} and restart `serve`; it looks again every quarter of an hour"
            yield Check("outbox", Outcome.FAILED, text, mend)


def _outbox(config: Config, store: Store, now: datetime, zone: ZoneInfo) -> Iterator[Check]:
    """What did not arrive, each with its reason; what is on its way."""
    lines = store.outbox.undelivered(now)
    news = [line for line in lines if now - line.created_at <= NEWS]
    for line in news[:_SHOWN]:
        yield _undelivered(config, line, zone)
    if (more := len(news) - _SHOWN) > 0:
        yield Check("outbox", Outcome.FAILED, f"and {more} more that did not arrive")
    if old := len(lines) - len(news):
        yield Check("outbox", Outcome.NOTE, f"{old:,} older than {NEWS.days} days did not arrive either")
    waiting = store.outbox.waiting(now)
    if not lines:
        text = f"nothing is undelivered; {waiting} on the way" if waiting else "nothing is undelivered"
        yield Check("outbox", Outcome.OK, text)


def _undelivered(config: Config, line: LedgerLine, zone: ZoneInfo) -> Check:
    when, error = _shown(line.created_at.astimezone(zone)), line.error or "not tried yet"
    text = f"{line.key} of {when} did not reach {who(line.address)}: {error}"
    if line.status is Status.FAILED:
        again = f"mend that, then `{command('digest --send', config.signature)}` sends it once more"
        mend = _PERHAPS if error.startswith("perhaps") else again if line.kind == DIGEST else _GIVEN_UP
        return Check("outbox", Outcome.FAILED, text, mend, (line.headline,))
    next_at = line.next_at.astimezone(zone) if line.next_at else None
    waits = (f"tried {counted(line.attempts, 'time')}, again on {_shown(next_at)}",) if next_at else ()
    mend = _NEXT_TIME if config.signature else _ON_ITS_WAY
    return Check("outbox", Outcome.WARNING, text, mend, (line.headline, *waits))


_GIVEN_UP = "mend that for the next time, and tell them what they missed: what was given up is not sent again"
_PERHAPS = "look there whether it arrived, and tell them yourself if it did not"
_ON_ITS_WAY = "mend that, and keep `smb-monitor serve` running, which tries it again"
_NEXT_TIME = f"mend that: the next `{_SEND}` tries it again"


def _steps(store: Store) -> Iterator[Check]:
    pending = store.escalations.pending()
    if not pending:
        return
    steps = tuple(f"{step.due}: {step.kind} of {step.incident} to {', '.join(step.audiences)}" for step in pending)
    text = f"{counted(len(pending), 'step is', 'steps are')} to be taken unless settled before"
    yield Check("escalation", Outcome.NOTE, text, details=steps)


def _shown(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M %Z}"
