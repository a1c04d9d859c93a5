"""What is read of HubSpot: everything once, then what changed, nothing lost and nothing twice."""

from __future__ import annotations

from contextlib import closing

import pytest

from monitor.core.source_spec import TableSpec
from monitor.sources.hubspot import shape
from tests.sources.company import rows_of
from tests.sources.hubspot.reader import Reader
from tests.sources.hubspot.server import START, Fault, Portal, iso
from tests.sources.sample import by_example


def test_a_first_reading_keeps_everything_in_the_shape_of_fivetran(portal: Portal, reader: Reader) -> None:
    portal.deal(1, START + 60_000, ("502", "501"), amount="150", dealstage="won", closedate=iso(START + 59_000))
    reader.read()
    deal = reader.live()["1"]
    assert (deal["deal_pipeline_stage_id"], deal["property_amount"], deal["owner_id"]) == ("won", "150", "11")
    assert deal["property_closedate"] == iso(START + 59_000)
    assert reader.live()["2"]["property_closedate"] is None
    past = {(row["name"], row["value"]) for row in reader.rows("deal_property_history") if row["deal_id"] == "1"}
    assert {("amount", "100"), ("amount", "150"), ("dealstage", "open"), ("dealstage", "won")} <= past
    links = {(row["company_id"], row["type_id"]) for row in reader.rows("deal_company") if row["deal_id"] == "1"}
    assert links == {("502", "341"), ("502", "5"), ("501", "341")}
    stages = {row["stage_id"]: (row["is_closed"], row["closed_won"]) for row in reader.rows("deal_pipeline_stage")}
    assert stages == {"open": (False, False), "won": (True, True), "lost": (True, False)}
    assert {row["owner_id"]: row["archived"] for row in reader.rows("owner")} == {"11": False, "12": True}


def test_a_second_reading_asks_only_for_what_changed(portal: Portal, reader: Reader) -> None:
    portal.deal(7, START + 1_800_000, amount="701")
    reader.read()
    portal.deal(3, START + 3_600_000, ("502",), amount="999")
    portal.deal(8, START + 3_600_500, amount="800", dealstage="open", createdate=iso(START))
    portal.calls.clear()
    portal.bodies.clear()
    reader.read()
    read = [body for call, body in zip(portal.calls, portal.bodies, strict=True) if "objects/deals/batch" in call]
    assert [{each["id"] for each in body["inputs"]} for body in read] == [{"3", "7", "8"}]  # 7: the overlap
    assert not [call for call in portal.calls if "objects/deals?" in call and "archived=true" not in call]
    assert reader.live()["3"]["property_amount"] == "999"
    assert set(reader.live()) == {str(number) for number in range(1, 9)}
    assert {row["company_id"] for row in reader.rows("deal_company") if row["deal_id"] == "3"} == {"502"}


def test_reading_again_what_did_not_change_changes_nothing(reader: Reader) -> None:
    reader.read()
    before = reader.contents()
    reader.read()
    assert reader.contents() == before


@pytest.mark.parametrize("most", by_example([2], [1, 2, 3, 50]))
def test_pages_of_any_size_lose_nothing_and_double_nothing(most: int, portal: Portal, reader: Reader) -> None:
    reader.read()
    portal.most = most
    for number in range(1, 30):
        portal.deal(number, START + 3_600_000 + number // 4, amount=str(number), dealstage="open")
    reader.read()
    assert {number: row["property_amount"] for number, row in reader.live().items()} == {
        str(number): str(number) for number in range(1, 30)
    }


def test_a_search_never_comes_near_the_cap(portal: Portal, reader: Reader) -> None:
    reader.read()
    portal.cap = portal.most = 5
    for number in range(1, 41):
        portal.deal(number, START + 3_600_000 + number, amount="1")
    reader.read()
    assert len(reader.live()) == 40


def test_more_deals_than_the_cap_changed_in_one_millisecond_are_all_read(portal: Portal, reader: Reader) -> None:
    portal.deal(3000, START, amount="7", dealstage="open")
    reader.read()
    portal.cap = portal.most = 4
    for number in [*range(1, 24), 100, 1000]:
        portal.deal(number, START + 3_600_000, amount="7")
    portal.deal(5, START + 3_600_001, amount="8")
    reader.read()
    amounts = {number: row["property_amount"] for number, row in reader.live().items()}
    assert len(amounts) == 26 and amounts.pop("5") == "8" and set(amounts.values()) == {"7"}
    portal.cap, portal.most = 10_000, 200
    portal.bodies.clear()
    reader.read()
    read = [each["id"] for body in portal.bodies if body for each in body.get("inputs", ())]
    assert "5" in read and "3000" not in read  # the newest change of all is where the next reading begins


def test_a_company_that_has_the_number_of_a_deal_and_changed_with_it_is_read_too(
    portal: Portal, reader: Reader
) -> None:
    portal.deal(501, START, amount="1", dealstage="open")
    reader.read()
    portal.deal(501, START + 3_600_000, amount="2")
    portal.company(501, START + 3_600_000, name="Renamed")
    reader.read()
    assert {row["id"]: row["property_name"] for row in reader.rows("company")}["501"] == "Renamed"


def test_what_changes_while_the_lists_are_read_is_read_again(portal: Portal, reader: Reader) -> None:
    portal.most = 2
    change = lambda: portal.deal(1, START + 3_600_000, amount="5000")  # noqa: E731
    portal.faults.append(Fault("GET /crm/v3/objects/deals", status=503, after=2, then=change))
    reader.read()
    assert reader.live()["1"]["property_amount"] == "5000"


def test_archived_deals_are_marked_and_come_back_when_they_are_restored(portal: Portal, reader: Reader) -> None:
    portal.deals["2"]["archived"] = True
    reader.read()
    assert set(reader.live()) == {"1", "3", "4", "5", "6", "7"}
    portal.deals["3"]["archived"] = True
    reader.read()
    assert set(reader.live()) == {"1", "4", "5", "6", "7"}
    assert not {"2", "3"} & {row["deal_id"] for row in reader.rows("deal_property_history")}
    portal.deals["2"]["archived"] = portal.deals["3"]["archived"] = False
    reader.read()
    assert set(reader.live()) == {"1", "2", "3", "4", "5", "6", "7"}


def test_archived_companies_are_marked_and_come_back_when_they_change(portal: Portal, reader: Reader) -> None:
    gone = []
    for hour, archived in enumerate((False, True, False)):
        portal.company(501, START + hour * 3_600_000, name=f"Acme {hour}")
        portal.companies["501"]["archived"] = archived
        reader.read()
        gone.append({row["id"]: row["is_deleted"] for row in reader.rows("company")})
    assert gone == [{"501": archived, "502": False} for archived in (False, True, False)]


def test_merged_deals_count_once(portal: Portal, reader: Reader) -> None:
    reader.read()
    del portal.deals["4"], portal.deals["5"]
    portal.deal(9, START + 3_600_000, amount="900", dealstage="open", hs_merged_object_ids="4;5")
    reader.read()
    assert set(reader.live()) == {"1", "2", "3", "6", "7", "9"}
    merged = {(row["deal_id"], row["merged_deal_id"]) for row in reader.rows("merged_deal")}
    assert merged == {("9", "4"), ("9", "5")}


@pytest.mark.parametrize("between", [True, False], ids=["known before", "never seen"])
def test_where_the_deal_that_others_were_merged_into_is_archived_they_do_not_come_back(
    between: bool, portal: Portal, reader: Reader
) -> None:
    reader.read()
    del portal.deals["4"]
    portal.deal(9, START + 3_600_000, amount="900", dealstage="open", hs_merged_object_ids="4")
    if between:
        reader.read()
    portal.deals["9"]["archived"] = True
    portal.calls.clear()
    reader.read()
    assert set(reader.live()) == {"1", "2", "3", "5", "6", "7"}
    assert not [call for call in portal.calls if "objects/deals?" in call and "archived=false" in call]  # no comparing


def test_a_deal_deleted_for_good_is_found_out_by_counting(portal: Portal, reader: Reader) -> None:
    reader.read()
    del portal.deals["6"]
    reader.read()
    assert "6" not in reader.live()
    assert next(row["is_deleted"] for row in reader.rows("deal") if row["deal_id"] == "6") is True


def test_a_deal_that_the_search_told_of_too_late_is_found_out_by_counting(portal: Portal, reader: Reader) -> None:
    reader.read()
    portal.deal(77, START - 86_400_000, ("501",), amount="77", dealstage="open")
    reader.read()
    assert reader.live()["77"]["property_amount"] == "77"
    assert [row["company_id"] for row in reader.rows("deal_company") if row["deal_id"] == "77"] == ["501", "501"]


def test_a_change_that_the_search_told_of_hours_late_is_found_by_the_next_day(portal: Portal, reader: Reader) -> None:
    reader.read()
    portal.deal(7, START + 86_400_000, amount="701")
    reader.read()
    portal.deal(3, START + 76_400_000, ("502",), amount="999", dealstage="won")
    reader.clock.pass_by(hours=21)
    reader.read()
    assert (reader.live()["3"]["property_amount"], reader.live()["3"]["deal_pipeline_stage_id"]) == ("999", "won")
    portal.calls.clear()
    portal.bodies.clear()
    reader.read()
    read = [body for call, body in zip(portal.calls, portal.bodies, strict=True) if "objects/deals/batch" in call]
    assert [[each["id"] for each in body["inputs"]] for body in read] == [["7"]]  # the newest and no more


def test_a_property_that_is_gone_and_a_stage_that_is_gone_are_remarks(portal: Portal, reader: Reader) -> None:
    reader.read()
    portal.known = {*shape.DEAL, *shape.COMPANY} - {"dealtype", "deal_currency_code"}
    del portal.stages["open"]
    portal.deal(1, START + 3_600_000, amount="1")
    told = reader.read().remarks
    assert told == [
        "HubSpot's deals have no property dealtype (any more): it reads as empty.",
        "Deals stand in stages that HubSpot has no more: open.",
    ]
    gone = {row["stage_id"]: row["_fivetran_deleted"] for row in reader.rows("deal_pipeline_stage")}
    assert gone == {"open": True, "won": False, "lost": False}


def test_a_stage_that_is_new_is_there_with_the_deals_that_stand_in_it(portal: Portal, reader: Reader) -> None:
    reader.read()
    portal.stages["verbal"] = {"label": "Verbal yes", "isClosed": "true", "probability": "1.0"}
    portal.deal(1, START + 3_600_000, dealstage="verbal", closedate=iso(START + 3_600_000))
    assert not reader.read().remarks
    with closing(reader.open()) as source:
        found = {row["opportunity_id"]: row for row in map(dict, rows_of(source.tables()["opportunities"]))}
    assert (found["1"]["stage"], found["1"]["is_closed"], found["1"]["is_won"]) == ("Verbal yes", "True", "True")
    assert found["2"]["is_closed"] == "False"


def test_where_there_is_no_company_or_nothing_changed_no_property_is_missed(portal: Portal, reader: Reader) -> None:
    portal.companies.clear()
    assert not reader.read().remarks
    for deal in portal.deals.values():
        deal["archived"] = True
    assert not reader.read().remarks


def test_the_past_of_a_property_that_is_mapped_to_the_amount_is_read_instead(portal: Portal, reader: Reader) -> None:
    reader.tables = {"opportunities": TableSpec(columns={"amount": "property_arr"}, defaults={"segment": "smb"})}
    portal.deal(1, START + 1_000_000, amount="100", arr="10")
    portal.deal(1, START + 90_000_000, amount="200", arr="20")
    with closing(reader.open()) as source:
        rows = [dict(row) for row in rows_of(source.tables()["opportunity_history"])]
    past = [(row["new_value"], row.get("old_value")) for row in rows if row["field"] == "amount"]
    assert sorted(past) == [("10", None), ("20", "10")]


def test_of_two_values_at_one_moment_the_one_that_hubspot_tells_first_counts(portal: Portal, reader: Reader) -> None:
    portal.deals["1"]["past"]["amount"] = [
        {"value": "5", "timestamp": iso(START + 9)},
        {"value": "90", "timestamp": iso(START + 9)},
        {"value": "7", "timestamp": START},
    ]
    reader.read()
    past = [(row["value"], row["timestamp"]) for row in reader.rows("deal_property_history")
            if (row["deal_id"], row["name"]) == ("1", "amount")]  # fmt: skip
    assert sorted(past) == [("5", iso(START + 9)), ("7", str(START))]


def test_a_property_that_the_configuration_names_is_read_for_all_deals(portal: Portal, reader: Reader) -> None:
    reader.read()
    portal.deals["1"]["properties"]["arr"] = "4711"
    reader.tables = {"opportunities": TableSpec(columns={"amount": "property_arr"})}
    reader.read()
    assert reader.live()["1"]["property_arr"] == "4711"
    assert len(reader.live()) == 7


def test_names_and_addresses_of_deals_and_people_are_not_asked_for(portal: Portal, reader: Reader) -> None:
    reader.read()
    asked = " ".join([*portal.calls, *map(str, portal.bodies)])
    assert "dealname" not in asked and "description" not in asked and "email" not in asked


def test_a_deal_with_more_companies_than_a_list_tells_has_them_all(portal: Portal, reader: Reader) -> None:
    portal.deal(1, START, tuple(str(number) for number in range(600, 800)))
    reader.read()
    assert len({row["company_id"] for row in reader.rows("deal_company") if row["deal_id"] == "1"}) == 200
