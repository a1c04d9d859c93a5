"""The worker's runs keep what was open in the week, the first of them for good."""

from __future__ import annotations

from datetime import date
from threading import Barrier, Thread

from monitor.app.observe import Run, record
from monitor.app.wiring import Asked
from monitor.store.repository import open_store
from tests.worker.company import Office
from tests.worker.conftest import Offices

MONDAY = "2026-09-28T08:00"
SUNDAY = date(2026, 9, 27)


def amounts(office: Office, before: int, after: int) -> None:
    office.data.write_text(office.data.read_text().replace(f",{before}", f",{after}"))


def open_on_sundays(office: Office) -> dict[date, int]:
    return {week.as_of: int(week.held["smb"].every.amount) for week in office.store.seen_weeks.weeks()}


def test_the_first_run_after_a_week_sees_it_and_later_ones_leave_it(opened: Offices) -> None:
    office = opened(MONDAY)
    office.worker().tick()
    assert open_on_sundays(office) == {SUNDAY: 8000}
    amounts(office, 8000, 9000)
    for day in ("2026-09-29T08:00", "2026-10-04T08:00"):
        office.clock.set(day)
        office.worker().tick()
    assert open_on_sundays(office) == {SUNDAY: 8000}
    office.clock.set("2026-10-05T08:00")
    office.worker().tick()
    assert open_on_sundays(office) == {SUNDAY: 8000, date(2026, 10, 4): 9000}


def test_a_digest_that_comes_late_sees_its_week_only_while_it_is_fresh(opened: Offices) -> None:
    office = opened("2026-09-28T06:00")
    office.worker().tick()
    before = open_on_sundays(office)
    office.clock.set("2026-10-17T08:00")
    office.worker().tick()
    assert open_on_sundays(office) == before | {date(2026, 10, 11): 8000}


def test_two_runs_at_once_keep_one_sight_and_read_alike(opened: Offices, url: str) -> None:
    office = opened(MONDAY, url)
    first = office.open_company()
    looks = [(first, *first.read(SUNDAY))]
    amounts(office, 8000, 9000)
    second = office.open_company()
    looks.append((second, *second.read(SUNDAY)))
    runs: list[Run] = []
    start = Barrier(2)

    def run(look: int) -> None:
        company, book, deals = looks[look]
        with open_store(url) as store:
            start.wait()
            runs.append(record(company, store, book, deals, Asked(SUNDAY, date(2026, 9, 28)), office.clock.now))

    threads = [Thread(target=run, args=(look,)) for look in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for company, *_ in looks:
        company.close()
    (week,) = office.store.seen_weeks.weeks()
    assert [each.book.open_pipeline("smb", SUNDAY, fresh=False) for each in runs] == [week.held["smb"].every] * 2
    assert len(office.store.events()) == len({event.hash for event in office.store.events()})
