"""Alerts: what happened, what is paused, who can do what, what happens next; then the panel and the trend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from monitor.core.messages import (
    Actions,
    Block,
    Divider,
    Footer,
    Heading,
    Line,
    Lines,
    Message,
    Paragraph,
    Span,
    Tone,
    span,
)
from monitor.core.notices import Notice, Revision
from monitor.core.types import Ahead, IndicatorView, Snapshot
from monitor.render import panel
from monitor.render.buttons import Doing, buttons
from monitor.render.news import News, news
from monitor.render.plain import shorten
from monitor.render.situation import HEADLINE, headline, titles
from monitor.render.trends import concerned, trend, worst
from monitor.render.words import Words

ACTING = ("digest", "alert", "owner")
"""Audiences that can press a button; the others read mail."""
TELLING = ("leadership", "board")
"""Audiences that are told in four lines."""
ESCALATIONS = ("reminder", "standing", "override_ending")
TONES = {"recovered": Tone.GOOD, "mended": Tone.GOOD} | dict.fromkeys(
    ("warning", "override_in_force", "override_ending", "override_approved", "recovering"), Tone.WARN
)
"""By kind; any other is bad news."""
_WHO = {
    "trip": "paused",
    "joined": "paused",
    "reminder": "paused",
    "standing": "paused",
    "override_ended": "paused",
    "violation": "violation",
    "override_asked": "asked",
    "override_approved": "asked",
    "override_in_force": "overridden",
    "override_ending": "overridden",
    "recovering": "recovering",
    "recovered": "recovered",
    "problem": "problem",
    "mended": "mended",
}
"""By kind, the words for who can do what; the breaker is armed in any other."""
_NEXT = _WHO | {"violation": "paused"}
_AHEAD = ("open", "paused")
"""What happens next is what lies ahead, where anything does."""
_STILL_PAUSED = ("override_asked", "override_approved", "override_ended", "recovering", "violation")
"""Kinds that say by themselves how hiring stands, whenever the snapshot beside them was made."""
_OPENS = {"override_in_force": "overridden", "override_ending": "overridden", "recovered": "open"}
_OPENING = ("override_in_force", "recovered", "resumed")
"""Acts after which nothing is paused."""
_HIRING = {"overridden": "open by override", "unknown": "as it was"}


@dataclass(frozen=True)
class _Story:
    """One notice on its way to one audience."""

    notice: Notice
    snapshot: Snapshot | None
    words: Words
    mail: bool
    news: News
    dashboard: str | None
    slack: bool

    @property
    def template(self) -> str:
        return "escalation" if self.notice.kind in ESCALATIONS else "alert"

    @property
    def hiring(self) -> str:
        """`paused`, `open`, `overridden`, or `unknown` where nothing could be read."""
        kind = self.notice.kind
        if kind in _STILL_PAUSED:
            return "paused"
        if kind in _OPENS:
            return _OPENS[kind]
        if self.snapshot is None:
            return "unknown"
        now = self.snapshot.breaker
        return "paused" if now.hiring_paused else "overridden" if now.override and now.override.in_force else "open"

    @property
    def takes(self) -> tuple[Ahead, ...]:
        """What would avoid it, or what it takes to recover."""
        concerned = {view.key for view in self.news.about}
        ahead = self.snapshot.ahead if self.snapshot else ()
        return tuple(item for item in ahead if item.indicator in concerned and item.kind.startswith("to_"))

    @property
    def concerned(self) -> IndicatorView | None:
        """The indicator whose trend is shown."""
        return worst(self.news.about) or (concerned(self.snapshot) if self.snapshot else None)

    def say(self, block: str) -> str:
        now = self.snapshot.breaker if self.snapshot else None
        override = now.override if now else None
        return self.words.say(
            self.template,
            block,
            snapshot=self.snapshot,
            news=self.news,
            about=titles(self.news.about),
            bands=self.news.about[0].bands_text if len(self.news.about) == 1 else "",
            hiring=self.hiring,
            hiring_now=_HIRING.get(self.hiring, self.hiring),
            ahead=self.takes[:2],
            acknowledged=now.acknowledged_by if now else None,
            why=override.reason if override else self.news.reason,
            missing=max(1, self.news.needed - len(self.news.approved_by)),
            steps=sum(item.state != "done" for item in now.checklist) if now else 0,
            mail=self.mail,
            slack=self.slack,
            dashboard=self.dashboard,
        )


def build(
    notice: Notice,
    snapshot: Snapshot | None,
    words: Words,
    audience: str,
    dashboard: str | None = None,
    *,
    slack: bool = True,
) -> Message:
    """What `audience` (core.routes.AUDIENCES, or `webhook`) is told. `snapshot` is None where nothing can be read.

    `slack`: whether people can act there too.
    """
    story = _Story(notice, snapshot, words, audience in TELLING, news(notice, snapshot), dashboard, slack)
    said, tone = _headline(story)
    blocks = (
        *_opening(story),
        *(_actions(story) if audience in ACTING and notice.kind != "win" else ()),
        *_panel(story),
        *(_actions(story) if audience in ACTING and notice.kind == "win" else ()),
        *(() if story.mail else _takes(story)),
        *_trend(story),
        *_footer(story),
    )
    return Message(notice.kind, said, tone, blocks)


def revised(message: Message, revision: Revision, on: date, words: Words) -> Message:
    """The message after somebody dealt with it: a line says so, and what is of no use or true any more is gone."""
    said = words.say("alert", f"act_{revision.act}", actor=revision.actor, on=on)
    line = Paragraph(span(said, Tone.STRONG))
    over = ("who", "next", "paused") if revision.act in _OPENING else ("who", "next")
    labels = tuple(_label(words, "alert", each) for each in over)
    blocks = tuple(kept for block in message.blocks if (kept := _without(block, revision.drop, labels)))
    return replace(message, blocks=blocks if line in blocks else (line, *blocks))


def _without(block: Block, drop: tuple[str, ...], labels: tuple[Span, ...]) -> Block | None:
    """The block without these buttons and the lines that begin with these labels; None where nothing is left."""
    if isinstance(block, Lines):
        lines = tuple(line for line in block.items if not (line and line[0] in labels))
        return Lines(lines, block.bullets) if lines else None
    if not isinstance(block, Actions):
        return block
    left = tuple(button for button in block.buttons if button.action not in drop)
    return Actions(left) if left else None


def _headline(story: _Story) -> tuple[str, Tone]:
    """A win stands below the state of SMB, whatever that is."""
    if story.notice.kind == "win" and story.snapshot:
        return headline(story.snapshot, story.words, story.template)
    tone = TONES.get(story.notice.kind, Tone.BAD)
    return shorten(story.say(f"title_{story.notice.kind}"), HEADLINE), tone


def _opening(story: _Story) -> tuple[Block, ...]:
    """What happened, what is paused, who can do what; and what happens next, unless that is said further below."""
    if story.notice.kind == "win":
        return ()
    lines = [
        _labelled(story, "happened", f"happened_{story.notice.kind}"),
        _labelled(story, "paused", f"paused_{story.hiring}"),
        _labelled(story, "who", _who(story)),
    ]
    following = _next(story)
    if story.mail or following != "next_ahead":
        lines.append(_labelled(story, "next", following))
    return (Lines(tuple(lines), bullets=False),)


def _labelled(story: _Story, label: str, block: str) -> Line:
    return (_label(story.words, story.template, label), Span(story.say(block)))


def _label(words: Words, template: str, label: str) -> Span:
    return Span(f"{words.say(template, f'label_{label}')}: ", Tone.STRONG)


def _who(story: _Story) -> str:
    who = _WHO.get(story.notice.kind, "open")
    if who == "paused" and story.snapshot and story.snapshot.breaker.acknowledged_by:
        return "who_acknowledged"
    return f"who_{who}"


def _next(story: _Story) -> str:
    following = _NEXT.get(story.notice.kind, "open")
    return "next_ahead" if following in _AHEAD and story.takes else f"next_{following}"


def _actions(story: _Story) -> tuple[Block, ...]:
    doing = Doing(story.notice.kind, story.template, story.notice.incident, story.concerned, story.dashboard)
    return buttons(doing, story.snapshot, story.words)


def _panel(story: _Story) -> tuple[Block, ...]:
    if story.snapshot is None:
        return ()
    shown: tuple[Block, ...] = (
        panel.subtitle(story.snapshot, story.words, story.template),
        panel.panel(replace(story.snapshot, beside={}), story.words, story.template),
    )
    if story.notice.kind == "win":
        return (*shown, Paragraph(span(story.say("happened_win"))))
    return shown


def _takes(story: _Story) -> tuple[Block, ...]:
    if story.snapshot is None or not story.takes:
        return ()
    lines = panel.ahead(replace(story.snapshot, ahead=story.takes), story.words, story.template)
    return (Heading(story.say("heading_takes")), Lines(tuple(lines)))


def _trend(story: _Story) -> tuple[Block, ...]:
    if story.snapshot is None or story.concerned is None:
        return ()
    return (trend(story.snapshot, story.concerned, story.words, story.template),)


def _footer(story: _Story) -> tuple[Block, ...]:
    lines = list(panel.short_footer(story.snapshot, story.words, story.template)) if story.snapshot else []
    if story.dashboard and story.mail:
        lines.append(span(story.say("dashboard"), Tone.DIM))
    return (Divider(), Footer(tuple(lines))) if lines else ()
