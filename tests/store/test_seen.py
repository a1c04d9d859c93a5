"""What was open in a week is written once, in the run's own transaction, and stays as it was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from monitor.core.plan import Plan
from monitor.core.seen import SeenWeeks
from monitor.errors import Conflict, StoreError
from monitor.store.repository import open_store
from tests.store import behind
from tests.store.trade import NOON, note, outgoing, seen_week

WEEK = seen_week()


def test_a_week_is_read_back_to_the_last_digit(url: str) -> None:
    earlier, other = seen_week(date(2026, 9, 27)), seen_week(shape="another")
    with open_store(url) as store:
        for week in (WEEK, earlier, other):
            store.commit(Plan(expected_head="", seen=week), NOON)
    with open_store(url) as store:
        assert store.seen_weeks.weeks() == [earlier, other, WEEK]
        mine = SeenWeeks.of(store.seen_weeks.weeks(), "shape")
        assert (sorted(mine.weeks), mine.others) == ([earlier.as_of, WEEK.as_of], ())
        assert SeenWeeks.of(store.seen_weeks.weeks(), "another").others == (earlier.as_of,)


def test_who_sees_a_week_second_records_nothing_and_decides_again(url: str) -> None:
    late = replace(seen_week(deals=9), seen_on=date(2026, 10, 6))
    with open_store(url) as store, open_store(url) as other:
        store.commit(Plan(seen=WEEK), NOON)
        with pytest.raises(Conflict):
            other.commit(Plan((note("x"),), outgoing=(outgoing("o"),), seen=late), NOON)
        assert (store.seen_weeks.weeks(), store.events(), store.outbox.lines()) == ([WEEK], [], [])


@pytest.mark.parametrize("act", ["UPDATE seen_weeks SET amount = '0'", "DELETE FROM seen_weeks"])
def test_nobody_changes_or_removes_a_week_behind_our_back(url: str, act: str) -> None:
    with open_store(url) as store:
        store.commit(Plan(seen=WEEK), NOON)
        with pytest.raises(Exception, match="seen_weeks is append-only"):
            behind.execute(url, act)
        assert store.seen_weeks.weeks() == [WEEK]


def test_a_damaged_week_is_named(url: str) -> None:
    with open_store(url) as store:
        behind.execute(
            url,
            "INSERT INTO seen_weeks VALUES ('2026-10-04', 's', 'smb', '2026-10-05', '2026-10-02',"
            " 1, '1', '1', 0, 1, 'many', '1', 0, NULL, false)",
        )
        with pytest.raises(StoreError, match="what was seen of 2026-10-04 was changed and cannot be read"):
            store.seen_weeks.weeks()
