"""What can be done about a message, as buttons: which acts fit its kind and the state of the breaker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from monitor.core.messages import Actions, Block, Button, Confirm, Style
from monitor.core.types import IndicatorView, Snapshot, State
from monitor.render.plain import lowered
from monitor.render.words import Words

_PAUSED = ("ack", "override", "explain", "checklist", "dashboard")
_REQUEST = ("approve", "explain", "dashboard")
_CALM = ("explain", "dashboard")
FITTING = {
    "trip": _PAUSED,
    "joined": _PAUSED,
    "reminder": _PAUSED,
    "standing": _PAUSED,
    "violation": _PAUSED,
    "override_ended": _PAUSED,
    "override_asked": _REQUEST,
    "override_approved": _REQUEST,
    "override_in_force": ("checklist", "dashboard"),
    "override_ending": ("checklist", "dashboard"),
    "recovering": ("resume", *_CALM),
    "recovered": _CALM,
    "warning": _CALM,
    "breakage": _CALM,
    "on_course": _CALM,
    "win": _CALM,
    "digest": ("explain", "checklist", "dashboard"),
    "breaker": ("ack", "override", "approve", "resume", "checklist", "dashboard"),
}
"""By kind of message; of these, what the state of the breaker leaves. Any other kind can be looked into only."""
_STYLES = {"ack": Style.PRIMARY, "approve": Style.PRIMARY, "resume": Style.PRIMARY, "override": Style.DANGER}
_CONFIRMED = ("ack", "approve", "resume")
"""Acts that a click alone does; the others open a modal, an answer or a page."""


@dataclass(frozen=True)
class Doing:
    """What the buttons of one message are about."""

    kind: str
    """Of the message."""
    words: str
    """The template that holds the labels."""
    incident: str
    concerned: IndicatorView | None = None
    dashboard: str | None = None


def buttons(doing: Doing, snapshot: Snapshot | None, words: Words) -> tuple[Block, ...]:
    """One row of buttons, or nothing where nothing can be done."""
    found = tuple(
        _button(action, doing, snapshot, words)
        for action in FITTING.get(doing.kind, ("dashboard",))
        if _fits(action, doing, snapshot)
    )
    return (Actions(found),) if found else ()


def _fits(action: str, doing: Doing, snapshot: Snapshot | None) -> bool:
    if action == "explain":
        return doing.concerned is not None
    if action == "dashboard":
        return bool(doing.dashboard)
    return snapshot is None or action in set(_possible(snapshot))


def _possible(snapshot: Snapshot) -> Iterator[str]:
    """Acts that the breaker would accept as it stands."""
    now = snapshot.breaker
    if now.state is State.ARMED:
        return
    if now.checklist:
        yield "checklist"
    if not now.acknowledged_by:
        yield "ack"
    if now.override is None:
        yield "override"
    elif len(now.override.approved_by) < now.override.needed:
        yield "approve"
    if now.state is State.RECOVERING:
        yield "resume"


def _button(action: str, doing: Doing, snapshot: Snapshot | None, words: Words) -> Button:
    def say(block: str, about: tuple[str, ...] = ()) -> str:
        return words.say(doing.words, block, snapshot=snapshot, about=about)

    asked = None
    if action in _CONFIRMED:
        asked = Confirm(*words.columns(doing.words, f"confirm_{action}", 4, snapshot=snapshot))
    if action == "dashboard":
        return Button(say("button_dashboard"), action, url=doing.dashboard or "")
    if action == "explain" and doing.concerned:
        return Button(say("button_explain", (lowered(doing.concerned.title),)), action, doing.concerned.key)
    return Button(say(f"button_{action}"), action, doing.incident, _STYLES.get(action, Style.PLAIN), asked)
