"""What a digest says first, what it says changed, and what stays in view."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from monitor.core.types import Ahead, Band, Snapshot, State
from monitor.render import digest, html, slack, text
from monitor.render.situation import situation
from monitor.render.words import Words
from tests.render.snapshots import STATES, reading

FIRST = {
    "healthy": ("healthy", "All quiet"),
    "warning": ("warning", "Warning: pipeline coverage"),
    "first_breakage": ("first_breakage", "one more and hiring pauses"),
    "on_course": ("on_course", "On course to trip on 7 Oct 2026"),
    "tripped": ("tripped", "broke 2 quarters running"),
    "acknowledged": ("tripped", "Mid-market hiring is paused"),
    "override_asked": ("override_asked", "1 of 2 approvals"),
    "override_in_force": ("override", "Override until 31 Dec 2026: hiring is open"),
    "recovering": ("recovering", "hiring stays paused until an approver confirms"),
    "recovered": ("recovered", "open again since 24 Sep 2026"),
    "stale": ("stale", "nothing newer than 12 Sep 2026"),
    "unsynced": ("stale", "(last sync Mon 14 Sep 2026 06:05): no verdict"),
    "no_data": ("nothing", "No reading can be made yet"),
    "thin": ("unfit", "the definition does not fit"),
    "missing_tables": ("incomplete", "no reading for 3 indicators"),
}


@pytest.mark.parametrize("state", FIRST)
def test_the_headline_says_the_state_and_the_one_thing_to_know(state: str, words: Words) -> None:
    name, said = FIRST[state]
    assert situation(STATES[state]()).name == name
    assert said in digest.build(STATES[state](), words).headline


def test_stale_data_are_said_before_anything_else_even_a_pause(words: Words) -> None:
    tripped = STATES["tripped"]()
    both = replace(tripped, data=replace(tripped.data, stale=True))
    assert digest.build(both, words).headline.startswith("Data are stale")
    assert digest.build(both, words).headline.endswith("mid-market hiring is paused")


def test_a_tripped_breaker_outweighs_what_lies_ahead(words: Words) -> None:
    ahead = (Ahead("on_course", "cac_payback", "CAC payback is on course to trip", "", date(2026, 10, 7)),)
    assert situation(replace(STATES["tripped"](), ahead=ahead)).name == "tripped"


def test_the_nearest_of_two_trips_is_the_headline(words: Words) -> None:
    later = Ahead("on_course", "cac_payback", "", "", date(2027, 1, 7))
    both = replace(STATES["on_course"](), ahead=(later, *STATES["on_course"]().ahead))
    assert "7 Oct 2026: pipeline coverage" in digest.build(both, words).headline


def test_a_pause_without_a_running_streak_waits_for_recovery(words: Words) -> None:
    tripped = STATES["tripped"]()
    calm = replace(tripped, indicators=tuple(replace(view, streak=0) for view in tripped.indicators))
    assert (
        digest.build(calm, words).headline
        == "Mid-market hiring stays paused until win rate trend and AE attainment recover"
    )


def test_an_old_recovery_is_no_longer_the_headline(words: Words) -> None:
    old = STATES["recovered"]()
    old = replace(old, breaker=replace(old.breaker, recovered_on=old.as_of - timedelta(days=14)))
    assert situation(old).name == "healthy"


def test_an_override_names_who_why_and_until_when(words: Words) -> None:
    said = text.render(digest.build(STATES["override_in_force"](), words))
    assert "Override by Dana Ruiz and Li Wei until 31 Dec 2026: Two signed enterprise pilots need an owner" in said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("warning", "Pipeline coverage went from healthy to warning: 4.05x to 3.72x."),
        ("healthy", "Moved within a band: pipeline coverage 4.55x to 4.42x"),
        ("stale", "Can no longer be read: pipeline coverage (was 4.55x)"),
        ("no_data", "This is the first week"),
        ("tripped_this_week", "The breaker tripped on 24 Sep 2026: mid-market hiring is paused."),
        ("tripped_this_week", "FY2026-Q2 was sealed: pipeline coverage 3.67x warning"),
        ("recovered", "The breaker recovered on 24 Sep 2026"),
        ("dirty", "FY2026-Q2 pipeline coverage was sealed at 4.35x, healthy; with today's data it would read 3.62x"),
        ("dirty", "opportunities (17 closed before created, 2 negative amount); quotas (1 unreadable date)"),
        ("dirty", "12 deals worth 340,000 USD"),
        ("missing_tables", "Missing tables: quotas and spend."),
        ("thin", "No verdict on win rate trend: 11 decided deals, 30 are needed."),
        ("thin", "≈3.31x"),
        ("tripped", "Retrain AEs on the SMB motion: open, no owner yet, due 21 Oct 2026"),
        ("tripped", "doing, Li Wei, due 22 May 2026 (late)"),
    ],
)
def test_the_digest_says(state: str, said: str, words: Words) -> None:
    rows = text.render(digest.build(STATES[state](), words))
    assert said in " ".join(rows.split())


def test_a_reading_that_comes_back_is_a_change(words: Words) -> None:
    healthy = STATES["healthy"]()
    view = healthy.indicators[0]
    back = replace(view, weeks=(*view.weeks[:-2], reading(view.key, None), view.weekly))
    said = text.render(digest.build(replace(healthy, indicators=(back, *healthy.indicators[1:])), words))
    assert "Pipeline coverage can be read again: 4.42x, healthy." in said


@pytest.mark.parametrize("band", Band)
def test_a_status_is_a_word_and_a_mark_on_every_surface(band: Band, words: Words) -> None:
    message = digest.build(with_band(STATES["healthy"](), band), words)
    word = {"no_data": "no data"}.get(band.value, band.value)
    mark = {"healthy": "●", "warning": "▲", "breakage": "✕", "no_data": "○"}[band.value]
    assert f"{word} {mark}" in text.render(message)
    assert f"{word} {mark}" in html.render(message, words)
    assert f"{word} {mark}" in str(slack.render(message))


def with_band(snapshot: Snapshot, band: Band) -> Snapshot:
    view = snapshot.indicators[0]
    weekly = replace(view.weekly, band=band)
    return replace(snapshot, indicators=(replace(view, weekly=weekly), *snapshot.indicators[1:]))


def test_a_breaker_that_recovers_by_approval_says_who_must_act(words: Words) -> None:
    said = text.render(digest.build(STATES["recovering"](), words))
    assert STATES["recovering"]().breaker.state is State.RECOVERING
    assert "A named approver has to confirm before hiring opens." in said
