"""What cannot be used is set aside, each row with its reason; what is merely odd is kept and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from monitor.errors import DataError
from monitor.facts.load import Loaded
from tests.facts.company import POLICY, Row, change, deal, filler, open_on, read, rep, sets_aside, suspects

pytestmark = pytest.mark.xdist_group("bad rows")
"""They are read once, in one process of the tests."""

LENIENT = replace(POLICY, max_bad_rows=Decimal(1))

BAD = [
    (deal(None), "missing_id"),  # type: ignore[arg-type]
    (deal("   "), "missing_id"),
    (deal("b1", created=""), "missing_date"),
    (deal("b2", created="03/04/2026"), "bad_date"),
    (deal("b3", created="2025-02-30"), "bad_date"),
    (deal("b4", created="2025-1-2"), "bad_date"),
    (deal("b5", created="0202-05-01"), "bad_date"),
    (deal("b6", created="infinity"), "bad_date"),
    (deal("b7", closed="soon"), "bad_date"),
    (deal("b8", created="2025-01-05T25:00:00"), "bad_date"),
    (deal("b9", is_closed="perhaps"), "bad_flag"),
    (deal("b10", is_won=""), "missing_flag"),
    (deal("b11", amount="1,234.5"), "bad_amount"),
    (deal("b12", amount="$5"), "bad_amount"),
    (deal("b13", amount="NaN"), "bad_amount"),
    (deal("b14", amount="inf"), "bad_amount"),
    (deal("b15", amount="1e5"), "bad_amount"),
    (deal("b16", amount="1_000"), "bad_amount"),
    (deal("b17", amount="=SUM(A1:A9)"), "bad_amount"),
    (deal("b18", amount="-0.01"), "negative_amount"),
    (deal("b19", amount="10000000000000"), "amount_out_of_range"),
    (deal("b20", amount="9" * 60), "amount_out_of_range"),
    (deal("b21", closed="2024-12-31"), "closed_before_created"),
    (deal("b22", is_closed="true"), "closed_without_close_date"),
    (deal("b23", is_won="true"), "won_not_closed"),
    (deal("b24", currency="XYZ"), "no_rate"),
    (deal("b25", _bad="broken_quotes"), "broken_quotes"),
]
GOOD = [
    deal("g1", is_closed="FALSE", is_won="f"),
    deal("g2", is_closed="No", is_won="0"),
    deal(" g3 ", created=" 2025-01-01 ", amount=" 1000 "),
    deal("g4", amount="1000.000000000"),
    deal("g5", amount="+1000"),
    deal("g6", amount="1000."),
    deal("g7", amount="01000"),
    deal("g8", created="2025-01-01T23:59:59"),
    deal("g9", created="2025-01-01 00:00"),
    deal("g10", created="2025-01-01T12:00:00.123Z"),
    deal("g11", segment="SMB", type="New Business"),
    deal("g12", currency="usd"),
]


@pytest.fixture(scope="module")
def spoilt() -> Loaded:
    return read({"opportunities": [row for row, _ in BAD] + GOOD + filler()}, LENIENT)


@pytest.mark.parametrize(("row", "reason"), BAD, ids=[f"{row['opportunity_id']}-{reason}" for row, reason in BAD])
def test_a_row_that_cannot_be_used_is_set_aside_with_its_reason(spoilt: Loaded, row: Row, reason: str) -> None:
    listed = {(bad.key, bad.reason) for bad in spoilt.facts.quality.bad_rows}
    assert ((row["opportunity_id"] or "").strip(), reason) in listed


def test_every_row_set_aside_is_counted_once(spoilt: Loaded) -> None:
    assert sets_aside(spoilt) == dict(Counter(reason for _, reason in BAD))
    assert spoilt.facts.quality.rows["opportunities"] == len(BAD) + len(GOOD) + 40


def test_what_is_merely_written_otherwise_is_read(spoilt: Loaded) -> None:
    assert open_on(spoilt, "2025-01-01") == (len(GOOD), Decimal(1000) * len(GOOD))


def test_all_rows_of_a_disputed_id_go_and_of_equal_rows_one_stays() -> None:
    rows = [deal("twice"), deal("twice"), deal("x"), deal("x", amount="2"), deal("y"), deal("y", created="bad")]
    loaded = read({"opportunities": rows + filler()}, LENIENT)
    assert sets_aside(loaded) == {"duplicate_id": 3, "bad_date": 1}
    assert suspects(loaded) == {"duplicate_row": 1}
    assert open_on(loaded, "2025-01-01") == (1, Decimal(1000))


def test_rows_that_differ_in_a_column_that_no_fact_needs_are_a_dispute_too() -> None:
    rows = [deal("x", stage="Proposal"), deal("x", stage="Closing"), *filler()]
    assert sets_aside(read({"opportunities": rows}, LENIENT)) == {"duplicate_id": 2}


def test_people_and_quotas_that_differ_are_never_taken_for_one_however_alike_their_texts_are() -> None:
    people = [rep(f"REP{number:05}", "2022-01-01") | {"name": f"Rep {number}"} for number in range(500)]
    starts = [f"{year}-{month:02}-01" for year in range(2010, 2026) for month in (1, 4, 7, 10)]
    quotas = [{"rep_id": row["rep_id"], "period_start": start, "amount": "1"} for row in people for start in starts]
    loaded = read({"opportunities": [deal()], "reps": people, "quotas": quotas})
    assert (len(loaded.facts.reps), len(loaded.facts.quotas)) == (500, 32_000)  # type: ignore[arg-type]
    assert sets_aside(loaded, "reps") == sets_aside(loaded, "quotas") == {}


def test_deals_and_accounts_whose_ids_differ_in_two_letters_are_never_taken_for_one() -> None:
    letters = [chr(code) for code in range(ord("0"), ord("p"))]
    ids = [f"aaaaaaa{one}bbbbbbb{other}" for one in letters for other in letters]
    deals = [deal(name, account_id=name) for name in ids]
    accounts = [{"account_id": name, "employees": "20"} for name in ids]
    loaded = read({"opportunities": deals, "accounts": accounts})
    assert open_on(loaded, "2025-01-01")[0] == len(ids)
    assert sets_aside(loaded) == sets_aside(loaded, "accounts") == {}


def test_bad_rows_are_listed_with_file_and_line() -> None:
    rows = [row | {"_file": "deals.csv", "_line": number} for number, row in enumerate(filler(), start=2)]
    rows += [deal("x", created="?", _file="deals.csv", _line=99)]
    bad = read({"opportunities": rows}, LENIENT).facts.quality.bad_rows
    assert [(row.file, row.line, row.reason) for row in bad if row.key == "x"] == [("deals.csv", 99, "bad_date")]


def test_what_looks_odd_is_listed_with_its_last_line() -> None:
    deals = [deal("x", "2025-06-01", close_date="2025-06-02", _file="deals.csv", _line=7)]
    rows = [change("x", "amount", "1", number, "2025-06-03") for number in ("oops", "2", "3")]
    history = [row | {"_file": "past.csv", "_line": line} for line, row in enumerate(rows, start=2)]
    bad = read({"opportunities": deals, "opportunity_history": history}, LENIENT).facts.quality.bad_rows
    assert {(row.reason, row.file, row.line) for row in bad} == {
        ("past_due_open", "deals.csv", 7),
        ("bad_amount", "past.csv", 2),
        ("ambiguous_history", "past.csv", 4),
        ("other_amount_than_deal", "past.csv", 4),
    }


def test_too_many_bad_rows_stop_the_run_and_the_sentence_says_where() -> None:
    rows = [deal(f"b{number}", created="?", _file="deals.csv", _line=number) for number in range(2, 5)] + filler()
    with pytest.raises(
        DataError, match=r"^Table opportunities: 3 of 43 rows .*3 bad_date.*deals.csv:2 \(bad_date\); dates that"
    ):
        read({"opportunities": rows})


def test_five_in_a_hundred_are_borne() -> None:
    assert sets_aside(read({"opportunities": [deal("b", created="?"), *filler(19)]})) == {"bad_date": 1}


def test_a_missing_table_stops_the_run() -> None:
    with pytest.raises(DataError, match=r"no table opportunities.*reps"):
        read({"reps": [rep("r1")]})


def test_a_missing_column_is_named_with_those_there_are() -> None:
    rows = [{name: cell for name, cell in deal().items() if name != "is_won"}]
    with pytest.raises(
        DataError, match=r"opportunities has no column is_won \(its columns: opportunity_id.*`columns:`"
    ):
        read({"opportunities": rows})


def test_a_required_column_of_another_table_stops_the_run_too() -> None:
    with pytest.raises(DataError, match="reps has no column role"):
        read({"opportunities": [deal()], "reps": [{"rep_id": "r", "segment": "smb", "start_date": "2025-01-01"}]})


def test_no_usable_deal_stops_the_run() -> None:
    with pytest.raises(DataError, match="no row that can be used"):
        read({"opportunities": []})


def test_where_every_deal_is_bad_it_is_said_why() -> None:
    with pytest.raises(DataError, match=r"^Table opportunities: 1 of 1 row cannot be used \(1 bad_date\)"):
        read({"opportunities": [deal("b", created="?")]})


def test_columns_nobody_asked_for_are_counted_and_case_does_not_matter() -> None:
    rows = [{name.upper(): cell for name, cell in deal(fax="none").items()}]
    loaded = read({"opportunities": rows})
    assert loaded.facts.quality.ignored_columns == {"opportunities": ("FAX",)}
    assert open_on(loaded, "2025-01-01") == (1, Decimal(1000))


ODD = [
    (deal("o1", closed="2025-02-01", won=True, is_closed="true", amount=None), "no_amount_on_won"),
    (deal("o2", closed="2025-02-01", won=True, is_closed="true", amount="0"), "no_amount_on_won"),
    (deal("o3", owner_id="ghost"), "unknown_owner"),
    (deal("o4", account_id="ghost"), "unknown_account"),
    (deal("o5", close_date="2025-06-28"), "past_due_open"),
    (deal("o6", owner_id="gone"), "owner_left"),
    (deal("o7", type="barter"), "unknown_type"),
    (deal("o8", segment="galaxy"), "unknown_segment"),
    (deal("o9", created="2025-06-20", stage="Brand new"), "new_stage"),
    (deal("o10", created="2025-06-29", owner_id="gone"), "owner_left"),
]
NOT_ODD = [
    deal("n1", close_date="2025-06-29"),
    deal("n2", owner_id="going"),
    deal("n3", closed="2025-06-29", owner_id="gone"),
    deal("n4", created="2025-06-30", owner_id="gone"),
]
"""On the last day it is not yet past, nor is who goes that day gone; and what closed that day is open no more."""


@pytest.fixture(scope="module")
def odd() -> Loaded:
    known = {"account_id": "a1", "owner_id": "here", "stage": "Proposal"}
    people = [rep("here"), rep("gone", end="2025-06-01"), rep("going", end="2025-06-29")]
    rows = [known | row for row in (*(row for row, _ in ODD), *NOT_ODD, *filler())]
    return read({"opportunities": rows, "reps": people, "accounts": [{"account_id": "a1"}]})


@pytest.mark.parametrize(("row", "reason"), ODD, ids=[reason for _, reason in ODD])
def test_what_looks_odd_is_kept_and_listed(odd: Loaded, row: Row, reason: str) -> None:
    assert (row["opportunity_id"], reason) in {(bad.key, bad.reason) for bad in odd.facts.quality.bad_rows}


def test_nothing_else_looks_odd(odd: Loaded) -> None:
    assert suspects(odd) == dict(Counter(reason for _, reason in ODD))
    assert not sets_aside(odd)


@pytest.mark.parametrize(
    ("begins", "created", "told", "is_new"),
    [
        ("2025-01-01", "2025-06-01", None, True),
        ("2025-01-01", "2025-05-31", None, False),
        ("2025-03-31", "2025-06-01", None, True),
        ("2025-04-01", "2025-06-01", None, False),
        ("2025-01-01", "2025-02-01", "2025-03-31", True),
        ("2025-01-01", "2025-02-01", "2025-04-01", False),
        ("2025-01-01", "2025-05-31", "2025-06-10", False),
    ],
)
def test_a_stage_is_new_that_came_in_the_last_thirty_days_of_more_than_ninety(
    begins: str, created: str, told: str | None, is_new: bool
) -> None:
    """`told`: the first day of a history, which says that the deal came into its stage ten days ago."""
    deals = [deal("old", begins, stage="Old"), deal("x", created, stage="New"), deal("last", "2025-06-30", stage="Old")]
    history = [change("old", "stage", "Start", "Old", told or ""), change("x", "stage", "Old", "New", "2025-06-20")]
    tables = {"opportunities": deals} | ({"opportunity_history": history} if told else {})
    assert suspects(read(tables)).get("new_stage", 0) == is_new


def test_amounts_that_a_history_tells_otherwise_and_changes_that_tell_nothing_of_before_are_counted() -> None:
    deals = [deal("right"), deal("other"), deal("back")]
    rows = [
        change("right", "amount", "9", "1000", "2025-02-01"),
        change("other", "amount", "9", "10", "2025-02-01"),
        change("back", "amount", "9", "1000", "2025-02-01"),
        change("back", "amount", "1000", "2000", "2025-03-01"),
    ]
    found = read({"opportunities": deals, "opportunity_history": rows})
    assert suspects(found, "opportunity_history") == {"other_amount_than_deal": 2}
    blind = [row | {"old_value": None} for row in rows[:1]]
    found = read({"opportunities": deals, "opportunity_history": blind})
    assert suspects(found, "opportunity_history") == {"no_old_value": 1}


def test_a_deal_past_due_is_one_of_the_day_asked_for(odd: Loaded) -> None:
    assert open_on(odd, "2025-06-28", "review") == (1, Decimal(1000))


SMALL = [
    ("reps", rep("", "2025-01-01"), "missing_id"),
    ("reps", rep("r2", "2025-01-01", "2024-01-01"), "ends_before_start"),
    ("reps", rep("r3", role="astronaut"), "bad_choice"),
    ("quotas", {"rep_id": "r1", "period_start": "2025-02-01", "amount": "5"}, "not_a_quarter_start"),
    ("quotas", {"rep_id": "r1", "period_start": "2025-04-15", "amount": "5"}, "not_a_quarter_start"),
    ("quotas", {"rep_id": "r1", "period_start": "2025-04-01", "amount": "-5"}, "negative_amount"),
    ("spend", {"month": "2025-01-01", "segment": "smb", "function": "legal", "amount": "5"}, "bad_choice"),
    (
        "spend",
        {"month": "2025-01-01", "segment": "smb", "function": "sales", "amount": "5", "currency": "EUR"},
        "no_rate",
    ),
    ("fx_rates", {"currency": "GBP", "rate": "0", "month": None}, "bad_amount"),
    ("releases", {"date": "yesterday", "segment": "smb"}, "bad_date"),
    ("leads", {"lead_id": "l1", "created_date": "2025-01-01", "qualified_date": "?"}, "bad_date"),
    ("requisitions", {"requisition_id": "q", "segment": "smb", "status": "open", "opened_date": None}, "missing_date"),
    ("revenue", {"month": "2025-01-01", "account_id": "a", "arr": "x"}, "bad_amount"),
]


@pytest.fixture(scope="module")
def small() -> Loaded:
    tables = {name: [row for other, row, _ in SMALL if other == name] for name, _, _ in SMALL}
    return read({"opportunities": [deal()], **tables}, LENIENT)


@pytest.mark.parametrize("table", sorted({table for table, _, _ in SMALL}))
def test_other_tables_are_cleaned_alike(small: Loaded, table: str) -> None:
    assert sets_aside(small, table) == dict(Counter(reason for other, _, reason in SMALL if other == table))


HISTORY = [
    (change("A", "amount", "x", "5", "2025-02-01"), "bad_amount"),
    (change("A", "amount", "5", "-5", "2025-02-01"), "negative_amount"),
    (change("A", "amount", "5", "6", "01.02.2025"), "bad_date"),
    (change("A", "colour", "red", "blue", "2025-02-01"), "bad_choice"),
    (change("A", "stage", "a", "b", ""), "missing_date"),
    (change("", "stage", "a", "b", "2025-02-01"), "missing_id"),
    (change("ghost", "amount", "1", "2", "2025-02-01"), "unknown_deal"),
    (change("ghost", "owner_id", "a", "b", "2025-02-01"), "unknown_deal"),
    (change("A", "", "a", "b", "2025-02-01"), "missing_value"),
]


def test_changes_that_cannot_be_used_are_set_aside_by_reason() -> None:
    loaded = read({"opportunities": [deal()], "opportunity_history": [row for row, _ in HISTORY]}, LENIENT)
    assert sets_aside(loaded, "opportunity_history") == dict(Counter(reason for _, reason in HISTORY))
    assert open_on(loaded, "2025-06-01") == (1, Decimal(1000))


def test_a_history_of_more_deals_than_were_exported_stops_nothing() -> None:
    rows = [change(f"other{number}", "amount", "1", "2", "2025-02-01") for number in range(9)]
    loaded = read({"opportunities": [deal()], "opportunity_history": rows})
    assert sets_aside(loaded, "opportunity_history") == {"unknown_deal": 9}
