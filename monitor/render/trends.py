"""The trend of an indicator, and which indicator a message is about most."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.core.messages import Trend
from monitor.core.types import Band, IndicatorView, Snapshot
from monitor.render import marks
from monitor.render.plain import shown_day
from monitor.render.situation import situation
from monitor.render.words import Words

QUARTER = 13
"""Weeks that a message shows."""
_QUIET = ("healthy", "recovered")
"""Situations in which no indicator is worse than another."""
_ORDER = (Band.BREAKAGE, Band.WARNING, Band.HEALTHY, Band.NO_DATA)


def trend(snapshot: Snapshot, view: IndicatorView, words: Words, kind: str, most: int = QUARTER) -> Trend:
    """The last weeks of one indicator, at `most` so many."""
    weeks = view.weeks[-most:]
    known = [(week.value, week) for week in weeks if week.value is not None]
    title = words.say(kind, "trend", snapshot=snapshot, view=view, count=len(weeks))
    if known:
        low, high = (pick(known, key=lambda pair: pair[0])[1].text for pick in (min, max))
        ends = {"first": known[0][1].text, "last": known[-1][1].text, "low": low, "high": high}
        summary = words.say(kind, "trend_summary", snapshot=snapshot, view=view, **ends)
    else:
        summary = words.say(kind, "trend_nothing", snapshot=snapshot, view=view)
    labels = tuple(shown_day(week.as_of) for week in weeks)
    texts = tuple("" if week.value is None else week.text for week in weeks)
    return Trend(title, labels, marks.spark(view, weeks), view.thresholds, summary, view.unit, texts)


def concerned(snapshot: Snapshot) -> IndicatorView:
    """The indicator that the headline is about: the worst of them; the first of the panel while all is quiet."""
    now = situation(snapshot)
    found = None if now.name in _QUIET else worst(now.about)
    return found or snapshot.indicators[0]


def worst(views: Iterable[IndicatorView]) -> IndicatorView | None:
    """The one that stands worst: by band, then by how far it is on the way from the healthy edge to breakage."""
    return min(views, key=lambda view: (_ORDER.index(view.weekly.band), -_depth(view)), default=None)


def _depth(view: IndicatorView) -> float:
    """0 at the healthy edge, 1 at the edge of breakage, more beyond it."""
    healthy, breakage = view.thresholds
    if view.weekly.value is None or healthy == breakage:
        return 0.0
    return (healthy - view.weekly.value) / (healthy - breakage)
