"""Salesforce as Fivetran and Airbyte write it into a warehouse, to the canonical tables.

Raw tables and the columns that are used (each may be missing unless it has a star; CamelCase is read alike):

- `opportunity`: `id`*, `account_id`, `owner_id`, `type`, `created_date`*, `close_date`, `stage_name`, `is_closed`*,
  `is_won`*, `amount`, `currency_iso_code`, `lead_source`, `is_deleted`; any other for a company's own `columns`.
- `opportunity_field_history`: `opportunity_id`*, `field`* (`Amount`, `StageName`, `CloseDate`, `Owner`), `old_value`,
  `new_value`, `created_date`*, `is_deleted`.
- `opportunity_history`: `opportunity_id`*, `created_date`*, `amount`, `stage_name`, `close_date`, `is_deleted`.
- `account`: `id`*, `name`, `number_of_employees`, `annual_revenue`, `industry`, `created_date`, `is_deleted`,
  `master_record_id`.
- `user`: `id`*, `name`, `title`, `manager_id`, `user_role_id`, `created_date`, `is_active`, `last_login_date`,
  `last_modified_date`, `email`.
- `user_role`: `id`*, `name`*.
- `forecasting_quota`: `quota_owner_id`*, `start_date`*, `quota_amount`*, `is_amount`, `forecasting_type_id`,
  `currency_iso_code`, `is_deleted`.
- `currency_type`: `iso_code`*, `conversion_rate`*, `is_corporate`; `dated_conversion_rate`: `iso_code`*, `start_date`*,
  `conversion_rate`*.

Of every table also `_fivetran_deleted`, `_fivetran_active`, `_fivetran_start` and `_airbyte_extracted_at`. Moments
without an offset are UTC. Cells are text or of their type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import ibis
from ibis.expr.types import Value

from monitor.core.source_spec import SourceSpec, TableSpec
from monitor.core.tables import TABLES as TABLES_OF_OURS
from monitor.sources.mapping import translated
from monitor.sources.presets.asking import dicts, kept
from monitor.sources.presets.cells import day, flag, ident, moment, spelled_out, squeezed, text
from monitor.sources.presets.history import best_of, change, from_snapshots
from monitor.sources.presets.preset import Preset, Raw, Tables, first
from monitor.sources.presets.rows import addressed, living, shaped, undeleted
from monitor.sources.presets.salesforce_quotas import quotas
from monitor.sources.presets.salesforce_rates import rates

TABLES = (
    "opportunity", "opportunity_field_history", "opportunity_history", "account", "user", "user_role",
    "forecasting_quota", "currency_type", "dated_conversion_rate",
    "opportunityfieldhistory", "opportunityhistory", "userrole", "forecastingquota", "currencytype",
    "datedconversionrate",
    "sf_opportunity_data", "sf_opportunity_field_history_data", "sf_opportunity_history_data", "sf_account_data",
    "sf_user_data", "sf_user_role_data",
)  # fmt: skip
"""Names of the raw tables that are looked for: Fivetran's, Airbyte's, those of Fivetran's dbt seeds."""

_FIELDS = {"amount": "amount", "stage": "stage_name", "close_date": "close_date", "owner_id": "owner_id"}
"""The canonical field of a history to their column, where the company's mapping names no other."""
_USER = "^005[A-Za-z0-9]{12,15}$"
"""Salesforce writes a change of owner twice, with names and with ids: this is an id."""


def canonical(tables: Tables, spec: SourceSpec) -> Preset:
    """The canonical tables that can be made of what is there; the history also of deals that are no more."""
    opportunity = _find(tables, "opportunity")
    if opportunity is None:
        return Preset({})
    currencies = (_find(tables, "currency_type"), _find(tables, "dated_conversion_rate"))
    fx_rates, told = (None, ()) if spec.table("fx_rates").is_elsewhere else rates(*currencies, spec.currency)
    quota = None if _given(spec.table("quotas")) else _find(tables, "forecasting_quota")
    in_money, of_quotas = quotas(quota, fx_rates, spec.currency)
    made = {
        "opportunities": _opportunities(_of_winners(living(opportunity, "id"), _find(tables, "account"))),
        "opportunity_history": _history(tables, opportunity, spec.table("opportunities")),
        "accounts": _accounts(_find(tables, "account")),
        "reps": _reps(_find(tables, "user"), _find(tables, "user_role")),
        "quotas": in_money,
        "fx_rates": fx_rates,
    }
    return Preset(
        {name: table for name, table in made.items() if table is not None},
        (*_remarks(made), *told, *of_quotas),
        {"opportunities": opportunity.table},
        addressed(_find(tables, "user"), "id"),
    )


def _find(tables: Tables, name: str) -> Raw | None:
    return first(tables, name, name.replace("_", ""), f"sf_{name}_data")


def _given(spec: TableSpec) -> bool:
    """Whether a table is made of something else."""
    return spec.is_elsewhere or spec.from_reps is not None


def _of_winners(deals: Raw, account: Raw | None) -> Raw:
    """The deals of accounts that were merged into others, at those: not every copy hears that a deal has moved."""
    name, winners = deals.name("account_id"), _winners(account)
    if name is None or account is None or not winners:
        return deals
    merged = [{"loser": loser, "winner": winner} for loser, winner in sorted(winners.items())]
    pairs = kept(ibis.memtable(merged, schema={"loser": "string", "winner": "string"}), deals.table)
    both = deals.table.left_join(pairs, ident(deals.table[name]) == pairs.loser)
    return Raw(both.mutate(**{name: ibis.coalesce(both.winner, ident(both[name]))}).drop("loser", "winner"))


def _winners(account: Raw | None) -> dict[str, str]:
    """The account that is left, by the ids of those that were merged into it or into one that was."""
    if account is None:
        return {}
    id_, master = account.as_(ident, "id"), account.as_(ident, "master_record_id")
    if id_ is None or master is None:
        return {}
    pairs = account.table.filter(master.notnull()).select(loser=id_, winner=master)
    there = living(account, "id")
    alive = there.table.select(loser=there.as_(ident, "id")).view()
    merged = {row["loser"]: row["winner"] for row in dicts(pairs.anti_join(alive, "loser").distinct())}
    return {loser: _last(merged, loser) for loser in merged}


def _last(merged: Mapping[str, str], loser: str) -> str:
    """Where a chain of merges ends."""
    seen = {loser}
    while (loser := merged[loser]) in merged and loser not in seen:
        seen.add(loser)
    return loser


def _opportunities(raw: Raw) -> ibis.Table:
    return shaped(
        raw,
        opportunity_id=raw.as_(ident, "id"),
        account_id=raw.as_(ident, "account_id"),
        owner_id=raw.as_(ident, "owner_id"),
        type=raw.as_(text, "type"),
        created_date=raw.as_(moment, "created_date"),
        close_date=raw.as_(day, "close_date"),
        stage=raw.as_(text, "stage_name"),
        is_closed=raw.as_(flag, "is_closed"),
        is_won=raw.as_(flag, "is_won"),
        amount=raw.cell("amount"),
        currency=raw.as_(text, "currency_iso_code"),
        source=raw.as_(text, "lead_source"),
    )


def _accounts(raw: Raw | None) -> ibis.Table | None:
    if raw is None:
        return None
    raw = living(raw, "id")
    return shaped(
        raw,
        account_id=raw.as_(ident, "id"),
        name=raw.cell("name"),
        employees=raw.cell("number_of_employees"),
        annual_revenue=raw.cell("annual_revenue"),
        industry=raw.cell("industry"),
        created_date=raw.as_(moment, "created_date"),
    )


def _history(tables: Tables, opportunity: Raw, mapping: TableSpec) -> ibis.Table | None:
    """Tracked fields; before the first of them, what the stage history or Fivetran's history mode show to have changed.

    A field that the company maps to one of its own has that one's history, never the standard one's.
    """
    past = _find(tables, "opportunity_history")
    sources = [_tracked(_find(tables, "opportunity_field_history"), mapping)]
    sources += [_snapshots(raw, mapping) for raw in (past, opportunity) if raw is not None]
    return best_of(sources)


def _columns(mapping: TableSpec) -> dict[str, str]:
    """The canonical fields of a history, each with their column."""
    known = TABLES_OF_OURS["opportunity_history"].column("field").choices
    return _FIELDS | {name: theirs for name, theirs in mapping.columns.items() if name in known}


def _tracked(raw: Raw | None, mapping: TableSpec) -> ibis.Table | None:
    if raw is None:
        return None
    raw = undeleted(raw)
    deal, what, at = raw.cell("opportunity_id"), raw.cell("field"), raw.cell("created_date")
    old, new = raw.as_(text, "old_value"), raw.as_(text, "new_value")
    if deal is None or what is None or at is None or old is None or new is None:
        return None
    field = squeezed(what).cases(*((_tracked_as(theirs), name) for name, theirs in _columns(mapping).items()))
    old, new = (_read(value, field, mapping) for value in (old, new))
    rows = raw.table.select(**change(deal, field, old, new, at))
    by_id = ibis.or_(*(value.re_search(_USER).fill_null(False) for value in (rows.old_value, rows.new_value)))
    return rows.filter(rows.field.notnull(), (rows.field != "owner_id") | by_id)


def _read(value: Value, field: Value, mapping: TableSpec) -> Value:
    """A past value as its field is read. Side by side: one within the other is a question that takes long to plan."""
    readers = _readers(mapping).items()
    return ibis.cases(*((field == name, read(value)) for name, read in readers), else_=value)


def _tracked_as(column: str) -> str:
    """What Salesforce calls a column in its history, squeezed."""
    name = re.sub("[^a-z0-9]", "", column.lower())
    return "owner" if name == "ownerid" else name


def _readers(mapping: TableSpec) -> dict[str, Callable[[Value], Value]]:
    """How the past values of a field are read: as the deals' own are, in our words and with what stands for nothing."""
    return {name: partial(_past, name=name, mapping=mapping) for name in _columns(mapping)}


def _past(cell: Value, name: str, mapping: TableSpec) -> Value:
    kinds: dict[str, Callable[[Value], Value]] = {"close_date": day, "amount": spelled_out, "owner_id": ident}
    value = kinds.get(name, text)(cell)
    value = translated(value, mapping.values[name]) if name in mapping.values else value
    return text(value).fill_null(str(mapping.defaults[name])) if name in mapping.defaults else value


def _snapshots(raw: Raw, mapping: TableSpec) -> ibis.Table | None:
    """The stage history, or an opportunity in history mode; both are called `opportunity_history` somewhere."""
    raw = undeleted(raw)
    readers = _readers(mapping)
    fields = {name: raw.as_(readers[name], theirs) for name, theirs in _columns(mapping).items()}
    if raw.has("opportunity_id"):
        return from_snapshots(raw, "opportunity_id", "created_date", fields)
    return from_snapshots(raw, "id", "_fivetran_start", fields)


def _reps(user: Raw | None, user_role: Raw | None) -> ibis.Table | None:
    """Everybody with a login; who has a role and a segment is told by the role's name and by the configuration."""
    if user is None:
        return None
    raw = _with_role(living(user, "id"), user_role)
    role, title = raw.as_(text, "user_role_name"), raw.as_(text, "title")
    known = [cell for cell in (role, title) if cell is not None]
    return shaped(
        raw,
        rep_id=raw.as_(ident, "id"),
        name=raw.cell("name"),
        role=ibis.coalesce(*known) if known else None,
        manager_id=raw.as_(ident, "manager_id"),
        start_date=raw.as_(moment, "created_date"),
        end_date=_left(raw),
    )


def _with_role(raw: Raw, user_role: Raw | None) -> Raw:
    """The user with the role's name as `user_role_name`."""
    of_user = raw.cell("user_role_id")
    roles = living(user_role, "id") if user_role is not None else None
    id_, name = (roles.cell("id"), roles.cell("name")) if roles else (None, None)
    if of_user is None or roles is None or id_ is None or name is None:
        return raw
    named = roles.table.select(role_key=ident(id_), user_role_name=text(name))
    return Raw(raw.table.left_join(named, ident(of_user) == named.role_key).drop("role_key"))


def _left(raw: Raw) -> Value | None:
    """Salesforce knows that a login is shut, and not since when: the last login stands in for it."""
    active = raw.cell("is_active")
    seen = [moment(cell) for cell in raw.cells("last_login_date", "last_modified_date", "created_date")]
    if active is None or not seen:
        return None
    kinds = {cell.type() for cell in seen}
    last = ibis.coalesce(*(cell if len(kinds) == 1 else cell.cast("string") for cell in seen))
    return ibis.ifelse(flag(active).fill_null(True), ibis.null(last.type()), last)


def _remarks(made: Mapping[str, ibis.Table | None]) -> Iterator[str]:
    if made["opportunity_history"] is None:
        yield (
            "There is no opportunity_field_history and no opportunity_history, so the past is read from what the deals "
            "are today: have them synced too."
        )
    if made["quotas"] is not None:
        yield (
            "Quotas come from forecasting_quota: months are added up to quarters, and where a person has quotas for "
            "several kinds of forecast the largest counts."
        )
