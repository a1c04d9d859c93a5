"""The engine against the same facts worked out day by day in plain Python, and what must not matter."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.policy import FactsPolicy
from tests.facts.companies import UNTIL, companies
from tests.facts.company import POLICY, Tables, lines, read
from tests.facts.oracle import Oracle

NAMED = replace(POLICY, named_accounts={"a3": "strategic"})
POLICIES = st.sampled_from(
    [NAMED, replace(NAMED, segments_by=("acv",)), replace(NAMED, segments_by=("employees", "fit"))]
)
KEYS = {"pipeline": 4, "decided": 5, "bookings": 3}
FEW = settings(max_examples=int(os.environ.get("EXAMPLES", "2")))
"""`make test-all` asks for more: each takes a second."""


def by_key(frame: pd.DataFrame, keys: int, until: date = UNTIL) -> dict[tuple[Any, ...], list[Any]]:
    rows = lines(frame, *frame.columns)
    return {row[:keys]: list(row[keys:]) for row in rows if row[0] <= until}


@given(companies(), POLICIES)
@FEW
def test_the_engine_and_a_day_by_day_walk_agree(tables: Tables, policy: FactsPolicy) -> None:
    facts = read(tables, policy).facts
    oracle = Oracle(tables, policy, UNTIL)
    for name, keys in KEYS.items():
        assert by_key(getattr(facts, name), keys) == getattr(oracle, name)()


@given(companies(), st.randoms(use_true_random=False))
@FEW
def test_the_order_of_rows_does_not_matter(tables: Tables, chance: Any) -> None:
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in tables.items()}
    assert read(shuffled).facts.fingerprint == read(tables).facts.fingerprint


@given(companies())
@FEW
def test_deals_of_another_segment_change_nothing(tables: Tables) -> None:
    deals = tables["opportunities"]
    extra = [dict(row) | {"opportunity_id": f"x{row['opportunity_id']}", "segment": "strategic"} for row in deals]
    more = {**tables, "opportunities": [*deals, *extra]}
    before, after = read(tables).facts, read(more).facts
    for name, keys in KEYS.items():
        smb = [frame[frame["segment"] == "smb"] for frame in (getattr(before, name), getattr(after, name))]
        assert by_key(smb[0], keys) == by_key(smb[1], keys)


@given(companies(), st.dates(date(2025, 1, 20), date(2025, 6, 1)))
@FEW
def test_a_day_does_not_depend_on_what_came_after_it(tables: Tables, t: date) -> None:
    cut = cut_at(tables, t)
    if not cut["opportunities"]:
        return
    whole, past = read(tables).facts, read(cut).facts
    for name, keys in KEYS.items():
        assert by_key(getattr(past, name), keys, t) == by_key(getattr(whole, name), keys, t)


def cut_at(tables: Tables, t: date) -> Tables:
    """The company as somebody saw it at the end of a day: later deals, closings and changes have not happened."""
    oracle = Oracle(tables, POLICY, t)
    deals = []
    for row in tables["opportunities"]:
        if row["created_date"] <= t.isoformat():
            then = {name: oracle.value(row, name, t) for name in ("amount", "segment", "owner_id")}
            values = {name: None if value is None else str(value) for name, value in then.items()}
            is_open = row["close_date"] > t.isoformat()
            deals.append({**row, **values, **({"is_closed": "false", "is_won": "false"} if is_open else {})})
    keys = {row["opportunity_id"] for row in deals}
    past = [
        row
        for row in tables.get("opportunity_history", ())
        if row["changed_at"][:10] <= t.isoformat() and row["opportunity_id"] in keys
    ]
    cut = {**tables, "opportunities": deals, "opportunity_history": past}
    return cut if past else {name: rows for name, rows in cut.items() if name != "opportunity_history"}
