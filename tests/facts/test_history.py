"""Values as of a day: what was in force at its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from monitor.facts.load import Loaded
from tests.facts.company import POLICY, change, changes, deal, lines, open_on, read, rep, suspects


def history(*rows: dict[str, Any], first: dict[str, Any] | None = None, **more: Any) -> Loaded:
    return read({"opportunities": [first or deal()], "opportunity_history": list(rows)}, **more)


def amounts(loaded: Loaded, *days: str) -> list[Decimal]:
    return [open_on(loaded, day)[1] for day in days]


def whole(loaded: Loaded, *columns: str) -> list[tuple[Any, ...]]:
    """The changes of the whole open pipeline, without those that only age."""
    frame = loaded.facts.pipeline
    return lines(frame[frame["change"] != "aged_out"], *columns)


def test_a_day_has_the_last_value_of_its_end_and_before_the_first_change_its_old_one() -> None:
    loaded = history(
        change("A", "amount", "10", "20", "2025-02-01T09:00:00"),
        change("A", "amount", "20", "30", "2025-02-01T18:00:00"),
        change("A", "amount", "30", "40", "2025-03-01"),
    )
    days = ("2025-01-01", "2025-01-31", "2025-02-01", "2025-02-28", "2025-03-01")
    assert amounts(loaded, *days) == [10, 10, 30, 30, 40]


def test_where_a_chain_contradicts_itself_what_was_set_rules() -> None:
    loaded = history(change("A", "amount", "10", "20", "2025-02-01"), change("A", "amount", "99", "30", "2025-03-01"))
    assert amounts(loaded, "2025-02-15", "2025-03-01") == [20, 30]


def test_the_current_value_counts_only_where_there_is_no_change() -> None:
    assert amounts(history(change("A", "stage", "a", "b", "2025-02-01")), "2025-06-01") == [1000]
    assert amounts(history(change("A", "amount", "5", "6", "2025-02-01")), "2025-06-01") == [6]


@pytest.mark.parametrize(("before", "that_day"), [(True, True), (True, False), (False, True)])
def test_changes_up_to_the_day_of_creation_make_its_first_value(before: bool, that_day: bool) -> None:
    early = change("A", "amount", None, "7", "2024-12-01")
    late = change("A", "amount", "7", "8", "2025-01-01T23:00:00")
    loaded = history(*([early] if before else []), *([late] if that_day else []))
    first = (date(2025, 1, 1), "created", 1, Decimal(8 if that_day else 7))
    assert whole(loaded, "day", "change", "deals", "amount") == [first]


def test_an_empty_old_value_means_that_there_was_no_amount() -> None:
    loaded = history(change("A", "amount", "", "7", "2025-02-01"))
    rows = whole(loaded, "change", "amount", "unpriced")
    assert rows == [("created", Decimal(0), 1), ("reamounted", Decimal(7), -1)]


def test_a_change_on_the_closing_day_counts_for_the_closing() -> None:
    loaded = history(
        change("A", "amount", "10", "20", "2025-02-10T16:00:00"), first=deal(closed="2025-02-10", won=True)
    )
    assert lines(loaded.facts.decided, "won", "won_amount") == [(1, Decimal(20))]
    assert lines(loaded.facts.pipeline, "change", "amount") == [("created", Decimal(10)), ("won", Decimal(-10))]


def test_what_changes_after_closing_is_a_correction_known_from_its_day_on() -> None:
    rows = [change("A", "amount", "10", "25", "2025-03-05"), change("A", "segment", "smb", "mid_market", "2025-04-01")]
    loaded = read(
        {
            "opportunities": [deal(closed="2025-02-10", won=True, owner_id="r")],
            "opportunity_history": rows,
            "reps": [rep("r")],
        }
    )
    known, closed = date(2025, 2, 10), date(2025, 2, 10)
    later, moved = date(2025, 3, 5), date(2025, 4, 1)
    assert lines(loaded.facts.decided, "day", "closed_on", "segment", "won", "won_amount") == [
        (known, closed, "smb", 1, Decimal(10)),
        (later, closed, "smb", 0, Decimal(15)),
        (moved, closed, "smb", -1, Decimal(-25)),
        (moved, closed, "mid_market", 1, Decimal(25)),
    ]
    assert lines(loaded.facts.bookings, "day", "segment", "amount")[1] == (later, "smb", Decimal(15))


def test_the_owner_is_the_one_of_the_closing_day_and_an_ae_until_the_last_day_of_the_role() -> None:
    rows = [
        change("A", "owner_id", "r1", "r2", "2025-02-10T08:00:00"),
        change("A", "owner_id", "r2", "r3", "2025-02-11"),
    ]
    people = [rep("r2", end="2025-02-10"), rep("r3"), rep("r1", role="sdr")]
    won = deal(closed="2025-02-10", won=True, owner_id="r3")
    loaded = read({"opportunities": [won], "opportunity_history": rows, "reps": people}, as_of=date(2025, 3, 30))
    assert lines(loaded.facts.by_rep, "rep_id", "is_ae", "amount") == [("r2", True, Decimal(1000))]
    assert lines(loaded.facts.bookings, "deals", "amount") == [(1, Decimal(1000))]


@pytest.mark.parametrize(
    "stints",
    [
        [("2025-02-10", None)],
        [("2024-01-01", "2025-02-10"), ("2025-02-10", None)],
        [("2024-01-01", None), ("2024-06-01", "2024-12-31")],
        [("2024-01-01", "2025-12-31"), ("2024-06-01", "2024-12-31"), ("2025-01-15", "2025-03-01")],
    ],
    ids=["from that day on", "two that share it", "one within another", "several"],
)
def test_what_an_ae_wins_is_booked_once_however_the_times_of_the_role_overlap(
    stints: list[tuple[str, str | None]],
) -> None:
    won = deal(closed="2025-02-10", won=True, owner_id="r")
    facts = read({"opportunities": [won], "reps": [rep("r", *stint) for stint in stints]}).facts
    assert lines(facts.bookings, "deals", "amount") == [(1, Decimal(1000))]


def test_an_amount_and_a_segment_that_change_on_one_day_are_one_move() -> None:
    rows = [
        change("A", "amount", "1000", "1500", "2025-02-01"),
        change("A", "segment", "smb", "mid_market", "2025-02-01"),
    ]
    loaded = history(*rows, first=deal(amount="1500", segment="mid_market"))
    assert changes(loaded, "segment", "change", "deals", "amount") == [
        ("smb", "created", 1, Decimal(1000)),
        ("mid_market", "moved", 1, Decimal(1500)),
        ("smb", "moved", -1, Decimal(-1000)),
        ("mid_market", "aged_out", -1, Decimal(-1500)),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_of_changes_at_one_instant_the_last_is_the_one_that_none_sets_out_from(turned: bool) -> None:
    rows = [change("A", "amount", "10", "20", "2025-02-01"), change("A", "amount", "20", "30", "2025-02-01")]
    loaded = history(*(rows[::-1] if turned else rows))
    assert amounts(loaded, "2025-01-15", "2025-02-01") == [10, 30]
    assert "ambiguous_history" not in suspects(loaded, "opportunity_history")


@pytest.mark.parametrize("turned", [False, True])
def test_a_tie_that_cannot_be_told_is_counted_and_does_not_depend_on_the_order(turned: bool) -> None:
    rows = [change("A", "amount", "10", "20", "2025-02-01"), change("A", "amount", "10", "30", "2025-02-01")]
    loaded = history(*(rows[::-1] if turned else rows))
    assert amounts(loaded, "2025-01-15", "2025-02-01") == [10, 30]
    assert suspects(loaded, "opportunity_history")["ambiguous_history"] == 1


def test_the_same_change_twice_is_one() -> None:
    row = change("A", "amount", "10", "20", "2025-02-01")
    loaded = history(row, row)
    assert amounts(loaded, "2025-01-15", "2025-02-01") == [10, 20]
    assert "ambiguous_history" not in suspects(loaded, "opportunity_history")


def migrated(moved: int, whole: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Deals of which `moved` have a history that begins on 1 March with empty old values."""
    deals = [deal(f"d{number}") for number in range(whole)]
    values = {"amount": "500", "stage": "New"}
    return deals, [
        change(f"d{number}", name, None, value, "2025-03-01")
        for number in range(moved)
        for name, value in values.items()
    ]


def test_where_most_older_deals_begin_from_nothing_on_one_day_history_begins_there() -> None:
    deals, rows = migrated(20, 39)
    rows += [change("d30", "amount", "300", "500", "2025-03-01")]  # which knows what was before it
    rows += [change(row["opportunity_id"], "owner_id", None, "r", "2025-04-01") for row in deals]  # followed only later
    deals += [deal(f"new{number}", created="2025-03-01") for number in range(9)]
    loaded = read({"opportunities": deals, "opportunity_history": rows}, replace(POLICY, history_begins=None))
    assert loaded.facts.history_begins == date(2025, 3, 1)
    assert open_on(loaded, "2025-01-01") == (39, Decimal(20 * 500 + 300 + 18 * 1000))
    assert any("2025-03-01" in remark for remark in loaded.facts.quality.remarks)


@pytest.mark.parametrize(("moved", "whole"), [(20, 40), (19, 20)])
def test_half_of_the_deals_or_a_handful_are_no_migration(moved: int, whole: int) -> None:
    deals, rows = migrated(moved, whole)
    loaded = read({"opportunities": deals, "opportunity_history": rows}, replace(POLICY, history_begins=None))
    assert loaded.facts.history_begins is None
    assert open_on(loaded, "2025-01-01") == (whole, Decimal((whole - moved) * 1000))


def test_amounts_that_were_emptied_and_filled_on_one_day_are_no_migration() -> None:
    deals, _ = migrated(0, 40)
    rows = [change(f"d{n}", "amount", "7", None, "2025-03-01") for n in range(30)]
    rows += [change(f"d{n}", "amount", None, "500", "2025-03-01T10:00:00") for n in range(30)]
    loaded = read({"opportunities": deals, "opportunity_history": rows}, replace(POLICY, history_begins=None))
    assert loaded.facts.history_begins is None
    assert open_on(loaded, "2025-01-01") == (40, Decimal(30 * 7 + 10 * 1000))


def test_the_configuration_forbids_or_sets_where_history_begins() -> None:
    deals, rows = migrated(30, 40)
    tables = {"opportunities": deals, "opportunity_history": rows}
    assert read(tables, replace(POLICY, history_begins=False)).facts.history_begins is None
    told = read(tables, replace(POLICY, history_begins=date(2025, 3, 1)))
    assert open_on(told, "2025-02-01")[1] == Decimal(30 * 500 + 10 * 1000)


def test_deals_first_logged_when_they_were_created_are_no_migration() -> None:
    deals = [deal(f"d{number}", created="2025-02-01") for number in range(30)]
    rows = [change(row["opportunity_id"], "stage", None, "New", "2025-02-01T10:00:00") for row in deals]
    loaded = read({"opportunities": deals, "opportunity_history": rows}, replace(POLICY, history_begins=None))
    assert loaded.facts.history_begins is None


def grown(old: str | None, again: int, deals: int = 20) -> dict[str, list[dict[str, Any]]]:
    """Deals that were given 500 on days of their own, and `again` of them 700; `old` is what was before the last."""
    days = [date(2025, 2, 1 + number).isoformat() for number in range(deals)]
    rows = [change(f"d{number}", "amount", None, "500", day) for number, day in enumerate(days)]
    rows += [change(f"d{number}", "amount", old, "700", f"2025-03-{number + 1:02}") for number in range(again)]
    return {"opportunities": [deal(f"d{number}") for number in range(deals)], "opportunity_history": rows}


def test_a_history_that_never_says_what_was_before_is_carried_back_and_its_past_is_approximate() -> None:
    loaded = read(grown(None, 1), replace(POLICY, history_begins=None))
    assert amounts(loaded, "2025-01-01", "2025-03-01") == [20 * 500, 19 * 500 + 700]
    assert (loaded.facts.says_before, loaded.facts.has_history, loaded.facts.history_begins) == (False, True, None)
    assert any("never say what was before" in remark for remark in loaded.facts.quality.remarks)


@pytest.mark.parametrize(
    ("old", "again", "deals", "policy"),
    [
        pytest.param("500", 1, 20, None, id="one that says it"),
        pytest.param(None, 0, 20, None, id="one first value each"),
        pytest.param(None, 1, 18, None, id="too few to tell"),
        pytest.param(None, 1, 20, False, id="literally by the configuration"),
    ],
)
def test_first_values_from_nothing_are_what_they_say(old: str | None, again: int, deals: int, policy: Any) -> None:
    loaded = read(grown(old, again, deals), replace(POLICY, history_begins=policy))
    assert open_on(loaded, "2025-01-01") == (deals, Decimal(0))
    assert loaded.facts.says_before


def test_who_owned_a_deal_before_the_first_change_is_carried_back_where_owners_are_never_said_before() -> None:
    won = [deal(f"d{number}", closed="2025-02-10", won=True, owner_id="r2") for number in range(20)]
    rows = [change(f"d{number}", "owner_id", None, "r1", f"2025-02-{11 + number % 15}") for number in range(20)]
    rows.append(change("d0", "owner_id", None, "r2", "2025-03-01"))
    tables = {"opportunities": won, "opportunity_history": rows, "reps": [rep("r1"), rep("r2")]}
    loaded = read(tables, replace(POLICY, history_begins=None), as_of=date(2025, 3, 30))
    assert lines(loaded.facts.by_rep, "rep_id", "amount") == [("r1", Decimal(20_000))]
    asked = loaded.deals.decided("smb", date(2025, 1, 1), date(2025, 2, 15), date(2025, 2, 15), 30, won_only=True)
    assert {each.owner for each in asked} == {"r1"}


def test_without_a_history_past_values_are_todays_and_it_is_said() -> None:
    facts = read({"opportunities": [deal()]}).facts
    assert not facts.has_history
    assert any("opportunity_history" in remark for remark in facts.quality.remarks)
    assert history(change("A", "stage", "a", "b", "2025-02-01")).facts.has_history


@pytest.mark.parametrize(("changes", "told"), [(99, True), (100, False)])
def test_many_changes_without_one_of_an_amount_are_no_history_of_amounts(changes: int, told: bool) -> None:
    stages = [change("A", "stage", "a", "b", f"2025-02-01T10:{n // 60:02}:{n % 60:02}") for n in range(changes)]
    assert history(*stages).facts.has_history is told
    assert history(*stages, change("A", "amount", "1", "2", "2025-02-03")).facts.has_history


def test_every_day_on_which_something_happened_is_an_active_day() -> None:
    rows = [change("A", "stage", "a", "b", "2025-02-01"), change("A", "amount", "1", "2", "2025-02-03")]
    loaded = history(*rows, first=deal(closed="2025-03-01", won=True))
    assert [day.isoformat() for day in loaded.facts.activity] == [
        "2025-01-01",
        "2025-02-01",
        "2025-02-03",
        "2025-03-01",
    ]
    passed_on = history(change("A", "owner_id", "ann", "bob", "2025-02-07"))
    assert passed_on.facts.activity == (date(2025, 1, 1), date(2025, 2, 7))


def test_due_quarters_follow_the_expected_close_date() -> None:
    rows = [change("A", "close_date", "2025-02-15", "2025-05-01", "2025-02-20")]
    loaded = history(*rows, first=deal(close_date="2025-05-01"), policy=replace(POLICY, with_due=True))
    assert loaded.facts.due is not None
    assert lines(loaded.facts.due, "day", "due_quarter", "deals", "amount") == [
        (date(2025, 1, 1), date(2025, 1, 1), 1, Decimal(1000)),
        (date(2025, 2, 20), date(2025, 1, 1), -1, Decimal(-1000)),
        (date(2025, 2, 20), date(2025, 4, 1), 1, Decimal(1000)),
    ]


def test_due_quarters_are_those_of_the_companys_year() -> None:
    policy = replace(POLICY, with_due=True, calendar=replace(POLICY.calendar, fiscal_year_start=2))
    ends = ("2025-01-31", "2025-02-01", "2025-04-30", "2025-05-01", "2025-12-31")
    deals = [deal(end, close_date=end) for end in ends]
    due = read({"opportunities": deals}, policy).facts.due
    assert due is not None
    assert lines(due, "due_quarter", "deals") == [
        (date(2024, 11, 1), 1),
        (date(2025, 2, 1), 2),
        (date(2025, 5, 1), 1),
        (date(2025, 11, 1), 1),
    ]


def test_asking_for_due_quarters_leaves_the_other_frames_as_they_are() -> None:
    rows = [
        change("A", "close_date", "2025-02-15", "2025-05-01", "2025-02-20"),
        change("A", "amount", "1", "2", "2025-02-22"),
    ]
    plain, due = history(*rows), history(*rows, policy=replace(POLICY, with_due=True))
    assert plain.facts.pipeline.equals(due.facts.pipeline)
    assert plain.facts.due is None


def test_a_closed_deal_without_history_of_its_close_date_makes_due_dates_stand_in() -> None:
    policy = replace(POLICY, with_due=True)
    closed = deal(is_closed="true", is_won="true", close_date="2025-02-20")
    pushed = change("A", "close_date", "2025-02-15", "2025-02-20", "2025-02-10")
    assert history(first=closed, policy=policy).facts.due_dates_stand_in
    assert not history(pushed, first=closed, policy=policy).facts.due_dates_stand_in
    assert not history(first=deal(), policy=policy).facts.due_dates_stand_in
