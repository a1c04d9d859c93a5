"""`explain` shows what it is told, once, and in words."""

from __future__ import annotations

import re
from dataclasses import replace

from monitor.core.types import LeftOutView, Weighing
from monitor.render import explain, text
from monitor.render.words import Words
from tests.render import answers


def test_the_bridge_leads_from_last_week_to_this_week(words: Words) -> None:
    rows = text.render(explain.build(answers.coverage(), words)).splitlines()
    start = rows.index("From last week to this week")
    assert [row.split()[0] for row in rows[start + 2 : start + 9]] == [
        "Last", "created", "won", "lost", "aged", "re-amounted", "This"
    ]  # fmt: skip


def test_a_bar_is_as_long_as_its_step_weighs(words: Words) -> None:
    said = text.render(explain.build(answers.coverage(), words))
    bars = [row.count("█") for row in said.splitlines() if "█" in row]
    assert bars == [16, 8, 10, 5, 2]


def test_days_and_reasons_are_written_for_people(words: Words) -> None:
    weighing = Weighing("Deals", ("Deal", "Closed"), (("Renewal 2026-04-07", "2026-04-07 won"),))
    told = replace(answers.coverage(), weighs=(weighing,), left_out=(LeftOutView("too_old", 3, "1,000"),))
    said = text.render(explain.build(told, words))
    assert "Renewal 2026-04-07  7 Apr 2026 won" in said
    assert "too old" in said


def test_a_note_that_comes_twice_is_said_once(words: Words) -> None:
    note = "3 open deals have no amount and add nothing"
    said = text.render(explain.build(replace(answers.coverage(), notes=(note,)), words))
    assert said.count(note) == 1


def test_an_indicator_that_cannot_be_read_says_why_first(words: Words) -> None:
    said = explain.build(answers.unread(), words)
    assert said.headline == "CAC payback cannot be read: no spend row for Sep 2026"
    assert "There is no reading last week to compare with." in text.render(said)


def test_a_week_in_which_nothing_moved_has_both_its_ends(words: Words) -> None:
    still = replace(answers.coverage(), bridge=(), bridge_from="3.42x", bridge_to="3.42x")
    said = text.render(explain.build(still, words))
    assert re.findall(r"(Last week|This week) +3\.42x", said) == ["Last week", "This week"]
    assert "no reading last week" not in said
