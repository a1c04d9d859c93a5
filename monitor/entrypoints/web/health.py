"""Is the service ready? Each part answers for itself, in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from monitor.core.calendar import DAY
from monitor.core.outbox import NEWS
from monitor.core.schedule import DIGEST, due
from monitor.entrypoints.web.state import Seen
from monitor.errors import MonitorError

ALIVE = timedelta(minutes=5)
"""A loop that has not said for this long that it lives does not."""
LOOPS = ("slots", "outbox")
Answer = tuple[bool, str]
"""Whether it is as it should be, and what was seen."""


def ready(seen: Seen) -> dict[str, object]:
    """`{"ready": bool, "checks": {part: {"ok": bool, "says": str}}}`; a part that cannot be looked at is not ok."""
    answers = {part: _answered(check, seen) for part, check in CHECKS.items()}
    return {
        "ready": all(ok for ok, _ in answers.values()),
        "checks": {part: {"ok": ok, "says": says} for part, (ok, says) in answers.items()},
    }


def _answered(check: Callable[[Seen], Answer], seen: Seen) -> Answer:
    try:
        return check(seen)
    except MonitorError as error:
        return False, str(error)


def _data(seen: Seen) -> Answer:
    snapshot = seen.snapshot()
    if snapshot is None:
        return False, "nothing was read yet"
    if snapshot.data.stale:
        return False, f"the source is stale: {snapshot.data.why_stale}"
    expected = seen.company.policy.calendar.last_complete_week(seen.today - DAY)
    if snapshot.as_of < expected:
        return False, f"the newest readings are of {snapshot.as_of}, those of {expected} are not there"
    return True, f"readings as of {snapshot.as_of}, data until {snapshot.data.newest}"


def _schedule(seen: Seen) -> Answer:
    now = seen.clock()
    beats = {what: at for worker, what, at, _ in seen.store.beats() if worker == seen.by}
    silent = [name for name in LOOPS if name not in beats or now - beats[name] > ALIVE]
    if silent:
        return False, f"no sign of life of {' and '.join(silent)} for {ALIVE.seconds // 60} minutes"
    finished = {each.slot for each in seen.store.slots.last(f"{DIGEST}:", 60)}
    waits = due(seen.company.config.schedule(), seen.company.policy.calendar, now, finished).digest
    if waits is not None and waits.late(now):
        return False, f"the digest of {waits.at:%Y-%m-%d %H:%M %Z} was not sent yet"
    return True, "alive"


def _slack(seen: Seen) -> Answer:
    if seen.slack is None:
        return True, "not configured"
    return (True, "connected") if seen.slack.connected() else (False, "not connected")


def _delivery(seen: Seen) -> Answer:
    now = seen.clock()
    for channel in ("slack", "email", "webhook"):
        trouble = seen.store.health(channel)
        if trouble:
            return False, f"{channel} is out of reach since {trouble[1].isoformat(timespec='minutes')}: {trouble[0]}"
    lines = [line for line in seen.store.outbox.undelivered(now) if now - line.created_at <= NEWS]
    if lines:
        first = f"{lines[0].key}: {lines[0].error or 'not yet delivered'}"
        return False, f"{len(lines)} not delivered, the newest {first}"
    return True, "nothing undelivered"


CHECKS: Mapping[str, Callable[[Seen], Answer]] = MappingProxyType(
    {"data": _data, "schedule": _schedule, "slack": _slack, "delivery": _delivery}
)
