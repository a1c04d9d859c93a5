"""Stages as Airbyte keeps them: a list in each row of `deal_pipelines`, brought into the shape of Fivetran's table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from monitor.sources.presets.asking import dicts
from monitor.sources.presets.cells import text
from monitor.sources.presets.preset import Raw
from monitor.sources.presets.rows import living

_COLUMNS = ("stage_id", "label", "is_closed", "probability")


def listed(pipelines: Raw | None) -> Raw | None:
    """One row a stage of every pipeline; None where there is no list of stages, or none that can be read.

    The pipelines are read here: a few rows, none of a deal.
    """
    if pipelines is None:
        return None
    pipelines = living(pipelines, "pipeline_id", "id")
    cell = pipelines.cell("stages")
    if cell is None:
        return None
    whole = cell if isinstance(cell, ir.ArrayValue) else text(cell.cast("string"))
    rows = [_row(stage) for row in dicts(pipelines.table.select(stages=whole)) for stage in _stages(row["stages"])]
    return Raw(ibis.memtable(rows, schema=dict.fromkeys(_COLUMNS, "string"))) if rows else None


def _stages(cell: Any) -> Iterator[Mapping[str, Any]]:
    """The stages in one cell, a list or the text of one; nothing where it is neither."""
    try:
        found = json.loads(cell) if isinstance(cell, str) else cell
    except ValueError:
        return
    for stage in found if isinstance(found, list) else ():
        if isinstance(stage, Mapping) and _id(stage) is not None:
            yield stage


def _row(stage: Mapping[str, Any]) -> dict[str, str | None]:
    told = stage.get("metadata")
    told = told if isinstance(told, Mapping) else {}
    values = (_id(stage), stage.get("label"), told.get("isClosed"), told.get("probability"))
    return {name: None if value is None else str(value) for name, value in zip(_COLUMNS, values, strict=True)}


def _id(stage: Mapping[str, Any]) -> Any:
    return stage.get("stageId", stage.get("id"))
