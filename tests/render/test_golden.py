"""Every message in every state, held against a file that somebody has looked at."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from monitor.core.messages import Message
from monitor.render import backtest, digest, explain, history, html, neutral, slack, status, status_json, text
from monitor.render.words import Words
from tests.render import answers
from tests.render.snapshots import STATES

Golden = Callable[[str, str], None]
DRAWN = ("healthy", "tripped", "override_in_force", "dirty", "hostile")
"""States that are kept in every format; the others as text, which shows all of their words."""


def others(words: Words) -> dict[str, Message]:
    """The messages besides the digest."""
    tripped, dirty = STATES["tripped"](), STATES["dirty"]()
    return {
        "status-tripped": status.build(tripped, words),
        "status-no_data": status.build(STATES["no_data"](), words),
        "history-all": history.build(tripped, None, words),
        "history-coverage": history.build(dirty, "pipeline_coverage", words),
        "history-no_data": history.build(STATES["no_data"](), "attainment", words),
        "explain-coverage": explain.build(answers.coverage(), words),
        "explain-unread": explain.build(answers.unread(), words),
        "explain-hostile": explain.build(answers.hostile(), words),
        "backtest-trap": backtest.build(answers.trap(), words),
        "backtest-untold": backtest.build(answers.untold(), words),
    }


NAMES = tuple(others(Words()))


@pytest.mark.parametrize("state", STATES)
def test_the_digest_of_a_state_reads_as_looked_at(state: str, words: Words, golden: Golden) -> None:
    golden(f"digest-{state}.txt", text.render(digest.build(STATES[state](), words)))


@pytest.mark.parametrize("state", DRAWN)
def test_the_digest_of_a_state_is_drawn_as_looked_at(state: str, words: Words, golden: Golden) -> None:
    message = digest.build(STATES[state](), words)
    golden(f"digest-{state}.html", html.render(message, words))
    golden(f"digest-{state}.slack.json", json.dumps(slack.render(message), indent=1) + "\n")


@pytest.mark.parametrize("name", NAMES)
def test_every_other_message_reads_as_looked_at(name: str, words: Words, golden: Golden) -> None:
    message = others(words)[name]
    golden(f"{name}.txt", text.render(message))
    golden(f"{name}.slack.json", json.dumps(slack.render(message), indent=1) + "\n")


def test_colour_and_ascii_are_the_same_message_in_other_clothes(words: Words, golden: Golden) -> None:
    message = digest.build(STATES["tripped"](), words)
    golden("digest-tripped.ansi.txt", text.render(message, colour=True))
    golden("digest-tripped.ascii.txt", text.render(message, unicode=False))


def test_the_neutral_message_and_the_status_document_stay_as_they_are(words: Words, golden: Golden) -> None:
    golden("digest-tripped.json", neutral.render(digest.build(STATES["tripped"](), words)) + "\n")
    golden("status-thin.json", json.dumps(status_json.document(STATES["thin"]()), indent=1) + "\n")
