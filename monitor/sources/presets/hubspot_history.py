"""The past of HubSpot's deals: the values that their properties were set to, and the stages that they entered."""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from monitor.core.source_spec import SourceSpec
from monitor.sources.presets.cells import ident, moment, text
from monitor.sources.presets.history import best_of, from_values
from monitor.sources.presets.preset import Raw, Tables, first
from monitor.sources.presets.rows import undeleted

PROPERTIES = {"amount": "amount", "close_date": "closedate", "stage": "dealstage", "owner_id": "hubspot_owner_id"}
"""A canonical field to HubSpot's property."""
_PREFIXES = ("property_", "properties_")
_SAME = {"deal_pipeline_stage_id": "dealstage", "stage_label": "dealstage", "owner_id": "hubspot_owner_id"}
"""Columns that hold a property under another name."""


def property_of(spec: SourceSpec, field: str) -> str:
    """The property that a field is read from: HubSpot's own, or the one that the company maps there.

    The past of any other says nothing of the field.
    """
    theirs = spec.table("opportunities").columns.get(field)
    if theirs is None:
        return PROPERTIES[field]
    name = theirs.lower()
    name = next((name.removeprefix(prefix) for prefix in _PREFIXES if name.startswith(prefix)), name)
    return _SAME.get(name, name)


def history(tables: Tables, stages: ibis.Table | None, spec: SourceSpec) -> ibis.Table | None:
    """Property history; for stages, what the table of stages entered knows else."""
    properties = first(
        tables, "deal_property_history", "property_history", "deals_property_history", "deal_property_history_data"
    )
    entered = first(tables, "deal_stage", "deal_stage_data")
    by_property = {property_of(spec, field): field for field in PROPERTIES}
    sources = [None if properties is None else _values(undeleted(properties), by_property)]
    if PROPERTIES["stage"] in by_property:
        sources.append(None if entered is None else _entered(undeleted(entered)))
    return best_of(
        [None if rows is None else from_values(_labelled(rows, stages), first_is_change=True) for rows in sources]
    )


def _values(raw: Raw, fields: Mapping[str, str]) -> ibis.Table | None:
    deal, what = raw.cell("deal_id", "object_id", "hs_object_id"), raw.cell("name", "property", "property_name")
    value, at = raw.cell("value"), raw.cell("timestamp", "changed_at")
    if deal is None or what is None or value is None or at is None:
        return None
    kinds = [text(cell).lower().isin(["deal", "deals", "0-3"]) for cell in raw.cells("object_type")]
    field = text(what).lower().cases(*fields.items())
    said = text(value)
    value = ibis.ifelse(field == "close_date", moment(said), said)
    rows = raw.filter(*kinds).table.select(
        opportunity_id=ident(deal), field=field, new_value=value, changed_at=moment(at)
    )
    return rows.filter(rows.field.notnull())


def _entered(raw: Raw) -> ibis.Table | None:
    deal, value, at = raw.cell("deal_id"), raw.cell("value"), raw.cell("date_entered", "_fivetran_start")
    if deal is None or value is None or at is None:
        return None
    return raw.table.select(
        opportunity_id=ident(deal), field=ibis.literal("stage"), new_value=text(value), changed_at=moment(at)
    )


def _labelled(rows: ibis.Table, stages: ibis.Table | None) -> ibis.Table:
    """The values of stages by their labels."""
    if stages is None:
        return rows
    labels = stages.select("stage_key", "stage_label").view()
    joined = rows.left_join(labels, (rows.field == "stage") & (rows.new_value == labels.stage_key))
    return joined.select(
        "opportunity_id", "field", "changed_at", new_value=ibis.coalesce(joined.stage_label, joined.new_value)
    )
