"""HubSpot as Fivetran and Airbyte write it into a warehouse, to the canonical tables.

Raw tables and the columns that are used (each may be missing unless it has a star). A property `amount` is the column
`property_amount` (Fivetran), `properties_amount` (Airbyte) or `amount`:

- `deal`: `deal_id`* (or `id`), `deal_pipeline_id` (or property `pipeline`), `deal_pipeline_stage_id` (or `dealstage`),
  `owner_id` (or `hubspot_owner_id`), `is_deleted`, `archived`; properties `createdate`* (or `hs_createdate`),
  `closedate`, `amount`, `dealtype`, `deal_currency_code`, `amount_in_home_currency`, `hs_analytics_source`,
  `hs_is_closed`, `hs_is_closed_won`, `hs_deal_stage_probability`, `hs_merged_object_ids`; any other for a company's own
  `columns`.
- `deal_pipeline_stage`: `stage_id`*, `label`, `is_closed`, `closed_won`, `probability`.
- `deal_pipeline`: `pipeline_id`*, `label`.
- `deal_pipelines` (Airbyte): `pipelineId`*, `label`, `stages`*, a list of `stageId`, `label`, `metadata` (`isClosed`,
  `probability`).
- `deal_property_history` or `property_history`: `deal_id`*, `name`* (`amount`, `closedate`, `dealstage`,
  `hubspot_owner_id`, or the property that the company maps there), `value`*, `timestamp`*.
- `deal_stage`: `deal_id`*, `value`* (the stage's id), `date_entered`* (or `_fivetran_start`).
- `company`: `id`*, properties `name`, `numberofemployees`, `annualrevenue`, `industry`, `createdate`.
- `deal_company`: `deal_id`*, `company_id`*, `type_id` (5 is the primary company).
- `owner`: `owner_id`* (or `id`), `first_name`, `last_name`, `email`, `created_at`, `updated_at`, `archived`.
- `merged_deal`: `deal_id`* (the winner), `merged_deal_id`* (the loser).
- `portal_currency` (only over the API): `currency`*, `rate`, `effective_at`, `is_company`.

Of every table also `_fivetran_deleted`, `_fivetran_active` and `_airbyte_extracted_at`. Moments without an offset are
UTC; a number of 11 digits or more is milliseconds since 1970. Cells are text or of their type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import ibis
import ibis.expr.types as ir
from ibis.expr.types import Value

from monitor.core.source_spec import SourceSpec
from monitor.sources.presets.cells import flag, ident, moment, number, text
from monitor.sources.presets.hubspot_history import history, property_of
from monitor.sources.presets.hubspot_rates import Told, rates, settings, told_by_deals
from monitor.sources.presets.hubspot_stages import listed
from monitor.sources.presets.preset import Preset, Raw, Tables, first
from monitor.sources.presets.rows import addressed, gone, living, one_of_each, shaped, undeleted

TABLES = (
    "deal", "deal_pipeline_stage", "deal_pipeline", "deal_property_history", "property_history", "deal_stage",
    "company", "deal_company", "owner", "merged_deal", "portal_currency",
    "deals", "deal_pipelines", "deals_property_history", "companies", "owners", "owners_archived",
    "deal_data", "deal_pipeline_stage_data", "deal_pipeline_data", "deal_property_history_data", "deal_stage_data",
    "company_data", "deal_company_data", "owner_data", "merged_deal_data",
)  # fmt: skip
"""Names of the raw tables that are looked for: Fivetran's, Airbyte's, those of Fivetran's dbt seeds."""

_AT_HOME = "amount_in_home_currency"
_DEAL, _WON, _LOST = ("deal_id", "id"), "closedwon", "closedlost"
_PRIMARY = 5
"""HubSpot's type of the association of a deal with its primary company."""


def canonical(tables: Tables, spec: SourceSpec) -> Preset:
    """The canonical tables that can be made of what is there; the history also of deals that are no more."""
    deal = first(tables, "deal", "deals", "deal_data")
    if deal is None:
        return Preset({})
    stages = _stages(
        first(tables, "deal_pipeline_stage", "deal_pipeline_stage_data") or listed(first(tables, "deal_pipelines"))
    )
    deals, fx_rates, told = _with_currency(tables, _opportunities(_whole(tables, deal), stages), spec)
    made = {
        "opportunities": deals,
        "opportunity_history": history(tables, stages, spec),
        "accounts": _accounts(first(tables, "company", "companies", "company_data")),
        "reps": _reps(first(tables, "owner", "owners", "owner_data"), first(tables, "owners_archived")),
        "fx_rates": fx_rates,
    }
    return Preset(
        {name: table for name, table in made.items() if table is not None},
        (*_remarks(made, deal, stages), *told),
        {"opportunities": deal.table},
        _users(tables),
    )


def _property(raw: Raw, name: str) -> Value | None:
    return raw.cell(*_spellings(name))


def _spellings(name: str) -> tuple[str, ...]:
    return f"property_{name}", f"properties_{name}", name


def _with_currency(
    tables: Tables, deals: ibis.Table, spec: SourceSpec
) -> tuple[ibis.Table, ibis.Table | None, tuple[str, ...]]:
    """The deals, each with the currency of its amount; the rates; what to remark.

    Where a deal says no currency it is the one that the account counts in, as is an amount that was mapped to HubSpot's
    own conversion.
    """
    told = settings(first(tables, "portal_currency"))
    home, others = _property(Raw(deals), _AT_HOME), Told()
    if told.own is None or told.unknown:
        others = told_by_deals(deals, home)
    brought = spec.table("fx_rates").is_elsewhere
    fx_rates, remarks = (None, ()) if brought else rates(told, others, spec.currency, deals)
    own, is_home = told.own or others.own, property_of(spec, "amount") == _AT_HOME
    if own is not None or is_home:
        said = ibis.null("string") if is_home or "currency" not in deals.columns else deals.currency
        deals = deals.mutate(currency=ibis.coalesce(said, ibis.null("string") if own is None else ibis.literal(own)))
    return deals, fx_rates, remarks


def _whole(tables: Tables, deal: Raw) -> Raw:
    """The living deals that were not merged into another, with their stage, company and pipeline's name beside them."""
    raw = living(deal, *_DEAL)
    for losers in _losers(tables, raw):
        raw = Raw(raw.table.anti_join(losers, raw.as_(ident, *_DEAL) == losers.loser))
    raw = _joined(raw, _companies(tables), raw.as_(ident, *_DEAL), "company_deal")
    pipeline = raw.as_(text, "deal_pipeline_id", *_spellings("pipeline"))
    return _joined(
        raw,
        _pipelines(first(tables, "deal_pipeline", "deal_pipeline_data", "deal_pipelines")),
        pipeline,
        "pipeline_key",
    )


def _joined(raw: Raw, other: ibis.Table | None, cell: Value | None, key: str) -> Raw:
    """The rows with what `other` knows of `cell`, its column `key`."""
    if other is None or cell is None:
        return raw
    return Raw(raw.table.left_join(other, cell == other[key]).drop(key))


def _losers(tables: Tables, deal: Raw) -> Iterator[ibis.Table]:
    """Ids of the deals that were merged into another one, as `loser`."""
    merged = first(tables, "merged_deal", "merged_deal_data")
    if merged is not None and merged.has("merged_deal_id") and merged.has("deal_id"):
        merged = undeleted(merged)
        winner, loser = (cast(Value, merged.as_(ident, name)) for name in ("deal_id", "merged_deal_id"))
        yield merged.table.filter(winner != loser).select(loser=loser).distinct()
    said, id_ = deal.as_(text, *_spellings("hs_merged_object_ids")), deal.as_(ident, *_DEAL)
    if said is None or id_ is None:
        return
    winners = deal.table.select(winner=id_, said=said).filter(lambda rows: rows.said.notnull())
    each = winners.select("winner", loser=winners.said.split(";").unnest()).view()
    each = each.select("winner", loser=each.loser.strip())
    yield each.filter(each.loser != each.winner, each.loser != "").select("loser").distinct()


def _companies(tables: Tables) -> ibis.Table | None:
    """The primary company of each deal."""
    raw = first(tables, "deal_company", "deal_company_data")
    if raw is None or not raw.has("deal_id") or not raw.has("company_id"):
        return None
    raw = undeleted(raw)
    kind = raw.cell("type_id")
    pairs = raw.table.select(
        company_deal=raw.as_(ident, "deal_id"),
        company_of_deal=raw.as_(ident, "company_id"),
        rank=ibis.literal(1) if kind is None else ibis.ifelse(number(kind) == _PRIMARY, 0, 1),
    )
    return one_of_each(pairs, "company_deal", pairs.rank, pairs.company_of_deal).drop("rank")


def _pipelines(raw: Raw | None) -> ibis.Table | None:
    if raw is None or not raw.has("pipeline_id") or not raw.has("label"):
        return None
    pairs = raw.table.select(pipeline_key=raw.as_(text, "pipeline_id"), pipeline_label=raw.as_(text, "label"))
    return one_of_each(pairs, "pipeline_key", pairs.pipeline_label)


def _stages(raw: Raw | None) -> ibis.Table | None:
    """What is known of each stage; a deleted one too, since old deals stand in it."""
    if raw is None or not raw.has("stage_id", "id"):
        return None
    likely = raw.as_(number, "probability")
    end = None if likely is None else likely.isin([0.0, 1.0])
    won = None if likely is None else likely == 1.0
    deleted = [ibis.ifelse(flag(cell).fill_null(False), 1, 0) for cell in raw.cells("_fivetran_deleted", "archived")]
    rows = raw.table.select(
        stage_key=raw.as_(text, "stage_id", "id"),
        stage_label=raw.as_(text, "label") if raw.has("label") else ibis.null("string"),
        stage_closed=_either(raw.as_(flag, "is_closed"), end),
        stage_won=_either(raw.as_(flag, "closed_won"), won),
        gone=deleted[0] if deleted else ibis.literal(0),
    )
    return one_of_each(rows, "stage_key", rows.gone, rows.stage_label)


def _either(*cells: Value | None) -> ir.BooleanValue:
    """The first of some flags that says something."""
    there = [cell for cell in cells if cell is not None]
    return cast(ir.BooleanValue, ibis.coalesce(*there) if there else ibis.null("boolean"))


def _opportunities(raw: Raw, stages: ibis.Table | None) -> ibis.Table:
    stage = raw.as_(text, "deal_pipeline_stage_id", *_spellings("dealstage"))
    raw = _joined(raw, stages, stage, "stage_key")
    stage = raw.as_(text, "deal_pipeline_stage_id", *_spellings("dealstage"))
    closed, won = _closed(raw, stage), _won(raw, stage)
    created = [moment(cell) for name in ("createdate", "hs_createdate") if (cell := _property(raw, name)) is not None]
    return shaped(
        raw,
        opportunity_id=raw.as_(ident, *_DEAL),
        account_id=_company(raw),
        owner_id=raw.as_(ident, "owner_id", *_spellings("hubspot_owner_id")),
        type=raw.as_(text, *_spellings("dealtype")),
        created_date=_coalesced(created),
        close_date=raw.as_(moment, *_spellings("closedate")),
        stage=_coalesced([cell for cell in (raw.cell("stage_label"), stage) if cell is not None]),
        is_closed=closed,
        is_won=won & closed,
        amount=_property(raw, "amount"),
        currency=raw.as_(text, *_spellings("deal_currency_code")),
        source=raw.as_(text, *_spellings("hs_analytics_source")),
    )


def _coalesced(cells: list[Value]) -> Value | None:
    alike = len({cell.type() for cell in cells}) == 1
    return ibis.coalesce(*(cell if alike else cell.cast("string") for cell in cells)) if cells else None


def _closed(raw: Raw, stage: Value | None) -> ir.BooleanValue:
    """HubSpot's own word on the deal, the stage's, HubSpot's fixed stages, the probability; without a stage it is open.

    Null for a stage that nobody knows.
    """
    likely = raw.as_(number, *_spellings("hs_deal_stage_probability"))
    return _either(
        raw.as_(flag, *_spellings("hs_is_closed")),
        raw.cell("stage_closed"),
        None if stage is None else ibis.cases((stage.isin([_WON, _LOST]), True)),
        None if likely is None else likely.isin([0.0, 1.0]),
        ibis.literal(False) if stage is None else ibis.cases((stage.isnull(), False)),
    )


def _won(raw: Raw, stage: Value | None) -> ir.BooleanValue:
    likely = raw.as_(number, *_spellings("hs_deal_stage_probability"))
    return _either(
        raw.as_(flag, *_spellings("hs_is_closed_won")),
        raw.cell("stage_won"),
        None if stage is None else ibis.cases((stage.isin([_WON, _LOST]), stage == _WON)),
        None if likely is None else likely == 1.0,
        ibis.literal(False),
    )


def _company(raw: Raw) -> Value | None:
    """The primary company; in Airbyte's list of companies the first."""
    listed = raw.cell("companies")
    if raw.has("company_of_deal") or listed is None:
        return raw.cell("company_of_deal")
    return cast(ir.StringValue, listed.cast("string")).re_extract("([0-9]+)", 1).nullif("")


def _accounts(raw: Raw | None) -> ibis.Table | None:
    if raw is None:
        return None
    raw = living(raw, "id", "company_id")
    return shaped(
        raw,
        account_id=raw.as_(ident, "id", "company_id"),
        name=_property(raw, "name"),
        employees=_property(raw, "numberofemployees"),
        annual_revenue=_property(raw, "annualrevenue"),
        industry=_property(raw, "industry"),
        created_date=raw.as_(moment, *_spellings("createdate")),
    )


def _reps(owner: Raw | None, archived: Raw | None) -> ibis.Table | None:
    """Everybody who may own a deal; HubSpot knows neither a role nor a segment of them."""
    people = [_people(raw) for raw in (owner, archived) if raw is not None]
    if len(people) < 2:
        return people[0] if people else None
    names = [
        name for name in ("rep_id", "name", "start_date", "end_date") if any(name in rows.columns for rows in people)
    ]
    both = ibis.union(*(rows.select(**{name: _as_text(rows, name) for name in names}) for rows in people))
    return one_of_each(both, "rep_id", both.end_date.isnull().desc())


def _as_text(rows: ibis.Table, name: str) -> Value:
    return rows[name].cast("string") if name in rows.columns else ibis.null("string")


def _users(tables: Tables) -> ibis.Table | None:
    raws = (first(tables, "owner", "owners", "owner_data"), first(tables, "owners_archived"))
    found = [users for raw in raws if (users := addressed(raw, "owner_id", "id")) is not None]
    return ibis.union(*found) if len(found) > 1 else next(iter(found), None)


def _people(raw: Raw) -> ibis.Table:
    left = gone(raw)
    until = raw.as_(moment, "updated_at")
    names = [text(cell).fill_null("") for cell in raw.cells("first_name", "last_name")]
    name = ibis.literal(" ").join(names).strip().nullif("") if names else None
    ends = None if not left or until is None else ibis.ifelse(ibis.or_(*left), until, ibis.null(until.type()))
    return shaped(
        raw,
        rep_id=raw.as_(ident, "owner_id", "id"),
        name=name,
        start_date=raw.as_(moment, "created_at"),
        end_date=ibis.null("string") if ends is None else ends,
    )


def _remarks(made: Mapping[str, ibis.Table | None], deal: Raw, stages: ibis.Table | None) -> Iterator[str]:
    if made["opportunity_history"] is None:
        yield (
            "There is no deal_property_history and no deal_stage, so the past is read from what the deals are today: "
            "have them synced too."
        )
    if stages is None and not deal.has(*_spellings("hs_is_closed")):
        yield (
            "There is no deal_pipeline_stage, no deal_pipelines with stages and no property hs_is_closed: only "
            "HubSpot's own stages closedwon and closedlost are taken for closed, so have one of them synced."
        )
