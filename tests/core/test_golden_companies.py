"""Both companies of ../shared/golden, built in memory, through one decision and its snapshot."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.core.decide import Recorded, decide
from monitor.core.snapshot import snapshot
from monitor.core.types import Snapshot
from tests.core.companies import Company, Deal, Seat, policy

COMPANIES = ("healthy", "trap")


def rows(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def some_day(text: str) -> date:
    return date.fromisoformat(text[:10])


def deals(folder: Path) -> list[Deal]:
    history: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in sorted(rows(folder, "opportunity_history"), key=lambda row: row["changed_at"]):
        assert row["field"] == "amount"
        history[row["opportunity_id"]].append(row)
    found = []
    for row in rows(folder, "opportunities"):
        if row["type"] not in ("", "new_business"):
            continue
        changes = history[row["opportunity_id"]]
        closed = row["is_closed"] == "true"
        found.append(
            Deal(
                created=some_day(row["created_date"]),
                amount=Decimal(changes[0]["old_value"] if changes else row["amount"]),
                ended=day(row["close_date"]) if closed else None,
                outcome=("won" if row["is_won"] == "true" else "lost") if closed else None,
                owner=row["owner_id"],
                segment=row["segment"],
                changes=tuple((some_day(change["changed_at"]), Decimal(change["new_value"])) for change in changes),
            )
        )
    return found


def company(folder: Path) -> Company:
    found = deals(folder)
    seats = [
        (r["rep_id"], some_day(r["start_date"]), day(r["end_date"]), r["segment"], r["role"])
        for r in rows(folder, "reps")
    ]
    return Company(
        tuple(found),
        tuple(Seat(*seat) for seat in seats),
        {(r["rep_id"], some_day(r["period_start"])): Decimal(r["amount"]) for r in rows(folder, "quotas")},
        tuple((some_day(r["month"]), r["segment"], Decimal(r["amount"])) for r in rows(folder, "spend")),
        begins=min(deal.created for deal in found),
        alive=(),
    )


@pytest.fixture(scope="module", params=COMPANIES)
def golden(request: pytest.FixtureRequest, shared: Path) -> tuple[Snapshot, dict[str, Any]]:
    folder = shared / "golden"
    expected = json.loads((folder / f"{request.param}.expected.json").read_text())
    configured = expected["configuration"]
    assert (configured["fiscal_year_start"], configured["gross_margin.smb"]) == (1, 0.75)
    book = company(folder / request.param).book(policy(configured["expansion.started"]))
    t = date.fromisoformat(expected["as_of"])
    return snapshot(book, decide(book, Recorded(), t), Recorded(), t, "1"), expected


def agree(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else one == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_every_quarter_agrees(golden: tuple[Snapshot, dict[str, Any]]) -> None:
    shown, expected = golden
    for key, wanted in expected["indicators"].items():
        view = shown.indicator(key)
        quarters = {quarter.quarter: quarter for quarter in view.quarters}
        assert (view.streak, view.fits_definition) == (wanted["streak"], wanted["fits_definition"])
        for line in wanted["quarters"]:
            quarter = quarters[line["quarter"]]
            assert agree(quarter.value, line["value"]), (key, line)
            assert (quarter.band, quarter.sealed) == (line["band"], True), (key, line)


def test_the_breaker_agrees(golden: tuple[Snapshot, dict[str, Any]]) -> None:
    breaker, wanted = golden[0].breaker, golden[1]["breaker"]
    assert (breaker.state, breaker.hiring_paused) == (wanted["state"], wanted["hiring_paused"])
    assert (breaker.since.isoformat() if breaker.since else None, list(breaker.tripped_by)) == (
        wanted["since"],
        wanted["tripped_by"],
    )


def test_the_weeks_agree_with_their_inputs_and_intervals(golden: tuple[Snapshot, dict[str, Any]]) -> None:
    shown, expected = golden
    for line in expected["weekly"]:
        for key in ("pipeline_coverage", "win_rate_trend"):
            week = next(w for w in shown.indicator(key).weeks if w.as_of.isoformat() == line["as_of"])
            assert week.interval is not None
            assert all(agree(a, b) for a, b in zip(week.interval, line[key].pop("interval"), strict=True))
            assert agree(week.value, line[key].pop("value"))
            assert {name: week.inputs[name] for name in line[key]} == line[key]
