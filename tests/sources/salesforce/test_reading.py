"""Salesforce is read whole once and then by what changed, and the cache is what Salesforce holds."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from monitor.core.source_spec import TableSpec
from monitor.errors import ConfigError, DataError
from monitor.sources import open_source
from monitor.sources.source import CallsOut
from tests.sources.salesforce.reader import TABLES, Reader
from tests.sources.salesforce.server import Fault, Org, Table


def later(org: Org, minutes: int = 30) -> None:
    org.now += timedelta(minutes=minutes)


def test_the_first_reading_is_by_bulk_jobs_and_has_every_row(org: Org, reader: Reader) -> None:
    org.bulk_page = 5
    reader.read()
    assert reader.ids() == sorted(org.tables["Opportunity"].rows)
    assert len(reader.ids("opportunity_field_history")) == len(reader.ids("opportunity_history")) == 12
    assert sum("jobs/query" in call and call.startswith("POST") for call in org.calls) == 7
    assert not [call for call in org.calls if "queryAll" in call and "COUNT" not in call]


def test_cells_are_of_their_types_whichever_way_they_came(org: Org, reader: Reader) -> None:
    reader.read()
    later(org)
    org.put("Opportunity", "006-00", Amount=1e7, CloseDate="2026-01-31")
    reader.read()
    first, second, *_ = reader.kept("opportunity")
    assert (first["amount"], second["amount"]) == (Decimal("10000000"), Decimal("1000.5"))
    assert (first["close_date"], second["close_date"]) == (date(2026, 1, 31), date(2025, 12, 1))
    assert first["is_won"] is second["is_won"] is False
    assert second["created_date"] == datetime(2025, 10, 6, 12, 0, 8, tzinfo=UTC)
    assert reader.kept("account")[1]["name"] == 'The "Umbrella"\nCorporation'
    assert reader.kept("opportunity_field_history")[0]["old_value"] == "1000.0"


def test_afterwards_only_changes_are_read_with_deletions_and_what_is_new(org: Org, reader: Reader) -> None:
    reader.read()
    later(org)
    org.put("Opportunity", "006-03", Amount=2000, StageName="Proposal")
    org.delete("Opportunity", "006-04")
    org.put("Opportunity", "006-99", CloseDate="2025-12-24", IsClosed=False, IsWon=False, Amount=5)
    org.calls.clear()
    reader.read()
    assert reader.ids() == sorted({*org.tables["Opportunity"].rows} - {"006-04"})
    assert "006-04" in reader.ids(deleted=True)
    assert next(row for row in reader.kept("opportunity") if row["id"] == "006-03")["amount"] == 2000
    later(org, 24 * 60)  # and no more where the rows are counted
    reader.read()
    assert not [call for call in org.calls if call.startswith("POST")]


def test_a_change_of_a_moment_ago_is_not_lost_where_it_becomes_visible_late(org: Org, reader: Reader) -> None:
    org.now += timedelta(hours=1)
    reader.read()
    row = {"Id": "006-50", "IsDeleted": False, "CloseDate": "2025-12-01", "IsClosed": False, "IsWon": False}
    committed_late = (org.now - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    later(org)
    org.tables["Opportunity"].rows["006-50"] = row | dict.fromkeys(("CreatedDate", "SystemModstamp"), committed_late)
    reader.read()
    assert "006-50" in reader.ids()


def test_what_is_read_twice_is_there_once_and_leaves_the_stamp_alone(org: Org, reader: Reader) -> None:
    org.put("Opportunity", "006-01")
    org.now += timedelta(seconds=599)
    org.put("Opportunity", "006-02")  # so that the other one is the first that is read again
    reader.read()
    stamp = reader.source().stamp()
    for _ in range(3):
        later(org)
        assert reader.source().stamp() != stamp, "Salesforce is due to be asked"
        reader.read()
        assert reader.source().stamp() == stamp
    org.put("Opportunity", "006-03", Amount=1)
    later(org)
    reader.read()
    assert reader.source().stamp() != stamp
    assert len(reader.ids()) == 12


def test_nobody_is_asked_again_within_minutes_nor_for_a_stamp(org: Org, reader: Reader) -> None:
    reader.read()
    org.calls.clear()
    org.now += timedelta(minutes=4)
    reader.read()
    reader.source().stamp()
    assert org.calls == []
    org.now += timedelta(minutes=1)
    reader.read()
    assert org.calls


def test_a_row_that_is_deleted_for_good_is_missed_within_a_day(org: Org, reader: Reader) -> None:
    reader.read()
    org.purge("Opportunity", "006-07")
    later(org)
    reader.read()
    assert "006-07" in reader.ids()
    later(org, 24 * 60)
    reader.read()
    assert "006-07" not in reader.ids() and len(reader.ids()) == 11


def test_a_deal_that_comes_while_rows_are_counted_hides_none_that_is_gone(org: Org, reader: Reader) -> None:
    reader.read()
    org.purge("Opportunity", "006-07")
    later(org, 24 * 60)
    new = {"CloseDate": "2025-12-24", "IsClosed": False, "IsWon": False}
    org.faults = [Fault("COUNT", then=lambda: org.put("Opportunity", "006-99", **new))]
    reader.read()
    assert org.faults[0].times == 0 and "006-07" not in reader.ids()


def test_history_that_salesforce_forgets_is_kept(org: Org, reader: Reader) -> None:
    reader.read()
    org.purge("OpportunityFieldHistory", "017-00")
    later(org, 3 * 24 * 60)
    org.put("OpportunityFieldHistory", "017-70", OpportunityId="006-01", Field="Amount", OldValue=1, NewValue=2)
    reader.read()
    assert {"017-00", "017-70"} <= set(reader.ids("opportunity_field_history"))


@pytest.mark.thorough
def test_many_small_readings_do_not_pile_up_files(org: Org, reader: Reader) -> None:
    reader.read()
    for number in range(23):
        later(org)
        org.put("Opportunity", f"006-{number % 12:02}", Amount=number)
        reader.read()
    assert len(reader.cache.state().table("opportunity").delta) <= 20
    assert [row["amount"] for row in reader.kept("opportunity")][:3] == [12, 13, 14]
    later(org, 180)
    reader.read()
    assert len(list((reader.folder / "opportunity").iterdir())) == len(reader.cache.state().table("opportunity").parts)


def test_fields_that_the_mapping_names_are_read_and_a_new_one_reads_the_table_anew(org: Org, reader: Reader) -> None:
    reader.read()
    assert "arr__c" not in reader.kept("opportunity")[0]
    later(org)
    mapped = TableSpec(columns={"amount": "ARR__c"}, defaults={"segment": "smb"})
    other = reader.with_(tables=TABLES | {"opportunities": mapped})
    other.read()
    assert {dict(row)["amount"][:6] for row in other.canonical()["opportunities"]} == {"900.25"}
    assert len(other.ids()) == 12


def test_the_tables_are_canonical(org: Org, reader: Reader) -> None:
    tables = reader.canonical()
    assert set(tables) == {"opportunities", "opportunity_history", "accounts", "reps"}
    assert dict(tables["opportunities"][0])["source"] == "inbound"
    assert len(tables["opportunity_history"]) == 12


def test_somebody_who_watches_hears_how_far_it_is(org: Org, reader: Reader) -> None:
    org.bulk_page = 5
    reader.read()
    rows = [said for said in reader.told if said[0] == "Salesforce: Opportunity"]
    assert rows == [("Salesforce: Opportunity", done, 12) for done in (5, 10, 12)]


def test_a_forecast_counts_rows_and_calls_and_reads_nothing(org: Org, reader: Reader) -> None:
    source = reader.source()
    assert isinstance(source, CallsOut)
    first = source.forecast()
    assert "Opportunity: 12 rows to read for the first time, about 7 calls" in first
    assert f"of the day's {org.allowed:,} are used up" in first[-2]
    assert reader.cache.state().tables == {} and not [call for call in org.calls if "jobs/query" in call]
    reader.read()
    later(org)
    org.put("Opportunity", "006-03", Amount=1)
    assert "Opportunity: 1 row to look through for changes, about 1 call" in reader.source().forecast()


def test_the_currencies_of_an_organisation_become_rates(org: Org, reader: Reader) -> None:
    stamps = {"Id": "id", "SystemModstamp": "datetime", "IsoCode": "picklist", "ConversionRate": "double"}
    org.tables["CurrencyType"] = Table(stamps | {"IsCorporate": "boolean"})
    org.tables["DatedConversionRate"] = Table(stamps | {"StartDate": "date"})
    org.put("CurrencyType", "01L1", IsoCode="USD", ConversionRate=1.0, IsCorporate=True)
    org.put("CurrencyType", "01L2", IsoCode="EUR", ConversionRate=0.8, IsCorporate=False)
    org.put("DatedConversionRate", "04w1", IsoCode="EUR", ConversionRate=0.5, StartDate="2025-11-01")
    later(org)
    assert any(line.startswith("CurrencyType: 2 rows to read") for line in reader.source().forecast())
    reader.read()
    found = {(row["currency"], row.get("month")): row["rate"] for row in map(dict, reader.canonical()["fx_rates"])}
    assert found == {("EUR", None): "1.25000000000000", ("EUR", "2025-11-01"): "2.00000000000000"}


def test_an_object_that_salesforce_refuses_is_remarked_with_the_table_that_lacks_it(org: Org, reader: Reader) -> None:
    org.tables["CurrencyType"] = Table({"Id": "id", "SystemModstamp": "datetime", "IsoCode": "picklist",
                                        "ConversionRate": "double", "IsCorporate": "boolean"})  # fmt: skip
    refused = [{"message": "no access", "errorCode": "INSUFFICIENT_ACCESS"}]
    org.faults = [Fault("FROM+CurrencyType", 403, refused, times=99)]
    reader.read()
    assert reader.cache.state().remarks == (
        "Salesforce refuses to let CurrencyType be read (INSUFFICIENT_ACCESS), so it is left out, and table fx_rates "
        "lacks it.",
    )


def test_addresses_of_users_are_read_only_where_people_come_from_a_spreadsheet(org: Org, reader: Reader) -> None:
    org.tables["User"].fields["Email"] = "email"
    org.put("User", "005-1", Email="Ada@Acme.example")
    reader.read()
    assert "email" not in reader.kept("user")[0]
    later(org)
    with closing(reader.with_(more={"with_addresses": True}).source()) as source:
        assert source.addresses() == {"ada@acme.example": "005-1"}
        assert source.synced() == org.now


def test_an_object_that_is_not_there_is_absent_and_one_that_is_needed_is_asked_for(org: Org, reader: Reader) -> None:
    del org.tables["ForecastingQuota"], org.tables["OpportunityFieldHistory"]
    reader.read()
    lacking = {"forecasting_quota", "opportunity_field_history", "currency_type", "dated_conversion_rate"}
    assert set(reader.cache.state().absent) == lacking
    del org.tables["Opportunity"]
    with pytest.raises(DataError, match=r"^Salesforce shows this user no Opportunity: give it read access"):
        reader.with_(folder=reader.folder / "other").read()


@pytest.mark.parametrize("code", ["NOT_FOUND", "INVALID_TYPE", "INSUFFICIENT_ACCESS"])
def test_an_object_that_is_shown_no_more_leaves_no_old_rows(code: str, org: Org, reader: Reader) -> None:
    reader.read()
    assert reader.ids("account") == ["001-1", "001-2"]
    org.faults = [Fault("Account/describe", 404, [{"message": "no", "errorCode": code}], times=99)]
    later(org)
    assert "accounts" not in reader.canonical() and reader.ids("account") == []


def test_no_folder_and_no_clock_are_refused_in_a_sentence(reader: Reader) -> None:
    with pytest.raises(ConfigError, match=r"source\.cache is missing"):
        open_source(type(reader.spec())(type="salesforce"), reader.world())
    with pytest.raises(ConfigError, match="where nobody knows the time"):
        open_source(reader.spec())
