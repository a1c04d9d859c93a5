"""What Salesforce's tables say of accounts that were merged and of quotas in several currencies."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from monitor.core.source_spec import TableSpec
from monitor.sources.presets import load
from tests.sources.preset_company import SPEC, Raw, Row, made, opportunity, rows
from tests.sources.test_preset_rows import CURRENCIES, DATED

MERGES: list[tuple[dict[str, str], str]] = [
    ({"B": "A"}, "A"), ({"B": "C", "C": "A"}, "A"), ({"B": "B"}, "B"), ({"B": "C", "C": "B"}, "B"), ({}, "B"),
]  # fmt: skip


@pytest.mark.parametrize(("masters", "expected"), MERGES, ids=["once", "twice", "itself", "in-a-circle", "never"])
def test_a_deal_of_an_account_that_was_merged_is_the_winners(
    masters: dict[str, str], expected: str, engine: Any
) -> None:
    accounts: list[Row] = [
        {"id": key, "name": key, "is_deleted": str(key in masters).lower(), "master_record_id": masters.get(key)}
        for key in "ABC"
    ]
    raw: Raw = {"opportunity": [opportunity(account_id="B"), opportunity(id="006B")], "account": accounts}
    preset = made(engine, "salesforce", raw)
    found = {row["opportunity_id"]: row.get("account_id") for row in rows(preset, "opportunities")}
    assert found == {"006A": expected, "006B": None}
    assert {row["account_id"] for row in rows(preset, "accounts")} == {"A", "B", "C"} - masters.keys()


def test_an_account_that_was_restored_after_a_merge_keeps_its_deals(engine: Any) -> None:
    versions = [
        {"Id": "B", "IsDeleted": "true", "MasterRecordId": "A", "_airbyte_extracted_at": "2026-01-01 03:00:00"},
        {"Id": "B", "IsDeleted": "false", "MasterRecordId": None, "_airbyte_extracted_at": "2026-02-01 03:00:00"},
    ]
    raw: Raw = {"opportunity": [opportunity(AccountId="B")], "account": versions}
    assert rows(made(engine, "salesforce", raw), "opportunities")[0]["account_id"] == "B"


def quota(key: str, code: str | None, start: str, amount: str = "1000") -> Row:
    return {"id": key, "quota_owner_id": key, "start_date": start, "quota_amount": amount, "currency_iso_code": code}


QUOTAS = [
    quota("usd", "USD", "2026-01-01"), quota("none", None, "2026-01-01"), quota("always", "EUR", "2026-01-01"),
    quota("dated", "eur", "2026-02-01"), quota("later", "EUR", "2026-03-01"),
]  # fmt: skip


def test_quotas_in_other_currencies_are_worth_the_rate_of_their_begin(engine: Any) -> None:
    raw: Raw = {"opportunity": [opportunity()], "forecasting_quota": QUOTAS, "currency_type": CURRENCIES,
                "dated_conversion_rate": DATED}  # fmt: skip
    found = rows(made(engine, "salesforce", raw), "quotas")
    worth = {row["rep_id"]: round(Decimal(row["amount"]), 2) for row in found}
    assert worth == {"usd": 1000, "none": 1000, "always": Decimal("1111.11"), "dated": 2000, "later": 2000}


def test_quotas_without_a_rate_are_set_aside_and_never_taken_for_the_reporting_currency(engine: Any) -> None:
    raw: Raw = {"opportunity": [opportunity()], "forecasting_quota": QUOTAS}
    preset = made(engine, "salesforce", raw)
    assert {row["rep_id"] for row in rows(preset, "quotas") if "amount" in row} == {"usd", "none"}
    sentence = "Salesforce gives no rate into USD for quotas in EUR, so they are set aside: bring quotas from elsewhere"
    assert any(remark.startswith(sentence) for remark in preset.remarks)
    elsewhere = replace(SPEC, tables=dict(SPEC.tables) | {"quotas": TableSpec(type="csv")})
    again = load("salesforce", {name: engine.table(name) for name in raw}.get, elsewhere)
    assert "quotas" not in again.tables and not any("EUR" in remark for remark in again.remarks)
