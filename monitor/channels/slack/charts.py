"""Pictures of trends, uploaded into the thread of the message that could not hold them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from monitor.channels.slack.calls import Errand
from monitor.channels.slack.posting import identity
from monitor.channels.slack.trouble import Kind, Trouble, harmless
from monitor.core.messages import Trend
from monitor.core.outbox import Claimed, Receipt, Sent
from monitor.render import chart
from monitor.render.plain import visible
from monitor.render.slack_ladder import charts

_ALT = 1000
_TITLE = 200


@dataclass(frozen=True)
class Picture:
    """A drawn trend: `name` is what it is found by, `alt` what it says in words."""

    name: str
    title: str
    alt: str
    png: bytes


def upload(errand: Errand, row: Claimed, target: Receipt) -> Sent:
    """Draw, hand over, show. Only showing is seen by anybody. Raises Trouble."""
    pictures = [_drawn(row, at, trend) for at, trend in enumerate(charts(row.outgoing.message))]
    if not pictures:
        raise Trouble(Kind.REFUSED, "there is nothing to draw")
    with harmless():
        files = [{"id": _handed_over(errand, picture), "title": picture.title} for picture in pictures]
    form = {"files": json.dumps(files), "channel_id": target["channel"], "thread_ts": target["ts"]}
    errand.call("files.completeUploadExternal", form=form)
    return Sent({"channel": target["channel"], "thread_ts": target["ts"], "file": files[0]["id"]})


def names(row: Claimed) -> tuple[str, ...]:
    """The names of the files of a row."""
    return tuple(_name(row, at) for at, _ in enumerate(charts(row.outgoing.message)))


def _name(row: Claimed, at: int) -> str:
    return f"smb-monitor-{identity(row.outgoing.key)[:13]}-{at + 1}.png"


def _drawn(row: Claimed, at: int, trend: Trend) -> Picture:
    try:
        return Picture(_name(row, at), visible(trend.title)[:_TITLE], chart.alt(trend)[:_ALT], chart.png(trend))
    except chart.Undrawable as error:
        raise Trouble(Kind.REFUSED, f"the chart could not be drawn ({error})") from None


def _handed_over(errand: Errand, picture: Picture) -> str:
    form = {"filename": picture.name, "length": len(picture.png), "alt_txt": picture.alt}
    given = errand.call("files.getUploadURLExternal", form=form)
    errand.upload(str(given["upload_url"]), picture.png)
    return str(given["file_id"])
