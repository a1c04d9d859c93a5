"""What checks our messages is checked too: each of these broken messages is refused by one or the other."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from monitor.render import digest, slack
from monitor.render.words import Words
from tests.render import slack_rules, slackblocks_oracle
from tests.render.alerts import message
from tests.render.snapshots import STATES

Held = dict[str, Any]
Break = Callable[[list[Held]], object]


def of(blocks: list[Held], kind: str) -> Held:
    return next(block for block in blocks if block["type"] == kind)


def button(blocks: list[Held], at: int = 0) -> Held:
    found: Held = of(blocks, "actions")["elements"][at]
    return found


def series(blocks: list[Held]) -> list[Held]:
    found: list[Held] = of(blocks, "data_visualization")["chart"]["series"]
    return found


BROKEN: dict[str, Break] = {
    "a header that is too long": lambda b: b[0]["text"].update(text="x" * 151),
    "a header that is parsed": lambda b: b[0]["text"].update(type="mrkdwn"),
    "a header without words": lambda b: b[0]["text"].update(text=""),
    "an unknown block": lambda b: b.append({"type": "alert", "text": "x"}),
    "fifty-one blocks": lambda b: b.extend([{"type": "divider"}] * 51),
    "an unknown field": lambda b: b[0].update(colour="red"),
    "two tables": lambda b: b.append(copy.deepcopy(of(b, "table"))),
    "a ragged table": lambda b: of(b, "table")["rows"][1].pop(),
    "a table of 101 rows": lambda b: of(b, "table")["rows"].extend([of(b, "table")["rows"][1]] * 100),
    "a column that stands nowhere": lambda b: of(b, "table")["column_settings"][0].update(align="middle"),
    "three charts": lambda b: b.extend([of(b, "data_visualization")] * 2),
    "a chart with a long title": lambda b: of(b, "data_visualization").update(title="x" * 51),
    "a series that lacks a point": lambda b: series(b)[0]["data"].pop(),
    "two series of one name": lambda b: series(b)[1].update(name=series(b)[0]["name"]),
    "a point without a value": lambda b: series(b)[0]["data"][0].update(value=None),
    "a point that is no number": lambda b: series(b)[0]["data"][0].update(value=float("nan")),
    "two buttons of one id": lambda b: button(b, 1).update(action_id="ack"),
    "a button that says too much": lambda b: button(b)["text"].update(text="x" * 76),
    "a button of an unknown style": lambda b: button(b).update(style="warning"),
    "a value that is too long": lambda b: button(b).update(value="x" * 2001),
    "a question that is too long": lambda b: button(b)["confirm"]["text"].update(text="x" * 301),
    "an answer that is too long": lambda b: button(b)["confirm"]["deny"].update(text="x" * 31),
    "twenty-six buttons": lambda b: of(b, "actions").update(
        elements=[{**button(b), "action_id": f"ack.{at}"} for at in range(26)]
    ),
    "eleven lines of small print": lambda b: of(b, "context").update(elements=of(b, "context")["elements"] * 11),
    "small print that is parsed": lambda b: of(b, "context")["elements"][0].pop("verbatim"),
    "a mention": lambda b: of(b, "context")["elements"][0].update(text="<!channel>"),
    "rich text that mentions": lambda b: of(b, "rich_text")["elements"].append(
        {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "channel"}]}
    ),
    "rich text without anything": lambda b: of(b, "rich_text").update(elements=[]),
    "more than Slack takes in all": lambda b: of(b, "rich_text")["elements"].append(
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "x" * 9000}]}
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_message_is_found(name: str, words: Words) -> None:
    sent = slack.render(message("trip", words))
    BROKEN[name](sent["blocks"])
    assert [*slack_rules.broken(sent), *slackblocks_oracle.refusals(sent)]


@pytest.mark.parametrize("state", STATES)
def test_the_models_of_others_take_the_digest_of_every_state(state: str, words: Words) -> None:
    sent = slack.render(digest.build(STATES[state](), words))
    assert slackblocks_oracle.refusals(sent) == []
