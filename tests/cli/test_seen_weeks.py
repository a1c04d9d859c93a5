"""A CRM without history becomes exact from the first run on: what was open is kept as it was seen each week."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor.store.repository import open_store
from tests.cli.exporting import DAY, FIRST, WEEK, Shop

RUNS = 15
LAST = FIRST + (RUNS - 1) * WEEK
WEEKS = [FIRST - DAY + n * WEEK for n in range(RUNS)]
SPRING = "FY2026-Q2"


def coverage(shop: Shop, *words: object) -> Any:
    return shop.run("status", "--json", *words).json["indicators"]["pipeline_coverage"]


def weekly(shop: Shop) -> dict[date, tuple[object, object, bool]]:
    """Value, inputs and mark of each week, as a backfill reads them."""
    shop.run("backfill", "--from", "2026-01-01")
    with open_store(shop.url) as store:
        kept = store.readings("smb", "pipeline_coverage", _configuration(store))
    return {r.as_of: (r.reading["value"], r.reading["inputs"], bool(r.reading["approximate"])) for r in kept}


def _configuration(store: Any) -> str:
    return str(store.verdicts("smb")[0].configuration)


pytestmark = pytest.mark.xdist_group("seen weeks")
"""The fifteen weeks are made once, in one process of the tests."""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A company that was exported and read on fifteen Mondays."""
    shop = Shop(tmp_path_factory.mktemp("watched"))
    for week in range(RUNS):
        shop.today = FIRST + week * WEEK
        shop.export()
        assert coverage(shop)["weekly"]["approximate"] is False
    return shop


@pytest.fixture
def shop(watched: Shop, tmp_path: Path) -> Shop:
    """The same, for a test to change."""
    shutil.copytree(watched.folder, tmp_path, dirs_exist_ok=True)
    config = (tmp_path / "acme.yaml").read_text().replace(str(watched.folder), str(tmp_path))
    copied = object.__new__(Shop)
    copied.folder, copied.name, copied.today = tmp_path, watched.name, watched.today
    copied.config.write_text(config)
    return copied


def test_every_week_since_the_first_run_reads_as_with_full_history(shop: Shop, tmp_path: Path) -> None:
    full = Shop(tmp_path, "full", shop.today)
    full.export(history=True)
    with_history, as_seen = weekly(full), weekly(shop)
    assert [as_seen[week] for week in WEEKS] == [with_history[week] for week in WEEKS]
    before = [week for week in as_seen if week < WEEKS[0]]
    assert len(before) == 13 and all(as_seen[week][2] for week in before)
    assert any(as_seen[week][0] != with_history[week][0] for week in before)
    assert not any(approximate for _, _, approximate in with_history.values())


def test_a_quarter_sealed_from_what_was_seen_stays_whatever_becomes_of_the_amounts(shop: Shop) -> None:
    def quarters() -> dict[str, Any]:
        return {each["quarter"]: each for each in coverage(shop)["quarters"]}

    sealed, rows = quarters(), shop.seen()
    assert [sealed[label]["approximate"] for label in ("FY2026-Q1", SPRING)] == [True, False]
    assert sealed[SPRING]["sealed"]
    shop.today += DAY
    shop.export(factor=3)
    found = quarters()
    assert (found[SPRING]["value"], found[SPRING]["restated"]) == (sealed[SPRING]["value"], None)
    assert found["FY2026-Q1"]["restated"] is not None
    assert shop.seen() == rows


def test_reseal_and_backfill_read_what_was_seen_and_leave_it(shop: Shop) -> None:
    rows, before = shop.seen(), weekly(shop)
    shop.today += DAY
    shop.export(factor=3)
    reason = "finance has restated all amounts of the year"
    said = shop.run("reseal", "--all", "--by", "Ada Marsh", "--reason", reason).out
    assert "FY2026-Q1" in said and f"pipeline_coverage of {SPRING}" not in said
    after = weekly(shop)
    assert [after[week] for week in WEEKS] == [before[week] for week in WEEKS]
    assert shop.seen() == rows
    assert shop.run("audit", "verify").code == 0


def test_status_explain_digest_and_doctor_say_what_they_stand_on(shop: Shop) -> None:
    said = "The open pipeline of 15 weeks, 2026-04-05 to 2026-07-12, is read as it was seen then"
    assert any(said in remark for remark in shop.run("status", "--json").json["data"]["remarks"])
    assert "is read as it was seen then" in shop.run("digest", "--format", "html").out
    assert any(said in check["text"] for check in shop.run("doctor", "--json").json)
    explained = " ".join(shop.run("explain", "pipeline_coverage").out.split())
    assert "open pipeline as it was seen on 13 Jul 2026" in explained
    assert "changes without history" in explained and "Approximate" not in explained
    assert "Approximate" in " ".join(shop.run("explain", "pipeline_coverage", "--as-of", "2026-03-29").out.split())


def test_other_settings_do_not_use_what_was_seen_under_the_old_ones(shop: Shop) -> None:
    week = WEEKS[3]
    exact = coverage(shop, "--as-of", week)["weekly"]
    shop.configure(age=60)
    shown = shop.run("status", "--json", "--as-of", week).json
    assert shown["indicators"]["pipeline_coverage"]["weekly"]["approximate"]
    assert any("seen under other segments, ages" in remark for remark in shown["data"]["remarks"])
    rows = len(shop.seen())
    assert not coverage(shop)["weekly"]["approximate"] and len(shop.seen()) == rows + 4
    shop.configure(basis="worked")
    assert coverage(shop, "--as-of", week)["weekly"]["approximate"]
    shop.configure()
    assert coverage(shop, "--as-of", week)["weekly"] == exact


def test_a_look_and_a_question_about_a_day_long_past_leave_nothing(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.export()
    shop.run("digest", "--dry-run")
    shop.run("backtest")
    assert not (tmp_path / "acme.db").exists()
    for days in (0, 8, 70):
        assert coverage(shop, "--as-of", FIRST - days * DAY)["weekly"]["as_of"] == str(FIRST - days * DAY)
        assert shop.seen() == []
    coverage(shop)
    assert {row[0] for row in shop.seen()} == {"2026-04-05"}


def test_an_export_that_was_not_renewed_is_no_sight_of_another_week(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.export()
    shop.run("status")
    shop.today += WEEK
    assert coverage(shop)["weekly"]["approximate"] is False  # nothing newer is known
    assert len(shop.seen()) == 4
    shop.today += DAY
    shop.export()
    assert coverage(shop)["weekly"]["approximate"] is False
    assert {(row[0], row[3]) for row in shop.seen()} == {("2026-04-05", "2026-04-06"), ("2026-04-12", "2026-04-14")}
