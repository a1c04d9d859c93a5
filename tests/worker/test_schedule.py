"""The schedule by the company's clock on the wall: clock changes, downtime, a clock that jumps, a moved schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.calendar import FiscalCalendar
from monitor.core.schedule import begun_after, due, moment, upcoming
from monitor.core.settings import Schedule

ZONES = (
    "America/New_York",
    "Europe/London",
    "America/Sao_Paulo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Pacific/Chatham",
)
MINUTE = timedelta(minutes=1)
CALENDAR = FiscalCalendar()
NEW_YORK = Schedule("America/New_York")


def local(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "day", "wall", "in_utc"),
    [
        (
            "America/New_York",
            "2026-03-08",
            "02:30",
            "2026-03-08T07:00",
        ),  # does not exist: first moment after, 03:00 EDT
        ("America/New_York", "2026-03-08", "03:00", "2026-03-08T07:00"),
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30"),  # comes twice: the first, in EDT
        ("America/New_York", "2026-11-01", "02:00", "2026-11-01T07:00"),
        ("Europe/London", "2026-03-29", "01:00", "2026-03-29T01:00"),
        ("Europe/London", "2026-03-29", "01:59", "2026-03-29T01:00"),
        ("Europe/London", "2026-10-25", "01:15", "2026-10-25T00:15"),
        ("America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00"),  # midnight itself does not exist
        ("America/Sao_Paulo", "2019-02-16", "23:30", "2019-02-17T01:30"),
        ("America/Sao_Paulo", "2026-11-01", "00:00", "2026-11-01T03:00"),  # no clock change any more
        ("Australia/Sydney", "2026-10-04", "02:30", "2026-10-03T16:00"),
        ("Australia/Sydney", "2026-04-05", "02:30", "2026-04-04T15:30"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),  # by half an hour
        ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
        ("Asia/Kolkata", "2026-03-08", "02:30", "2026-03-07T21:00"),  # never changes
        ("Pacific/Apia", "2011-12-30", "08:00", "2011-12-30T10:00"),  # a day that the country left out
        ("Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00"),
        ("Africa/Casablanca", "2026-03-22", "02:30", "2026-03-22T02:00"),  # Ramadan ends
        ("Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15T01:30"),  # and begins: comes twice
        ("Pacific/Chatham", "2026-09-27", "03:00", "2026-09-26T14:00"),
        ("Pacific/Chatham", "2026-04-05", "03:00", "2026-04-04T13:15"),
    ],
)
def test_a_time_that_is_left_out_comes_after_the_gap_and_one_that_comes_twice_counts_once(
    zone: str, day: str, wall: str, in_utc: str
) -> None:
    at = moment(date.fromisoformat(day), time.fromisoformat(wall), ZoneInfo(zone))
    assert at.astimezone(UTC) == datetime.fromisoformat(in_utc).replace(tzinfo=UTC)


def changes(zone: str) -> list[date]:
    """The local days around which the clock of a zone changes, in years with and without odd ones."""
    info, found = ZoneInfo(zone), []
    day = datetime(2011, 1, 1, tzinfo=UTC)
    while day.year < 2028:
        if day.astimezone(info).utcoffset() != (day + timedelta(days=1)).astimezone(info).utcoffset():
            found.append(day.astimezone(info).date())
        day += timedelta(days=1)
    return found or [date(2026, 3, 8)]


CHANGES = {zone: changes(zone) for zone in ZONES}


@given(st.data())
def test_a_slot_is_at_the_first_minute_at_which_the_wall_shows_its_time_or_more(data: st.DataObject) -> None:
    zone = data.draw(st.sampled_from(ZONES))
    day = data.draw(st.sampled_from(CHANGES[zone])) + timedelta(days=data.draw(st.integers(-1, 2)))
    wall = time(data.draw(st.integers(0, 23)), data.draw(st.integers(0, 59)))
    info, shown = ZoneInfo(zone), datetime.combine(day, wall)
    minute = datetime.combine(day, wall, UTC) - timedelta(hours=40)
    while minute.astimezone(info).replace(tzinfo=None) < shown:
        minute += MINUTE
    assert moment(day, wall, info).astimezone(UTC) == minute


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("wall", [time(0, 0), time(2, 15), time(8, 0)])
def test_through_both_clock_changes_every_week_and_every_day_has_one_slot(zone: str, wall: time) -> None:
    schedule = Schedule(zone, weekday=6, digest_at=wall, daily_at=wall)  # clocks change on Sundays
    start = datetime(2026, 1, 7, 17, tzinfo=UTC)  # a Wednesday, a little off every hour that is tried
    finished = {begun_after(schedule, CALENDAR, start).name, *names(schedule, start, set())}
    digests: list[str] = []
    dailies: list[str] = []
    for tick in range(1, 52 * 7 * 4 + 1):
        found = due(schedule, CALENDAR, start + tick * timedelta(hours=6), finished)
        assert found.missed == ()
        digests += [found.digest.name] if found.digest else []
        dailies += [found.daily.name] if found.daily else []
        finished |= {slot.name for slot in (found.digest, found.daily) if slot}
    assert len(digests) == len(set(digests)) == 52
    assert len(dailies) == len(set(dailies)) == 52 * 7


def names(schedule: Schedule, now: datetime, finished: set[str]) -> set[str]:
    found = due(schedule, CALENDAR, now, finished)
    return {slot.name for slot in (found.digest, found.daily, *found.missed) if slot}


def test_the_digest_is_about_the_last_complete_week_and_named_for_it() -> None:
    found = due(NEW_YORK, CALENDAR, local("2026-09-28T08:00"), ())
    assert found.digest is not None
    assert (found.digest.name, found.digest.day) == ("digest:2026-W39", date(2026, 9, 27))
    assert found.daily is not None
    assert found.daily.name == "daily:2026-09-28"


@pytest.mark.parametrize(("week_ends", "as_of"), [(6, "2026-09-27"), (5, "2026-09-26"), (0, "2026-09-21")])
def test_a_week_may_end_on_any_day(week_ends: int, as_of: str) -> None:
    found = due(NEW_YORK, FiscalCalendar(week_ends=week_ends), local("2026-09-28T08:00"), ())
    assert found.digest is not None
    assert found.digest.day == date.fromisoformat(as_of)


def test_weeks_around_new_year_have_the_year_of_their_iso_week() -> None:
    found = due(NEW_YORK, CALENDAR, local("2027-01-04T09:00"), ())
    assert found.digest is not None
    assert found.digest.name == "digest:2026-W53"


LAST_DONE = {"digest:2026-W36"}


@pytest.mark.parametrize(
    ("now", "runs", "late", "missed"),
    [
        ("2026-09-14T07:59", None, False, []),  # W37 is not yet due
        ("2026-09-14T08:00", "digest:2026-W37", False, []),
        ("2026-09-14T09:00", "digest:2026-W37", False, []),
        ("2026-09-14T09:01", "digest:2026-W37", True, []),
        ("2026-09-17T08:00", "digest:2026-W37", True, []),  # three days to the minute
        ("2026-09-17T08:01", None, False, ["digest:2026-W37"]),
        ("2026-09-21T08:30", "digest:2026-W38", False, ["digest:2026-W37"]),  # down for a week
        ("2026-09-22T08:00", "digest:2026-W38", True, ["digest:2026-W37"]),
        ("2026-10-06T08:00", "digest:2026-W40", True, ["digest:2026-W37", "digest:2026-W38", "digest:2026-W39"]),
        ("2026-10-01T09:00", None, False, ["digest:2026-W37", "digest:2026-W38", "digest:2026-W39"]),
    ],
)
def test_after_downtime_only_the_newest_digest_is_run_and_the_others_are_missed(
    now: str, runs: str | None, late: bool, missed: list[str]
) -> None:
    found = due(NEW_YORK, CALENDAR, local(now), LAST_DONE)
    assert (found.digest.name if found.digest else None) == runs
    assert [slot.name for slot in found.missed] == missed
    if found.digest:
        assert found.digest.late(local(now)) is late


def test_lateness_is_measured_in_real_hours_across_a_clock_change() -> None:
    schedule = Schedule("America/New_York", weekday=6, digest_at=time(1, 30))
    first = due(schedule, CALENDAR, local("2026-11-01T01:30"), ()).digest
    assert first is not None
    again = local("2026-11-01T01:31").replace(fold=1)  # the wall shows one minute more, an hour has passed
    assert first.late(again)


def test_a_clock_that_jumps_back_runs_nothing_twice_and_misses_nothing() -> None:
    finished = {"digest:2026-W36", "digest:2026-W37", "daily:2026-09-14", "daily:2026-09-15"}
    for now in ("2026-09-14T08:00", "2026-09-14T23:00", "2026-09-13T12:00", "2026-09-15T07:30"):
        found = due(NEW_YORK, CALENDAR, local(now), {*finished, "daily:2026-09-13"})
        assert (found.digest, found.daily, found.missed) == (None, None, ())


def test_after_a_clock_that_was_a_year_ahead_the_present_is_run_all_the_same() -> None:
    found = due(NEW_YORK, CALENDAR, local("2026-09-14T08:00"), {"digest:2027-W37", "daily:2027-09-20"})
    assert found.digest is not None
    assert (found.digest.name, found.missed) == ("digest:2026-W37", ())


@pytest.mark.parametrize(("weekday", "wall"), [(3, time(8)), (0, time(17)), (6, time(0))])
def test_a_schedule_that_moves_within_the_week_sends_its_week_once(weekday: int, wall: time) -> None:
    finished = {"digest:2026-W36", "digest:2026-W37"}  # sent on Monday at eight
    moved = Schedule("America/New_York", weekday, wall)
    week = (local("2026-09-14T09:00") + hours * timedelta(hours=1) for hours in range(6 * 24))
    found = [due(moved, CALENDAR, now, finished) for now in week]
    assert not any(each.digest or each.missed for each in found)


def test_a_first_start_misses_nothing_and_runs_what_is_not_too_late() -> None:
    assert due(NEW_YORK, CALENDAR, local("2026-09-19T12:00"), ()).missed == ()
    assert due(NEW_YORK, CALENDAR, local("2026-09-19T12:00"), ()).digest is None
    assert begun_after(NEW_YORK, CALENDAR, local("2026-09-19T12:00")).name == "digest:2026-W37"
    assert begun_after(NEW_YORK, CALENDAR, local("2026-09-15T12:00")).name == "digest:2026-W36"


@pytest.mark.parametrize("zone", ZONES)
def test_the_next_three_times_are_wall_times_of_the_company(zone: str) -> None:
    schedule = Schedule(zone)
    now = local("2026-10-19T08:00", zone)
    times = upcoming(schedule, now)
    assert [at.strftime("%a %d %H:%M") for at in times] == ["Mon 26 08:00", "Mon 02 08:00", "Mon 09 08:00"]
    assert all(at.tzinfo == ZoneInfo(zone) for at in times)


def test_the_next_time_is_today_while_it_has_not_come() -> None:
    assert upcoming(NEW_YORK, local("2026-09-14T07:59"), 1) == (local("2026-09-14T08:00"),)
    assert upcoming(NEW_YORK, local("2026-09-14T08:00"), 1) == (local("2026-09-21T08:00"),)
