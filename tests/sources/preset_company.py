"""Raw tables of a CRM put into an engine, and what a preset makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from monitor.core.facts import AGED_OUT
from monitor.core.policy import FactsPolicy
from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.core.sums import AMOUNT
from monitor.facts.load import Loaded
from monitor.facts.load import load as load_facts
from monitor.sources.presets import load
from monitor.sources.presets.preset import Preset
from tests.sources.company import rows_of
from tests.sources.mutations import AS_OF

POLICY = FactsPolicy(timezone="America/New_York", with_due=True)
SPEC = SourceSpec(
    tables={
        "opportunities": TableSpec(defaults={"segment": "smb"}),
        "reps": TableSpec(defaults={"segment": "smb", "role": "ae"}),
    }
)
Row = dict[str, str | None]
Raw = dict[str, list[Any]]


def put(engine: Any, raw: Mapping[str, list[Any]], kinds: Mapping[str, str] | None = None) -> dict[str, ibis.Table]:
    """The rows as tables by their names in lower case: texts, or of the types that `kinds` names by column."""
    tables = {}
    for name, rows in raw.items():
        names = list(dict.fromkeys(column for row in rows for column in row))
        columns = {column: pa.array([row.get(column) or None for row in rows], pa.string()) for column in names}
        table = ibis.memtable(pa.table(columns))
        typed = {column: table[column].cast(kind) for column, kind in (kinds or {}).items() if column in names}
        tables[name.lower()] = engine.create_table(name.lower(), table.mutate(**typed))
    return tables


def made(engine: Any, preset: str, raw: Mapping[str, list[Any]], spec: SourceSpec = SPEC, **kinds: str) -> Preset:
    return load(preset, put(engine, raw, kinds).get, spec)


def rows(preset: Preset, table: str) -> list[dict[str, str]]:
    return [dict(row) for row in rows_of(preset.tables[table])]


def facts_of(tables: Mapping[str, ibis.Table], currency: str = "USD") -> Loaded:
    return load_facts(tables, replace(POLICY, currency=currency), AS_OF)


def opportunity(**more: str | None) -> Row:
    return {
        "id": "006A", "created_date": "2026-01-05 15:00:00", "close_date": "2026-03-01", "stage_name": "Proposal",
        "is_closed": "false", "is_won": "false", "amount": "1200.50", "type": "New Customer",
    } | more  # fmt: skip


def deal(**more: str | None) -> Row:
    return {
        "deal_id": "1", "property_createdate": "2026-01-05 15:00:00", "property_closedate": "2026-03-01 15:00:00",
        "deal_pipeline_stage_id": "s1", "property_amount": "1200.50",
    } | more  # fmt: skip


STAGES: list[Row] = [
    {"stage_id": "s1", "label": "Open", "is_closed": "false", "closed_won": "false", "probability": "0.4"},
    {"stage_id": "s2", "label": "Signed", "is_closed": "TRUE", "closed_won": "TRUE", "probability": "0.5"},
    {"stage_id": "s3", "label": "Closed Won?", "is_closed": "true", "closed_won": "false", "probability": "1.0"},
    {"stage_id": "s4", "label": "By chance", "is_closed": None, "closed_won": None, "probability": "1"},
    {"stage_id": "s5", "label": "Lost by chance", "is_closed": None, "closed_won": None, "probability": "0.0"},
]


def total(daily: pd.DataFrame) -> Decimal:
    """The amounts of daily facts together, in the currency's own unit; what only ages stays in the pipeline."""
    rows = daily[daily["change"] != AGED_OUT] if "change" in daily else daily
    return Decimal(int(rows["amount"].sum())).scaleb(-AMOUNT)
