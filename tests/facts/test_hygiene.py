"""Tidying before a reading: what was pushed or rounded up in bulk, by whom, and what is only daily work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.facts import Finding
from monitor.core.policy import Bulk
from tests.facts.company import AS_OF, POLICY, Row, Tables, change, deal, read, rep, suspects

DAY = "2025-06-25"


def pushed(key: str, day: str = DAY, old: str = "2025-06-30", new: str = "2025-09-30") -> dict[str, Any]:
    return change(key, "close_date", old, new, f"{day}T10:00:00")


def priced(key: str, old: str, new: str, day: str = DAY) -> dict[str, Any]:
    return change(key, "amount", old, new, f"{day}T10:00:00")


def owned(owner: str, count: int, start: int = 0) -> list[dict[str, Any]]:
    return [deal(f"{owner}{number}", owner_id=owner) for number in range(start, start + count)]


def found(deals: Sequence[Row], history: Sequence[Row], **tables: list[Row]) -> tuple[Finding, ...]:
    return read({"opportunities": deals, "opportunity_history": history, **tables}).facts.quality.findings


def test_half_of_somebodys_open_deals_pushed_on_one_day_are_named_with_what_was_done() -> None:
    history = [pushed(f"ann{number}") for number in range(5)]
    tables = {"opportunities": [*owned("ann", 10), *owned("bob", 40)], "opportunity_history": history * 2}  # told twice
    loaded = read(tables)
    day = date(2025, 6, 25)
    assert loaded.facts.quality.findings == (Finding("pushed_in_bulk", 5, 1, day, day),)
    assert suspects(loaded) == {"pushed_in_bulk": 5}
    rows = [(row.key, row.note) for row in loaded.facts.quality.bad_rows]
    assert rows == [(f"ann{n}", "put off by 92 days on 2025-06-25, of ann") for n in range(5)]


@pytest.mark.parametrize("kind", [pa.date32(), pa.timestamp("us"), pa.timestamp("us", "UTC")], ids=["day", "at", "utc"])
def test_the_first_and_the_last_day_looked_at_are_whole_whatever_type_a_moment_has(kind: pa.DataType) -> None:
    def moved(owner: str, day: int, hour: int) -> list[dict[str, Any]]:
        at = datetime(2025, 6, day, hour, tzinfo=UTC)
        return [pushed(f"{owner}{n}") | {"changed_at": at.date() if kind == pa.date32() else at} for n in range(5)]

    days = {"ann": (15, 23), "bob": (16, 0), "cid": (29, 23), "dan": (30, 0)}
    deals = [row for owner in days for row in owned(owner, 5)]
    history = [row for owner, at in days.items() for row in moved(owner, *at)]
    loaded = read({"opportunities": deals, "opportunity_history": history}, opportunity_history={"changed_at": kind})
    assert {row.key[:3] for row in loaded.facts.quality.bad_rows} == {"bob", "cid"}


def test_a_day_is_the_companys_however_far_away_a_moment_was_written() -> None:
    history = [pushed(f"ann{n}") | {"changed_at": "2025-06-14T22:30:00-12:00"} for n in range(5)]
    far = replace(POLICY, timezone="Pacific/Kiritimati")  # where it was the 16th, which is the first day looked at
    loaded = read({"opportunities": owned("ann", 5), "opportunity_history": history}, far)
    assert [each.since for each in loaded.facts.quality.findings] == [date(2025, 6, 16)]


def daily_work(owner: str) -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """What one owner does to at least five deals, as most do; none of it is a finding."""
    keys = [f"{owner}{number}" for number in range(5)]
    five, slip = owned(owner, 5), {"old": "2025-09-30", "new": "2025-06-30"}
    moved = [change(key, "stage", "A", "B", DAY) for key in keys]
    return {
        "four deals are few": (owned(owner, 4), [pushed(key) for key in keys[:4]]),
        "less than half of the deals": (owned(owner, 11), [pushed(key) for key in keys]),
        "a few a day": (five, [pushed(key, f"2025-06-2{day}") for day, key in enumerate(keys)]),
        "long ago": (five, [pushed(key, "2025-06-15") for key in keys]),
        "after the day": (five, [pushed(key, "2025-06-30") for key in keys]),
        "brought forward": (five, [pushed(key, new="2025-06-26") for key in keys]),
        "the first date ever": (five, [change(key, "close_date", None, DAY, DAY) for key in keys]),
        "put right at once": (five, [pushed(key) for key in keys] + [pushed(key, **slip) for key in keys]),
        "of nobody": ([row | {"owner_id": None} for row in five], [pushed(key) for key in keys]),
        "closed": ([row | {"is_closed": "true", "close_date": DAY} for row in five], [pushed(key) for key in keys]),
        "renewals, which do not count": ([row | {"type": "renewal"} for row in five], [pushed(key) for key in keys]),
        "prices that were round before": (five, [priced(key, "40000", "43000") for key in keys]),
        "prices far higher": (five, [priced(key, "612.40", "1000") for key in keys]),
        "prices that are lower": (five, [priced(key, "10400", "10000") for key in keys]),
        "quotes to the dollar": (five, [priced(key, "10400", "10950") for key in keys]),
        "round quotes in a new stage": (five, [priced(key, "9400", "10000") for key in keys] + moved),
    }


def test_daily_work_is_no_finding() -> None:
    work = [daily_work(f"o{number}-")[name] for number, name in enumerate(daily_work(""))]
    deals = [*owned("others", 200), *(row for rows, _ in work for row in rows)]
    history = [row for _, rows in work for row in rows] + [pushed(f"others{number}") for number in range(90)]
    assert found(deals, history) == ()


def test_half_of_all_open_deals_pushed_on_one_day_are_found_whoever_they_belong_to() -> None:
    deals = [*(deal(f"x{n}", owner_id=f"o{n % 4}") for n in range(10)), *(deal(f"y{n}") for n in range(4))]
    history = [pushed(f"x{n}") for n in range(8)]
    assert [(each.deals, each.owners) for each in found(deals, history)] == [(8, 4)]


def test_amounts_rounded_up_in_bulk_are_found_to_the_cent() -> None:
    steps = [("9400.01", "10000"), ("46200", "50000"), ("12999.5", "13000"), ("470000", "500000"), ("4100", "5000")]
    history = [priced(f"ann{n}", old, new) for n, (old, new) in enumerate(steps)]
    loaded = read({"opportunities": owned("ann", 20), "opportunity_history": history})
    assert [(each.reason, each.deals) for each in loaded.facts.quality.findings] == [("rounded_up_in_bulk", 5)]
    notes = {row.key: row.note for row in loaded.facts.quality.bad_rows if row.reason == "rounded_up_in_bulk"}
    assert notes["ann0"] == "raised by 599.99 to a round amount on 2025-06-25, of ann"
    assert notes["ann3"] == "raised by 30,000 to a round amount on 2025-06-25, of ann"


def test_the_deals_of_people_who_left_are_named_with_their_last_day() -> None:
    loaded = read({"opportunities": owned("ann", 2), "reps": [rep("ann", end="2025-05-31"), rep("bob")]})
    assert loaded.facts.quality.findings == (Finding("owner_left", 2, 1),)
    assert {row.note for row in loaded.facts.quality.bad_rows} == {"of ann, whose last day was 2025-05-31"}


def test_a_company_may_look_closer_or_further_back() -> None:
    history = [pushed(f"ann{n}", "2025-05-01") for n in range(2)]  # the first of the 60 days
    tables: Tables = {"opportunities": owned("ann", 9), "opportunity_history": history}
    closer = replace(POLICY, bulk=replace(Bulk(), days=60, deals=2, pushed=Bulk().pushed / 5))
    assert read(tables).facts.quality.findings == ()
    assert [each.deals for each in read(tables, closer).facts.quality.findings] == [2]


KEYS = [f"{owner}{n}" for owner in ("ann", "bob") for n in range(6)]
CHANGES = st.builds(
    lambda key, at, by, field: (
        change(key, "close_date", "2025-07-01", str(date(2025, 7, 1) + timedelta(days=by)), at)
        if field
        else change(key, "amount", "9500", str(9500 + 100 * by), at)
    ),
    st.sampled_from(KEYS),
    st.sampled_from(["2025-06-10", "2025-06-16", "2025-06-24T23:30:00Z", DAY, f" {DAY}T09:00:00-04:00", "2025-07-02"]),
    st.integers(-3, 5),
    st.booleans(),
)


@given(st.lists(CHANGES, max_size=60), st.randoms(use_true_random=False))
@settings(max_examples=int(os.environ.get("EXAMPLES", "3")))
def test_no_deal_is_named_that_did_not_change_in_the_days_before_and_no_order_matters(
    history: list[Row], chance: Any
) -> None:
    deals = [deal(key, owner_id=key[:3]) for key in KEYS]
    quality = read({"opportunities": deals, "opportunity_history": history}).facts.quality
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in
                (("opportunities", deals), ("opportunity_history", history))}  # fmt: skip
    again = read(shuffled).facts.quality
    assert (again.findings, again.bad_rows) == (quality.findings, quality.bad_rows)
    since = (AS_OF - timedelta(days=Bulk().days)).isoformat()
    changed = {row["opportunity_id"] for row in history if since < row["changed_at"].strip()[:10] <= AS_OF.isoformat()}
    named = {row.key for row in quality.bad_rows if row.reason.endswith("in_bulk")}
    assert named <= changed
    assert sum(each.deals for each in quality.findings) == sum(suspects_of(quality.suspicious))


def suspects_of(suspicious: Any) -> list[int]:
    return [n for reason, n in suspicious.get("opportunities", {}).items() if reason.endswith("in_bulk")]
