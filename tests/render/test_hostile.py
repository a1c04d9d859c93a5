"""Names that somebody typed to see what happens, in every field that comes from data: text and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from monitor.core.messages import Message
from monitor.core.types import Snapshot
from monitor.render import digest, html, notices, slack, text
from monitor.render.digest import Extras
from monitor.render.plain import visible
from monitor.render.words import Words
from tests.render import slack_rules, slackblocks_oracle
from tests.render.alerts import notice, revision, state
from tests.render.snapshots import AS_OF, HOSTILE_NAMES, STATES

WORDS = Words()
Plant = Callable[[str], Message]


def told(alert: str, fact: str) -> Plant:
    return lambda name: notices.build(notice(alert, **{fact: name}), state(alert), WORDS, "alert", name)


def seen(alert: str, change: Callable[[Snapshot, str], Snapshot]) -> Plant:
    def plant(name: str) -> Message:
        snapshot = state(alert)
        assert snapshot is not None
        return notices.build(notice(alert), change(snapshot, name), WORDS, "alert")

    return plant


def override(snapshot: Snapshot, **changed: Any) -> Snapshot:
    assert snapshot.breaker.override is not None
    asked = replace(snapshot.breaker.override, **changed)
    return replace(snapshot, breaker=replace(snapshot.breaker, override=asked))


def settled(name: str) -> Message:
    return notices.revised(told("trip", "reason")("x"), revision("acknowledged", name), AS_OF, WORDS)


def week(name: str) -> Message:
    snapshot = STATES["tripped"]()
    items = tuple(replace(item, owner=name, title=name) for item in snapshot.breaker.checklist)
    return digest.build(replace(snapshot, breaker=replace(snapshot.breaker, checklist=items)), WORDS)


FIELDS: dict[str, Plant] = {
    "who asks for an override": told("override_asked", "actor"),
    "why somebody asks for an override": told("override_asked", "reason"),
    "who agrees": told("override_approved", "actor"),
    "who confirms": told("recovered.confirmed", "actor"),
    "why somebody confirms": told("recovered.confirmed", "reason"),
    "a requisition": told("violation", "requisition_id"),
    "what became of a requisition": told("violation", "reason"),
    "an amount": told("win", "amount"),
    "a reading": told("breakage", "text"),
    "what cannot be read": told("problem.unreadable", "reason"),
    "a table that is missing": lambda name: told("problem.lasting", "what")(f"missing_{name}"),
    "a company": seen("trip", lambda now, name: replace(now, company=name)),
    "why there is an override": seen("override_in_force", lambda now, name: override(now, reason=name)),
    "whose override it is": seen("override_in_force", lambda now, name: override(now, approved_by=(name, "Li Wei"))),
    "who acknowledged": seen(
        "standing", lambda now, name: replace(now, breaker=replace(now.breaker, acknowledged_by=name))
    ),
    "what lies ahead": seen(
        "trip", lambda now, name: replace(now, ahead=tuple(replace(item, headline=name) for item in now.ahead))
    ),
    "what it takes": seen(
        "trip", lambda now, name: replace(now, ahead=tuple(replace(item, detail=name) for item in now.ahead))
    ),
    "a missing table": seen("problem", lambda now, name: replace(now, data=replace(now.data, missing=(name,)))),
    "who settled it": settled,
    "an item of the checklist and its owner": week,
    "a finding": lambda name: digest.build(STATES["healthy"](), WORDS, Extras(guardrails=(name,))),
    "what a digest could not deliver": lambda name: digest.build(
        STATES["healthy"](), WORDS, Extras(undelivered=(name,))
    ),
}


class Page(HTMLParser):
    """Collects what a page shows, and what it is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.made_of: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.made_of |= {tag, *(name for name, _ in attrs)}

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


def parsed(part: object) -> Iterator[str]:
    """Every text that Slack reads as markup."""
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            assert part["verbatim"] is True
            yield part["text"]
        for value in part.values():
            yield from parsed(value)
    elif isinstance(part, list):
        for item in part:
            yield from parsed(item)


def beginning(name: str) -> str:
    """As much of a name as every place has room for."""
    return visible(name)[:12].strip()


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_slack_shows_a_name_as_text(field: str, name: str) -> None:
    sent = slack.render(FIELDS[field](name))
    assert slack_rules.broken(sent) == []
    assert slackblocks_oracle.refusals(sent) == []
    assert not [said for said in (*parsed(sent["blocks"]), sent["text"]) if "<" in said or ">" in said]
    kinds = {word for word in ("user_id", "broadcast", "channel_id", "usergroup") if f'"{word}"' in json.dumps(sent)}
    assert not kinds
    assert beginning(name) in " ".join(slack_rules.texts(sent["blocks"])).replace("&lt;", "<").replace("&gt;", ">")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_page_and_a_terminal_show_a_name_as_text(field: str, name: str) -> None:
    message = FIELDS[field](name)
    page = Page()
    page.feed(html.render(message, WORDS))
    assert not page.made_of & {"script", "img", "a", "href", "src", "iframe", "form", "onerror"}
    assert beginning(name) in "".join(page.shown)
    assert beginning(name) in " ".join(text.render(message).split())
    assert len(message.headline) < 100


def test_a_name_is_never_run() -> None:
    for plant in FIELDS.values():
        assert text.render(plant("a{{ 7*7 }}b")).count("a49b") == 0
