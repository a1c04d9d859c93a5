"""HubSpot as a source: when it calls, what it says when it cannot, and that the numbers are those of a CSV folder."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.core.tables import TABLES
from monitor.errors import ConfigError, DataError
from monitor.sources import open_source
from monitor.sources.source import BAD, FILE, LINE, Addressed, CallsOut, Copied
from tests.sources.hubspot.conftest import a_portal
from tests.sources.hubspot.reader import Reader
from tests.sources.hubspot.server import START, Fault, Portal, iso, serving

ROOT = Path(__file__).resolve().parents[3]


def load(reader: Reader) -> tuple[str, ...]:
    """Reads the tables as a command does; what a person should know."""
    with closing(reader.open()) as source:
        assert source.tables()["opportunities"].count().to_pyarrow().as_py() > 0
        return source.remarks()


def test_the_tables_are_canonical(reader: Reader) -> None:
    source = open_source(reader.spec, reader.world)
    source.close()
    tables = source.tables()
    assert {"opportunities", "opportunity_history", "accounts"} <= set(tables)
    for name, table in tables.items():
        assert set(TABLES[name].required) <= set(table.columns)
        assert not {column for column in table.columns if column.startswith("_")} - {FILE, LINE, BAD}
        assert table.count().to_pyarrow().as_py() > 0
    source.close()
    source.close()


def test_addresses_of_owners_are_kept_only_where_people_come_from_a_spreadsheet(reader: Reader, portal: Portal) -> None:
    first, second = portal.owners
    portal.owners = [first | {"email": "Ada@Acme.example"}, second | {"email": "bob@acme.example"}]
    load(reader)
    assert {row["email"] for row in reader.rows("owner")} == {None}
    reader.clock.pass_by(hours=1)
    begun = reader.clock.now()
    with closing(open_source(replace(reader.spec, with_addresses=True), reader.world)) as source:
        assert isinstance(source, Addressed) and isinstance(source, Copied)
        assert source.addresses() == {"ada@acme.example": "11", "bob@acme.example": "12"}
        assert source.synced() == begun


def test_hubspot_is_not_called_again_so_soon(reader: Reader, portal: Portal) -> None:
    load(reader)
    portal.calls.clear()
    reader.clock.pass_by(minutes=2)
    load(reader)
    assert not portal.calls
    reader.clock.pass_by(minutes=4)
    load(reader)
    assert portal.calls


def test_nobody_waits_for_a_clock_that_was_once_ahead(reader: Reader, portal: Portal) -> None:
    reader.clock.pass_by(days=400)
    load(reader)
    reader.clock.pass_by(days=-400)
    portal.deal(3, START - 18_000_000, amount="999")  # told of late: found by looking far back
    load(reader)
    assert reader.live()["3"]["property_amount"] == "999"


def test_the_tables_before_stay_for_those_who_read_them_still_and_older_ones_go(reader: Reader) -> None:
    for _ in range(4):
        reader.read()
    assert {place.name for place in reader.folder.glob("tables-*")} == {"tables-3", "tables-4"}


def test_the_stamp_costs_no_call_and_changes_with_what_is_read_and_when_it_is_time(
    reader: Reader, portal: Portal
) -> None:
    stamps = [reader.open().stamp()]
    load(reader)
    portal.calls.clear()
    stamps += [reader.open().stamp(), reader.open().stamp()]
    reader.clock.pass_by(minutes=6)
    stamps.append(reader.open().stamp())
    assert not portal.calls
    portal.faults = [Fault("/", 500, times=-1)]
    load(reader)
    stamps.append(reader.open().stamp())
    assert stamps[1] == stamps[2] and len(set(stamps)) == 4


def test_the_stamp_does_not_depend_on_the_token(reader: Reader) -> None:
    before = reader.open().stamp()
    reader.token = "pat-eu1-another"  # nobody's
    assert reader.open().stamp() == before


def test_no_engine_is_imported_for_the_stamp(reader: Reader) -> None:
    load(reader)
    code = (
        "import sys, pathlib, datetime; from monitor.sources import open_source;"
        "from monitor.core.source_spec import SourceSpec; from monitor.sources.source import World;"
        "world = World(lambda: datetime.datetime.now(datetime.UTC), print);"
        f"open_source(SourceSpec(type='hubspot', cache=pathlib.Path({str(reader.folder)!r})), world).stamp();"
        "print(sorted({'ibis', 'duckdb', 'pandas', 'pyarrow', 'hubspot', 'urllib3'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_hubspot_the_cache_is_used_and_says_how_old_it_is(tmp_path: Path) -> None:
    with serving(a_portal()) as address:
        reader = Reader(address, tmp_path / "cache")
        load(reader)
    reader.clock.pass_by(days=3, hours=1)
    told = load(reader)
    assert told[0].startswith("The data are 3 days old, as HubSpot could not be read since: HubSpot does not give ")
    reader.clock.pass_by(seconds=50)
    waited = len(reader.clock.waited)
    assert load(reader)[0] == told[0] and len(reader.clock.waited) == waited


def test_without_hubspot_and_without_a_cache_one_sentence_says_so(tmp_path: Path) -> None:
    with serving(Portal()) as address:
        pass
    for _ in range(2):
        with pytest.raises(DataError, match=r"HubSpot does not give .* \(the connection broke: .*\), after 2 tries"):
            Reader(address, tmp_path / "cache").open().tables()


def test_a_token_that_was_mended_is_used_at_once(reader: Reader) -> None:
    token, reader.token = reader.token, "pat-eu1-old"  # nobody's
    with pytest.raises(DataError, match=r"HubSpot does not accept HUBSPOT_TOKEN"):
        reader.open().tables()
    reader.token = token
    assert not any("HUBSPOT_TOKEN" in remark for remark in load(reader))


def test_without_a_token_the_variable_is_named(reader: Reader) -> None:
    reader.token = ""
    with pytest.raises(DataError, match=r"HUBSPOT_TOKEN is not set"):
        reader.open().tables()


def test_without_a_folder_the_key_is_named(reader: Reader) -> None:
    from dataclasses import replace

    with pytest.raises(ConfigError, match=r"source.cache is missing"):
        open_source(replace(reader.spec, cache=None), reader.world)


def test_a_second_process_uses_what_is_there_while_the_first_one_reads(reader: Reader) -> None:
    from monitor.sources.hubspot.cache import Cache

    load(reader)
    reader.clock.pass_by(hours=1)
    with Cache(reader.folder).alone() as alone:
        assert alone
        told = load(reader)
    assert told[0] == (
        "The data are 60 minutes old, as HubSpot could not be read since: Another process is reading HubSpot just now: "
        "what it reads is there when it is done."
    )


def test_a_folder_that_cannot_be_written_is_named(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    with pytest.raises(DataError, match=r"source.cache: the folder '.*' cannot be written"):
        reader.open().tables()


def test_what_a_reading_costs_is_told_before_it_is_read(portal: Portal, reader: Reader) -> None:
    source = reader.open()
    assert isinstance(source, CallsOut)
    assert source.forecast()[0] == (
        "HubSpot holds 7 deals and 2 companies, all of which are read: about 17 calls, a few seconds at ten calls a "
        "second, and one for each 100 archived records."
    )
    assert not [call for call in portal.calls if "objects/deals?" in call]
    load(reader)
    portal.deal(7, START + 3_600_000, amount="1")
    portal.headers = {"X-HubSpot-RateLimit-Daily-Remaining": "248000"}
    told = source.forecast()
    assert told[0].startswith("7 deals and 2 companies to read again after the reading of 2026-11-22T08:00: about ")
    assert told[-1] == "HubSpot allows 248,000 more calls today."


def test_a_reading_that_was_cut_off_is_told_of(portal: Portal, reader: Reader) -> None:
    portal.faults = [Fault("owners", 500, times=6)]
    with pytest.raises(DataError):
        reader.read()
    assert any("was cut off: it goes on after what was kept (6 pieces)." in told for told in reader.open().forecast())


def test_what_was_forecast_is_what_happens(tmp_path: Path) -> None:
    portal = a_portal(230)
    for number, deal in portal.deals.items():
        deal["properties"]["hs_lastmodifieddate"] = iso(START - int(number) * 3_600_000)
    for company in range(600, 950):
        portal.company(company, START - 86_400_000, name="Any")
    with serving(portal) as address:
        reader = Reader(address, tmp_path / "cache")
        for changed in (0, 1, 120):
            for each in range(changed):
                portal.deal(each + 1, START + 7_200_000 + changed, amount="5")
            (said,) = re.findall(r"about ([0-9,]+) calls", reader.open().forecast()[0])
            portal.calls.clear()
            reader.read()
            assert abs(len(portal.calls) - int(said)) <= 4, said


def test_one_is_not_called_many(portal: Portal, reader: Reader) -> None:
    portal.deals, portal.companies = {"1": portal.deals["1"]}, {"501": portal.companies["501"]}
    portal.headers = {"X-HubSpot-RateLimit-Daily-Remaining": "1"}
    told = reader.open().forecast()
    assert told[0].startswith("HubSpot holds 1 deal and 1 company, all")
    assert told[1] == "HubSpot allows 1 more call today."


def test_another_accounts_token_is_refused_and_nothing_is_mixed(portal: Portal, reader: Reader) -> None:
    load(reader)
    before = reader.contents()
    portal.number = 9999
    portal.deal(1, START + 3_600_000, amount="1")
    reader.clock.pass_by(hours=1)
    asks: list[Callable[[], object]] = [reader.open().tables, reader.open().forecast]
    for ask in asks:
        with pytest.raises(DataError, match=r"holds the HubSpot account 4711, and HUBSPOT_TOKEN is of account 9999"):
            ask()
    assert reader.contents() == before
    portal.number = 4711
    load(reader)
    assert reader.live()["1"]["property_amount"] == "1"


def test_a_first_reading_that_was_cut_off_does_not_go_on_with_another_account(tmp_path: Path) -> None:
    one, other = a_portal(60), Portal(number=9999, stages=a_portal().stages)
    one.faults = [Fault("owners", 503, times=6)]
    other.deal(5000, START, amount="1", dealstage="open")
    with serving(one) as address, pytest.raises(DataError, match="what was read is kept"):
        Reader(address, tmp_path / "cache").read()
    with serving(other) as address:
        reader = Reader(address, tmp_path / "cache")
        reader.read()
    assert set(reader.live()) == {"5000"}


def test_a_folder_of_an_earlier_version_is_used_until_hubspot_can_be_read_again(reader: Reader, portal: Portal) -> None:
    load(reader)
    for file in reader.folder.glob("tables-*/portal_currency.parquet"):
        file.unlink()
    state = json.loads((reader.folder / "state.json").read_text())
    told = {name: state[name] for name in state if name not in ("digests", "sum", "portal", "remarks")}
    (reader.folder / "state.json").write_text(json.dumps(told))
    reader.clock.pass_by(hours=1)
    portal.faults = [Fault("/", 503, times=-1)]
    assert load(reader)[0].startswith("The data are 60 minutes old")


@pytest.mark.parametrize("token", ["pat-eu1 0123", "\u201cpat-eu1-0123\u201d", '"pat-eu1-0123"', "pat-eu1\n0123"])
def test_a_token_copied_with_something_else_is_said_to_be_one(token: str, reader: Reader) -> None:
    reader.token = token
    with pytest.raises(DataError, match=r"HUBSPOT_TOKEN holds a character that stands in no token") as caught:
        reader.open().tables()
    assert "0123" not in str(caught.value)


def test_a_reading_that_was_cut_off_long_ago_is_brought_up_to_today(portal: Portal, reader: Reader) -> None:
    portal.faults = [Fault("owners", 503, times=6)]
    with pytest.raises(DataError):
        reader.read()
    reader.clock.pass_by(days=10)
    portal.deal(7, START + 3_600_000, amount="701")
    with closing(reader.open()) as source:
        source.tables()
        synced = source.synced()
    assert synced is not None and reader.clock.now() - synced < timedelta(hours=1)
    assert reader.live()["7"]["property_amount"] == "701"


def test_how_far_a_reading_is_is_told(tmp_path: Path) -> None:
    portal = a_portal(9)
    portal.most = 4
    with serving(portal) as address:
        reader = Reader(address, tmp_path / "cache")
        reader.read()
    deals = [(done, total) for what, done, total in reader.told if what == "HubSpot, list of deals"]
    assert deals == [(4, 9), (8, 9), (9, 9)]
