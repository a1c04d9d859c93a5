"""HubSpot's answers as rows of the tables that Fivetran writes: deal, deal_property_history, deal_company and so on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from monitor.core.source_spec import SourceSpec

Row = dict[str, Any]
HISTORY = ("amount", "closedate", "dealstage", "hubspot_owner_id", "pipeline")
"""Properties whose past is kept, besides those that the configuration maps in their place."""
DEAL = (
    *HISTORY,
    "amount_in_home_currency",
    "createdate",
    "deal_currency_code",
    "dealtype",
    "hs_analytics_source",
    "hs_deal_stage_probability",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_lastmodifieddate",
    "hs_merged_object_ids",
)
"""Properties of a deal; no name, no description, nobody's address."""
MAY_BE_ABSENT = frozenset({"deal_currency_code"})
"""Properties that an account with one currency does not have."""
COMPANY = ("name", "numberofemployees", "annualrevenue", "industry", "createdate", "hs_lastmodifieddate")
TABLES: Mapping[str, tuple[str, ...]] = {
    "deal": ("deal_id", "deal_pipeline_id", "deal_pipeline_stage_id", "owner_id"),
    "deal_property_history": ("deal_id", "name", "value", "timestamp", "source", "source_id"),
    "deal_company": ("deal_id", "company_id", "type_id", "category"),
    "company": ("id",),
    "owner": ("owner_id", "first_name", "last_name", "type", "created_at", "updated_at", "archived", "email"),
    "deal_pipeline": ("pipeline_id", "label", "active", "display_order", "created_at", "updated_at"),
    "deal_pipeline_stage": (
        "stage_id", "pipeline_id", "label", "active", "display_order", "created_at", "updated_at",
        "is_closed", "closed_won", "probability",
    ),
    "portal_currency": ("currency", "rate", "effective_at", "is_company"),
    "archived_deal": ("deal_id", "deal_pipeline_id", "deal_pipeline_stage_id", "owner_id"),
    "archived_company": ("id",),
    "gone_deal": ("deal_id",),
}  # fmt: skip
"""What is kept of an answer, by table; deals and companies have a `property_...` for every property besides."""
FLAGS = frozenset({"archived", "active", "is_closed", "closed_won", "is_company"})
_TYPES = {"deal_to_company": "5", "deal_to_company_unlabeled": "341"}
"""How associations are called in lists, and the number that they have elsewhere; 5 is the primary company."""
PAST = ("amount", "close_date", "stage", "owner_id")
"""Canonical fields that have a past."""
_PREFIX = "property_"


def deal_properties(spec: SourceSpec) -> list[str]:
    """What is read of a deal: what everybody needs, and `property_...` columns that the configuration names."""
    mapped = spec.table("opportunities")
    named = [*mapped.columns.values(), *(derive.column for derive in mapped.derive.values())]
    return _with(DEAL, named)


def history_properties(spec: SourceSpec) -> list[str]:
    """Those whose past is read."""
    return _with(HISTORY, [mapped for field in PAST if (mapped := spec.table("opportunities").columns.get(field))])


def company_properties(spec: SourceSpec) -> list[str]:
    """What is read of a company, likewise."""
    mapped = spec.table("accounts")
    return _with(COMPANY, [*mapped.columns.values(), *(derive.column for derive in mapped.derive.values())])


def _with(known: Sequence[str], named: Iterable[str]) -> list[str]:
    own = [name.lower().removeprefix(_PREFIX) for name in named if name.lower().startswith(_PREFIX)]
    return list(dict.fromkeys([*known, *own]))


def column(property_name: str) -> str:
    return _PREFIX + property_name


def deal(answer: Mapping[str, Any], properties: Sequence[str]) -> Row:
    given = answer.get("properties") or {}
    row: Row = {column(name): text(given.get(name)) for name in properties}
    row |= {
        "deal_id": str(answer["id"]),
        "deal_pipeline_id": text(given.get("pipeline")),
        "deal_pipeline_stage_id": text(given.get("dealstage")),
        "owner_id": text(given.get("hubspot_owner_id")),
    }
    return row


def history(answer: Mapping[str, Any]) -> Iterator[Row]:
    """The changes of one deal, each once: of several at one moment the newest, which HubSpot tells first."""
    seen = set()
    for name, changes in (answer.get("propertiesWithHistory") or {}).items():
        for change in changes or ():
            key = (name, text(change.get("timestamp")))
            if key in seen or key[1] is None:
                continue
            seen.add(key)
            yield {
                "deal_id": str(answer["id"]),
                "name": name,
                "value": text(change.get("value")),
                "timestamp": key[1],
                "source": text(change.get("sourceType")),
                "source_id": text(change.get("sourceId")),
            }


def listed_companies(answer: Mapping[str, Any]) -> Iterator[Row]:
    """The companies of one deal, as a list of deals tells them."""
    found = (answer.get("associations") or {}).get("companies") or {}
    for link in found.get("results") or ():
        name = str(link.get("type") or "")
        category = "HUBSPOT_DEFINED" if name in _TYPES else "USER_DEFINED"
        yield _link(answer["id"], link["id"], _TYPES.get(name, name), category)


def has_more_companies(answer: Mapping[str, Any]) -> bool:
    """Whether the list does not tell all of a deal's companies."""
    return bool(((answer.get("associations") or {}).get("companies") or {}).get("paging"))


def linked_companies(answer: Mapping[str, Any]) -> Iterator[Row]:
    """The companies of one deal, as the reading of associations tells them."""
    deal_id = answer["from"]["id"]
    for link in answer.get("to") or ():
        kinds: Sequence[Mapping[str, Any]] = link.get("associationTypes") or ({},)
        for kind in kinds:
            yield _link(deal_id, link["toObjectId"], text(kind.get("typeId")), text(kind.get("category")))


def _link(deal_id: Any, company_id: Any, type_id: str | None, category: str | None) -> Row:
    return {"deal_id": str(deal_id), "company_id": str(company_id), "type_id": type_id, "category": category}


def company(answer: Mapping[str, Any], properties: Sequence[str]) -> Row:
    given = answer.get("properties") or {}
    return {"id": str(answer["id"])} | {column(name): text(given.get(name)) for name in properties}


def owner(answer: Mapping[str, Any], *, archived: bool, with_address: bool) -> Row:
    return {
        "owner_id": str(answer["id"]),
        "first_name": text(answer.get("firstName")),
        "last_name": text(answer.get("lastName")),
        "type": text(answer.get("type")),
        "created_at": text(answer.get("createdAt")),
        "updated_at": text(answer.get("updatedAt")),
        "archived": archived,
        "email": text(answer.get("email")) if with_address else None,
    }


def pipeline(answer: Mapping[str, Any]) -> Row:
    return {"pipeline_id": str(answer["id"]), **_place(answer)}


def stage(answer: Mapping[str, Any], pipeline_id: str) -> Row:
    """A stage; HubSpot writes its flags and probability as texts."""
    facts = answer.get("metadata") or {}
    probability, closed = text(facts.get("probability")), text(facts.get("isClosed"))
    is_closed = None if closed is None else closed.lower() == "true"
    return {
        "stage_id": str(answer["id"]),
        "pipeline_id": pipeline_id,
        **_place(answer),
        "is_closed": is_closed,
        "closed_won": None if is_closed is None else is_closed and _is_one(probability),
        "probability": probability,
    }


def currencies(account: Mapping[str, Any], rates: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """The currency that an account counts in, and every rate into it; a currency without a rate stands there too."""
    own = str(account["companyCurrency"])
    yield {"currency": own, "rate": "1", "effective_at": None, "is_company": True}
    told = [rate for rate in rates if rate.get("toCurrencyCode") == own]
    for rate in told:
        row = {"currency": text(rate.get("fromCurrencyCode")), "rate": text(rate.get("conversionRate"))}
        yield {**row, "effective_at": text(rate.get("effectiveAt")), "is_company": False}
    others = set(account.get("additionalCurrencies") or ())
    for code in sorted(others - {rate.get("fromCurrencyCode") for rate in told}):
        yield {"currency": str(code), "rate": None, "effective_at": None, "is_company": False}


def _place(answer: Mapping[str, Any]) -> Row:
    return {
        "label": text(answer.get("label")),
        "active": not answer.get("archived"),
        "display_order": text(answer.get("displayOrder")),
        "created_at": text(answer.get("createdAt")),
        "updated_at": text(answer.get("updatedAt")),
    }


def _is_one(probability: str | None) -> bool:
    try:
        return probability is not None and float(probability) == 1
    except ValueError:
        return False


def text(value: Any) -> str | None:
    """A cell; HubSpot's empty text means nothing."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
