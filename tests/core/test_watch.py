"""What nobody was told yet: crossings said once however a band wavers, courses, trouble with the data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from monitor.core.facts import Deal
from monitor.core.plan import NewEvent
from monitor.core.types import Ahead, Band, Snapshot, State
from monitor.core.watch import large_wins, sightings, unreadable, wins_from
from tests.render.snapshots import STATES

WEEK = timedelta(days=7)
BANDS = {"H": Band.HEALTHY, "W": Band.WARNING, "B": Band.BREAKAGE, "N": Band.NO_DATA}
START = date(2026, 1, 4)
KEY = "attainment"


def company(story: str, **data: object) -> Snapshot:
    """A company whose attainment went through the bands of `story`, a letter a week; all else is as it was."""
    quiet = STATES["healthy"]()
    views = []
    for view in quiet.indicators:
        weeks = tuple(
            replace(view.weekly, as_of=START + at * WEEK, band=BANDS[letter]) for at, letter in enumerate(story)
        )
        views.append(replace(view, weeks=weeks if view.key == KEY else (), weekly=weeks[-1], fits_definition=True))
    breaker = replace(quiet.breaker, watch_from="FY2026-Q1")
    shown = replace(quiet.data, stale=False, missing=())
    seen = replace(quiet, as_of=START + (len(story) - 1) * WEEK, indicators=tuple(views), breaker=breaker, ahead=())
    return replace(seen, data=replace(shown, **data))  # type: ignore[arg-type]


def looked(story: str, steps: list[int] | None = None) -> list[NewEvent]:
    """The log after looking at each week in turn (or at the given ones only)."""
    log: list[NewEvent] = []
    for weeks in steps or range(1, len(story) + 1):
        log += look(company(story[:weeks]), log)
    return log


def look(seen: Snapshot, log: list[NewEvent]) -> tuple[NewEvent, ...]:
    settled = {view.key: frozenset(week.as_of for week in view.weeks) for view in seen.indicators}
    return sightings(seen, settled, log, seen.as_of)


def crossed(log: list[NewEvent]) -> str:
    return "".join(str(event.payload["band"])[0].upper() for event in log if event.kind == "crossed")


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("HHHH", ""),
        ("HHW", "W"),
        ("HHB", "B"),
        ("HWB", "WB"),
        ("HBWBWBWBWBWB", "B"),
        ("HBWW", "BW"),
        ("HBHH", "BH"),
        ("HBHW", "BW"),
        ("HBNNB", "B"),
        ("HNB", "B"),
        ("BBBB", ""),
        ("NNBB", ""),  # what stood before anything could be read is no crossing
    ],
)
def test_a_crossing_is_said_on_the_way_down_at_once_and_on_the_way_up_when_it_is_steady(
    story: str, expected: str
) -> None:
    assert crossed(looked(story)) == expected


def test_the_first_look_records_where_everything_stands_and_is_no_news() -> None:
    (event,) = looked("B")
    assert (event.kind, event.payload["bands"]) == ("watching", {KEY: "breakage"})


def test_a_second_look_at_the_same_week_sees_nothing_new() -> None:
    log = looked("HHB")
    assert look(company("HHB"), log) == ()


def test_after_a_long_absence_only_where_it_stands_is_said() -> None:
    assert crossed(looked("HWBWWHHB", steps=[1, 8])) == "B"
    assert crossed(looked("HBHH", steps=[1, 4])) == ""


def test_a_quarter_that_has_hardly_begun_alerts_nobody() -> None:
    log = looked("HH")
    assert sightings(company("HHB"), {view.key: frozenset() for view in company("H").indicators}, log, START) == ()


def test_a_course_is_said_once_for_each_quarter() -> None:
    log = looked("H")
    item = Ahead("on_course", KEY, "AE attainment is on course to trip", "reads 58 %", date(2026, 4, 7))
    seen = replace(company("HH"), ahead=(item,))
    log += look(seen, log)
    assert [event.payload["by"] for event in log if event.kind == "on_course"] == ["2026-04-07"]
    assert look(seen, log) == ()
    assert len(look(replace(seen, ahead=(replace(item, by=date(2026, 7, 7)),)), log)) == 1


def test_at_the_first_look_only_an_armed_breaker_has_a_course_that_is_news() -> None:
    item = Ahead("on_course", KEY, "AE attainment is on course to trip", "reads 58 %", date(2026, 4, 7))
    armed = replace(company("H"), ahead=(item,))
    assert [event.kind for event in look(armed, [])] == ["watching", "on_course"]
    tripped = replace(armed, breaker=replace(armed.breaker, state=State.TRIPPED))
    log = list(look(tripped, []))
    assert [event.kind for event in log] == ["watching"]
    assert look(tripped, log) == ()


def test_trouble_with_the_data_is_said_when_it_begins_and_when_it_ends() -> None:
    log = looked("H")
    for seen in (company("HN", stale=True), company("HNN", stale=True), company("HNNH")):
        log += look(seen, log)
    assert [(e.kind, e.payload["what"]) for e in log[1:]] == [("problem", "stale"), ("mended", "stale")]


def test_what_was_missing_from_the_start_is_no_news() -> None:
    seen = company("H", missing=("requisitions",))
    log = list(look(seen, []))
    assert look(replace(seen, as_of=seen.as_of + WEEK), log) == ()


def test_data_that_cannot_be_read_are_told_once_until_they_can() -> None:
    log = looked("H")
    log += unreadable("data/deals.csv: no such file", log, START)
    assert unreadable("data/deals.csv: still none", log, START + WEEK) == ()
    assert [event.kind for event in look(company("HH"), log)] == ["mended"]


def test_a_large_win_is_news_once_and_not_from_before_the_watch() -> None:
    log = looked("HHHH")
    won = [
        Deal("OPP-1", "Globex", "Dana", Decimal(180_000), START, START + WEEK, won=True),
        Deal("OPP-2", "Initech", "Dana", Decimal(40_000), START, START + WEEK, won=True),
    ]
    assert wins_from(log, START + 3 * WEEK) == START + WEEK
    found = list(large_wins(won, Decimal(100_000), log, "USD", START))
    assert [event.payload["amount"] for event in found] == ["180,000 USD"]
    assert "Globex" not in str(found)
    assert list(large_wins(won, Decimal(100_000), [*log, *found], "USD", START)) == []
