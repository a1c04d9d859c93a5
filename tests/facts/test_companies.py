"""Many companies in one pass: each has the facts that it has alone, however bad the others' data are."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import DataError
from monitor.facts import load
from monitor.facts.grouping import side_by_side
from monitor.facts.load import Companies, find_companies
from tests.facts.companies import companies
from tests.facts.company import POLICY, Tables, deal, filler, open_on, rep, suspects
from tests.facts.group import COLUMN, NASTY, RATES, Group, alone, made, rows_of, together, told
from tests.sources.sample import by_example

pytestmark = pytest.mark.xdist_group("nasty companies")
"""They are read together once, in one process of the tests."""

STRICT = replace(POLICY, history_begins=None, with_due=True, named_accounts={"a3": "strategic", "a1": "mid_market"})


LIKE_ANOTHER = ("New stage", "Migrated", "Foreign", "Review", "Unsegmented")
"""Told like the others of the group; tests of their own look at what is nasty in them."""


@pytest.fixture(scope="module")
def nasty() -> Companies:
    return together(NASTY, STRICT, {"fx_rates": RATES})


@pytest.mark.parametrize("name", by_example([name for name in NASTY if name not in LIKE_ANOTHER], NASTY))
def test_a_company_among_others_is_the_company_alone(nasty: Companies, name: str) -> None:
    assert told(lambda: nasty.one(name)) == told(lambda: alone(NASTY, name, STRICT, {"fx_rates": RATES}))


def test_companies_whose_days_are_summed_a_few_at_a_time_are_the_same(
    nasty: Companies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "AT_ONCE", 60)
    few = together(NASTY, STRICT, {"fx_rates": RATES})
    for name in NASTY:
        assert told(lambda: few.one(name)) == told(lambda: nasty.one(name))  # noqa: B023


@pytest.mark.parametrize(
    ("sizes", "spans"),
    [
        ({}, []),
        ({3: 5}, [(3, 3)]),
        ({0: 4, 1: 6, 2: 1}, [(0, 1), (2, 2)]),
        ({2: 1, 0: 11, 7: 9}, [(0, 0), (2, 7)]),
        ({0: 99, 1: 99}, [(0, 0), (1, 1)]),
    ],
)
def test_companies_side_by_side_have_ten_rows_or_are_one(sizes: dict[int, int], spans: list[tuple[int, int]]) -> None:
    assert side_by_side(sizes, 10) == spans


@given(st.lists(companies(), min_size=2, max_size=2))
@settings(max_examples=int(os.environ.get("EXAMPLES", "1")))
def test_random_companies_with_the_same_ids_do_not_meet(several: list[Tables]) -> None:
    group: Group = {f"c{number}": tables for number, tables in enumerate(several)}
    found = together(group, STRICT)
    for name in group:
        assert told(lambda: found.one(name))[0] == told(lambda: alone(group, name, STRICT))[0]  # noqa: B023


def test_companies_are_named_in_the_order_of_their_names_without_the_spaces_around_them() -> None:
    one = {"opportunities": [deal()]}
    assert together({" b ": one, "B": one, "a": one, "b": {"reps": [rep("r")]}}, POLICY).names == ("B", "a", "b")


def test_rows_of_no_company_are_counted_once_and_said(nasty: Companies) -> None:
    group = {"a": {"opportunities": [deal("A")]}, "": {"opportunities": [deal("B"), deal("C")]}}
    found = together(group, POLICY)
    assert nasty.remarks == ()
    assert found.remarks == ("Rows without a company_id belong to no company and are left out: 2 of opportunities.",)
    assert open_on(found.one("a"), "2025-06-01")[0] == 1


def test_companies_whose_names_are_read_alike_are_said() -> None:
    one = {"opportunities": [deal()]}
    assert together({"Acme": one, "ACME": one, "Acme\u00a0": one, "Beta": one}, POLICY).remarks == (
        "ACME and Acme and Acme\u00a0 are read alike, and are 3 companies: if they are one, write them the same way in "
        "company_id.",
    )


def test_a_company_that_nobody_names_is_refused(nasty: Companies) -> None:
    with pytest.raises(DataError, match="name no company 'Nobody'"):
        nasty.one("Nobody")


def test_only_rates_may_be_the_same_for_all() -> None:
    tables = made(rows_of({"a": {"opportunities": [deal()]}}) | {"reps": NASTY["Plain"]["reps"]})
    with pytest.raises(DataError, match=r"^Table reps has no column company_id.*rep_id, .*only fx_rates may be"):
        find_companies(tables, POLICY, "company_id")


def test_a_column_that_names_nobody_is_refused() -> None:
    with pytest.raises(DataError, match="No row names its company in the column company_id"):
        together({"  ": {"opportunities": [deal()]}}, POLICY)


def test_companies_may_have_rates_of_their_own() -> None:
    foreign: dict[str, Any] = {"opportunities": [deal(currency="EUR")]}
    group = {
        "a": {**foreign, "fx_rates": [{"currency": "EUR", "rate": "2", "month": None}]},
        "b": {**foreign, "fx_rates": [{"currency": "EUR", "rate": "3", "month": "2025-01-01"}]},
        "c": foreign,
    }
    found = together(group, POLICY)
    assert [open_on(found.one(name), "2025-06-01")[1] for name in "ab"] == [2000, 3000]
    with pytest.raises(DataError, match="1 no_rate"):
        found.one("c")


def test_bad_rates_of_everybody_stop_everybody() -> None:
    rates = [*RATES, {"currency": "GBP", "rate": "0", "month": None}]
    found = together({name: {"opportunities": [deal()]} for name in "ab"}, POLICY, {"fx_rates": rates})
    for name in "ab":
        with pytest.raises(DataError, match=r"^Table fx_rates: 1 of 3 rows cannot be used \(1 bad_amount\).*GBP"):
            found.one(name)


def test_two_hundred_bad_rows_are_listed_of_each_company() -> None:
    rows = [deal(f"d{number:03}", owner_id="r1", close_date="2025-06-01") for number in range(201)]
    found = together({name: {"opportunities": rows} for name in "ab"}, POLICY)
    for name in "ab":
        assert suspects(found.one(name)) == {"past_due_open": 201}
        assert [row.key for row in found.one(name).facts.quality.bad_rows] == [f"d{n:03}" for n in range(200)]


def test_a_deal_without_an_account_is_of_no_unknown_account() -> None:
    tables = {"opportunities": [deal("A"), deal("B", account_id="ghost"), *filler()], "accounts": [{"account_id": "a"}]}
    assert suspects(together({COLUMN: tables}, POLICY).one(COLUMN)) == {"unknown_account": 1}
