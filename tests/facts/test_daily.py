"""What opens, closes, ages and changes on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

from tests.facts.company import POLICY, Row, Tables, change, changes, deal, lines, money, open_on, read, rep, sets_aside


def test_a_deal_is_open_from_its_first_day_to_before_its_last() -> None:
    loaded = read({"opportunities": [deal(closed="2025-02-10", won=True)]})
    assert [open_on(loaded, day)[0] for day in ("2024-12-31", "2025-01-01", "2025-02-09", "2025-02-10")] == [0, 1, 1, 0]


def test_a_deal_created_and_closed_on_one_day_was_never_open() -> None:
    loaded = read({"opportunities": [deal(closed="2025-01-01", won=True)]})
    assert loaded.facts.pipeline.empty
    assert lines(loaded.facts.decided, "won", "won_amount") == [(1, Decimal(1000))]


def test_a_deal_is_fresh_for_ninety_days_and_the_day_it_was_created() -> None:
    loaded = read({"opportunities": [deal()]})
    assert open_on(loaded, "2025-04-01", fresh=True) == (1, Decimal(1000))
    assert open_on(loaded, "2025-04-02", fresh=True) == (0, Decimal(0))
    assert open_on(loaded, "2025-04-02") == (1, Decimal(1000))
    assert changes(loaded, "change", "fresh", "deals") == [("created", True, 1), ("aged_out", True, -1)]


def test_mid_market_deals_stay_fresh_longer_and_review_is_as_smb() -> None:
    rows = [deal("m", segment="mid_market"), deal("r", segment="?"), *(deal(f"f{n}") for n in range(40))]
    loaded = read({"opportunities": rows})
    assert open_on(loaded, "2025-08-29", "mid_market", fresh=True)[0] == 1
    assert open_on(loaded, "2025-04-02", "review", fresh=True)[0] == 0


def test_a_deal_that_closes_on_the_day_it_ages_out_was_won() -> None:
    loaded = read({"opportunities": [deal(closed="2025-04-02", won=True)]})
    assert changes(loaded, "change", "fresh", "deals") == [("created", True, 1), ("won", True, -1)]


def test_a_deal_lost_after_it_aged_out_changes_only_the_whole_pipeline() -> None:
    loaded = read({"opportunities": [deal(closed="2025-05-01")]})
    rows = changes(loaded, "change", "fresh", "deals")
    assert rows == [("created", True, 1), ("aged_out", True, -1), ("lost", False, -1)]
    assert [open_on(loaded, day)[0] for day in ("2025-04-02", "2025-05-01")] == [1, 0]


def test_an_amount_that_changes_on_the_day_its_deal_ages_out_leaves_as_it_was() -> None:
    history = [change("A", "amount", "1000", "1500", "2025-04-02")]
    loaded = read({"opportunities": [deal(amount="1500")], "opportunity_history": history})
    assert changes(loaded, "change", "fresh", "deals", "amount") == [
        ("created", True, 1, Decimal(1000)),
        ("aged_out", True, -1, Decimal(-1000)),
        ("reamounted", False, 0, Decimal(500)),
    ]


def test_changes_of_a_day_that_cancel_out_leave_no_row() -> None:
    history = [change("A", "amount", "10", "20", "2025-02-01"), change("B", "amount", "20", "10", "2025-02-01")]
    loaded = read({"opportunities": [deal(), deal("B")], "opportunity_history": history})
    assert changes(loaded, "change", "deals") == [("created", 2), ("aged_out", -2)]


def test_squares_are_of_amounts_in_thousandths_and_hold_large_ones() -> None:
    rows = [deal("a", amount="1.0005"), deal("b", amount="2"), deal("big", amount="9999999999999.999")]
    squares = money(read({"opportunities": rows}).facts.pipeline, "squares")[0]
    with localcontext(prec=60):
        assert squares == Decimal("99999999999999980000000000.000001") + 4 + Decimal("1.002001")


def test_a_deal_without_an_amount_is_counted_as_unpriced() -> None:
    rows = [deal(closed="2025-02-01", won=True, amount=None), deal("B", "2025-02-01", "2025-02-01", amount=None)]
    frame = read({"opportunities": rows}).facts
    assert lines(frame.pipeline, "change", "deals", "unpriced") == [("created", 1, 1), ("won", -1, -1)]
    assert lines(frame.decided, "won", "lost", "won_unpriced") == [(1, 0, 1), (0, 1, 0)]


def test_a_deal_older_than_the_limit_when_it_closed_is_stale() -> None:
    rows = [deal("a", closed="2025-06-30"), deal("b", closed="2025-07-01")]
    facts = read({"opportunities": rows}).facts
    assert lines(facts.decided, "closed_on", "stale", "lost") == [
        (date(2025, 6, 30), False, 1),
        (date(2025, 7, 1), True, 1),
    ]


def test_a_renewal_is_no_new_business() -> None:
    facts = read(
        {
            "opportunities": [
                deal("a", type="renewal"),
                deal("b", type="Barter"),
                *(deal(f"f{n}", segment="strategic") for n in range(40)),
            ]
        }
    ).facts
    assert "smb" not in set(facts.pipeline["segment"])


def test_without_people_nobody_booked_anything() -> None:
    facts = read({"opportunities": [deal(closed="2025-06-01", won=True, owner_id="r")]}).facts
    assert facts.bookings.empty
    assert facts.reps is None
    assert lines(facts.by_rep, "rep_id", "is_ae") == [("r", False)]


def test_by_rep_begins_with_the_quarter_before_the_day_asked_for() -> None:
    rows = [
        deal("a", "2024-12-01", "2025-01-01", won=True, owner_id="r"),
        deal("b", "2024-01-01", "2024-12-31", won=True, owner_id="r"),
    ]
    facts = read({"opportunities": rows, "reps": [rep("r")]}, as_of=date(2025, 6, 29)).facts
    assert facts.by_rep_since == date(2025, 1, 1)
    assert lines(facts.by_rep, "closed_on") == [(date(2025, 1, 1),)]
    assert len(facts.bookings) == 2


def test_foreign_money_is_valued_when_created_while_open_and_when_closed_once_decided() -> None:
    rates = [
        {"currency": "EUR", "rate": rate, "month": month}
        for rate, month in (("1.1", "2025-01-01"), ("1.2", "2025-03-01"))
    ]
    rows = [deal(closed="2025-04-15", won=True, currency="EUR", owner_id="r")]
    loaded = read({"opportunities": rows, "fx_rates": rates, "reps": [rep("r")]})
    facts = loaded.facts
    assert changes(loaded, "change", "amount")[::2] == [("created", Decimal(1100)), ("won", Decimal(-1100))]
    assert lines(facts.decided, "won_amount") == lines(facts.bookings, "amount") == [(Decimal(1200),)]


def test_a_rate_without_a_month_always_applies_and_none_before_the_first_is_no_rate() -> None:
    rates: list[dict[str, Any]] = [
        {"currency": "GBP", "rate": "1.25", "month": None},
        {"currency": "GBP", "rate": "2", "month": "2025-06-01"},
        {"currency": "EUR", "rate": "1.1", "month": "2025-02-01"},
    ]
    rows = [
        deal("a", currency="GBP"),
        deal("b", currency="EUR"),
        *(deal(f"f{n}", segment="strategic") for n in range(40)),
    ]
    loaded = read({"opportunities": rows, "fx_rates": rates})
    assert open_on(loaded, "2025-01-01") == (1, Decimal(1250))
    assert loaded.facts.quality.set_aside["opportunities"] == {"no_rate": 1}


def test_money_that_is_too_much_once_converted_is_said_and_breaks_nothing() -> None:
    rates: list[Row] = [
        {"currency": "XAU", "rate": "900000", "month": None},
        {"currency": "XPT", "rate": "1000000", "month": None},
        {"currency": "XAG", "rate": "1", "month": "2025-01-01"},
        {"currency": "XAG", "rate": "900000", "month": "2025-02-01"},
    ]
    late = deal("c", "2025-01-02", "2025-02-02", amount="9999999999999", currency="XAG")
    cost: Row = {
        "month": "2025-02-01",
        "segment": "smb",
        "function": "sales",
        "amount": "9999999999999",
        "currency": "XAG",
    }
    rows = [deal("a", amount="9999999999999", currency="XAU"), deal("b"), late]
    tables: Tables = {"opportunities": rows, "fx_rates": rates, "spend": [cost]}
    loaded = read(tables, replace(POLICY, max_bad_rows=Decimal(1)))
    assert open_on(loaded, "2025-01-01") == (2, Decimal(1000))
    assert loaded.facts.quality.suspicious["opportunities"] == {"amount_out_of_range": 2}
    assert sets_aside(loaded, "fx_rates") == sets_aside(loaded, "spend") == {"amount_out_of_range": 1}


def test_spend_is_valued_at_its_month() -> None:
    rates = [
        {"currency": "EUR", "rate": rate, "month": month} for rate, month in (("2", "2025-01-01"), ("3", "2025-02-01"))
    ]
    cost: dict[str, Any] = {"segment": "smb", "function": "sales", "amount": "10"}
    rows = [
        cost | {"month": "2025-01-01", "currency": "eur"},
        cost | {"month": "2025-05-01", "currency": "EUR"},
        cost | {"month": "2025-05-01", "currency": None},
    ]
    spend = read({"opportunities": [deal()], "spend": rows, "fx_rates": rates}).facts.spend
    assert spend is not None
    assert lines(spend, "month", "amount") == [
        (date(2025, 1, 1), Decimal(20)),
        (date(2025, 5, 1), Decimal(10)),
        (date(2025, 5, 1), Decimal(30)),
    ]


def test_a_foreign_currency_with_its_rate_gives_the_same_facts() -> None:
    history = [change("A", "amount", "100", "300", "2025-02-01")]
    half = [change("A", "amount", "50", "150", "2025-02-01")]
    rates = [{"currency": "XAU", "rate": "2", "month": None}]
    plain = read({"opportunities": [deal(amount="300")], "opportunity_history": history})
    foreign = read(
        {"opportunities": [deal(amount="150", currency="XAU")], "opportunity_history": half, "fx_rates": rates}
    )
    assert foreign.facts.fingerprint == plain.facts.fingerprint


def test_small_tables_come_as_they_are_meant() -> None:
    quotas = [{"rep_id": "r", "period_start": "2025-02-01", "amount": "5"}]
    wishes = [{"requisition_id": "q", "segment": "Mid-Market", "status": "Open", "opened_date": "2025-01-05"}]
    policy = replace(POLICY, calendar=replace(POLICY.calendar, fiscal_year_start=2))
    facts = read({"opportunities": [deal()], "quotas": quotas, "requisitions": wishes}, policy).facts
    assert facts.quotas is not None
    assert facts.requisitions is not None
    assert lines(facts.quotas, "rep_id", "period_start", "amount") == [("r", date(2025, 2, 1), Decimal(5))]
    assert lines(facts.requisitions, "segment", "status", "opened_date", "status_date") == [
        ("mid_market", "open", date(2025, 1, 5), None)
    ]


def test_a_person_twice_the_same_is_there_once() -> None:
    facts = read({"opportunities": [deal()], "reps": [rep("r"), rep("r"), rep("r", "2025-03-01")]}).facts
    assert facts.reps is not None
    assert len(facts.reps) == 2
    assert facts.quality.suspicious["reps"] == {"duplicate_row": 1}
