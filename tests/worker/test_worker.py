"""What a worker does when it is woken: each slot once, late or missed where it slept, and it outlives its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from monitor.app.wiring import Company
from monitor.app.worker import AGAIN, BEGAN, LEASE, Worker
from monitor.core.escalation import Escalation
from monitor.core.outbox import Failed, Status
from monitor.core.plan import Plan
from monitor.core.settle import settlement_of
from monitor.errors import StoreError
from tests.worker.company import Office
from tests.worker.conftest import Offices

MONDAY = "2026-09-28T08:00"
W39 = "digest:2026-W39"
DAILY = "daily:2026-09-28"


def test_at_its_time_a_digest_is_recorded_and_its_slot_finished(opened: Offices) -> None:
    office = opened(MONDAY)
    assert office.worker().tick() == (DAILY, W39)
    assert [line.key for line in office.lines()] == [f"{W39}:C0DIGEST"]
    assert office.store.slots.done(W39)


def test_woken_again_a_worker_does_nothing_twice(opened: Offices) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    office.clock.pass_by(minutes=1)
    assert office.worker().tick() == office.worker("ben").tick() == ()
    assert len(office.lines()) == 1


def test_before_its_time_nothing_is_run(opened: Offices) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    office.clock.set("2026-10-05T06:59")
    assert office.worker().tick() == ("daily:2026-10-04",)
    office.clock.set("2026-10-05T07:59")
    assert office.worker().tick() == ("daily:2026-10-05",)
    office.clock.set("2026-10-05T08:00")
    assert office.worker().tick() == ("digest:2026-W40",)


def test_two_workers_that_race_run_each_slot_once(opened: Offices, url: str) -> None:
    office = opened(MONDAY, url)
    ran: list[str] = []
    for _ in range(3):
        start = Barrier(2)

        def race(name: str, start: Barrier = start) -> None:
            worker = office.worker(name)
            start.wait()
            ran.extend(worker.tick())

        both = [Thread(target=race, args=(name,)) for name in ("ann", "ben")]
        for each in both:
            each.start()
        for each in both:
            each.join()
        office.clock.pass_by(weeks=1)
    digests = [name for name in ran if name.startswith("digest")]
    assert digests == [f"digest:2026-W{week}" for week in (39, 40, 41)]
    assert sorted(ran) == sorted(set(ran))
    assert len(office.lines()) == 3


def test_a_worker_that_dies_over_a_slot_is_followed_by_another_when_its_lease_is_over(
    opened: Offices, url: str
) -> None:
    office = opened(MONDAY, url)
    office.store.slots.claim(W39, "dead", office.clock(), LEASE)
    assert office.worker().tick() == (DAILY,)
    office.clock.pass_by(seconds=LEASE.total_seconds())
    assert office.worker().tick() == (W39,)


class Slow:
    """Opens the company only when it is told to."""

    def __init__(self, office: Office) -> None:
        self.office, self.waits, self.go = office, Event(), Event()

    def __call__(self) -> Company:
        self.waits.set()
        assert self.go.wait(60)
        return self.office.open_company()


@contextmanager
def at_work(worker: Worker, slow: Slow) -> Iterator[list[str]]:
    """A worker that has claimed a slot and takes its time; what it ran."""
    ran: list[str] = []
    thread = Thread(target=lambda: ran.extend(worker.tick()))
    thread.start()
    assert slow.waits.wait(60)
    yield ran
    slow.go.set()
    thread.join()


def wait_for(condition: Any) -> None:
    """Looks every few milliseconds, for a minute."""
    pause = Event()
    for _ in range(12_000):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("it did not happen within a minute")


def test_a_run_that_takes_longer_than_its_lease_keeps_its_slot(opened: Offices, url: str) -> None:
    office = opened(MONDAY, url)
    slow = Slow(office)
    beats: list[int] = []
    worker = replace(office.worker("slow", slow), renew_every=timedelta(milliseconds=5), beat=lambda: beats.append(1))
    with at_work(worker, slow) as ran:
        for _ in range(4):
            seen = len(beats)
            wait_for(lambda seen=seen: len(beats) > seen + 2)
            office.clock.pass_by(seconds=LEASE.total_seconds() * 0.9)
        assert DAILY not in office.worker().tick()
    assert DAILY in ran


def test_a_run_that_lost_its_slot_records_nothing_of_it(opened: Offices, url: str) -> None:
    office = opened(MONDAY, url)
    slow = Slow(office)
    with at_work(office.worker("slow", slow), slow) as ran:  # it renews every half minute: not within this test
        office.clock.pass_by(seconds=LEASE.total_seconds())
        assert office.worker().tick() == (DAILY, W39)
    assert ran == []
    assert [each.by for each in office.store.slots.last(DAILY)] == ["ann"]
    assert len(office.lines()) == 1


def test_a_worker_told_to_stop_begins_nothing(opened: Offices) -> None:
    office = opened(MONDAY)
    assert replace(office.worker(), stopping=lambda: True).tick() == ()
    assert office.store.slots.claim(W39, "another", office.clock(), LEASE)


def test_what_a_worker_lets_go_of_another_may_take_at_once(opened: Offices) -> None:
    office = opened(MONDAY)
    slow = Slow(office)
    worker = office.worker("slow", slow)
    with at_work(worker, slow):
        assert worker.holding == DAILY
        worker.let_go()
        assert office.worker().tick() == (DAILY, W39)


# Downtime.


def test_after_a_week_of_downtime_one_late_digest_says_that_one_was_missed(opened: Offices) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    office.clock.set("2026-10-13T10:00")  # Tuesday two weeks later
    assert office.worker().tick() == ("daily:2026-10-13", "digest:2026-W41")
    assert [line.key for line in office.lines()] == [f"{W39}:C0DIGEST", "digest:2026-W41:C0DIGEST"]
    said = office.message("digest:2026-W41:C0DIGEST")
    assert "Mon 12 Oct 2026 08:00" in said
    assert "4 Oct 2026" in said
    assert [each.slot for each in office.store.slots.last("digest:") if each.missed] == ["digest:2026-W40"]


def test_a_digest_in_time_says_nothing_of_being_late(opened: Offices) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    assert "late" not in office.message(f"{W39}:C0DIGEST")


def test_past_max_lateness_a_week_is_missed_and_the_next_digest_says_so(opened: Offices) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    office.clock.set("2026-10-08T08:01")  # three days and a minute
    assert office.worker().tick() == ("daily:2026-10-08",)
    assert len(office.lines()) == 1
    office.clock.set("2026-10-12T08:00")
    assert "digest:2026-W41" in office.worker().tick()
    assert "4 Oct 2026" in office.message("digest:2026-W41:C0DIGEST")


def test_a_missed_week_is_said_once(opened: Offices) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    for now in ("2026-10-12T08:00", "2026-10-19T08:00"):
        office.clock.set(now)
        office.worker().tick()
    assert "4 Oct 2026" not in office.message("digest:2026-W42:C0DIGEST")


def test_the_first_start_sends_what_is_not_too_late_and_misses_nothing(opened: Offices) -> None:
    office = opened("2026-09-30T12:00")
    assert office.worker().tick() == ("daily:2026-09-30", W39)
    assert [(each.slot, each.note) for each in office.store.slots.last("digest:")][1:] == [("digest:2026-W38", BEGAN)]


def test_the_first_start_late_in_the_week_waits_for_the_next_digest(opened: Offices) -> None:
    office = opened("2026-10-02T12:00")
    assert office.worker().tick() == ("daily:2026-10-02",)
    office.clock.set("2026-10-05T08:00")
    assert "digest:2026-W40" in office.worker().tick()
    assert "missed" not in office.message("digest:2026-W40:C0DIGEST")


def test_a_clock_that_jumps_back_runs_nothing_twice(opened: Offices) -> None:
    office = opened(MONDAY)
    worker = office.worker()
    worker.tick()
    for now in ("2026-09-28T07:30", "2026-09-28T07:59", "2026-09-28T08:00", "2026-09-28T08:30"):
        office.clock.set(now)
        assert worker.tick() == ()
    office.clock.set("2026-10-05T08:00")
    assert worker.tick() == ("daily:2026-10-05", "digest:2026-W40")


def test_a_schedule_that_moved_within_the_week_sends_its_week_once(opened: Offices, tmp_path: Any) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    later = opened("2026-10-01T09:30", office.url, more="schedule: {digest: {weekday: thursday, at: 9:00}}")
    assert later.worker().tick() == ("daily:2026-10-01",)


# A source that cannot be read.


def problems(office: Office) -> list[str]:
    return [line.key for line in office.lines("problem")]


def test_a_source_that_cannot_be_read_is_told_once_and_tried_again_every_15_minutes(opened: Offices) -> None:
    office = opened(MONDAY)
    worker = office.worker()
    held = office.data.read_text()
    office.data.unlink()
    for _ in range(4):
        assert worker.tick() == ()
        office.clock.pass_by(minutes=15)
    assert sorted(problems(office)) == [
        "problem:unreadable:2026-09-28:C0ALERT",
        "problem:unreadable:2026-09-28:C0DIGEST",
    ]
    office.data.write_text(held)
    assert worker.tick() == (DAILY, W39)
    assert sorted(line.key.split(":")[1] for line in office.lines("mended")) == ["unreadable", "unreadable"]


def test_between_two_tries_the_source_is_left_alone(opened: Offices) -> None:
    office = opened(MONDAY)
    opens: list[int] = []

    def opening() -> Company:
        opens.append(1)
        return office.open_company()

    worker = office.worker("ann", opening)
    office.data.unlink()
    for _ in range(15):
        worker.tick()
        office.clock.pass_by(minutes=1)
    assert len(opens) == 1
    office.clock.pass_by(seconds=AGAIN.total_seconds())
    worker.tick()
    assert len(opens) == 2


def test_a_clock_set_back_makes_no_try_wait_longer(opened: Offices) -> None:
    office = opened("2026-09-28T23:00")
    worker = office.worker()
    held = office.data.read_text()
    office.data.unlink()
    worker.tick()
    office.data.write_text(held)
    office.clock.set("2026-09-28T08:00")
    assert worker.tick() == (DAILY, W39)


def test_a_week_whose_source_could_not_be_read_in_time_is_missed(opened: Offices) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    held = office.data.read_text()
    office.data.unlink()
    office.clock.set("2026-10-05T08:00")
    worker = office.worker()
    for _ in range(9):
        assert worker.tick() == ()
        office.clock.pass_by(hours=10)
    assert [each.slot for each in office.store.slots.last("digest:") if each.missed] == ["digest:2026-W40"]
    office.data.write_text(held)
    office.clock.set("2026-10-12T08:00")
    worker.tick()
    assert "4 Oct 2026" in office.message("digest:2026-W41:C0DIGEST")


def test_an_error_of_the_program_ends_no_worker_and_is_told(opened: Offices, caplog: pytest.LogCaptureFixture) -> None:
    office = opened(MONDAY)

    def broken() -> Company:
        raise KeyError("xoxb-nothing-of-it-is-told")

    worker = office.worker("ann", broken)
    assert worker.tick() == ()
    assert "KeyError" in worker.trouble
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [KeyError]
    keys = problems(office)
    assert keys
    assert all("xoxb" not in office.message(key) for key in keys)


def test_a_database_that_fails_is_one_sentence_and_the_next_tick_goes_on(opened: Offices) -> None:
    office = opened(MONDAY)
    worker = office.worker()
    file = office.config.parent / "monitor.db"
    aside = file.rename(file.with_suffix(".aside"))
    file.mkdir()
    with pytest.raises(StoreError):
        worker.tick()
    file.rmdir()
    aside.rename(file)
    office.store.close()
    assert worker.tick() == (DAILY, W39)


def gone(office: Office) -> Company:
    office.data.unlink()
    return office.open_company()


def broken(_: Office) -> Company:
    raise KeyError("a bug")


@pytest.mark.parametrize("fails", [gone, broken])
def test_a_reminder_goes_out_though_the_data_cannot_be_read(
    opened: Offices, fails: Callable[[Office], Company]
) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    step = Escalation("trip:2026-09-27:reminder:2", "trip:2026-09-27", "reminder", date(2026, 9, 29), ("alert",))
    office.store.commit(Plan(expected_head=office.store.head(), escalations=(step,)), office.clock())
    office.clock.set("2026-09-29T07:00")
    assert office.worker("ann", lambda: fails(office)).tick() == ()
    assert [line.key for line in office.lines("reminder")] == ["trip:2026-09-27:reminder:2:C0ALERT"]


# Good runs.


def test_a_good_weekly_run_is_pinged_once_and_a_daily_one_is_not(opened: Offices) -> None:
    office = opened(MONDAY)
    worker = office.worker()
    worker.tell_good(worker.tick())
    office.clock.set("2026-09-29T08:00")
    worker.tell_good(worker.tick())
    assert len(office.pings) == 1


def test_a_digest_that_nobody_got_is_no_good_run(opened: Offices) -> None:
    office = opened(MONDAY)
    worker = office.worker()
    ran = worker.tick()
    (row,) = (each for each in office.store.outbox.claim("ann", office.clock()) if each.outgoing.kind == "digest")
    outcome = settlement_of(Failed("no such channel"), row, office.clock(), office.company.elsewhere(), None)
    assert office.store.outbox.settle(row, outcome, office.clock())
    assert office.lines()[0].status is Status.FAILED
    worker.tell_good(ran)
    assert office.pings == []
