"""A copy that nobody brings up to date, and what was tidied up, in a warehouse of either kind."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.entrypoints import opening
from monitor.entrypoints.cli import main
from tests.facts.company import change, deal, rep
from tests.lent import at as clock_at
from tests.sources import crm
from tests.sources.sql.databases import Database

TOP = "company: Acme\ntimezone: America/New_York\ndatabase: sqlite:///acme.db\n"


class Company:
    """A configured company in a folder of its own, asked by the command line."""

    def __init__(self, folder: Path, source: str, capsys: Any) -> None:
        self.config, self.capsys = folder / "config.yaml", capsys
        self.config.write_text(f"{TOP}source: {{{source}}}\n")

    def said(self, *words: str) -> str:
        self.capsys.readouterr()
        main(["--config", str(self.config), *words])
        return str(self.capsys.readouterr().out)

    def status(self, day: str) -> Any:
        return json.loads(self.said("--as-of", day, "status", "--json"))


@pytest.fixture
def environ(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    for variable in ("SOURCE_URL", "DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    for variable, text in database.environ.items():
        monkeypatch.setenv(variable, text)
    return database


SYNCS = [
    ("salesforce", "_fivetran_synced", "text", "2026-09-14 10:05:00"),
    ("airbytes_salesforce", "_airbyte_extracted_at", "timestamptz", "2026-09-14 10:05:00+00"),
]


@pytest.mark.parametrize(
    ("shape", "column", "kind", "at"),
    [pytest.param(*SYNCS[0], id="Fivetran"), pytest.param(*SYNCS[1], id="Airbyte", marks=pytest.mark.thorough)],
)
def test_a_copy_that_was_not_brought_up_to_date_has_no_bands_and_says_so_first(
    shape: str, column: str, kind: str, at: str, environ: Database, tmp_path: Path, capsys: Any
) -> None:
    raw = getattr(crm, shape)()
    tables = {name.lower(): [row | {column: at} for row in rows] for name, rows in raw.items()}
    tables["account" if "account" in tables else "user"][0][column] = "2026-08-01 00:00:00+00"
    environ.put(tables, {f"{name}.{column}": kind for name in tables})
    given = "{defaults: {segment: smb}}"
    source = f"{environ.source()}, preset: salesforce, tables: {{opportunities: {given}, reps: {given}}}"
    company = Company(tmp_path, source, capsys)
    before, late = company.status("2026-09-20"), company.status("2026-09-27")
    assert (before["data"]["stale"], late["data"]["stale"]) == (False, True)
    assert late["data"]["synced"] == "2026-09-14T06:05-04:00"
    assert {each["weekly"]["band"] for each in late["indicators"].values()} == {"no_data"}
    assert (
        "last sync was on 2026-09-14 06:05, more than 7 days ago" in late["indicators"]["attainment"]["weekly"]["why"]
    )
    digest = company.said("--as-of", "2026-09-27", "digest")
    assert digest.startswith("Data are stale (last sync Mon 14 Sep 2026 06:05): no verdict")
    assert "the last sync was on 2026-09-14 06:05, stale on 2026-09-27" in company.said(
        "--as-of", "2026-09-27", "doctor"
    )


def test_a_sync_is_stale_by_the_clock_even_where_the_day_asked_about_is_near(
    duckdb_file: Database, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy stopped on a Monday evening; its week is asked about on the next Monday, and two days after that."""
    deals = [{"id": f"006{n}", "created_date": "2026-01-05", "close_date": "2026-09-21", "is_closed": "true",
              "is_won": "true", "amount": "100", "owner_id": "0051", "stage_name": "W"} for n in range(9)]  # fmt: skip
    duckdb_file.put({"opportunity": [row | {"_fivetran_synced": "2026-09-22 01:30:00"} for row in deals]})
    duckdb_file.put({"account": [{"id": "001", "name": "A", "created_date": "2026-09-21"}]})
    given = "{defaults: {segment: smb}}"
    monkeypatch.delenv("SOURCE_URL", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    source = f"{duckdb_file.source()}, preset: salesforce, tables: {{opportunities: {given}}}"
    company = Company(tmp_path, source, capsys)

    def status(now: str, *words: str) -> Any:
        monkeypatch.setattr(opening, "datetime", clock_at(datetime.fromisoformat(now)))
        return json.loads(company.said(*words, "status", "--json"))

    monday, wednesday = status("2026-09-28T12:00+00:00"), status("2026-09-30T12:00+00:00")
    assert (monday["as_of"], wednesday["as_of"]) == ("2026-09-27", "2026-09-27")
    assert (monday["data"]["stale"], wednesday["data"]["stale"]) == (False, True)
    reasons = [{each["weekly"]["reason"] for each in day["indicators"].values()} for day in (monday, wednesday)]
    assert "stale" not in reasons[0] and reasons[1] == {"stale"}
    assert "Data are stale (last sync Mon 21 Sep 2026 21:30)" in company.said("digest")
    asked = status("2026-09-30T12:00+00:00", "--as-of", "2026-09-27")
    assert (asked["indicators"], asked["data"]) == (monday["indicators"], monday["data"])


def test_what_was_tidied_up_is_found_by_the_engine_that_holds_the_deals(
    environ: Database, tmp_path: Path, capsys: Any
) -> None:
    deals = [deal(f"A{n}", "2026-07-01", owner_id="ann", close_date="2026-12-15") for n in range(9)]
    deals += [deal(f"N{n}", "2026-07-01", close_date="2026-09-28") for n in range(3)]
    moves = [change(f"A{n}", "close_date", "2026-09-28", "2026-12-15", "2026-09-25T23:30:00Z") for n in range(6)]
    moves += [change(f"A{n}", "amount", "9400.50", "10000", "2026-09-24 09:00") for n in range(5)]
    moves += [change("A8", "stage", "A", "B", "2026-09-24 09:00")]
    types = {"opportunities.amount": "double precision", "opportunity_history.changed_at": "timestamptz"}
    environ.put({"opportunities": deals, "opportunity_history": moves, "reps": [rep("ann", end="2026-09-01")]}, types)
    company = Company(tmp_path, environ.source(), capsys)
    found = {
        each["reason"]: (each["deals"], each["until"]) for each in company.status("2026-09-27")["data"]["findings"]
    }
    assert found == {
        "owner_left": (9, None),
        "pushed_in_bulk": (6, "2026-09-25"),
        "rounded_up_in_bulk": (5, "2026-09-24"),
    }
    assert "A0: put off by 78 days on 2026-09-25, of ann" in company.said("--as-of", "2026-09-27", "doctor")
