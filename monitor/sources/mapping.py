"""Their columns and values to the canonical ones, in Ibis, so that every source that has tables shares it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

import ibis
from ibis.expr.types import StringValue, Value

from monitor.core.source_spec import Constant, Derive, TableSpec
from monitor.core.tables import Column, Kind, Table
from monitor.errors import ConfigError, DataError
from monitor.sources.date_format import check_date_format, to_iso
from monitor.sources.source import BAD, FILE, LINE

HELPERS = (FILE, LINE, BAD)


def known_columns(table: Table, spec: TableSpec, more: Iterable[str] = ()) -> frozenset[str]:
    """Every column name, in lower case, that a file of this table may be known by."""
    ours = {column.name for column in table.columns} - set(spec.columns)
    theirs = {*spec.columns.values(), *(derive.column for derive in spec.derive.values()), *more}
    return frozenset(name.lower() for name in ours | theirs)


def check_spec(table: Table, spec: TableSpec) -> None:
    """Raises ConfigError for a mapping that makes no sense whatever the files hold."""
    key = f"source.tables.{table.name}"
    ours = {column.name: column for column in table.columns}
    for part in ("columns", "values", "derive", "defaults"):
        for name in getattr(spec, part):
            if name not in ours:
                raise ConfigError(f"{key}.{part}.{name}: table {table.name} has no such column{_nearest(name, ours)}.")
    both = next((name for name in spec.derive if name in spec.columns), None)
    if both:
        raise ConfigError(f"{key}.derive.{both}: columns gives {both} too: keep one of them.")
    for name, mapped in spec.values.items():
        for ours_value in mapped.values():
            _check_value(ours[name], ours_value, f"{key}.values.{name}")
    for name, value in spec.defaults.items():
        _check_value(ours[name], _written(value), f"{key}.defaults.{name}")
    if spec.date_format:
        check_date_format(spec.date_format, f"{key}.date_format")


def check_columns(table: Table, spec: TableSpec, theirs: Iterable[str], where: str) -> None:
    """Raises DataError where `where` (a file) lacks a column that is required or that the configuration names."""
    names = {name.lower(): name for name in theirs if name not in HELPERS}
    key = f"source.tables.{table.name}"
    for ours, wanted in spec.columns.items():
        if wanted.lower() not in names:
            raise DataError(
                f"{where} has no column '{wanted}', which {key}.columns.{ours} names{_holds(wanted, names)}."
            )
    for ours, derive in spec.derive.items():
        if _their_name(derive, spec, names) not in names:
            told = f"{key}.derive.{ours} names{_holds(derive.column, names)}"
            raise DataError(f"{where} has no column '{derive.column}', which {told}.")
    given = {*spec.columns, *spec.derive, *spec.defaults}
    missing = next((name for name in table.required if name not in given and name not in names), None)
    if missing:
        told = f"table {table.name} needs{_holds(missing, names)}"
        raise DataError(f"{where} has no column '{missing}', which {told}: add it, or map it under {key}.columns.")


def fits(table: Table, spec: TableSpec, theirs: Iterable[str]) -> bool:
    """Whether a file with the columns `theirs` can be one of this table's."""
    try:
        check_columns(table, spec, theirs, "")
    except DataError:
        return False
    return True


def map_table(raw: ibis.Table, table: Table, spec: TableSpec) -> ibis.Table:
    """`raw`, with their names, as the canonical table; `check_columns` has been passed.

    Canonical columns that can be had, then what nobody asked for under its own name, then the helper columns.
    """
    theirs = {name.lower(): name for name in raw.columns if name not in HELPERS}
    whole = raw[BAD].isnull() if BAD in raw.columns else None
    mapped = {column.name: _column(raw, column, spec, theirs, whole) for column in table.columns}
    mapped = {name: value for name, value in mapped.items() if value is not None}
    used = {name.lower() for name in spec.columns.values()} | set(mapped) - set(spec.columns) - set(spec.derive)
    used |= {_their_name(derive, spec, theirs) for derive in spec.derive.values()}
    extra = {name: raw[name] for low, name in theirs.items() if low not in used}
    extra = {f"{name} (theirs)" if name.lower() in mapped else name: value for name, value in extra.items()}
    helpers = {name: raw[name] for name in HELPERS if name in raw.columns}
    return raw.select(**mapped, **extra, **helpers)


def _column(
    raw: ibis.Table, column: Column, spec: TableSpec, theirs: Mapping[str, str], whole: Value | None
) -> Value | None:
    name = column.name
    value: Value | None = None
    if name in spec.derive:
        value = _derived(raw[theirs[_their_name(spec.derive[name], spec, theirs)]], spec.derive[name])
    elif (wanted := spec.columns.get(name, name).lower()) in theirs:
        value = raw[theirs[wanted]]
        value = _translated(value, spec.values[name]) if name in spec.values else value
        value = _dated(value, raw, column, spec, theirs) if spec.date_format else value
    if name not in spec.defaults:
        return value
    constant = ibis.literal(_written(spec.defaults[name]))
    filled = (
        constant
        if value is None
        else value.fill_null(constant if value.type().is_string() else constant.cast(value.type()))
    )
    return filled if whole is None else whole.ifelse(filled, ibis.null(filled.type()))


def _their_name(derive: Derive, spec: TableSpec, theirs: Mapping[str, str]) -> str:
    """The column that a flag is derived from, in lower case: theirs, or else the one that is mapped to this name."""
    name = derive.column.lower()
    return name if name in theirs else spec.columns.get(derive.column, derive.column).lower()


def _derived(cell: Value, derive: Derive) -> Value:
    found = _text(cell).strip().lower().isin([value.strip().lower() for value in derive.values])
    return ~found if derive.negate else found


def _translated(cell: Value, values: Mapping[str, str]) -> Value:
    text = _text(cell)
    cases = [(theirs.strip().lower(), ours) for theirs, ours in values.items()]
    return text.strip().lower().cases(*cases, else_=text)


def _dated(cell: Value, raw: ibis.Table, column: Column, spec: TableSpec, theirs: Mapping[str, str]) -> Value:
    """`cell` in ISO where it is a date written as the configuration says, also one in a history of changes."""
    if spec.date_format is None or not cell.type().is_string():
        return cell
    if column.kind in (Kind.DATE, Kind.INSTANT):
        return to_iso(cell, spec.date_format)
    field = theirs.get(spec.columns.get("field", "field").lower())
    if column.name not in ("old_value", "new_value") or field is None:
        return cell
    about = _translated(raw[field], spec.values.get("field", {})) if "field" in spec.values else raw[field]
    return (_text(about).strip().lower() == "close_date").ifelse(to_iso(cell, spec.date_format), cell)


def _text(cell: Value) -> StringValue:
    text: StringValue = cell if cell.type().is_string() else cell.cast("string")
    return text


def _written(value: Constant) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _check_value(column: Column, value: str, key: str) -> None:
    """Raises ConfigError for a constant that can be no cell of `column`."""
    try:
        if column.kind is Kind.DATE:
            date.fromisoformat(value)
        elif column.kind in (Kind.MONEY, Kind.NUMBER) and not Decimal(value).is_finite():
            raise ValueError
    except (ValueError, InvalidOperation) as error:
        kind = "date like 2024-01-31" if column.kind is Kind.DATE else "number"
        raise ConfigError(f"{key}: '{value}' is no {kind}: mend it.") from error
    choices = ("true", "false") if column.kind is Kind.FLAG else column.choices
    if choices and value not in choices:
        raise ConfigError(f"{key}: '{value}' is none of {', '.join(choices)}{_nearest(value, choices)}.")


def _nearest(name: str, names: Iterable[str]) -> str:
    near = get_close_matches(name.lower(), [each.lower() for each in names], n=1)
    return f": do you mean '{near[0]}'?" if near else ""


def _holds(wanted: str, names: Mapping[str, str]) -> str:
    near = get_close_matches(wanted.lower(), list(names), n=1)
    nearest = f", nearest '{names[near[0]]}'" if near else ""
    return f" (it has {', '.join(names.values())}{nearest})"
