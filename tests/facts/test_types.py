"""The same company in whatever types a source holds gives the same facts, right to the last digit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.facts.company import POLICY, change, deal, open_on, read, sets_aside

NEW_YORK = replace(POLICY, timezone="America/New_York")


def open_amount(cell: Any, kind: pa.DataType) -> Decimal:
    return open_on(read({"opportunities": [deal(amount=cell)]}, opportunities={"amount": kind}), "2025-01-01")[1]


@pytest.mark.parametrize(
    ("cell", "kind", "exact"),
    [
        (11394.77, pa.float64(), "11394.77"),
        (0.1 + 0.2, pa.float64(), "0.3"),
        (1234567.8901, pa.float64(), "1234567.8901"),
        (9999999999999.0, pa.float64(), "9999999999999"),
        (Decimal("11394.77"), pa.decimal128(18, 2), "11394.77"),
        (Decimal("1.123456789"), pa.decimal128(38, 9), "1.123456789"),
        (11394, pa.int32(), "11394"),
        ("9999999999999.999999999", pa.string(), "9999999999999.999999999"),
        ("0.000000001", pa.string(), "0.000000001"),
        (".5", pa.string(), "0.5"),
    ],
)
def test_money_is_exact_from_any_type(cell: Any, kind: pa.DataType, exact: str) -> None:
    assert open_amount(cell, kind) == Decimal(exact)


def test_a_double_that_is_no_number_is_set_aside() -> None:
    rows = [deal("nan", amount=float("nan")), deal("inf", amount=float("inf")), deal("less", amount=-1.0)]
    rows += [deal(f"f{number}", amount=1.0) for number in range(100)]
    loaded = read({"opportunities": rows}, opportunities={"amount": pa.float64()})
    assert sets_aside(loaded) == {"bad_amount": 2, "negative_amount": 1}


@pytest.mark.parametrize(
    ("cell", "kind", "day"),
    [
        ("2025-03-01", pa.string(), "2025-03-01"),
        ("2025-03-01T03:04:05Z", pa.string(), "2025-02-28"),
        ("2025-03-01T03:04:05.000+0000", pa.string(), "2025-02-28"),
        ("2025-03-01 03:04:05+00", pa.string(), "2025-02-28"),
        ("2025-03-01 03:04:05 UTC", pa.string(), "2025-02-28"),
        ("2025-03-01T23:30:00-05:00", pa.string(), "2025-03-01"),
        ("2025-03-01T23:30:00", pa.string(), "2025-03-01"),
        (date(2025, 3, 1), pa.date32(), "2025-03-01"),
        (datetime(2025, 3, 1, 3), pa.timestamp("us"), "2025-03-01"),  # noqa: DTZ001
        (datetime(2025, 3, 1, 3, tzinfo=UTC), pa.timestamp("us", "UTC"), "2025-02-28"),
    ],
)
def test_a_moment_is_cut_to_its_day_in_the_companys_zone(cell: Any, kind: pa.DataType, day: str) -> None:
    loaded = read({"opportunities": [deal(created=cell)]}, NEW_YORK, opportunities={"created_date": kind})
    assert loaded.facts.begins == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("yes", "no", "kind"), [(True, False, pa.bool_()), (1, 0, pa.int8()), (1.0, 0.0, pa.float64())]
)
def test_flags_of_any_type_are_read(yes: Any, no: Any, kind: pa.DataType) -> None:
    rows = [deal("a", closed="2025-02-01", is_closed=yes, is_won=yes), deal("b", is_closed=no, is_won=no)]
    loaded = read({"opportunities": rows}, opportunities={"is_closed": kind, "is_won": kind})
    assert open_on(loaded, "2025-01-31") == (2, Decimal(2000))
    assert open_on(loaded, "2025-02-01") == (1, Decimal(1000))


def test_ids_that_are_numbers_meet_ids_that_are_texts() -> None:
    rows = [deal(7.0, owner_id="r")]  # type: ignore[arg-type]
    history = [change("7", "amount", "1000", "5", "2025-02-01")]
    loaded = read(
        {"opportunities": rows, "opportunity_history": history}, opportunities={"opportunity_id": pa.float64()}
    )
    assert open_on(loaded, "2025-02-01") == (1, Decimal(5))


def test_text_and_types_give_one_fingerprint() -> None:
    texts = [deal("a", closed="2025-02-01", won=True, amount="11394.77"), deal("b", amount="7.5")]
    typed = [
        {
            **row,
            "created_date": date.fromisoformat(row["created_date"]),
            "close_date": date.fromisoformat(row["close_date"]) if row["close_date"] else None,
            "is_closed": row["is_closed"] == "true",
            "is_won": row["is_won"] == "true",
            "amount": float(row["amount"]),
        }
        for row in texts
    ]
    kinds = {"created_date": pa.date32(), "close_date": pa.date32(), "is_closed": pa.bool_(), "is_won": pa.bool_()}
    loaded = read({"opportunities": typed}, opportunities={**kinds, "amount": pa.float64()})
    assert loaded.facts.fingerprint == read({"opportunities": texts}).facts.fingerprint


def test_frames_hold_plain_ints_whole_units_of_money_and_days() -> None:
    facts = read({"opportunities": [deal(closed="2025-02-01", won=True)]}).facts
    for frame in (facts.pipeline, facts.decided):
        assert all(type(day) is date for day in frame["day"])
    assert [type(amount) for amount in facts.pipeline["amount"]] == [int, int]
    assert facts.pipeline["deals"].dtype == facts.decided["won"].dtype == "int64"
    assert facts.decided["created_month"].tolist() == [date(2025, 1, 1)]
    assert facts.decided["stale"].tolist() == [False]
