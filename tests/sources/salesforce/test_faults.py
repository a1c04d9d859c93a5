"""Whatever goes wrong on the way: nothing is lost, nothing is there twice, or one sentence says why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.errors import DataError
from tests.sources.salesforce.reader import APP, Reader
from tests.sources.salesforce.server import DATA, TOKEN, Fault, Org
from tests.sources.sample import by_example

LIMIT = [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
BUSY = [{"message": "Server is unavailable", "errorCode": "SERVER_UNAVAILABLE"}]
RESULTS, PAGE, DESCRIBE = "/results", "GET /services/data/v62.0/query/01g", "Opportunity/describe"
QUERY = f"GET {DATA}/queryAll/?q=SELECT+Id"


def whole(org: Org, reader: Reader) -> None:
    """The cache is what Salesforce holds, each row once."""
    for name, table in (("Opportunity", "opportunity"), ("OpportunityFieldHistory", "opportunity_field_history")):
        assert reader.ids(table) == sorted(key for key, row in org.tables[name].rows.items() if not row["IsDeleted"])


def cut_off(org: Org, reader: Reader, *, page: int, after: int) -> None:
    """A first reading in pages of so many rows that stops after so many pages, as the day has no call left."""
    org.bulk_page, org.faults = page, [Fault(RESULTS, 403, LIMIT, after=after, times=99)]
    with pytest.raises(DataError, match="no call left"):
        reader.read()
    org.faults = []


PASSING = {
    "a server error": Fault(RESULTS, 500, BUSY, times=2),
    "too many requests": Fault(RESULTS, 429, BUSY, {"Retry-After": "7"}, times=2),
    "unavailable": Fault("POST /services/data/v62.0/jobs", 503, BUSY, times=3),
    "a page that breaks off": Fault(RESULTS, after=1, times=2),
    "a page of HTML": Fault(DESCRIBE, 200, "<html>Down for maintenance</html>"),
    "an answer about something else": Fault(DESCRIBE, 200, {"hello": "world"}),
    "a description that breaks off": Fault(DESCRIBE),
}


ORDINARY = ("a server error", "too many requests", "a page that breaks off")


@pytest.mark.parametrize("fault", by_example(ORDINARY, PASSING), ids=lambda name: name.replace(" ", "-"))
def test_what_passes_is_tried_again(fault: str, org: Org, reader: Reader) -> None:
    org.bulk_page = 5
    org.faults = [PASSING[fault]]
    assert not any(remark.startswith("Salesforce") for remark in reader.read())
    assert org.faults[0].times == 0 and reader.waits
    whole(org, reader)
    assert (7.0 in reader.waits) == ("Retry-After" in org.faults[0].headers)


def test_a_pause_of_hours_is_not_sat_out_in_one_go(org: Org, reader: Reader) -> None:
    org.faults = [Fault(RESULTS, 429, BUSY, {"Retry-After": "7200"}, times=2)]
    reader.read()
    assert reader.waits.count(60.0) == 2 and max(reader.waits) == 60.0


CHANGES = {"between pages": Fault(PAGE, after=1), "twice": Fault(PAGE, 500, BUSY, times=2), "at once": Fault(QUERY)}


@pytest.mark.parametrize("when", by_example(["between pages"], CHANGES))
def test_a_page_of_changes_that_breaks_off_is_read_again(when: str, org: Org, reader: Reader) -> None:
    fault = replace(CHANGES[when])
    reader.read()
    org.page, org.faults = 2, [fault]
    org.now += timedelta(hours=1)
    for number in range(9):
        org.put("Opportunity", f"006-{number:02}", Amount=number)
    reader.read()
    assert org.faults[0].times == 0
    whole(org, reader)
    assert [row["amount"] for row in reader.kept("opportunity")][:9] == list(range(9))


STOPS = {
    "no call left": (Fault("", 403, LIMIT, times=99), "Salesforce has no call left for today"),
    "down for long": (Fault("", 503, BUSY, times=99), "Salesforce cannot be read just now, as it answers 503"),
    "broken for long": (Fault("", times=99), "Salesforce cannot be read just now, as"),
}


@pytest.mark.parametrize("name", STOPS)
@pytest.mark.parametrize("after", by_example([14], [3, 9, 14, 22, 33]))
def test_a_first_reading_that_stops_goes_on_later_without_loss_or_doubling(
    name: str, after: int, org: Org, reader: Reader
) -> None:
    org.bulk_page = 4
    fault, sentence = STOPS[name]
    org.faults = [Fault(fault.where, fault.status, fault.body, after=after, times=99)]
    with pytest.raises(DataError, match=f"^{sentence}"):
        reader.read()
    before = reader.cache.state().table("opportunity")
    org.faults, org.calls = [], []
    reader.read()
    whole(org, reader)
    assert not before.whole or not any("FROM+Opportunity+" in call and "COUNT" in call for call in org.calls)


def test_a_bulk_job_is_gone_on_with_where_its_pages_ended(org: Org, reader: Reader) -> None:
    cut_off(org, reader, page=3, after=2)
    org.calls = []
    reader.read()
    assert next(call for call in org.calls if RESULTS in call).endswith("locator=6")
    assert sum("POST" in call for call in org.calls) == 6, "no job of the deals is begun again"
    whole(org, reader)


def test_a_job_that_salesforce_has_forgotten_is_begun_again(org: Org, reader: Reader) -> None:
    cut_off(org, reader, page=3, after=2)
    org.jobs["750" + "0" * 12] = {"soql": "", "object": "Opportunity", "busy": 0, "rows": None}
    org.bulk = lambda name: (
        "Aborted" if not org.jobs["750" + "0" * 12]["soql"] and len(org.jobs) == 1 else "JobComplete"
    )
    reader.read()
    whole(org, reader)


@pytest.mark.parametrize("end", by_example(["Failed"], ["Failed", "Aborted", "refused"]))
def test_a_bulk_job_that_fails_gives_way_to_pages(end: str, org: Org, reader: Reader) -> None:
    org.page = 5
    org.bulk = lambda name: end if name in ("Opportunity", "OpportunityFieldHistory") else "JobComplete"
    remarks = reader.read()
    whole(org, reader)
    told = "Salesforce did not finish its bulk query of Opportunity"
    assert any(remark.startswith(told) for remark in remarks) == (end != "refused")
    org.now += timedelta(hours=1)
    org.delete("Opportunity", "006-02")
    reader.read()
    whole(org, reader)


def test_pages_that_are_interrupted_go_on_from_the_last_change(org: Org, reader: Reader) -> None:
    org.page = 3
    org.bulk = lambda _: "refused"
    org.faults = [Fault(PAGE, 403, LIMIT, after=2, times=99)]
    with pytest.raises(DataError):
        reader.read()
    org.faults, org.calls = [], []
    reader.read()
    assert any("Opportunity+WHERE+SystemModstamp+%3E%3D" in call for call in org.calls)
    whole(org, reader)


def test_a_place_that_salesforce_forgets_is_found_again(org: Org, reader: Reader) -> None:
    org.page = 3
    org.bulk = lambda _: "refused"
    org.faults = [Fault(PAGE, 400, [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}])]
    reader.read()
    whole(org, reader)


def test_a_token_that_runs_out_in_the_middle_is_renewed(org: Org, reader: Reader) -> None:
    org.bulk_page = 5

    def run_out() -> None:
        org.tokens = ["00Dx0000000BV7z!another"]

    org.faults = [Fault(RESULTS, 401, [{"message": "expired", "errorCode": "INVALID_SESSION_ID"}], then=run_out)]
    reader.with_(env=APP).read()
    assert org.signed == ["client_credentials", "client_credentials"]
    whole(org, reader)


def test_reading_stops_before_the_days_calls_are_used_up_and_goes_on_later(org: Org, reader: Reader) -> None:
    org.allowed, org.used = 100, 70
    sentence = r"^80 of the day's 100 calls of Salesforce are used up, so reading stops where it is and goes on later"
    with pytest.raises(DataError, match=sentence):
        reader.read()
    assert org.used == 80
    org.used = 0
    reader.read()
    whole(org, reader)


def test_the_share_of_the_days_calls_is_configured(org: Org, reader: Reader) -> None:
    org.allowed, org.used = 100, 20
    with pytest.raises(DataError, match=r"^25 of the day's 100 calls"):
        reader.with_(more={"max_calls": 0.25}).read()


def test_where_nobody_answers_the_cache_is_used_and_says_how_old_it_is(org: Org, reader: Reader) -> None:
    reader.read()
    org.now += timedelta(days=3)
    org.faults = [Fault("", 503, BUSY, times=99)]
    first, *_ = reader.read()
    assert first == (
        "The data of Salesforce are 3 days old: Salesforce cannot be read just now, as it answers 503: try again later."
    )
    assert len(reader.ids()) == 12


def test_a_later_reading_that_stops_half_way_shows_what_stood_before_it(org: Org, reader: Reader) -> None:
    reader.read()
    before = {name: reader.kept(name) for name in ("opportunity", "opportunity_field_history")}
    org.now += timedelta(days=3)
    org.put("Opportunity", "006-01", Amount=7)
    org.put("OpportunityFieldHistory", "017-99", OpportunityId="006-01", Field="Amount", OldValue=1000.5, NewValue=7)
    org.faults = [Fault("FROM+OpportunityFieldHistory", 403, LIMIT, times=99)]
    assert reader.read()[0].startswith("The data of Salesforce are 3 days old: Salesforce has no call left for today")
    assert {name: reader.kept(name) for name in before} == before
    org.faults = []
    reader.read()
    assert reader.kept("opportunity")[1]["amount"] == 7
    whole(org, reader)


def test_what_is_shown_stays_however_often_what_replaces_it_is_interrupted(org: Org, reader: Reader) -> None:
    reader.read()
    before = reader.kept("opportunity")
    org.purge("Opportunity", "006-07")  # so that the deals are read anew
    org.faults = [Fault("FROM+OpportunityFieldHistory", 403, LIMIT, times=99)]
    for _ in range(2):
        org.now += timedelta(days=2)
        assert reader.read()[0].startswith("The data of Salesforce are ")
        assert reader.kept("opportunity") == before
    org.faults = []
    reader.read()
    whole(org, reader)


def test_without_a_cache_and_an_answer_there_is_one_sentence(org: Org, reader: Reader) -> None:
    org.faults = [Fault("", 503, BUSY, times=99)]
    with pytest.raises(DataError, match=r"^Salesforce cannot be read just now, as it answers 503: try again later\.$"):
        reader.read()


def test_a_second_reader_of_the_same_cache_keeps_out(org: Org, reader: Reader) -> None:
    with reader.cache.alone(), pytest.raises(DataError, match=r"^Another process is reading Salesforce"):
        reader.read()
    reader.read()
    whole(org, reader)


# Schema drift.


@pytest.mark.parametrize("field", by_example(["IsWon"], ["CreatedDate", "CloseDate", "IsWon", "IsClosed"]))
def test_a_required_field_that_is_gone_is_one_sentence(field: str, org: Org, reader: Reader) -> None:
    reader.read()
    org.now += timedelta(hours=1)
    del org.tables["Opportunity"].fields[field]
    with pytest.raises(DataError, match=f"^Salesforce shows this user no field {field} of Opportunity: give it read"):
        reader.read()


def test_another_field_that_is_gone_is_remarked_and_its_old_values_too(org: Org, reader: Reader) -> None:
    reader.read()
    org.now += timedelta(hours=1)
    del org.tables["Opportunity"].fields["Amount"]
    assert any("no Amount of Opportunity, so it is not read" in remark for remark in reader.read())
    assert "amount" not in reader.kept("opportunity")[0]
    whole(org, reader)
    org.tables["Opportunity"].fields["Amount"] = "currency"
    org.now += timedelta(hours=1)
    assert not any("Amount" in remark for remark in reader.read())
    assert reader.kept("opportunity")[0]["amount"] == reader.kept("opportunity")[11]["amount"] != 0


def test_a_stage_that_is_new_is_data_like_any_other(org: Org, reader: Reader) -> None:
    reader.read()
    org.now += timedelta(hours=1)
    org.put("Opportunity", "006-01", StageName="Vibe check")
    reader.read()
    assert reader.kept("opportunity")[1]["stage_name"] == "Vibe check"


# Signing in.

WAYS = {
    "token": ({"SALESFORCE_ACCESS_TOKEN": TOKEN}, []),
    "app": (APP, ["client_credentials"]),
    "refresh": ({"SALESFORCE_CLIENT_ID": "3MVG9", "SALESFORCE_REFRESH_TOKEN": "5Aep.refresh"}, ["refresh_token"]),
    "user": ({"SALESFORCE_USERNAME": "ada@acme", "SALESFORCE_PASSWORD": "p&<", "SALESFORCE_SECURITY_TOKEN": "x"},
             ["soap"]),
    "old token and app": (APP | {"SALESFORCE_ACCESS_TOKEN": "00Dx!old"}, ["client_credentials"]),
}  # fmt: skip


@pytest.mark.parametrize("way", by_example(["app", "refresh", "user"], WAYS))
def test_every_way_of_signing_in_opens_salesforce(way: str, org: Org, reader: Reader) -> None:
    env, signed = WAYS[way]
    reader.with_(env=env).read()
    assert org.signed == signed
    whole(org, reader)


REFUSED = {
    "token": ({"SALESFORCE_ACCESS_TOKEN": "wrong-secret"}, "Salesforce refuses SALESFORCE_ACCESS_TOKEN, which has run"),
    "app": (APP | {"SALESFORCE_CLIENT_SECRET": "wrong-secret"},
            r"Salesforce does not sign in by SALESFORCE_CLIENT_ID and SALESFORCE_CLIENT_SECRET \(invalid_grant\)"),
    "refresh": ({"SALESFORCE_CLIENT_ID": "3MVG9", "SALESFORCE_REFRESH_TOKEN": "wrong-secret"},
                r"Salesforce does not sign in by SALESFORCE_REFRESH_TOKEN \(invalid_grant\)"),
    "user": ({"SALESFORCE_USERNAME": "ada@acme", "SALESFORCE_PASSWORD": "wrong-secret"},
             r"Salesforce does not sign in by SALESFORCE_USERNAME \(INVALID_LOGIN\)"),
    "nothing": ({}, "Nothing opens Salesforce: set SALESFORCE_INSTANCE_URL with"),
}  # fmt: skip


@pytest.mark.parametrize("way", REFUSED)
def test_a_sign_in_that_is_refused_is_one_sentence_without_a_secret(way: str, reader: Reader) -> None:
    env, sentence = REFUSED[way]
    with pytest.raises(DataError, match=f"^{sentence}") as caught:
        reader.with_(env=env).read()
    told = f"{caught.value}{caught.value.__cause__!r}"
    assert "secret" not in told and TOKEN not in told and "3MVG9" not in told


def test_a_session_that_is_refused_for_ever_is_one_sentence(org: Org, reader: Reader) -> None:
    org.faults = [Fault(DATA, 401, [{"message": "x", "errorCode": "INVALID_SESSION_ID"}], times=99)]
    with pytest.raises(DataError, match=r"^Salesforce refuses a session that it has just given"):
        reader.with_(env=APP).read()


def test_a_user_who_may_not_use_the_api_is_told_so(org: Org, reader: Reader) -> None:
    org.faults = [Fault(DATA, 403, [{"message": "x", "errorCode": "API_DISABLED_FOR_ORG"}], times=99)]
    with pytest.raises(DataError, match=r"API_DISABLED_FOR_ORG\): give the user API Enabled"):
        reader.read()


def test_the_cache_of_another_organisation_is_not_mixed_with_this_one(org: Org, reader: Reader) -> None:
    reader.read()
    org.now += timedelta(hours=1)
    org.tokens = ["00Dx0000000OTHER!token"]
    with pytest.raises(DataError, match="holds the data of another organisation of Salesforce"):
        reader.with_(env=APP).read()


@pytest.mark.parametrize("text", by_example(["{"], ["", "{", '{"version": 7}', "[1]"]))
def test_a_damaged_cache_is_one_sentence(text: str, reader: Reader) -> None:
    reader.read()
    (reader.folder / "salesforce.json").write_text(text)
    with pytest.raises(DataError, match="is damaged or of another version: delete the folder"):
        reader.read()


def test_files_of_others_in_the_folder_are_left_alone(reader: Reader) -> None:
    theirs = reader.folder / "opportunity" / "mine.parquet"
    theirs.parent.mkdir(parents=True)
    theirs.touch()
    (theirs.parent / "000099.parquet").touch()
    reader.read()
    assert theirs.exists() and not (theirs.parent / "000099.parquet").exists()
