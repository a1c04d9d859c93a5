"""The configurations under examples/ map the real files; the numbers are counted here from the files, another way."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from monitor.config.reading import read
from monitor.sources import open_source

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SEGMENTS = {"SMB": "smb", "Mid-Market": "mid_market", "Enterprise": "strategic"}


def _theirs(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@contextmanager
def _tables(example: str) -> Iterator[dict[str, list[dict[str, Any]]]]:
    source = open_source(read(EXAMPLES / example / "config.yaml", {}).source_spec())
    try:
        yield {name: table.to_pyarrow().to_pylist() for name, table in source.tables().items()}
    finally:
        source.close()


def test_maven_is_read_as_it_stands(shared: Path) -> None:
    deals = _theirs(shared / "data" / "maven-crm" / "sales_pipeline.csv")
    with _tables("maven-crm") as tables:
        ours = tables["opportunities"]
        assert set(tables) == {"opportunities", "accounts", "reps"}
        assert Counter((row["is_closed"], row["is_won"]) for row in ours) == {
            (True, True): sum(deal["deal_stage"] == "Won" for deal in deals),
            (True, False): sum(deal["deal_stage"] == "Lost" for deal in deals),
            (False, False): sum(deal["deal_stage"] in ("Engaging", "Prospecting") for deal in deals),
        }
        assert sum(Decimal(row["amount"] or 0) for row in ours) == sum(
            Decimal(deal["close_value"] or 0) for deal in deals
        )
        assert sum(row["created_date"] is None for row in ours) == 500
        assert {row["segment"] for row in ours} == {"smb"}
        assert {row["owner_id"] for row in ours} <= {row["rep_id"] for row in tables["reps"]}


def test_complyflow_is_read_as_it_stands(shared: Path) -> None:
    folder = shared / "data" / "complyflow"
    deals = _theirs(folder / "opportunities.csv")
    with _tables("complyflow") as tables:
        ours = tables["opportunities"]
        assert set(tables) == {"opportunities", "accounts", "leads", "reps", "quotas"}
        assert Counter((row["segment"], row["is_won"]) for row in ours) == Counter(
            (SEGMENTS[deal["segment"]], deal["stage"] == "Closed Won") for deal in deals
        )
        assert sum(row["is_closed"] for row in ours) == sum(deal["stage"].startswith("Closed") for deal in deals)
        assert {row["source"] for row in ours} == {"inbound", "outbound", "partner", None}
        assert {row["segment"] for row in tables["leads"]} == set(SEGMENTS.values())


def test_complyflows_constant_quotas_add_up(shared: Path) -> None:
    reps = _theirs(shared / "data" / "complyflow" / "sales_reps.csv")
    with _tables("complyflow") as tables:
        quotas = tables["quotas"]
        planned = {
            start: sum(Decimal(row["amount"]) for row in quotas if row["period_start"] == start)
            for start in ("2024-04-01", "2026-04-01")
        }
        assert planned == {
            "2024-04-01": sum(Decimal(rep["quota_quarterly"]) for rep in reps if rep["hire_date"] <= "2024-06-30"),
            "2026-04-01": Decimal(10_150_000),
        }
        assert max(row["period_start"] for row in quotas) == "2026-07-01"
