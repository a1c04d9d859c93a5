"""The objects of Salesforce that are read: their fields, what they are called in the cache, what cannot be missed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from monitor.core.source_spec import SourceSpec
from monitor.errors import DataError

CURSORS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
"""What tells that a row changed, the best first; histories are only ever created."""


@dataclass(frozen=True)
class SObject:
    """One object. `fields` are read where this user may see them; without `needed` the object is of no use."""

    name: str
    table: str
    fields: tuple[str, ...]
    needed: tuple[str, ...]
    canonical: str | None = None
    """The canonical table whose mapping may name more of its fields."""
    makes: str | None = None
    """The canonical table that is made of it by nobody's mapping."""
    grows: bool = False
    """Rows are added and never change; Salesforce itself forgets old ones, the cache does not."""
    required: bool = False
    """Without it there is nothing to compute."""


@dataclass(frozen=True)
class Described:
    """What Salesforce says of a field. The value of a `formula` changes without a trace in its row."""

    type: str
    formula: bool = False


@dataclass(frozen=True)
class Field:
    """One field to read: its name in SOQL, its column in the cache, its type as Salesforce has it."""

    name: str
    column: str
    type: str
    formula: bool = False


@dataclass(frozen=True)
class Shape:
    """What is read of an object, and the field that tells what changed."""

    fields: tuple[Field, ...]
    cursor: str

    @property
    def key(self) -> tuple[tuple[str, str, str], ...]:
        """What tells one shape from another."""
        return tuple((field.name, field.column, field.type) for field in self.fields)

    @property
    def drifts(self) -> bool:
        """Whether a row may change while its cursor does not."""
        return any(field.formula for field in self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def has(self, name: str) -> bool:
        return name in self.names

    @property
    def by(self) -> str:
        """The column of the cursor."""
        return column_of(self.cursor)


OBJECTS = (
    SObject(
        "Opportunity",
        "opportunity",
        ("AccountId", "OwnerId", "Type", "CreatedDate", "CloseDate", "StageName", "IsClosed", "IsWon", "Amount",
         "CurrencyIsoCode", "LeadSource"),
        ("CreatedDate", "CloseDate", "IsClosed", "IsWon"),
        "opportunities",
        required=True,
    ),
    SObject(
        "OpportunityFieldHistory",
        "opportunity_field_history",
        ("OpportunityId", "Field", "OldValue", "NewValue", "CreatedDate"),
        ("OpportunityId", "Field", "OldValue", "NewValue", "CreatedDate"),
        grows=True,
    ),
    SObject(
        "OpportunityHistory",
        "opportunity_history",
        ("OpportunityId", "CreatedDate", "Amount", "StageName", "CloseDate"),
        ("OpportunityId", "CreatedDate"),
        grows=True,
    ),
    SObject(
        "Account",
        "account",
        ("Name", "NumberOfEmployees", "AnnualRevenue", "Industry", "CreatedDate", "MasterRecordId"),
        (),
        "accounts",
    ),
    SObject(
        "User",
        "user",
        ("Name", "Title", "ManagerId", "UserRoleId", "CreatedDate", "IsActive", "LastLoginDate"),
        ("CreatedDate",),
        "reps",
    ),
    SObject("UserRole", "user_role", ("Name",), ("Name",)),
    SObject(
        "ForecastingQuota",
        "forecasting_quota",
        ("QuotaOwnerId", "StartDate", "QuotaAmount", "IsAmount", "ForecastingTypeId", "CurrencyIsoCode"),
        ("QuotaOwnerId", "StartDate", "QuotaAmount"),
        "quotas",
    ),
    SObject(
        "CurrencyType",
        "currency_type",
        ("IsoCode", "ConversionRate", "IsCorporate"),
        ("IsoCode", "ConversionRate", "IsCorporate"),
        makes="fx_rates",
    ),
    SObject(
        "DatedConversionRate",
        "dated_conversion_rate",
        ("IsoCode", "StartDate", "ConversionRate"),
        ("IsoCode", "StartDate", "ConversionRate"),
        makes="fx_rates",
    ),
)  # fmt: skip
_ALWAYS = ("Id", "IsDeleted", *CURSORS[:2])
_MAY_BE_ABSENT = frozenset(
    {"CurrencyIsoCode", "IsDeleted", "IsAmount", "ForecastingTypeId", "MasterRecordId", *CURSORS}
)
"""Fields that many organisations do not have, and that nobody misses."""
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[a-z])(?=[0-9])")


def column_of(name: str) -> str:
    """How Fivetran writes the name of a field (`NumberOfEmployees`: number_of_employees, `ARR__c`: arr_c)."""
    return re.sub("_+", "_", _HUMPS.sub("_", name)).lower()


def shape(sobject: SObject, described: Mapping[str, Described], spec: SourceSpec) -> Shape | None:
    """What is read of an object; `described` are its fields by name. None where it is of no use.

    Raises DataError where an object that is required lacks a field that is needed.
    """
    lacking = [name for name in ("Id", *sobject.needed) if name not in described]
    cursor = next((name for name in CURSORS if name in described), None)
    if lacking or cursor is None:
        if sobject.required:
            raise DataError(
                f"Salesforce shows this user no field {lacking[0] if lacking else CURSORS[0]} of {sobject.name}: give "
                "it read access there (field-level security), since nothing can be computed without it."
            )
        return None
    own = dict(_own(sobject, described, spec))
    read = {name: column_of(name) for name in _read(sobject, described) if name not in own}
    fields = [Field(name, column, described[name].type) for name, column in read.items()]
    fields += [Field(name, column, described[name].type, described[name].formula) for name, column in own.items()]
    return Shape(tuple(fields), cursor)


def _read(sobject: SObject, described: Mapping[str, Described]) -> list[str]:
    return [name for name in dict.fromkeys((*_ALWAYS, *sobject.fields)) if name in described]


def unseen(sobject: SObject, shape: Shape) -> tuple[str, ...]:
    """Fields that are read where they can be seen, and cannot."""
    return tuple(name for name in sobject.fields if not shape.has(name) and name not in _MAY_BE_ABSENT)


def _own(sobject: SObject, described: Mapping[str, Described], spec: SourceSpec) -> Iterator[tuple[str, str]]:
    """The fields that the company's mapping names besides, each with the column that it calls it by."""
    if sobject.canonical is None:
        return
    table = spec.table(sobject.canonical)
    wanted = [*table.columns.values(), *(derive.column for derive in table.derive.values())]
    quota = spec.table("quotas").from_reps
    wanted += [quota] if sobject.canonical == "reps" and quota else []
    wanted += ["email"] if sobject.canonical == "reps" and spec.with_addresses else []
    standard = {column_of(name) for name in (*_ALWAYS, *sobject.fields)}
    known = {key: name for name in described for key in (name.lower(), column_of(name))}
    for column in dict.fromkeys(each.lower() for each in wanted):
        if column in known and column not in standard:
            yield known[column], column
