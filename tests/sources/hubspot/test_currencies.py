"""An account with several currencies: what its settings tell, what its deals tell, and what nobody can know."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.core.source_spec import TableSpec
from monitor.entrypoints.cli import main
from monitor.errors import DataError
from monitor.sources import open_source
from tests.sources.company import rows_of
from tests.sources.hubspot.reader import Reader
from tests.sources.hubspot.server import START, TOKEN, Fault, Portal, iso, serving
from tests.sources.hubspot.test_faults import SCOPES
from tests.sources.preset_company import facts_of, total

CREATED, CLOSED = "2026-01-10T12:00:00Z", "2026-03-20T12:00:00Z"
SMB = TableSpec(defaults={"segment": "smb"})
AE = TableSpec(defaults={"segment": "smb", "role": "ae"})


@pytest.fixture
def european() -> Portal:
    """Counts in euros, with deals in dollars and pounds, one that closed, and one without any currency."""
    portal = Portal(currencies=["EUR", "USD", "GBP"])
    portal.stages = {
        "open": {"label": "Open", "isClosed": "false", "probability": "0.2"},
        "won": {"label": "Won", "isClosed": "true", "probability": "1.0"},
    }
    deals = [("USD", "1000", "open", "800"), ("GBP", "1000", "open", "1200"), (None, "10", "open", "10"),
             ("USD", "100", "won", "50")]  # fmt: skip
    for number, (code, amount, stage, home) in enumerate(deals, 1):
        when = CLOSED if stage == "won" else None
        money = {"amount": amount, "deal_currency_code": code, "amount_in_home_currency": home}
        own = {"closedate": when, "createdate": CREATED, "dealstage": stage, "hubspot_owner_id": "11", **money}
        portal.deal(number, START + number, (), **own)
    portal.owners = [{"id": "11", "firstName": "Ada", "archived": False, "createdAt": "2025-01-01T00:00:00Z"}]
    portal.rate("USD", "0.5", "2026-03-01T00:00:00Z")
    portal.rate("USD", "0.8", "2026-01-01T00:00:00Z")
    portal.rate("GBP", "1.2", "2026-02-15T00:00:00Z")
    portal.rate("USD", "150", "2026-02-01T00:00:00Z")
    portal.rates[-1]["toCurrencyCode"] = "JPY"  # what the company counted in once
    return portal


@pytest.fixture
def read(european: Portal, tmp_path: Path) -> Any:
    """Reads the portal in a currency of reporting: rates by currency and month, facts or why not, and the remarks."""

    def loaded(currency: str, **tables: TableSpec) -> tuple[dict[tuple[str, str], str], Any, str]:
        with serving(european) as address:
            reader = Reader(address, tmp_path / "cache", tables={"opportunities": SMB, "reps": AE} | tables)
            with closing(open_source(replace(reader.spec, currency=currency), reader.world)) as source:
                made = source.tables()
                found = [dict(row) for row in rows_of(made["fx_rates"])] if "fx_rates" in made else []
                known = {(row["currency"], row.get("month", "")): f"{Decimal(row['rate']):.4f}" for row in found}
                rows = [dict(row) for row in rows_of(made["opportunities"])]
                deals = [(row["opportunity_id"], row.get("currency"), row["amount"]) for row in rows]
                try:
                    facts: Any = facts_of(made, currency).facts
                except DataError as error:
                    facts = str(error)
                return known, (sorted(deals), facts), " ".join(source.remarks())

    return loaded


def test_the_settings_tell_what_a_currency_was_worth_month_by_month(read: Any) -> None:
    known, (deals, facts), told = read("EUR")
    assert known == {
        ("GBP", ""): "1.2000", ("GBP", "2026-03-01"): "1.2000",
        ("USD", ""): "0.8000", ("USD", "2026-01-01"): "0.8000", ("USD", "2026-03-01"): "0.5000",
    }  # fmt: skip
    assert deals == [("1", "USD", "1000"), ("2", "GBP", "1000"), ("3", "EUR", "10"), ("4", "USD", "100")]
    assert total(facts.bookings) == 50
    assert total(facts.pipeline) == 800 + 1200 + 10
    assert "worth" not in told and "HubSpot knows no rate" not in told


def test_a_company_may_report_in_any_currency_of_its_account(read: Any) -> None:
    known, (deals, facts), _ = read("USD")
    assert known["EUR", "2026-01-01"] == "1.2500" and known["EUR", "2026-03-01"] == "2.0000"
    assert ("3", "EUR", "10") in deals
    assert total(facts.pipeline) == 1000 + 1500 + Decimal("12.5")


def test_in_a_currency_that_the_account_does_not_have_nothing_is_added_up(read: Any) -> None:
    known, (_, facts), told = read("JPY")
    assert not known and "cannot be used" in facts and "no_rate" in facts
    assert "HubSpot knows no rate of JPY, the reporting currency, so its rates are not used" in told


def test_an_account_in_another_currency_than_the_reporting_one_is_not_taken_for_it(read: Any, european: Portal) -> None:
    european.currencies = ["EUR"]
    for deal in european.deals.values():
        deal["properties"].pop("deal_currency_code")
    known, (deals, facts), told = read("USD")
    assert not known and "no_rate" in facts and "HubSpot knows no rate of USD" in told
    assert {currency for _, currency, _ in deals} == {"EUR"}
    assert not [call for call in european.calls if "exchange-rates" in call]


def test_without_the_scope_the_deals_tell_the_rates_and_the_scope_is_named(read: Any, european: Portal) -> None:
    european.faults = [Fault("exchange-rates", 403, SCOPES, times=-1)]
    european.deal(5, START + 9, createdate=CREATED, dealstage="open", amount="7", deal_currency_code="CHF")
    european.currencies.append("CHF")
    known, (_, facts), told = read("EUR")
    assert (known["USD", "2026-01-01"], known["USD", "2026-03-01"]) == ("0.8000", "0.5000")
    assert "1 of 5 rows cannot be used" in facts and "no_rate" in facts
    assert told.count("HubSpot's settings do not tell what CHF and GBP and USD are worth") == 1
    assert "scope multi-currency-read" in told and "deals in CHF that do not tell it either are set aside" in told


@pytest.mark.parametrize(("command", "code"), [("status", 3), ("doctor", 1)])
def test_a_refusal_for_want_of_a_rate_says_which_scope_tells_it(
    european: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    command: str, code: int,
) -> None:  # fmt: skip
    european.faults = [Fault("exchange-rates", 403, SCOPES, times=-1)]
    european.deal(5, START + 9, createdate=CREATED, dealstage="open", amount="7", deal_currency_code="CHF")
    european.currencies.append("CHF")
    file = tmp_path / "config.yaml"
    file.write_text("company: Acme\ncurrency: EUR\nsource: {type: hubspot, cache: cache}\n")
    with serving(european) as address:
        monkeypatch.setenv("HUBSPOT_TOKEN", TOKEN)
        monkeypatch.setenv("HUBSPOT_API_URL", address)
        assert main([command, "--config", str(file)]) == code
    said = " ".join("".join(capsys.readouterr()).split())
    assert (
        "need its rate in a table fx_rates. HubSpot's settings do not tell what CHF and GBP and USD are worth" in said
    )
    assert "scope multi-currency-read" in said
    assert ("finds no quotas and no spend" in said) is (command == "doctor")


def test_rates_that_are_brought_win_and_nothing_is_said(read: Any, european: Portal, tmp_path: Path) -> None:
    european.faults = [Fault("exchange-rates", 403, SCOPES, times=-1)]
    (tmp_path / "fx_rates.csv").write_text("currency,rate\nEUR,3\nGBP,4\n")
    known, (_, facts), told = read("USD", fx_rates=TableSpec(type="csv", path=tmp_path / "fx_rates.csv"))
    assert known == {("EUR", ""): "3.0000", ("GBP", ""): "4.0000"} and "worth" not in told
    assert total(facts.pipeline) == 1000 + 4000 + 30


def test_an_amount_mapped_to_hubspots_own_conversion_is_not_converted_twice(read: Any) -> None:
    own = TableSpec(columns={"amount": "property_amount_in_home_currency"}, defaults={"segment": "smb"})
    _, (deals, facts), _ = read("EUR", opportunities=own)
    assert {currency for _, currency, _ in deals} == {"EUR"}
    assert total(facts.pipeline) == 800 + 1200 + 10 and total(facts.bookings) == 50


def test_a_reading_goes_on_where_the_account_may_not_be_looked_at(reader: Reader, portal: Portal) -> None:
    portal.faults = [Fault("account-info", 403, SCOPES, times=-1)]
    state = reader.read()
    assert state.portal == "" and len(reader.live()) == 7 and not reader.rows("portal_currency")
    portal.faults = []
    assert reader.read().portal == "4711"
    assert [row["currency"] for row in reader.rows("portal_currency")] == ["USD"]


def test_deals_of_one_currency_cost_no_call_for_rates(reader: Reader, portal: Portal) -> None:
    portal.deal(1, START + 5, createdate=iso(START), deal_currency_code="USD")
    reader.read()
    assert not [call for call in portal.calls if "exchange-rates" in call]
