"""What each page answers, from what was recorded, and that asking changes nothing."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.app.actions import Act, approve_override, ask_override
from monitor.core.messages import Message, Tone
from monitor.core.outbox import LedgerLine, Outgoing, Settlement, Status
from monitor.core.plan import Plan, SlotDone
from monitor.core.routes import Address
from monitor.core.types import Band
from monitor.entrypoints.web.health import LOOPS
from monitor.render.status_json import document
from monitor.store.repository import Kept, SnapshotKey
from tests.render.snapshots import HOSTILE_NAMES
from tests.web.conftest import NOW, Site, Sites

PAGES = (
    *("/", "/api/status", "/api/history", "/api/gate/mid-market-hiring", "/api/docs", "/api/openapi.json"),
    *("/healthz", "/readyz", "/metrics"),
)
GATE = "/api/gate/mid-market-hiring"
EMPTY = """
company: Acme
source: {type: csv, path: data}
database: sqlite:///store.db
"""


def record(site: Site, *messages: tuple[str, str], to: str = "C0DIGEST") -> list[LedgerLine]:
    """Rows that are to be sent: key and headline."""
    address = Address("slack", to, "digest", "digest channel")
    rows = [
        Outgoing(key, address, "digest", Message("digest", said, Tone.PLAIN, ()), key, "r") for key, said in messages
    ]
    site.store.commit(Plan(expected_head=site.store.head(), outgoing=tuple(rows)), site.now[0])
    return site.store.outbox.lines()


def settle(site: Site, status: Status, error: str = "") -> None:
    (row,) = site.store.outbox.claim("ann", site.now[0], limit=1)
    assert site.store.outbox.settle(row, Settlement(status, error), site.now[0])


class Page(HTMLParser):
    """The text of a page, its tags, and whatever it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.fetched = "", [""], [""]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        fetches = [value or "" for name, value in attrs if name in ("src", "srcset", "action", "data", "background")]
        fetches += [value or "" for name, value in attrs if name == "href" and tag != "a"]
        self.fetched += fetches

    def handle_data(self, data: str) -> None:
        self.text += data


# Pages.


def test_the_dashboard_shows_the_state_both_motions_and_what_was_sent(here: Site) -> None:
    record(here, ("digest:2026-W39:C0DIGEST", "Hiring is paused: coverage broke two quarters running"))
    settle(here, Status.FAILED, "channel_not_found")
    answer = here.ask("/")
    assert answer.status == 200
    page = Page(answer.text)
    seen = here.seen.snapshot()
    assert seen is not None
    for view in (*seen.indicators, *seen.beside["mid_market"]):
        assert view.weekly.text in page.text
    assert "Mid-market" in page.text
    assert "coverage broke two quarters running" in page.text
    assert "failed" in page.text
    assert "channel_not_found" in page.text


def test_nothing_is_fetched_and_nothing_runs(here: Site) -> None:
    for path in ("/", "/api/docs"):
        page = Page(here.ask(path).text)
        assert not {"script", "iframe", "object", "form", "base", "link", "embed"} & set(page.tags)
        assert all(not each or each.startswith("data:") for each in page.fetched)


def test_what_others_wrote_is_text(here: Site) -> None:
    for number, name in enumerate(HOSTILE_NAMES):
        record(here, (f"digest:{number}:C0DIGEST", name[:100] or "empty"))
    page = Page(here.ask("/").text)
    assert "img" not in page.tags
    assert "<script>alert(1)</script>" in page.text
    assert "49" not in re.findall(r"\{\{ (\d+) \}\}", page.text)


def test_status_is_the_document_of_the_command_line(here: Site) -> None:
    seen = here.seen.snapshot()
    assert seen is not None
    answer = here.ask("/api/status").json
    assert answer == {**document(seen), "run": seen.run}
    assert answer["breaker"]["state"] == "tripped"


def test_history_has_quarters_and_weeks_of_all_or_of_one(here: Site) -> None:
    everything = here.ask("/api/history").json["indicators"]
    assert list(everything) == ["pipeline_coverage", "win_rate_trend", "attainment", "cac_payback"]
    assert len(everything["attainment"]["weeks"]) > 50
    one = here.ask("/api/history?indicator=attainment").json["indicators"]
    assert one == {"attainment": everything["attainment"]}
    assert here.ask("/api/history?indicator=nope").status == 404


def test_asking_changes_nothing(here: Site) -> None:
    record(here, ("digest:2026-W39:C0DIGEST", "Hiring is paused"))
    before = hashlib.sha256(here.database.read_bytes()).hexdigest()
    for path in (*PAGES, "/nope", "/api/history?indicator=nope"):
        for method in ("GET", "HEAD"):
            here.ask(path, method)
    assert hashlib.sha256(here.database.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_there_is_nothing_to_change(here: Site, method: str) -> None:
    assert {here.ask(path, method).status for path in PAGES} == {405}


def test_fifty_who_ask_at_once_are_all_answered(here: Site) -> None:
    with ThreadPoolExecutor(50) as people:
        answers = list(people.map(lambda _: here.ask("/api/status").status, range(50)))
    assert answers == [200] * 50


def test_what_a_run_that_was_never_made_shows(sites: Sites) -> None:
    site = sites(config=EMPTY)
    assert {path: site.ask(path).status for path in ("/", "/api/status", "/api/history", GATE)} == dict.fromkeys(
        ("/", "/api/status", "/api/history", GATE), 503
    )
    assert "Nothing was read yet" in Page(site.ask("/").text).text
    assert site.ask("/healthz").status == site.ask("/metrics").status == 200


def test_a_database_that_is_gone_is_a_sentence_on_every_page(here: Site) -> None:
    here.store.close()
    here.database.unlink()
    here.database.mkdir()
    for path in ("/", "/api/status", "/api/history", "/metrics", "/readyz"):
        answer = here.ask(path)
        assert answer.status == 503, path
        assert "Traceback" not in answer.text


def test_every_path_of_the_document_is_there(here: Site) -> None:
    document = here.ask("/api/openapi.json").json
    assert document["openapi"].startswith("3.1")
    paths = set(document["paths"])
    assert paths | {"/api/docs"} == set(PAGES)
    page = here.ask("/api/docs").text
    assert all(path in page for path in paths)


# The gate.


def act(site: Site, actor: str) -> Act:
    return Act(site.company, site.store, site.company.asked(None, NOW.date()), NOW, actor, "test")


def test_the_gate_says_paused_and_why(here: Site) -> None:
    answer = here.ask(GATE)
    assert (answer.status, answer.json["open"], answer.json["tripped_by"]) == (200, False, ["pipeline_coverage"])


def test_the_gate_follows_what_people_do_at_once(here: Site) -> None:
    reason = "Two signed enterprise pilots need an owner"
    ask_override(act(here, "Ada Marsh"), reason, date(2026, 12, 31))
    assert here.ask(GATE).json["open"] is False
    approve_override(act(here, "Ben Okoro"))
    answer = here.ask(GATE).json
    assert answer["open"] is True
    assert answer["override"]["by"] == ["Ada Marsh", "Ben Okoro"]


def closed(site: Site) -> None:
    answer = site.ask(GATE)
    assert (answer.status, answer.json["open"]) == (503, False)
    assert "treat it as paused" in answer.json["reason"]


def test_the_gate_is_closed_where_nothing_was_recorded(sites: Sites) -> None:
    closed(sites(config=EMPTY))


def test_the_gate_is_closed_where_the_database_is_gone(here: Site) -> None:
    here.store.close()
    here.database.unlink()
    here.database.mkdir()
    closed(here)


@pytest.mark.parametrize("snapshot", ["{}", "no JSON", '{"company": "Acme"}'])
def test_the_gate_is_closed_where_the_run_cannot_be_read(here: Site, snapshot: str) -> None:
    here.store.keep(Kept(SnapshotKey(date(2026, 9, 27), "c", "s", here.store.head(), "v"), snapshot))
    closed(here)


def test_the_gate_is_closed_where_the_worker_has_stood_still(sites: Sites) -> None:
    site = sites()
    snapshot = site.store.latest_snapshot()
    assert snapshot is not None
    old = snapshot.replace('"as_of":"2026-09-27"', '"as_of":"2026-09-06"', 1)
    site.store.keep(Kept(SnapshotKey(date(2026, 9, 27), "c", "s", site.store.head(), "v"), old))
    closed(site)


# Health.


def beat(site: Site) -> None:
    for loop in LOOPS:
        site.store.beat("worker:1", loop, site.now[0])


def ready(site: Site) -> dict[str, bool]:
    answer = site.ask("/readyz")
    assert answer.status == (200 if answer.json["ready"] else 503)
    return {part: check["ok"] for part, check in answer.json["checks"].items()}


def finish(site: Site, slot: str) -> None:
    site.store.slots.claim(slot, "ann", site.now[0], timedelta(minutes=2))
    site.store.commit(Plan(expected_head=site.store.head(), done=SlotDone(slot, "ann")), site.now[0])


FINE = {"data": True, "schedule": True, "slack": True, "delivery": True}


def test_ready_is_when_every_part_is(here: Site) -> None:
    beat(here)
    finish(here, "digest:2026-W39")
    assert ready(here) == FINE


def test_a_loop_that_is_silent_is_not_ready(here: Site) -> None:
    finish(here, "digest:2026-W39")
    assert ready(here) == {**FINE, "schedule": False}
    beat(here)
    here.pass_by(minutes=6)
    assert ready(here) == {**FINE, "schedule": False}


def test_the_beats_of_another_worker_do_not_count(here: Site) -> None:
    finish(here, "digest:2026-W39")
    for loop in LOOPS:
        here.store.beat("worker:2", loop, here.now[0])
    assert ready(here)["schedule"] is False


def test_a_digest_that_is_long_overdue_is_not_ready(here: Site) -> None:
    beat(here)
    assert "not sent yet" in here.ask("/readyz").json["checks"]["schedule"]["says"]


def test_what_could_not_be_delivered_is_not_ready_until_the_next_digest_has_said_it(here: Site) -> None:
    beat(here)
    finish(here, "digest:2026-W39")
    record(here, ("digest:2026-W39:C0DIGEST", "Hiring is paused"))
    assert ready(here) == FINE
    settle(here, Status.FAILED, "channel_not_found")
    assert ready(here) == {**FINE, "delivery": False}
    here.pass_by(days=9)
    assert ready(here)["delivery"] is True


def test_a_channel_out_of_reach_is_not_ready(here: Site) -> None:
    beat(here)
    finish(here, "digest:2026-W39")
    here.store.set_health("slack", "invalid_auth", NOW)
    assert ready(here) == {**FINE, "delivery": False}
    assert "invalid_auth" in here.ask("/readyz").json["checks"]["delivery"]["says"]


def test_without_a_run_the_process_lives_and_is_not_ready(sites: Sites) -> None:
    site = sites(config=EMPTY)
    assert site.ask("/healthz").json["alive"] is True
    assert ready(site)["data"] is False


# Metrics.


def test_the_metrics_are_what_prometheus_reads(here: Site) -> None:
    record(here, ("digest:2026-W39:C0DIGEST", "Hiring is paused"))
    finish(here, "digest:2026-W39")
    beat(here)
    answer = here.ask("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {family.name: family.samples for family in text_string_to_metric_families(answer.text)}
    seen = here.seen.snapshot()
    assert seen is not None
    readings = {(s.labels["segment"], s.labels["indicator"]): s.value for s in found["smb_monitor_reading"]}
    assert readings["smb", "attainment"] == seen.indicator("attainment").weekly.value
    units = {s.labels["indicator"]: s.labels["unit"] for s in found["smb_monitor_reading"]}
    assert (units["attainment"], units["cac_payback"]) == ("ratio", "months")
    bands = [s.labels["band"] for s in found["smb_monitor_band"] if s.value and s.labels["segment"] == "smb"]
    assert bands == [Band.BREAKAGE] * 4
    assert [s.value for s in found["smb_monitor_hiring_paused"]] == [1]
    assert {s.labels["status"]: s.value for s in found["smb_monitor_outbox"]}["queued"] == len(
        here.store.outbox.lines()
    )
    assert [s.value for s in found["smb_monitor_last_digest_timestamp_seconds"]] == [NOW.timestamp()]
    assert {s.labels["loop"] for s in found["smb_monitor_beat_timestamp_seconds"]} == set(LOOPS)
    assert [s.value for s in found["smb_monitor_source_age_days"]] == [1]


def test_no_measure_is_an_amount_of_money(here: Site) -> None:
    """Whoever reads metrics need not be one of those who see names and amounts."""
    assert not [
        line for line in here.ask("/metrics").text.splitlines() if re.search("amount|revenue|pipeline_value", line)
    ]


def test_the_words_of_the_site_are_those_of_the_company(sites: Sites, tmp_path: Path) -> None:
    site = sites()
    own = tmp_path / "own"
    own.mkdir()
    (own / "dashboard.j2").write_text(
        '{% extends "default/dashboard.j2" %}{% block heading_delivery %}Zugestellt{% endblock %}'
    )
    file = site.company.config.file
    file.write_text(file.read_text() + f"templates: {own}\n")
    again = sites(config=file.read_text())
    assert "Zugestellt" in again.ask("/").text
