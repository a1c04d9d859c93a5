"""The views of the forms, and what was written into them. No tables, no charts: a modal takes neither."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from monitor.core.types import ChecklistItem
from monitor.entrypoints.slack.voice import spoken
from monitor.render.plain import shorten, shown_day, visible

View = dict[str, Any]
OVERRIDE, CHECKLIST = "override", "checklist"
"""Callback ids."""
REASON, UNTIL = "reason", "until"
"""Blocks of the override's form; the checklist's are `state:sdrs`, `owner:sdrs`, `due:sdrs`."""
TITLES = {OVERRIDE: "Ask for an override", CHECKLIST: "Back into SMB"}
STATES = ("open", "doing", "done")
LONGEST_REASON = 1000
LONGEST_OWNER = 80
_CHANGEABLE = ("state", "owner", "due")
PROPOSED = timedelta(days=28)


def waiting(kind: str) -> View:
    """What stands while the log is read."""
    return telling(kind, "One moment: the log of the breaker is being read.")


def telling(kind: str, sentence: str) -> View:
    """A sentence and nothing to fill in."""
    return _view(kind, [_text(spoken(sentence))])


def override(held: str, today: date, latest: date) -> View:
    """Reason and end. `held` comes back with the submission."""
    reason = {
        "type": "plain_text_input",
        "action_id": REASON,
        "multiline": True,
        "max_length": LONGEST_REASON,
        "placeholder": _plain("Why hiring has to open, for everybody who is told"),
    }
    end = {"type": "datepicker", "action_id": UNTIL, "initial_date": min(today + PROPOSED, latest).isoformat()}
    blocks = [
        _text("An override opens mid-market hiring until a day, once enough approvers have agreed. You agree with it."),
        _input(REASON, "Reason", reason, hint="At least 20 characters."),
        _input(UNTIL, "Open until", end, hint=f"No later than {shown_day(latest)}."),
    ]
    return _view(OVERRIDE, blocks, held, submit="Ask")


def checklist(held: str, items: Sequence[ChecklistItem]) -> View:
    """State, owner and due day of every item."""
    blocks: list[dict[str, Any]] = []
    for item in items:
        title = shorten(visible(item.title), 100)
        blocks += [_text(title, bold=True), *_fields(item, title)]
    return _view(CHECKLIST, blocks, held, submit="Save")


def _fields(item: ChecklistItem, title: str) -> Iterator[dict[str, Any]]:
    options = {state: {"text": _plain(state), "value": state} for state in STATES}
    chosen: dict[str, Any] = {"type": "static_select", "action_id": "state", "options": list(options.values())}
    if item.state in options:
        chosen["initial_option"] = options[item.state]
    owner: dict[str, Any] = {"type": "plain_text_input", "action_id": "owner", "max_length": LONGEST_OWNER}
    if item.owner:
        owner["initial_value"] = shorten(visible(item.owner), LONGEST_OWNER)
    due = {"type": "datepicker", "action_id": "due", "initial_date": item.due.isoformat()}
    yield _input(f"state:{item.key}", f"{title}: state", chosen)
    yield _input(f"owner:{item.key}", f"{title}: owner", owner, optional=True)
    yield _input(f"due:{item.key}", f"{title}: due", due)


def _view(kind: str, blocks: list[dict[str, Any]], held: str = "", submit: str = "") -> View:
    view: View = {"type": "modal", "callback_id": kind, "title": _plain(TITLES[kind]), "blocks": blocks}
    view |= {"close": _plain("Cancel" if submit else "Close")}
    return view | ({"submit": _plain(submit), "private_metadata": held} if submit else {})


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}


def _text(text: str, *, bold: bool = False) -> dict[str, Any]:
    element = {"type": "text", "text": visible(text)} | ({"style": {"bold": True}} if bold else {})
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def _input(
    block: str, label: str, element: dict[str, Any], *, hint: str = "", optional: bool = False
) -> dict[str, Any]:
    made = {"type": "input", "block_id": block, "label": _plain(label), "element": element, "optional": optional}
    return made | ({"hint": _plain(hint)} if hint else {})


# What was written.


def reason_of(view: Mapping[str, Any]) -> str:
    return str(_given(view, REASON) or "").strip()


def until_of(view: Mapping[str, Any]) -> date | None:
    return _day(_given(view, UNTIL))


@dataclass(frozen=True)
class Change:
    """What changes of one item; None stays as it is."""

    key: str
    state: str | None = None
    owner: str | None = None
    due: date | None = None


@dataclass(frozen=True)
class Changes:
    """What was changed in the checklist, against what the form showed; `wrong` by block."""

    items: tuple[Change, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)


def changes(view: Mapping[str, Any]) -> Changes:
    """Only what the person changed, so that what others changed meanwhile stays."""
    found: dict[str, dict[str, Any]] = {}
    wrong: dict[str, str] = {}
    for block in _inputs(view):
        name = str(block.get("block_id"))
        what, _, item = name.partition(":")
        given = _given(view, name)
        if what not in _CHANGEABLE or not item or given == _shown(block):
            continue
        if not given:
            wrong[name] = "This cannot be left empty: name somebody else." if what == "owner" else "Choose one."
            continue
        found.setdefault(item, {})[what] = _day(given) if what == "due" else given
    return Changes(tuple(Change(item, **values) for item, values in found.items()), wrong)


def first_input(view: Mapping[str, Any]) -> str:
    """The block beside which an error of the whole form stands."""
    return next((str(block.get("block_id")) for block in _inputs(view)), REASON)


def _inputs(view: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    blocks = view.get("blocks")
    yield from (b for b in blocks or () if isinstance(b, Mapping) and b.get("type") == "input")


def _shown(block: Mapping[str, Any]) -> str | None:
    element = block.get("element") or {}
    option = element.get("initial_option") or {}
    return element.get("initial_value") or element.get("initial_date") or option.get("value")


def _given(view: Mapping[str, Any], block: str) -> str | None:
    """What a block of one input holds."""
    state = view.get("state")
    values = state.get("values") if isinstance(state, Mapping) else None
    held = values.get(block) if isinstance(values, Mapping) else None
    given: Mapping[str, Any] = next(iter(held.values()), {}) if isinstance(held, Mapping) else {}
    option = given.get("selected_option") or {}
    found = given.get("value") or given.get("selected_date") or option.get("value")
    return found if isinstance(found, str) else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
