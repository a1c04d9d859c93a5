"""What changes in Salesforce without a trace in the row, and what a user is shown only later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.core.source_spec import TableSpec
from tests.sources.salesforce.reader import TABLES, Reader
from tests.sources.salesforce.server import Fault, Org
from tests.sources.salesforce.test_faults import LIMIT, cut_off, whole

FORMULA = TABLES | {"opportunities": TableSpec(columns={"segment": "Size_Band__c"})}
DAY = timedelta(days=1)


def test_a_formula_that_changes_without_a_stamp_is_read_again_within_a_day(org: Org, reader: Reader) -> None:
    org.tables["Opportunity"].formulas = ("Size_Band__c",)
    reader = reader.with_(tables=FORMULA)
    reader.read()
    org.tables["Opportunity"].rows["006-03"]["Size_Band__c"] = "strategic"
    org.now += timedelta(hours=1)
    assert "Opportunity: 0 rows to look through for changes, about 1 call" in reader.source().forecast()
    reader.read()
    assert reader.kept("opportunity")[3]["size_band__c"] is None
    org.now += DAY
    assert "Opportunity: 12 rows to read anew, about 7 calls" in reader.source().forecast()
    reader.read()
    assert reader.kept("opportunity")[3]["size_band__c"] == "strategic"
    whole(org, reader)


def shown(org: Org, reader: Reader, hidden: dict[str, dict[str, object]]) -> None:
    """Reads while some of the past is hidden from the user, who then is shown it."""
    history = org.tables["OpportunityFieldHistory"].rows
    for key in hidden:
        del history[key]
    reader.read()
    assert not hidden.keys() & set(reader.ids("opportunity_field_history"))
    history |= hidden


def test_who_is_shown_more_deals_later_is_given_their_past_too(org: Org, reader: Reader) -> None:
    deals, history = (org.tables[name].rows for name in ("Opportunity", "OpportunityFieldHistory"))
    hidden = {f"006-{key}": deals.pop(f"006-{key}") for key in ("07", "08")}
    shown(org, reader, {f"017-{key}": history[f"017-{key}"] for key in ("07", "08")})
    deals |= hidden
    org.now += 2 * DAY
    org.faults = [Fault("FROM+OpportunityFieldHistory", 403, LIMIT, times=99)]
    assert "no call left" in reader.read()[0], "what is to be read anew is known after an interruption too"
    org.faults = []
    reader.read()
    whole(org, reader)


def test_who_is_shown_a_field_later_is_given_its_past_too(org: Org, reader: Reader) -> None:
    amount = org.tables["Opportunity"].fields.pop("Amount")
    shown(org, reader, dict(org.tables["OpportunityFieldHistory"].rows))
    org.tables["Opportunity"].fields["Amount"] = amount
    org.now += timedelta(hours=1)
    assert "OpportunityFieldHistory: 12 rows to read anew, about 7 calls" in reader.source().forecast()
    reader.read()
    whole(org, reader)


def test_a_history_that_is_read_anew_keeps_what_salesforce_has_forgotten(org: Org, reader: Reader) -> None:
    reader.read()
    org.purge("OpportunityFieldHistory", "017-00")
    org.tables["Opportunity"].fields["CurrencyIsoCode"] = "picklist"
    org.now += timedelta(hours=1)
    org.put("OpportunityFieldHistory", "017-70", OpportunityId="006-01", Field="Amount", OldValue=1, NewValue=2)
    reader.read()
    assert len(reader.ids("opportunity_field_history")) == 13
    org.tables["OpportunityFieldHistory"].rows["017-70"]["IsDeleted"] = True
    org.now += timedelta(minutes=6)
    reader.read()
    assert len(reader.ids("opportunity_field_history")) == 12


def test_a_reading_that_goes_on_days_later_is_not_as_old_as_its_first_part(org: Org, reader: Reader) -> None:
    cut_off(org, reader, page=5, after=1)
    org.now += 3 * DAY
    org.put("Opportunity", "006-01", Amount=7)
    org.delete("Opportunity", "006-02")
    reader.read()
    assert reader.kept("opportunity")[1]["amount"] == 7
    whole(org, reader)


def test_a_field_that_is_shown_after_an_interruption_is_read_of_every_row(org: Org, reader: Reader) -> None:
    cut_off(org, reader, page=5, after=1)
    deals = org.tables["Opportunity"]
    deals.fields["CurrencyIsoCode"] = "picklist"
    for row in deals.rows.values():
        row["CurrencyIsoCode"] = "EUR"
    reader.read()
    assert {row["currency_iso_code"] for row in reader.kept("opportunity")} == {"EUR"}
    whole(org, reader)


def test_accounts_that_are_merged_leave_their_deals_to_the_winner(org: Org, reader: Reader) -> None:
    org.tables["Account"].fields["MasterRecordId"] = "reference"
    org.put("Opportunity", "006-05", AccountId="001-2")
    org.put("Opportunity", "006-06", AccountId="001-2")
    org.now += timedelta(hours=1)
    reader.read()
    org.now += timedelta(hours=1)
    org.put("Account", "001-2", IsDeleted=True, MasterRecordId="001-1")
    org.put("Opportunity", "006-05", AccountId="001-1")
    org.tables["Opportunity"].rows["006-06"]["AccountId"] = "001-1"  # moved without a stamp
    tables = reader.canonical()
    assert {dict(row)["account_id"] for row in tables["opportunities"]} == {"001-1"}
    assert [dict(row)["account_id"] for row in tables["accounts"]] == ["001-1"]


def test_rows_with_one_stamp_are_all_read_however_the_pages_break(org: Org, reader: Reader) -> None:
    reader.read()
    org.now += timedelta(hours=1)
    stamp = org.now.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    for number in range(12):
        org.tables["Opportunity"].rows[f"006-{number:02}"] |= {"Amount": number, "SystemModstamp": stamp}
    org.page = 5
    gone = [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]
    org.faults = [Fault("/query/01g", 400, gone, after=1)]
    reader.read()
    assert [row["amount"] for row in reader.kept("opportunity")] == list(range(12))
    org.tables["Opportunity"].rows["006-03"] |= {"Amount": 99}  # a second change within the same moment, seen late
    org.now += timedelta(hours=1)
    reader.read()
    assert reader.kept("opportunity")[3]["amount"] == 99


@pytest.mark.parametrize("days", [-2, 2], ids=["behind", "ahead"])
def test_a_clock_that_is_wrong_and_then_put_right_loses_no_change(days: int, org: Org, reader: Reader) -> None:
    wrong = reader.with_(skew=days * DAY)
    wrong.read()
    org.purge("Opportunity", "006-07")
    for number, each in enumerate((wrong, reader), 1):
        org.now += timedelta(hours=1)
        org.put("Opportunity", "006-03", Amount=number)
        each.read()
        assert reader.kept("opportunity")[3]["amount"] == number
    whole(org, reader)


def test_a_deal_that_is_taken_out_of_the_bin_is_there_again(org: Org, reader: Reader) -> None:
    reader.read()
    for is_deleted in (True, False):
        org.now += timedelta(hours=1)
        org.put("Opportunity", "006-04", IsDeleted=is_deleted)
        reader.read()
        assert ("006-04" in reader.ids()) is not is_deleted
    org.delete("Opportunity", "006-04")
    org.now += timedelta(hours=1)
    reader.read()
    org.purge("Opportunity", "006-04")
    org.now += 40 * DAY
    reader.read()
    whole(org, reader)
