"""Looks for a message that may have arrived: by our key in its metadata, never by its words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from monitor.channels.slack import charts
from monitor.channels.slack.calls import Body, Errand
from monitor.channels.slack.posting import EVENT_TYPE, Posting, block_ids, chart_rows
from monitor.channels.slack.trouble import Trouble
from monitor.core.outbox import SETTLE, Absent, Claimed, Found, Op, Receipt, Sent, Unknown
from monitor.render.slack_ladder import has_chart, ladder

CLOCKS = timedelta(minutes=10)
"""How far our clock and Slack's may be apart: a search begins so long before the row was recorded."""
NOTE = "found by its key"
_NO_THREAD = ("thread_not_found", "message_not_found")


def find(errand: Errand, posting: Posting, row: Claimed, now: datetime) -> Found:
    """Where it is; Absent only when the last try is long enough ago. Raises Trouble where the search fails."""
    found = _found(errand, posting, row)
    if found is not None:
        return found
    if now < (row.tried_at or row.created_at) + SETTLE:
        return Unknown("it is not there, but may still arrive")
    return Absent()


def _found(errand: Errand, posting: Posting, row: Claimed) -> Sent | None:
    match row.outgoing.op:
        case Op.POST:
            channel = posting.place(errand, row.outgoing.address.to)
            return next(
                (_posted(row, channel, each) for each in _history(errand, row, channel) if _ours(row, each)), None
            )
        case Op.UPDATE if row.target:
            return _changed(errand, row, row.target) or _replied(errand, row, row.target)
        case Op.CHART if row.target:
            wanted = charts.names(row)
            for each in _thread(errand, row.target):
                if any(file.get("name") in wanted for file in each.get("files", ())):
                    return Sent({"channel": row.target["channel"], "ts": str(each["ts"])}, NOTE)
    return None


def _posted(row: Claimed, channel: str, message: Body) -> Sent:
    follow = () if has_chart(message.get("blocks") or []) else chart_rows(row.outgoing)
    return Sent({"channel": channel, "ts": str(message["ts"])}, NOTE, follow)


def _changed(errand: Errand, row: Claimed, target: Receipt) -> Sent | None:
    """Whether the message stands as it was to be: by the ids of its blocks, or by its words where it has no blocks."""
    channel, ts = target["channel"], target["ts"]
    form = {"channel": channel, "oldest": ts, "latest": ts}
    ids = block_ids(row.outgoing.key)
    plainest = ladder(row.outgoing.message, ids)[-1].text
    for each in errand.messages("conversations.history", form):
        blocks = each.get("blocks") or []
        as_text = not blocks and str(each.get("text")) == plainest
        if each.get("ts") == ts and (as_text or any(str(b.get("block_id", "")).startswith(ids) for b in blocks)):
            return Sent({"channel": channel, "ts": ts}, NOTE)
    return None


def _replied(errand: Errand, row: Claimed, target: Receipt) -> Sent | None:
    """The reply that says what could not be changed, in the thread or, where that is gone, in the channel."""
    channel = target["channel"]
    for place in (_thread(errand, target), _history(errand, row, channel)):
        for each in place:
            if _ours(row, each):
                return Sent({"channel": channel, "ts": str(each["ts"])}, NOTE)
    return None


def _history(errand: Errand, row: Claimed, channel: str) -> Iterator[Body]:
    """From before the row was recorded: an earlier try of several may be the one that arrived."""
    oldest = f"{(row.created_at - CLOCKS).timestamp():.6f}"
    return errand.messages("conversations.history", {"channel": channel, "oldest": oldest})


def _thread(errand: Errand, target: Receipt) -> Iterator[Body]:
    try:
        yield from errand.messages("conversations.replies", {"channel": target["channel"], "ts": target["ts"]})
    except Trouble as trouble:
        if trouble.code not in _NO_THREAD:
            raise


def _ours(row: Claimed, message: Body) -> bool:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return metadata.get("event_type") == EVENT_TYPE and payload.get("key") == row.outgoing.key
