"""How a claimed row of the outbox is settled: by the answer, by a search, by the state of its channel."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.core.outbox import (
    DEADLINE,
    LOOKUPS,
    SETTLE,
    Absent,
    Claimed,
    Failed,
    Found,
    Outcome,
    Retry,
    Sent,
    Settlement,
    Status,
    Unknown,
)
from monitor.core.undelivered import Elsewhere, fallbacks, notices, out_of_reach

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
"""Pauses between tries of a row that is refused for a while: doubled from the first to the longest."""
LEAST_TRIES = 3
"""However old a row is when it is first tried, after downtime, it is tried this often before it is given up."""
PROBE = timedelta(minutes=15)
"""How often a channel whose credentials were refused is looked at again, and rows with no other way wait."""
_LONGEST_ERROR = 300


def settlement_of(
    outcome: Outcome, row: Claimed, now: datetime, elsewhere: Elsewhere, since: datetime | None = None
) -> Settlement:
    """What becomes of a row after a try. `since`: when the channel's credentials were first refused, if they are."""
    match outcome:
        case Sent():
            return Settlement(
                Status.SENT, note=said(outcome.note), receipt=dict(outcome.receipt), outgoing=outcome.follow
            )
        case Unknown():
            return Settlement(Status.UNKNOWN, said(outcome.error), next_at=now + SETTLE)
        case Retry():
            return _later(row, outcome, now, elsewhere)
        case Failed(credentials=True):
            return unreachable(row, outcome.error, since or now, now, elsewhere)
        case Failed():
            return _given_up(row, said(outcome.error), elsewhere)


def searched(found: Found, row: Claimed, now: datetime, elsewhere: Elsewhere) -> Settlement | None:
    """What becomes of an uncertain row after it was looked for; None: it is surely not there, and is sent again."""
    match found:
        case Sent():
            return settlement_of(found, row, now, elsewhere)
        case Unknown():
            return _not_found_out(row, said(found.error), now, elsewhere)
        case Absent():
            return _given_up(row, "it did not arrive, and its time is over", elsewhere) if _over(row, now) else None


def unreachable(row: Claimed, error: str, since: datetime, now: datetime, elsewhere: Elsewhere) -> Settlement:
    """What becomes of a row whose channel refuses our credentials `since` then: another way, or else it waits."""
    error = said(error)
    told = out_of_reach(row.outgoing.address.channel, error, since, elsewhere, row.outgoing.run)
    instead = fallbacks(row.outgoing, error, elsewhere, credentials=True)
    if instead or _over(row, now):
        given_up = _given_up(row, error, elsewhere, credentials=True)
        return Settlement(Status.FAILED, error, outgoing=(*given_up.outgoing, *told))
    return Settlement(Status.RETRY, error, next_at=_before_the_end(now + PROBE, row, now), outgoing=told)


def not_configured(row: Claimed, elsewhere: Elsewhere) -> Settlement:
    """What becomes of a row for a channel that was taken out of the configuration after it was recorded."""
    channel = row.outgoing.address.channel
    error = f"{channel} is not configured any more: configure it again, or tell them yourself"
    if row.uncertain:
        return _perhaps(row, error, elsewhere)
    return _given_up(row, error, elsewhere, credentials=True)


def said(text: str) -> str:
    """What the other side said as one short line that every database holds."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= _LONGEST_ERROR else line[: _LONGEST_ERROR - 1].rstrip() + "…"


def _later(row: Claimed, refused: Retry, now: datetime, elsewhere: Elsewhere) -> Settlement:
    error = said(refused.error)
    if _over(row, now):
        return _given_up(row, f"tried until {_shown(now)}: {error}", elsewhere)
    pause = min(FIRST_PAUSE * 2 ** min(row.attempts - 1, 10), LONGEST_PAUSE)
    return Settlement(Status.RETRY, error, next_at=_before_the_end(now + max(_asked(refused.after), pause), row, now))


def _asked(after: float | None) -> timedelta:
    """The pause that the other side asks for; what is no number of seconds asks for none."""
    seconds = after if after is not None and after > 0 else 0
    return timedelta(seconds=min(seconds, DEADLINE.total_seconds()))


def _not_found_out(row: Claimed, error: str, now: datetime, elsewhere: Elsewhere) -> Settlement:
    lookups = row.lookups + 1
    if lookups >= LOOKUPS:
        return _perhaps(row, error, elsewhere, lookups)
    return Settlement(Status.UNKNOWN, error, next_at=now + SETTLE * 3**lookups, lookups=lookups)


def _perhaps(row: Claimed, error: str, elsewhere: Elsewhere, lookups: int = 0) -> Settlement:
    """Never sent anew, not even elsewhere: it may have been read already. People are told that it may not."""
    told = notices(row.outgoing, error, elsewhere, perhaps=True)
    return Settlement(Status.FAILED, f"perhaps undelivered: {error}", lookups=lookups, outgoing=told)


def _given_up(row: Claimed, error: str, elsewhere: Elsewhere, *, credentials: bool = False) -> Settlement:
    instead = fallbacks(row.outgoing, error, elsewhere, credentials=credentials)
    told = notices(row.outgoing, error, elsewhere, instead, credentials=credentials)
    return Settlement(Status.FAILED, error, outgoing=(*instead, *told))


def _over(row: Claimed, now: datetime) -> bool:
    return now >= _end(row) and row.attempts >= LEAST_TRIES


def _end(row: Claimed) -> datetime:
    """When a row is given up."""
    return max(row.created_at, row.outgoing.not_before or row.created_at) + DEADLINE


def _before_the_end(wanted: datetime, row: Claimed, now: datetime) -> datetime:
    """`wanted`, or the end of the row's time for one last try, where that is still ahead."""
    return min(wanted, _end(row)) if now < _end(row) else wanted


def _shown(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")
