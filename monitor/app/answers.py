"""What a surface asks, answered as messages: from the newest stored run, and only `why` and `as_of` from the source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from threading import Lock

import monitor
from monitor.app.observe import latest
from monitor.app.queries import explain
from monitor.app.seen import seen_weeks
from monitor.app.wiring import Asked, Company
from monitor.core.breaker import PROGRAM, fold
from monitor.core.indicators import INDICATORS
from monitor.core.messages import Footer, Message, Tone, span
from monitor.core.notices import incident_of
from monitor.core.policy import WATCHED
from monitor.core.scope import with_own_buttons
from monitor.core.types import Event, LeftOutView, Snapshot
from monitor.errors import UsageError
from monitor.render.words import Words
from monitor.store.repository import Store

SAID_AS = {
    "pipeline_coverage": "coverage",
    "win_rate_trend": "win-rate",
    "attainment": "attainment",
    "cac_payback": "cac",
}
"""By indicator, the word that people type."""
INDICATOR_OF = {SAID_AS.get(each.key, each.key.replace("_", "-")): each.key for each in INDICATORS}
"""By the word that people type, the indicator; one that has no short word goes by its key (`new-logo-rate`)."""

A_LEADER, ANOTHER = "a leader", "another leader"
NOT_SHOWN = "(shown to leadership)"
_HIDDEN = ("won_large",)
"""Events that say nothing but whose deal it is and how large."""


class _Kept:
    """The newest run as it was last read. Reading one takes longer than drawing it, and a meeting asks at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: tuple[str | None, str, date] | None = None
        self._seen: Snapshot | None = None

    def seen(self, company: Company, store: Store, today: date) -> Snapshot | None:
        """The newest run, read anew when another was kept, something was recorded, or the day is another."""
        with self._lock:
            of = (store.latest_snapshot(), store.head(), today)
            if of != self._of:
                self._seen = latest(company, store, today)
                self._of = of
            return self._seen


@dataclass(frozen=True)
class Answers:
    """What one company answers. `names`: whether who asks may see names and amounts of deals and people."""

    company: Company
    store: Store
    words: Words
    _kept: _Kept = field(default_factory=_Kept, repr=False, compare=False)

    def today(self, now: datetime) -> date:
        """The day it is in the company's zone, or the source's own day."""
        return self.company.today(now)

    def seen(self, now: datetime) -> Snapshot:
        """The newest run with the breaker as it stands by now. Raises UsageError before the first run."""
        today = self.today(now)
        found = self._kept.seen(self.company, self.store, today)
        if found is None:
            raise UsageError("nothing has been read yet: the panel is there after the first daily run.")
        return found

    def status(self, now: datetime, *, names: bool) -> Message:
        """The panel."""
        from monitor.render import status

        return status.build(_shown(self.seen(now), names=names), self.words)

    def indicator(self, key: str, now: datetime) -> Message:
        """Value, band, trend and history of one indicator; there are no names in it."""
        from monitor.render import history

        return history.build(self.seen(now), key, self.words)

    def breaker(self, now: datetime, *, names: bool) -> Message:
        """The state, its events, what is ahead."""
        from monitor.render import breaker
        from monitor.render.buttons import Doing, buttons

        events = self.store.events(self.today(now))
        told = events if names else list(nameless(events))
        seen = _shown(self.seen(now), names=names)
        message = breaker.build(seen, told, self.words)
        doing = Doing(message.kind, message.kind, incident_of(fold(events)), dashboard=self.company.config.dashboard)
        whole = replace(message, blocks=(*message.blocks, *buttons(doing, seen, self.words)))
        return with_own_buttons(self.company.config.scope, whole)

    def why(self, opened: Company, key: str, now: datetime, *, names: bool) -> Message:
        """Why an indicator reads what it reads, from the data of the freshly `opened` company."""
        from monitor.render import explain as page

        today = self.today(now)
        seen = self._kept.seen(self.company, self.store, today)
        asked = Asked(seen.as_of, today) if seen else opened.asked(None, today)
        found = explain(opened, seen_weeks(opened, self.store), key, WATCHED, asked)
        if names:
            return page.build(found, self.words)
        left_out = tuple(_summed(each) for each in found.left_out)
        message = page.build(replace(found, weighs=(), left_out=left_out), self.words)
        note = "Deals and people by name and amount are shown to leadership and to members of slack.details_group only."
        return replace(message, blocks=(*message.blocks, Footer((span(note, Tone.DIM),))))

    def as_of(self, opened: Company, day: date, now: datetime, *, names: bool) -> Message:
        """The panel as of a day that has come, read anew from the `opened` company; nothing is recorded."""
        from monitor.core.decide import Recorded, decide
        from monitor.core.snapshot import snapshot
        from monitor.render import status

        today = self.today(now)
        if day > today:
            raise UsageError(f"{day} lies in the future: today is {today} in {self.company.policy.facts.timezone}.")
        book = opened.read(day)[0].seeing(seen_weeks(opened, self.store))
        recorded = Recorded(tuple(self.store.events()), tuple(self.store.verdicts(WATCHED)))
        decision = decide(book, recorded, day, day)
        seen = snapshot(book, decision, recorded, day, monitor.__version__, day)
        return status.build(_shown(seen, names=names), self.words)


def _shown(seen: Snapshot, *, names: bool) -> Snapshot:
    return seen if names else without_names(seen)


def _summed(left_out: LeftOutView) -> LeftOutView:
    """Of a single deal, the sum is its amount."""
    return replace(left_out, amount="–") if left_out.count == 1 else left_out


def without_names(seen: Snapshot) -> Snapshot:
    """The same for people who may not see names: not who acted, who owns a step, or what they wrote."""
    now = seen.breaker
    override = now.override and replace(
        now.override,
        asked_by=A_LEADER,
        reason=NOT_SHOWN,
        approved_by=tuple(ANOTHER if at else A_LEADER for at in range(len(now.override.approved_by))),
    )
    breaker = replace(
        now,
        override=override,
        acknowledged_by=A_LEADER if now.acknowledged_by else None,
        checklist=tuple(replace(item, owner=A_LEADER if item.owner else None) for item in now.checklist),
    )
    return replace(seen, breaker=breaker)


def nameless(events: Iterable[Event]) -> Iterator[Event]:
    """The log for people who may not see names: what the program did as it stands, what people did without who."""
    for event in events:
        if event.kind in _HIDDEN:
            continue
        if event.actor == PROGRAM:
            yield event
            continue
        payload = {name: A_LEADER if name == "owner" else value for name, value in event.payload.items()}
        reason = NOT_SHOWN if event.reason else ""
        yield replace(event, actor=A_LEADER, reason=reason, payload=payload)
