"""Both golden companies: the open pipeline of each week, and every deal decided."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import ibis
import pytest

from monitor.core.policy import FactsPolicy
from monitor.facts.load import Loaded, load
from tests.facts.company import open_on

pytestmark = pytest.mark.xdist_group("golden facts")
"""The companies are read once, in one process of the tests."""

TABLES = ("accounts", "opportunities", "opportunity_history", "quotas", "reps", "spend")


@pytest.fixture(scope="module", params=["trap", "healthy"])
def golden(request: pytest.FixtureRequest, shared: Path) -> tuple[Loaded, dict[str, dict[str, float]]]:
    engine, folder = ibis.duckdb.connect(), shared / "golden" / request.param
    tables = {name: engine.read_csv(folder / f"{name}.csv", table_name=name, all_varchar=True) for name in TABLES}
    expected = json.loads((folder.parent / f"{request.param}.expected.json").read_text())
    weeks = {week["as_of"]: week["pipeline_coverage"] | week["win_rate_trend"] for week in expected["weekly"]}
    return load(tables, FactsPolicy(timezone="America/New_York"), date(2026, 7, 5)), weeks


def test_the_open_pipeline_of_each_week_is_right_to_the_cent(
    golden: tuple[Loaded, dict[str, dict[str, float]]],
) -> None:
    loaded, weeks = golden
    for day, week in weeks.items():
        assert open_on(loaded, day, fresh=True)[1] == Decimal(str(week["open_pipeline"]))


def test_decided_deals_of_ninety_one_days_are_those_expected(
    golden: tuple[Loaded, dict[str, dict[str, float]]],
) -> None:
    loaded, weeks = golden
    frame = loaded.facts.decided
    frame = frame[(frame["segment"] == "smb") & ~frame["stale"]]
    for day, week in weeks.items():
        end = date.fromisoformat(day)
        inside = frame[
            [
                0 <= (end - closed).days < 91 and known <= end
                for closed, known in zip(frame["closed_on"], frame["day"], strict=True)
            ]
        ]
        assert (inside["won"].sum(), inside["lost"].sum()) == (week["won"], week["lost"])
