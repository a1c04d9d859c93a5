"""What a digest says about itself: late, missed, corrected, undelivered, when the next ones come, what can be done."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.core.messages import Actions, Paragraph, Trend, plain
from monitor.render import digest, html, slack, text
from monitor.render.digest import Extras
from monitor.render.words import Words
from tests.render import slack_rules, slackblocks_oracle
from tests.render.snapshots import HOSTILE_NAMES, STATES

Golden = Callable[[str, str], None]
NEW_YORK = ZoneInfo("America/New_York")
DUE = datetime(2026, 9, 28, 8, 0, tzinfo=NEW_YORK)
NEXT = tuple(datetime(2026, 10, day, 8, 0, tzinfo=NEW_YORK) for day in (5, 12, 19))
ALL = Extras(
    late_since=DUE,
    missed=(date(2026, 9, 13), date(2026, 9, 20)),
    undelivered=("Mid-market hiring is paused (to Ada Marsh: 550 no such user)",),
    next_times=NEXT,
    corrected=True,
    guardrails=("An AE moved to mid-market before 12 months of quota: 1 since 2026-09-20.",),
    dashboard="https://monitor.example/",
)


def rows(extras: Extras, state: str = "tripped") -> str:
    return " ".join(text.render(digest.build(STATES[state](), Words(), extras)).split())


def actions(state: str, extras: Extras = ALL) -> list[str]:
    blocks = digest.build(STATES[state](), Words(), extras).blocks
    return [button.action for block in blocks if isinstance(block, Actions) for button in block.buttons]


def concerned(state: str) -> list[str]:
    blocks = digest.build(STATES[state](), Words()).blocks
    return [block.title for block in blocks if isinstance(block, Trend)]


@pytest.mark.parametrize("state", ["tripped", "healthy"])
def test_a_digest_with_everything_to_say_about_itself_is_as_looked_at(state: str, words: Words, golden: Golden) -> None:
    message = digest.build(STATES[state](), words, ALL)
    golden(f"digest-{state}-extras.txt", text.render(message))
    golden(f"digest-{state}-extras.html", html.render(message, words))
    golden(f"digest-{state}-extras.slack.json", json.dumps(slack.render(message), indent=1) + "\n")


@pytest.mark.parametrize(
    ("extras", "said"),
    [
        (Extras(late_since=DUE), "Late: this digest was due on Mon 28 Sep 2026 08:00."),
        (Extras(missed=(date(2026, 9, 20),)), "No digest was sent for the week to 20 Sep 2026: "),
        (Extras(missed=ALL.missed), "No digest was sent for the weeks to 13 Sep 2026, 20 Sep 2026: "),
        (Extras(corrected=True), "Corrected: this digest was sent before with other readings"),
        (Extras(undelivered=ALL.undelivered), "Not delivered • Mid-market hiring is paused (to Ada Marsh: 550 no such"),
        (
            Extras(guardrails=ALL.guardrails),
            "Guardrails • An AE moved to mid-market before 12 months of quota: 1 since 20",
        ),
        (
            Extras(next_times=NEXT),
            "Next digests: Mon 5 Oct 2026 08:00, Mon 12 Oct 2026 08:00, Mon 19 Oct 2026 08:00 (America/New_York).",
        ),
    ],
)
def test_a_digest_says_of_itself(extras: Extras, said: str) -> None:
    assert said in rows(extras)
    assert said not in rows(Extras())


def test_what_sets_a_digest_apart_stands_first_and_leaves_its_headline_alone(words: Words) -> None:
    message = digest.build(STATES["tripped"](), words, ALL)
    first = [plain(block.line).partition(":")[0] for block in message.blocks[:3] if isinstance(block, Paragraph)]
    assert first == ["Corrected", "Late", "No digest was sent for the weeks to 13 Sep 2026, 20 Sep 2026"]
    assert message.headline == digest.build(STATES["tripped"](), words).headline


@pytest.mark.parametrize(
    ("state", "title"),
    [
        ("healthy", "Pipeline coverage, 13 weeks"),
        ("recovered", "Pipeline coverage, 13 weeks"),
        ("on_course", "Pipeline coverage, 13 weeks"),
        ("tripped", "AE attainment, 13 weeks"),
        ("no_data", "Pipeline coverage, 1 week"),
    ],
)
def test_the_trend_is_of_the_indicator_that_the_headline_is_about(state: str, title: str) -> None:
    assert concerned(state) == [title]


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ("healthy", ["explain", "dashboard"]),
        ("tripped", ["explain", "checklist", "dashboard"]),
        ("override_in_force", ["explain", "checklist", "dashboard"]),
    ],
)
def test_a_digest_can_be_looked_into(state: str, there: list[str]) -> None:
    assert actions(state) == there
    assert "dashboard" not in actions(state, Extras())


def test_what_a_digest_says_of_itself_is_text_whatever_it_holds(words: Words) -> None:
    extras = Extras(undelivered=HOSTILE_NAMES, guardrails=HOSTILE_NAMES, dashboard=HOSTILE_NAMES[0])
    sent = slack.render(digest.build(STATES["hostile"](), words, extras))
    assert slack_rules.broken(sent) == []
    assert slackblocks_oracle.refusals(sent) == []
