"""Whatever goes wrong, a reading is gone on with, losing nothing and doubling nothing, or refused in one sentence."""

from __future__ import annotations

import json
import traceback
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import DataError
from monitor.sources.hubspot.cache import Cache
from tests.sources.hubspot.conftest import a_portal
from tests.sources.hubspot.reader import Clock, Reader
from tests.sources.hubspot.server import START, TOKEN, Fault, Portal, serving
from tests.sources.sample import by_example

SCOPES = {
    "status": "error",
    "message": "This app hasn't been granted all required scopes to make this call.",
    "category": "MISSING_SCOPES",
    "errors": [{"message": "One or more scopes are required.", "context": {"requiredScopes": ["contacts"]}}],
}
DAILY = {"status": "error", "message": "You have reached your daily limit.", "policyName": "DAILY"}
BUSY = {"status": "error", "message": "You have reached your ten_secondly_rolling limit.", "policyName": "SECONDLY"}
PLACES = ["GET /crm/v3/objects/deals", "deals/search", "GET /crm/v3/objects/companies", "crm/v3/owners", "pipelines"]
TROUBLES = {"dropped": (0, {}), "500": (500, {"message": "internal"}), "502": (502, {}), "429": (429, BUSY)}


def sentence(reader: Reader) -> str:
    """Why a reading is refused; the token stands nowhere in it, nor in the traceback."""
    with pytest.raises(DataError) as caught:
        reader.read()
    told = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in told and TOKEN not in repr(caught.value)
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".")
    return text


def undisturbed(portal: Portal, folder: Path) -> dict[str, list[Any]]:
    """What the cache of somebody holds who read the portal without trouble."""
    with serving(portal) as address:
        other = Reader(address, folder)
        other.read()
        return other.contents()


EACH_ONCE = [("dropped", PLACES[0]), ("500", PLACES[1]), ("502", PLACES[2]), ("429", PLACES[3])]


@pytest.mark.parametrize("case", by_example(EACH_ONCE, product(TROUBLES, PLACES)), ids=" at ".join)
def test_a_passing_trouble_is_waited_for(case: tuple[str, str], reader: Reader, portal: Portal) -> None:
    trouble, where = case
    status, body = TROUBLES[trouble]
    portal.most = 3
    portal.faults = [Fault(where, status, body, times=2)]
    reader.read()
    assert portal.faults[0].times == 0
    assert set(reader.live()) == {str(number) for number in range(1, 8)}
    assert len(reader.rows("deal_company")) == 14


@pytest.mark.parametrize("after", by_example([61], [0, 3, 55, 61, 117]))
def test_a_reading_that_was_cut_off_goes_on_where_it_was(after: int, tmp_path: Path) -> None:
    portal = a_portal(120)
    portal.most = 1
    portal.faults = [Fault("GET /crm/v3/objects/deals", 503, after=after, times=6)]
    with serving(portal) as address:
        reader = Reader(address, tmp_path / "cache")
        assert "after 6 tries: what was read is kept" in sentence(reader)
        kept = sum(len(list(place.glob("deal.parquet"))) for place in Cache(reader.folder).pieces())
        assert Cache(reader.folder).state().number == 0
        portal.calls.clear()
        reader.read()
    lists = [call for call in portal.calls if "GET /crm/v3/objects/deals" in call and "archived=false" in call]
    assert kept == after // 50 and len(lists) == 120 - 50 * kept
    assert reader.contents() == undisturbed(portal, tmp_path / "other")


STEPS = ["deals/search", "batch/read", "associations", "archived=true", "owners", "pipelines"]


@pytest.mark.parametrize("where", by_example(["batch/read", "owners"], STEPS))
def test_a_later_reading_that_was_cut_off_loses_nothing_either(
    where: str, reader: Reader, portal: Portal, tmp_path: Path
) -> None:
    reader.read()
    before = reader.contents()
    portal.most = 2
    for number in range(3, 12):
        portal.deal(number, START + 3_600_000 + number, ("502",), amount="5", dealstage="won")
    portal.deals["1"]["archived"] = True
    portal.faults = [Fault(where, 500, after=int(where != "pipelines"), times=6)]
    sentence(reader)
    assert reader.contents() == before
    reader.read()
    assert reader.contents() == undisturbed(portal, tmp_path / "other")


def test_a_refused_token_is_said_without_the_token(reader: Reader) -> None:
    reader.token = "pat-eu1-wrong-" + TOKEN  # nobody's
    assert sentence(reader).startswith(
        "HubSpot does not accept HUBSPOT_TOKEN (Authentication credentials not found: Bearer ***)"
    )


def test_a_token_that_is_rotated_in_the_middle_ends_a_reading_and_the_next_one_goes_on(tmp_path: Path) -> None:
    portal = a_portal(120)
    portal.most = 1
    rotated = {"status": "error", "message": "The token is expired", "category": "EXPIRED_AUTHENTICATION"}
    portal.faults = [Fault("GET /crm/v3/objects/deals", 401, rotated, after=61)]
    with serving(portal) as address:
        reader = Reader(address, tmp_path / "cache")
        assert sentence(reader).startswith("HubSpot does not accept HUBSPOT_TOKEN (The token is expired)")
        portal.calls.clear()
        reader.read()
    assert sum("GET /crm/v3/objects/deals" in call and "archived=false" in call for call in portal.calls) == 70
    assert reader.contents() == undisturbed(portal, tmp_path / "other")


@pytest.mark.parametrize(
    ("where", "scope"),
    [
        ("GET /crm/v3/objects/deals", "crm.objects.deals.read"),
        ("GET /crm/v3/objects/companies", "crm.objects.companies.read"),
        ("owners", "crm.objects.owners.read"),
        ("pipelines", "crm.objects.deals.read"),
    ],
)
def test_a_missing_scope_is_named(where: str, scope: str, reader: Reader, portal: Portal) -> None:
    portal.faults = [Fault(where, 403, SCOPES)]
    assert f"give it the scope {scope} (HubSpot itself names contacts)" in sentence(reader)
    reader.read()
    assert len(reader.live()) == 7


def test_the_daily_limit_ends_a_reading_and_the_next_one_goes_on(tmp_path: Path) -> None:
    portal = a_portal(120)
    portal.most = 1
    portal.faults = [Fault("GET /crm/v3/objects/deals", 429, DAILY, after=70)]
    with serving(portal) as address:
        reader = Reader(address, tmp_path / "cache")
        assert "HubSpot's daily limit of calls is used up" in sentence(reader)
        reader.read()
        assert len(reader.live()) == 120


def test_a_pause_that_hubspot_asks_for_is_kept(reader: Reader, portal: Portal) -> None:
    portal.faults = [Fault("pipelines", 429, BUSY, {"Retry-After": "17"})]
    reader.read()
    assert 17.0 in reader.clock.waited


def test_without_a_pause_asked_for_the_interval_is_waited(reader: Reader, portal: Portal) -> None:
    portal.faults = [Fault("pipelines", 429, BUSY, {"X-HubSpot-RateLimit-Interval-Milliseconds": "7000"})]
    reader.read()
    assert 7.0 in reader.clock.waited


def test_an_interval_that_is_used_up_is_waited_for_before_hubspot_refuses(reader: Reader, portal: Portal) -> None:
    portal.headers = {"X-HubSpot-RateLimit-Remaining": "0", "X-HubSpot-RateLimit-Interval-Milliseconds": "9000"}
    reader.read()
    assert reader.clock.waited.count(9.0) == len(portal.calls)
    portal.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "86400000"
    reader.read()
    assert max(reader.clock.waited) == 120.0


def test_trouble_from_the_first_call_on_is_no_missing_network(reader: Reader, portal: Portal) -> None:
    portal.faults = [Fault("/", 503, {}, times=5)]
    reader.read()
    assert len(reader.live()) == 7
    assert [seconds for seconds in reader.clock.waited if seconds >= 1] == [1, 2, 4, 8, 16]


def test_a_pause_of_hours_is_refused(reader: Reader, portal: Portal) -> None:
    portal.faults = [Fault("pipelines", 477, {"message": "Migration in progress"}, {"Retry-After": "86400"})]
    assert "asks to be left alone for 86400 seconds" in sentence(reader)


def test_no_more_than_ten_calls_and_four_searches_a_second(tmp_path: Path) -> None:
    portal, clock = a_portal(60), Clock()
    portal.most = 1
    with serving(portal) as address:
        began = clock.at
        Reader(address, tmp_path / "cache", clock).read()
    searches = [call for call in portal.calls if call.endswith("/search")]
    took = (clock.at - began).total_seconds()
    assert took >= (len(portal.calls) - 1) * 0.1 and took >= (len(searches) - 1) * 0.25


def test_an_answer_that_is_no_json_is_tried_again(reader: Reader, portal: Portal) -> None:
    portal.garbled = 2
    reader.read()
    assert portal.garbled == 0 and len(reader.live()) == 7


BEHIND = {"status": "error", "category": "INTERNAL_ERROR", "message": "shard 7 is down"}
HOLLOW: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": ("GET /crm/v3/objects/deals", {}, "what it answers holds no results"),
    "null": ("owners", {"results": None}, "what it answers holds no results"),
    "half a batch": ("deals/batch", {"results": [], "errors": [BEHIND]}, "part of it failed: shard 7 is down"),
    "no links": ("associations", {"results": [], "errors": [BEHIND]}, "part of it failed: shard 7 is down"),
}


@pytest.mark.parametrize("case", HOLLOW)
def test_an_answer_that_lacks_something_is_not_taken_for_there_being_nothing(
    case: str, reader: Reader, portal: Portal
) -> None:
    where, body, why = HOLLOW[case]
    reader.read()
    before = reader.contents()
    portal.faults = [Fault(where, 207, body, times=6)]
    portal.deal(8, START + 3_600_000, ("502",), amount="8")
    if case == "nothing":
        del portal.deals["1"]  # so that ids are compared
    assert why in sentence(reader)
    assert reader.contents() == before
    reader.read()
    assert "8" in reader.live() and len(reader.live()) == (7 if case == "nothing" else 8)


def test_a_call_that_hubspot_does_not_understand_is_refused_at_once(reader: Reader, portal: Portal) -> None:
    portal.faults = [Fault("deals/search", 400, {"message": "property hs_lastmodifieddate does not exist"})]
    text = sentence(reader)
    assert text == (
        "HubSpot does not answer the call for the search of deals (400: property hs_lastmodifieddate does not exist): "
        "look into the private app's Logs in HubSpot, and ask HubSpot's support where they do not tell why."
    )


def test_a_search_that_tells_no_moment_of_change_is_refused(reader: Reader, portal: Portal) -> None:
    for deal in portal.deals.values():
        deal["properties"]["hs_lastmodifieddate"] = "soon"
    portal.search = lambda among, body: (  # type: ignore[method-assign]  # the server's, not ours
        200,
        {"total": 1, "results": [{"id": "1", "properties": {"hs_lastmodifieddate": "soon"}}]},
        {},
    )
    assert "HubSpot does not tell when one of the deals changed last" in sentence(reader)


def test_without_a_network_it_is_said_soon(tmp_path: Path) -> None:
    with serving(Portal()) as address:
        pass
    reader = Reader(address, tmp_path / "cache")
    assert "the connection broke" in sentence(reader)
    assert sum(reader.clock.waited) < 5


@pytest.mark.parametrize("file", ["begun.json", "000001/cursor.json", "000002/cursor.json"])
@pytest.mark.parametrize("text", ["", "{}", '{"at": 1, "since": []}'], ids=["empty", "hollow", "strange"])
def test_a_reading_cut_off_whose_pieces_were_damaged_meanwhile_is_read_anew_from_there(
    file: str, text: str, portal: Portal, reader: Reader, tmp_path: Path
) -> None:
    portal.faults = [Fault("owners", 503, times=6)]
    sentence(reader)
    (reader.folder / "run" / file).write_text(text)
    reader.read()
    assert reader.contents() == undisturbed(portal, tmp_path / "other")


@pytest.mark.parametrize("place", by_example([0.5], [0.01, 0.3, 0.5, 0.7, 0.99]))
def test_one_spoilt_byte_is_noticed_wherever_it_is(place: float, portal: Portal, reader: Reader) -> None:
    portal.faults = [Fault("owners", 503, times=6)]
    sentence(reader)
    kept = (reader.folder / "run" / "000001" / "deal.parquet").read_bytes()
    spoil(reader.folder / "run" / "000001" / "deal.parquet", place)
    assert "000001/deal.parquet is damaged or gone" in sentence(reader)
    (reader.folder / "run" / "000001" / "deal.parquet").write_bytes(kept)
    state = reader.read()
    for name in ("state.json", f"{state.folder}/deal.parquet", f"{state.folder}/deal_property_history.parquet"):
        whole = (reader.folder / name).read_bytes()
        spoil(reader.folder / name, place)
        if name == "state.json":
            assert Cache(reader.folder).state().number in (0, state.number)
        else:
            with pytest.raises(DataError, match=rf"source.cache: .*{name} is damaged or gone\): empty it and read"):
                reader.open().tables()
            assert f"{name} is damaged or gone" in sentence(reader)
        (reader.folder / name).write_bytes(whole)


def spoil(path: Path, place: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * place)] ^= 1
    path.write_bytes(content)


def test_what_a_later_version_wrote_besides_is_passed_over(portal: Portal, reader: Reader) -> None:
    reader.read()
    path = reader.folder / "state.json"
    told = json.loads(path.read_text())
    del told["sum"]
    path.write_text(json.dumps(told | {"mood": "good"}))
    portal.calls.clear()
    reader.read()
    assert not [call for call in portal.calls if "archived=false" in call and "objects" in call]


def test_a_folder_of_another_version_is_read_anew(portal: Portal, reader: Reader) -> None:
    reader.read()
    path = reader.folder / "state.json"
    told = json.loads(path.read_text())
    del told["sum"]
    path.write_text(json.dumps(told | {"version": 99}))
    portal.calls.clear()
    reader.read()
    assert [call for call in portal.calls if "archived=false" in call and "objects/deals" in call]


@pytest.mark.parametrize("name", ["run", "tables.new", "tried.json.new"])
def test_where_the_folder_cannot_be_written_one_sentence_says_so(name: str, reader: Reader) -> None:
    in_the_way = reader.folder / name
    if name == "tried.json.new":
        in_the_way.mkdir(parents=True)
    else:
        reader.folder.mkdir()
        in_the_way.write_text("")
    with pytest.raises(DataError, match=r"source.cache: the folder '.*' cannot be written \(.*\): mend its perm"):
        reader.open().tables()


def test_a_damaged_cache_is_named(reader: Reader) -> None:
    reader.read()
    state = Cache(reader.folder).state()
    (reader.folder / state.folder / "deal.parquet").write_bytes(b"PAR1")
    assert "source.cache" in sentence(reader)
