"""The few deals behind a figure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from monitor.core.facts import Deal
from monitor.facts.load import Loaded
from tests.facts.company import POLICY, change, deal, read, rep

T = date(2025, 3, 1)


def company() -> Loaded:
    rows: list[dict[str, Any]] = [
        deal("small", amount="5"),
        deal("large", amount="900", account_id="a1", owner_id="r2"),
        deal("blank", amount=None),
        deal("old", created="2024-06-01", amount="70"),
        deal("renewal", type="renewal", amount="8"),
        deal("strange", segment="?", amount="3"),
        deal("won", closed="2025-02-10", won=True, amount="44", owner_id="r2"),
        deal("today", closed="2025-03-01", amount="61"),
        deal("lost", closed="2025-02-20", amount="60"),
        deal("tired", created="2024-01-01", closed="2025-02-20", amount="11"),
        deal("later", created="2025-03-02"),
        deal("first", created="2025-03-01", amount="4"),
        deal("ninety", created="2024-12-01", amount="3"),
        deal("half a year", created="2024-08-24", closed="2025-02-20", amount="12"),
        deal("renewed later", created="2025-03-02", type="renewal", amount="9"),
    ]
    rows += [deal(f"f{number}", segment="strategic") for number in range(20)]
    history = [
        change("large", "amount", "10", "900", "2025-03-02"),
        change("small", "amount", "1", "5", "2025-02-01"),
        change("large", "owner_id", "r1", "r2", "2025-03-02"),
        change("ninety", "amount", "2", "3", "2025-03-01"),
        change("won", "owner_id", "r3", "r1", "2025-02-10"),
        change("won", "owner_id", "r1", "r2", "2025-02-11"),
    ]
    accounts = [{"account_id": "a1", "name": "Acme"}]
    people = [dict(rep("r1")) | {"name": "Ann"}, dict(rep("r2")) | {"name": "Ben"}]
    return read({"opportunities": rows, "opportunity_history": history, "accounts": accounts, "reps": people}, as_of=T)


def test_open_deals_come_largest_first_as_they_were_on_the_day() -> None:
    found = company().deals.open_fresh("smb", T, 5)
    assert [(each.opportunity_id, each.amount) for each in found] == [
        ("large", 10),
        ("small", 5),
        ("first", 4),
        ("ninety", 3),
        ("blank", None),
    ]
    assert found[0] == Deal("large", "Acme", "Ann", Decimal(10), date(2025, 1, 1), None, None)


def test_decided_deals_come_with_their_day_and_outcome() -> None:
    deals = company().deals
    found = deals.decided("smb", date(2025, 2, 1), T, T, 3, won_only=False)
    assert [(each.opportunity_id, each.won, each.closed_on) for each in found] == [
        ("today", False, T),
        ("lost", False, date(2025, 2, 20)),
        ("won", True, date(2025, 2, 10)),
    ]
    only = deals.decided("smb", date(2025, 2, 1), T, T, 5, won_only=True)
    assert [(each.opportunity_id, each.owner) for each in only] == [("won", "Ann")]


def test_what_is_left_out_is_counted_by_reason() -> None:
    left = {each.reason: (each.deals, each.amount) for each in company().deals.left_out("smb", date(2025, 1, 1), T)}
    assert left == {
        "too_old": (1, Decimal(70)),
        "other_type": (1, Decimal(8)),
        "in_review": (1, Decimal(3)),
        "stale_when_closed": (1, Decimal(11)),
    }


def test_before_a_migrated_history_begins_a_deal_was_its_first_owners() -> None:
    history = [change("a", "owner_id", None, "r1", "2025-03-02"), change("a", "owner_id", "r1", "r2", "2025-03-05")]
    tables = {"opportunities": [deal("a", owner_id="r2")], "opportunity_history": history}
    for begins, owner in ((date(2025, 3, 2), "r1"), (False, None)):
        found = read(tables, replace(POLICY, history_begins=begins)).deals.open_fresh("smb", T, 1)
        assert [each.owner for each in found] == [owner]
