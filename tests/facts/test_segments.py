"""The segment of a deal: given, by its account's name, or by the vote of the signals."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from monitor.core.policy import FactsPolicy
from monitor.facts.load import Loaded
from tests.facts.company import POLICY, change, deal, lines, open_on, read

NAMED = replace(POLICY, named_accounts={"vip": "strategic"})
VOTES: list[tuple[str, dict[str, Any], dict[str, Any] | None, str]] = [
    ("given wins over everything", {"segment": "smb", "account_id": "vip"}, {}, "smb"),
    ("a named account wins over the vote", {"account_id": "vip", "amount": "10"}, {"employees": "5"}, "strategic"),
    ("fifty employees are smb", {"amount": "10"}, {"employees": "50"}, "smb"),
    ("fifty-one are not", {"amount": "50000"}, {"employees": "51"}, "mid_market"),
    ("a thousand are mid-market", {"amount": "499999.99"}, {"employees": "1000"}, "mid_market"),
    ("500,000 is strategic", {"amount": "500000"}, {"employees": "1001"}, "strategic"),
    ("fit breaks a disagreement", {"amount": "10"}, {"employees": "500", "fit_segment": "Mid-Market"}, "mid_market"),
    ("three opinions are none", {"amount": "10"}, {"employees": "500", "fit_segment": "strategic"}, "review"),
    ("one signal of three is too few", {"amount": "10"}, {}, "review"),
    ("no account, too few", {"amount": "10", "account_id": None}, {}, "review"),
    ("an unknown segment goes to review", {"segment": "galaxy", "amount": "10"}, {"employees": "5"}, "review"),
    ("a number that is none is missing", {"amount": "10"}, {"employees": "51-200", "fit_segment": "smb"}, "smb"),
]


def one(more: dict[str, Any], account: dict[str, Any] | None, policy: FactsPolicy = NAMED) -> Loaded:
    row = {"account_id": "a1", "segment": None} | more
    tables: dict[str, Any] = {"opportunities": [deal() | row]}
    if account is not None:
        blank = {"employees": None, "fit_segment": None}
        tables["accounts"] = [{"account_id": row["account_id"] or "a1"} | blank | account]
    return read(tables, policy)


@pytest.mark.parametrize(("more", "account", "segment"), [vote[1:] for vote in VOTES], ids=[vote[0] for vote in VOTES])
def test_the_segment_is_told_in_this_order(more: dict[str, Any], account: dict[str, Any] | None, segment: str) -> None:
    assert set(one(more, account).facts.pipeline["segment"]) == {segment}


@pytest.mark.parametrize(
    ("by", "amount", "segment"),
    [(("acv",), "60000", "mid_market"), (("acv",), None, "review"), (("employees", "acv"), "10", "smb"),
     (("employees", "acv"), "60000", "review"), (("fit",), "10", "review")],
)  # fmt: skip
def test_fewer_signals_are_heard_as_configured(by: tuple[str, ...], amount: str | None, segment: str) -> None:
    loaded = one({"amount": amount}, {"employees": "5"}, replace(NAMED, segments_by=by))
    assert set(loaded.facts.pipeline["segment"]) == {segment}


def test_a_missing_accounts_table_is_fine_where_the_segment_is_given() -> None:
    loaded = one({"segment": "mid_market"}, None)
    assert open_on(loaded, "2025-01-01", "mid_market") == (1, Decimal(1000))
    assert not loaded.facts.quality.remarks[1:]


def test_where_most_deals_end_in_review_it_is_said_which_column_is_missing() -> None:
    remark = one({"amount": "60000"}, None).facts.quality.remarks[-1]
    assert "accounts.employees and accounts.fit_segment are missing" in remark
    assert "segments.by: [acv]" in remark


def test_where_half_of_the_deals_end_in_review_nothing_is_said_and_columns_that_hold_something_are_known() -> None:
    deals = [deal("a", account_id="x"), deal("b", segment=None, amount=None)]
    facts = read({"opportunities": deals, "accounts": [{"account_id": "x", "employees": "9"}]}).facts
    assert not any("in review" in remark for remark in facts.quality.remarks)
    assert facts.empty_columns == {"accounts.fit_segment", "opportunities.owner_id"}


def test_an_amount_that_grows_over_a_band_moves_the_deal() -> None:
    tables = {
        "opportunities": [deal(segment=None, amount="60000")],
        "opportunity_history": [change("A", "amount", "100", "60000", "2025-02-01")],
    }
    loaded = read(tables, replace(POLICY, segments_by=("acv",)))
    assert lines(loaded.facts.pipeline, "day", "segment", "change", "amount")[1:3] == [
        (date(2025, 2, 1), "smb", "moved", Decimal(-100)),
        (date(2025, 2, 1), "mid_market", "moved", Decimal(60000)),
    ]


def test_an_amount_that_leaves_a_band_and_comes_back_on_one_day_moves_nothing() -> None:
    rows = [
        change("A", "amount", "100", "60000", "2025-02-01T09:00:00"),
        change("A", "amount", "60000", "200", "2025-02-01T18:00:00"),
    ]
    tables = {"opportunities": [deal(segment=None, amount="200")], "opportunity_history": rows}
    loaded = read(tables, replace(POLICY, segments_by=("acv",)))
    assert lines(loaded.facts.pipeline, "day", "segment", "change", "amount")[:2] == [
        (date(2025, 1, 1), "smb", "created", Decimal(100)),
        (date(2025, 2, 1), "smb", "reamounted", Decimal(100)),
    ]


def test_a_given_segment_is_the_one_in_force() -> None:
    rows = [
        change("A", "segment", "smb", "Mid-Market", "2025-02-01"),
        change("A", "segment", "mid_market", "", "2025-03-01"),
    ]
    loaded = read({"opportunities": [deal(segment="strategic")], "opportunity_history": rows})
    by_day = {day: [name for name in ("smb", "mid_market", "review", "strategic") if open_on(loaded, day, name)[0]]
              for day in ("2025-01-31", "2025-02-01", "2025-03-01")}  # fmt: skip
    assert by_day == {"2025-01-31": ["smb"], "2025-02-01": ["mid_market"], "2025-03-01": ["review"]}


def test_bands_and_types_are_configured() -> None:
    bands = replace(POLICY.segment_bands, acv=(Decimal(10), Decimal(20)))
    policy = replace(POLICY, segments_by=("acv",), segment_bands=bands, deal_types=("renewal",))
    rows = [deal("a", segment=None, amount="15", type="renewal"), deal("b", segment=None, amount="15")]
    assert open_on(read({"opportunities": rows}, policy), "2025-01-01", "mid_market") == (1, Decimal(15))
