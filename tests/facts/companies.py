"""Random small companies for Hypothesis: inconsistent histories, ties, moves, foreign money, all of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.facts.company import Tables

FIRST, DAYS = date(2025, 1, 1), 130
UNTIL = FIRST + timedelta(days=2 * DAYS)
SEGMENTS = ("smb", "mid_market", "strategic")
PEOPLE = ("r1", "r2", "r3", "nobody")
AMOUNTS = ("0", "10.5", "49999.99", "50000", "499999.999", "500000", "1234.5678", "7")
HOURS = ("T09:00:00", "T09:00:00", "T17:30:00")


def days(after: int = 0, before: int = DAYS) -> st.SearchStrategy[date]:
    return st.integers(after, before).map(lambda number: FIRST + timedelta(days=number))


@st.composite
def opportunities(draw: st.DrawFn, size: int = 8) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(1, size))):
        created = draw(days())
        is_closed = draw(st.booleans())
        closed = created + timedelta(days=draw(st.sampled_from((0, 1, 20, 91, 120))))
        found.append(
            {
                "opportunity_id": f"d{number}",
                "account_id": draw(st.sampled_from(("a1", "a2", "a3", None))),
                "owner_id": draw(st.sampled_from((*PEOPLE, None))),
                "type": draw(st.sampled_from((None, "new_business", "renewal"))),
                "created_date": created.isoformat(),
                "close_date": closed.isoformat(),
                "is_closed": str(is_closed).lower(),
                "is_won": str(is_closed and draw(st.booleans())).lower(),
                "amount": draw(st.sampled_from((*AMOUNTS, None))),
                "currency": draw(st.sampled_from((None, None, "USD", "EUR"))),
                "segment": draw(st.sampled_from((None, *SEGMENTS))),
            }
        )
    return found


@st.composite
def changes(draw: st.DrawFn, keys: list[str]) -> list[dict[str, Any]]:
    found = []
    for _ in range(draw(st.integers(1, 16))):
        name = draw(st.sampled_from(("amount", "amount", "segment", "owner_id")))
        values = {"amount": AMOUNTS, "segment": SEGMENTS, "owner_id": PEOPLE}[name]
        old, new = (draw(st.sampled_from((None, *values))) for _ in range(2))
        at = draw(days(0, DAYS + 40)).isoformat() + draw(st.sampled_from(HOURS))
        key = draw(st.sampled_from(keys))
        found.append({"opportunity_id": key, "field": name, "old_value": old, "new_value": new, "changed_at": at})
    return found


@st.composite
def companies(draw: st.DrawFn) -> Tables:
    """Deals with accounts, people, rates and history."""
    deals = draw(opportunities())
    people = [
        {"rep_id": name, "role": role, "segment": "smb", "start_date": start, "end_date": end}
        for name, role, start, end in (
            ("r1", "ae", "2025-01-01", "2025-03-01"),
            ("r1", "ae", "2025-02-15", None),
            ("r2", "ae", "2025-02-01", "2025-04-01"),
            ("r2", "manager", "2025-04-02", None),
            ("r3", "sdr", "2024-01-01", None),
        )
    ]
    accounts = [
        {
            "account_id": name,
            "employees": draw(st.sampled_from((None, "50", "51", "1000", "1001"))),
            "fit_segment": draw(st.sampled_from((None, *SEGMENTS))),
        }
        for name in ("a1", "a2")
    ]
    rates = [
        {"currency": "EUR", "rate": rate, "month": month} for rate, month in (("1.1", None), ("1.25", "2025-03-01"))
    ]
    tables: dict[str, Any] = {"opportunities": deals, "reps": people, "accounts": accounts, "fx_rates": rates}
    if draw(st.booleans()):
        tables["opportunity_history"] = draw(changes([row["opportunity_id"] for row in deals]))
    return tables
