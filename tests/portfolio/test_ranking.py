"""Which company stands worse than which, and what the digest of very many says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.messages import Lines
from monitor.core.portfolio import Board, Figure, PortfolioLine, Standing, board, line, unreadable
from monitor.core.types import Band, Snapshot, State
from monitor.render import portfolio, slack, text
from monitor.render.words import Words
from tests.render import slack_rules
from tests.render.snapshots import STATES

DAY = date(2026, 9, 27)


def figures(broken: int, warned: int, unread: int = 0) -> tuple[Figure, ...]:
    bands = [Band.BREAKAGE] * broken + [Band.WARNING] * warned + [Band.NO_DATA] * unread
    return tuple(Figure(f"Indicator {at}", "1.0x", band) for at, band in enumerate(bands))


LINES = [
    PortfolioLine("long paused", Standing.PAUSED, DAY, days=90),
    PortfolioLine("paused", Standing.PAUSED, DAY, days=7, figures=figures(2, 0)),
    PortfolioLine("paused too", Standing.PAUSED, DAY, days=7, figures=figures(1, 3)),
    PortfolioLine("two broken", Standing.BREAKAGE, DAY, figures=figures(2, 0)),
    PortfolioLine("one broken, warned", Standing.BREAKAGE, DAY, figures=figures(1, 2)),
    PortfolioLine("one broken", Standing.BREAKAGE, DAY, figures=figures(1, 0)),
    PortfolioLine("two warnings", Standing.WARNING, DAY, figures=figures(0, 2)),
    PortfolioLine("a warning", Standing.WARNING, DAY, figures=figures(0, 1)),
    PortfolioLine("B warning", Standing.WARNING, DAY, figures=figures(0, 1)),
    PortfolioLine("no verdict", Standing.NO_VERDICT, DAY, figures=figures(0, 0, 4)),
    unreadable("unreadable", "because"),
    PortfolioLine("healthy", Standing.HEALTHY, DAY),
]


@given(st.permutations(LINES))
def test_the_worst_comes_first_however_they_come_in(lines: list[PortfolioLine]) -> None:
    assert list(board("All", DAY, lines).lines) == LINES


@pytest.mark.parametrize(
    ("state", "standing", "days"),
    [
        ("healthy", Standing.HEALTHY, 0),
        ("tripped", Standing.PAUSED, None),
        ("override_in_force", Standing.PAUSED, None),
        ("no_data", Standing.NO_VERDICT, 0),
    ],
)
def test_a_run_stands_as_its_breaker_and_readings_say(state: str, standing: Standing, days: int | None) -> None:
    seen = STATES[state]()
    found = line(seen)
    since = seen.breaker.since
    assert found.standing is standing
    assert found.days == ((seen.as_of - since).days if days is None and since else 0)


def _armed(seen: Snapshot) -> Snapshot:
    return replace(seen, breaker=replace(seen.breaker, state=State.ARMED, hiring_paused=False, tripped_by=()))


def test_what_does_not_fit_is_no_breakage_and_no_health_either() -> None:
    seen = _armed(STATES["tripped"]())
    assert line(seen).standing is Standing.BREAKAGE
    unfit = replace(seen, indicators=tuple(replace(each, fits_definition=False) for each in seen.indicators))
    assert line(unfit).standing is Standing.NO_VERDICT and line(unfit).unfit and not line(unfit).figures


def test_a_trip_of_this_week_is_a_change_and_an_old_one_is_not() -> None:
    seen = STATES["tripped"]()
    fresh = replace(seen, breaker=replace(seen.breaker, since=seen.as_of - timedelta(days=6)))
    old = replace(seen, breaker=replace(seen.breaker, since=seen.as_of - timedelta(days=7)))
    assert ["tripped" in [change.kind for change in line(each).changes] for each in (fresh, old)] == [True, False]


def thousand() -> Board:
    kinds = [*LINES, *[replace(LINES[-1])] * 8]
    return board("All", DAY, (replace(kinds[at % 20], company=f"{'W' * 60} {at}") for at in range(1000)))


def test_a_thousand_companies_fit_in_one_message_and_nobody_is_left_uncounted(words: Words) -> None:
    message = portfolio.digest(thousand(), words)
    drawn = slack.render(message)
    assert slack_rules.broken(drawn) == [] and "do not fit" not in json.dumps(drawn)
    shown = text.render(message)
    assert "Hiring is paused at 150 of 1,000 companies; 150 more in breakage; 100 without a verdict" in shown
    assert "435 more: 135 paused, 150 in breakage, 150 with a warning." in shown
    assert " ".join(shown.split()).count(" and 40 more: ") == 2 and "and 410 more" in shown


def test_many_that_cannot_be_read_for_one_reason_are_told_in_one_line(words: Words) -> None:
    lines = [unreadable(f"C{at:02}", "the server is down" if at % 20 else "no such table") for at in range(40)]
    shown = text.render(portfolio.digest(board("All", DAY, lines), words))
    assert "C00, C20: no such table" in shown
    assert "C09, C10 and 28 more: the server is down" in " ".join(shown.split())


def test_what_did_not_arrive_makes_no_correction_of_the_readings(words: Words) -> None:
    def figures(extras: portfolio.Extras) -> list[object]:
        message = portfolio.digest(board("All", DAY, LINES), words, extras)
        return [message.headline, *(block for block in message.blocks if isinstance(block, Lines))]

    late = portfolio.Extras(undelivered=("Acme: the digest (to C1: Slack did not answer)",))
    assert figures(late) == figures(portfolio.NOTHING_MORE)
    assert "Acme: the digest (to C1" in text.render(portfolio.digest(board("All", DAY, LINES), words, late))


def test_a_breaker_that_tripped_after_the_last_day_is_paused_anew(words: Words) -> None:
    seen = STATES["tripped"]()
    found = line(replace(seen, breaker=replace(seen.breaker, since=seen.as_of + timedelta(days=2))))
    assert found.days == 0 and "paused anew" in text.render(portfolio.status(board("All", seen.as_of, [found]), words))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (LINES, "Hiring is paused at 3 of 12 companies; 3 more in breakage; 2 without a verdict"),
        (LINES[3:], "3 of 9 companies in breakage, none paused; 2 without a verdict"),
        (LINES[6:9], "3 of 3 companies with a warning, none in breakage"),
        (LINES[9:], "2 of 3 companies without a verdict; nothing in breakage where there is one"),
        (LINES[10:11], "None of 1 company could be read"),
        (LINES[11:], "All quiet: the one company is healthy"),
    ],
)
def test_the_headline_says_the_worst_and_counts(lines: list[PortfolioLine], said: str, words: Words) -> None:
    assert portfolio.digest(board("All", DAY, lines), words).headline == said


@pytest.fixture(scope="module")
def words() -> Words:
    return Words()
