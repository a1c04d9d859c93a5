"""Alerts: the headline says the state, the first lines who can do what, and only what can be done has a button."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from monitor.core.messages import Actions, Button, Lines, Message, Paragraph, Table, Trend, plain
from monitor.core.notices import ACTS, Notice
from monitor.core.routes import AUDIENCES
from monitor.errors import ConfigError
from monitor.render import html, notices, slack, text
from monitor.render.situation import headline
from monitor.render.words import Words
from tests.render import slack_rules, slackblocks_oracle
from tests.render.alerts import DASHBOARD, DAY, INCIDENT, KINDS, TOLD, message, notice, revision, state
from tests.render.snapshots import STATES

Golden = Callable[[str, str], None]
PAIRS = tuple(combinations([view.key for view in STATES["tripped"]().indicators], 2))
REVISED = {
    "trip": ("acknowledged", ("ack", "override")),
    "override_asked": ("override_in_force", ("approve", "override")),
    "reminder": ("recovered", ACTS),
    "recovering": ("resumed", ACTS),
}


def buttons(said: Message) -> list[Button]:
    return [button for block in said.blocks if isinstance(block, Actions) for button in block.buttons]


def actions(said: Message) -> list[str]:
    return [button.action for button in buttons(said)]


def opening(said: Message) -> list[str]:
    return [plain(line) for block in said.blocks if isinstance(block, Lines) for line in block.items]


def paragraphs(said: Message) -> list[str]:
    return [plain(block.line) for block in said.blocks if isinstance(block, Paragraph)]


@pytest.mark.parametrize("name", TOLD)
def test_every_alert_reads_as_looked_at(name: str, words: Words, golden: Golden) -> None:
    golden(f"alert-{name}.txt", text.render(message(name, words)))
    golden(f"mail-{name}.txt", text.render(message(name, words, "leadership")))


@pytest.mark.parametrize("name", TOLD)
def test_every_alert_is_drawn_as_looked_at(name: str, words: Words, golden: Golden) -> None:
    golden(f"alert-{name}.slack.json", json.dumps(slack.render(message(name, words)), indent=1) + "\n")
    golden(f"mail-{name}.html", html.render(message(name, words, "leadership"), words))


@pytest.mark.parametrize("name", REVISED)
def test_every_settled_alert_is_as_looked_at(name: str, words: Words, golden: Golden) -> None:
    act, drop = REVISED[name]
    settled = notices.revised(message(name, words), revision(act, drop=drop), DAY, words)
    golden(f"alert-{name}-{act}.txt", text.render(settled))
    golden(f"alert-{name}-{act}.slack.json", json.dumps(slack.render(settled), indent=1) + "\n")


@pytest.mark.parametrize("audience", [*AUDIENCES, "webhook"])
@pytest.mark.parametrize("name", TOLD)
def test_slack_takes_every_alert_and_its_headline_stands_by_itself(name: str, audience: str, words: Words) -> None:
    said = message(name, words, audience)
    sent = slack.render(said)
    assert slack_rules.broken(sent) == []
    assert slackblocks_oracle.refusals(sent) == []
    assert len(said.headline) < 100
    assert sent["blocks"][0]["text"]["text"] == said.headline


@pytest.mark.parametrize("pair", PAIRS, ids="+".join)
@pytest.mark.parametrize("name", TOLD)
def test_no_headline_of_two_indicators_is_cut(name: str, pair: tuple[str, str], words: Words) -> None:
    said = notices.build(replace(notice(name), about=pair), state(name), words, "alert")
    assert "…" not in said.headline


def test_there_is_an_alert_of_every_kind_that_the_core_tells() -> None:
    told = (Notice.__doc__ or "").partition("`kind`: ")[2].partition(". `about`")[0]
    assert set(told.replace("\n", " ").replace(" ", "").split(",")) - {"digest"} == {*KINDS}


@pytest.mark.parametrize("audience", ["leadership", "board"])
@pytest.mark.parametrize("name", sorted(set(TOLD) - {"win", "win.quiet"}))
def test_a_mail_says_in_four_lines_what_happened_what_is_paused_who_can_act_and_what_is_next(
    name: str, audience: str, words: Words
) -> None:
    said = message(name, words, audience)
    labels = [line.partition(":")[0] for line in opening(said)]
    assert labels == ["What happened", "What is paused", "Who can do what", "What happens next"]
    assert all(line.partition(": ")[2] for line in opening(said))
    assert not buttons(said)
    kinds = [type(block) for block in said.blocks]
    assert (Table in kinds and Trend in kinds) is (state(name) is not None)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("warning", "Warning: pipeline coverage at 3.72x; mid-market hiring is open"),
        ("breakage.while_paused", "In breakage this week: pipeline coverage at 3.21x; hiring is paused"),
        ("on_course", "On course to trip on 7 Oct 2026: pipeline coverage; hiring is still open"),
        ("trip", "Mid-market hiring is paused: win rate trend and AE attainment broke 2 quarters running"),
        ("trip.first_start", "Mid-market hiring starts paused, since 7 Jul 2026: "),
        ("joined", "Pipeline coverage broke too; mid-market hiring stays paused"),
        ("reminder", "Mid-market hiring has been paused for 5 days; nobody has acknowledged it"),
        ("reminder.override", "The breaker has been tripped for 10 days; nobody has acknowledged it"),
        ("standing", "Mid-market hiring is still paused after 14 days: "),
        ("override_asked", "Dana Ruiz asks for an override until 31 Dec 2026; mid-market hiring stays paused"),
        ("override_approved", "Li Wei agrees to the override, 1 of 2 approvals; hiring stays paused"),
        ("override_in_force", "Override until 31 Dec 2026: hiring is open although "),
        ("override_ending", "The override ends on 31 Dec 2026; mid-market hiring is paused again after that"),
        ("override_ended", "The override has ended; mid-market hiring is paused again"),
        ("override_ended.lapsed", "The override lapsed without enough approvals; mid-market hiring stays paused"),
        ("recovering", "recovered; hiring stays paused until an approver confirms"),
        ("recovered", "Mid-market hiring is open again: win rate trend and AE attainment recovered"),
        ("violation", "Violation: requisition R-17 went ahead while mid-market hiring is paused"),
        ("problem", "The data are stale: no verdict until newer ones come; hiring is open"),
        ("problem.unreadable", "The data cannot be read: no new verdict; hiring stays as it was"),
        ("problem.lasting", "The table quotas is missing for 7 days; hiring is open"),
        ("mended", "Mended: the table spend is there again"),
    ],
)
def test_the_headline_says_the_state_and_the_one_thing_to_know(name: str, said: str, words: Words) -> None:
    assert said in message(name, words).headline


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("trip", "AE attainment 59.0 % in FY2026-Q1 and 55.0 % in FY2026-Q2"),
        ("trip", "no requisition is opened or moved to offer"),
        ("trip", "Leadership can acknowledge it, which ends the reminders; an approver can ask for an override"),
        ("trip", "AE attainment recovers on 7 Oct 2026 at the earliest"),
        ("trip", "The checklist back into SMB has 2 open steps."),
        ("on_course", "To keep FY2026-Q3 out of breakage: an open pipeline of 1,612,000 by 30 Sep 2026"),
        ("breakage", "went from warning to breakage in the week to Sun 27 Sep 2026: 3.21x (healthy from 4.0x"),
        ("standing", "Dana Ruiz has acknowledged it."),
        ("override_asked", "Dana Ruiz asks to open mid-market hiring until 31 Dec 2026: Two signed enterprise pilots"),
        ("override_asked", "One more approver has to agree before hiring opens"),
        (
            "override_in_force",
            "Dana Ruiz and Li Wei agreed to the override: Two signed enterprise pilots need an owner",
        ),
        ("override_in_force", "The pause is back after 31 Dec 2026 unless the indicators recover before."),
        ("recovered.confirmed", "Ada Marsh confirmed the recovery: Seen and agreed with sales"),
        ("violation", "Mid-market requisition R-17 opened on 22 Sep 2026 while hiring is paused."),
        ("problem.unreadable", "data/opportunities.csv, line 3: 4 fields where 9 are needed"),
        ("problem.unreadable", "Nothing changes: what was paused stays paused."),
    ],
)
def test_a_mail_says(name: str, said: str, words: Words) -> None:
    assert said in " ".join(opening(message(name, words, "leadership")))


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("trip", ["ack", "override", "explain", "checklist", "dashboard"]),
        ("standing", ["override", "explain", "checklist", "dashboard"]),
        ("reminder.override", ["ack", "explain", "checklist", "dashboard"]),
        ("override_asked", ["approve", "explain", "dashboard"]),
        ("override_in_force", ["checklist", "dashboard"]),
        ("recovering", ["resume", "explain", "dashboard"]),
        ("recovered", ["explain", "dashboard"]),
        ("on_course", ["explain", "dashboard"]),
        ("problem.unreadable", ["dashboard"]),
        ("win", ["explain", "dashboard"]),
    ],
)
def test_a_button_is_there_for_what_can_be_done_now(name: str, there: list[str], words: Words) -> None:
    for audience in ("digest", "alert", "owner"):
        assert actions(message(name, words, audience)) == there


def test_a_button_names_what_it_is_done_to(words: Words) -> None:
    values = {button.action: (button.value, button.url) for button in buttons(message("trip", words))}
    assert values == {
        "ack": (INCIDENT, ""),
        "override": (INCIDENT, ""),
        "explain": ("attainment", ""),
        "checklist": (INCIDENT, ""),
        "dashboard": ("", DASHBOARD),
    }


@pytest.mark.parametrize(("name", "action"), [("trip", "ack"), ("override_asked", "approve"), ("recovering", "resume")])
def test_an_act_that_a_click_alone_does_asks_first(name: str, action: str, words: Words) -> None:
    asked = {button.action: button.confirm for button in buttons(message(name, words))}
    assert asked[action] is not None
    assert [name for name, confirm in asked.items() if confirm] == [action]


def test_without_a_dashboard_no_button_leads_there(words: Words) -> None:
    assert "dashboard" not in actions(notices.build(notice("trip"), state("trip"), words, "alert"))


@pytest.mark.parametrize("name", ["win", "win.quiet"])
def test_a_win_stands_below_the_panel_under_the_headline_of_smb(name: str, words: Words) -> None:
    said, seen = message(name, words), state(name)
    assert seen is not None
    assert (said.headline, said.tone) == headline(seen, words, "alert")
    kinds = [type(block) for block in said.blocks]
    won = next(at for at, block in enumerate(said.blocks) if "250,000 USD" in str(block))
    assert kinds.index(Table) < won
    assert "250,000" not in said.headline


def test_only_the_panel_of_smb_is_in_an_alert(words: Words) -> None:
    tables = [block for block in message("trip", words).blocks if isinstance(block, Table)]
    assert [plain(row.cells[0].line) for row in tables[0].rows] == [
        "Pipeline coverage",
        "Win rate trend",
        "AE attainment",
        "CAC payback",
    ]


def test_an_acknowledged_alert_says_by_whom_and_keeps_what_can_still_be_done(words: Words) -> None:
    settled = notices.revised(message("trip", words), revision("acknowledged", drop=("ack", "override")), DAY, words)
    assert paragraphs(settled)[0] == "Acknowledged by Ada Marsh on 9 Jul 2026."
    assert actions(settled) == ["explain", "checklist", "dashboard"]
    assert [line.partition(":")[0] for line in opening(settled)][:2] == ["What happened", "What is paused"]
    assert "can acknowledge it" not in text.render(settled)


def test_an_alert_is_settled_once_however_often_it_is_told(words: Words) -> None:
    once = notices.revised(message("trip", words), revision("acknowledged"), DAY, words)
    assert notices.revised(once, revision("acknowledged"), DAY, words) == once


def test_what_is_over_no_longer_says_that_hiring_is_paused(words: Words) -> None:
    acknowledged = notices.revised(message("trip", words), revision("acknowledged", drop=("ack",)), DAY, words)
    over = notices.revised(acknowledged, revision("recovered", "smb-monitor"), DAY, words)
    assert paragraphs(over)[:2] == [
        "Recovered on 9 Jul 2026. This is dealt with.",
        "Acknowledged by Ada Marsh on 9 Jul 2026.",
    ]
    assert "What is paused" not in text.render(over)
    assert not set(actions(over)) & set(ACTS)


def test_every_alert_can_be_told_when_nothing_can_be_read(words: Words) -> None:
    for name in TOLD:
        said = notices.build(notice(name), None, words, "alert", DASHBOARD)
        assert said.headline and slack_rules.broken(slack.render(said)) == []


@pytest.mark.parametrize("audience", ["alert", "board"])
@pytest.mark.parametrize("name", [name for name in TOLD if TOLD[name][0]])
def test_every_alert_names_the_run_and_the_day_that_it_is_drawn_from(name: str, audience: str, words: Words) -> None:
    seen = state(name)
    assert seen is not None
    said = text.render(notices.build(notice(name), replace(seen, run="7c0ffee1"), words, audience))
    assert "run 7c0ffee1" in said
    assert "As of Sun 27 Sep 2026" in said


def test_a_company_changes_the_words_of_an_alert_and_its_buttons(tmp_path: Path) -> None:
    own = '{% extends "default/alert.j2" %}{% block title_trip %}Stop: {{ super() }}{% endblock %}'
    (tmp_path / "alert.j2").write_text(own + "{% block button_ack %}Seen{% endblock %}", encoding="utf-8")
    words = Words((tmp_path,))
    words.check()
    said = message("trip", words)
    assert said.headline.startswith("Stop: Mid-market hiring is paused")
    assert buttons(said)[0].label == "Seen"


def test_a_question_that_lacks_an_answer_is_told_by_name(tmp_path: Path) -> None:
    own = '{% extends "default/alert.j2" %}{% block confirm_ack %}Sure? | Yes{% endblock %}'
    (tmp_path / "alert.j2").write_text(own, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"alert.j2, block `confirm_ack`: 4 titles are needed"):
        message("trip", Words((tmp_path,)))
