"""Their columns and values to the canonical ones, in Ibis, so that every source that has tables shares it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cached_property

import ibis
from ibis.expr.types import StringValue, Value

from monitor.core.source_spec import Constant, Derive, TableSpec
from monitor.core.tables import Column, Kind, Table
from monitor.errors import ConfigError, DataError
from monitor.sources.date_format import check_date_format, to_iso
from monitor.sources.number_format import SIGNS, is_reporting, to_plain
from monitor.sources.source import BAD, FILE, LINE

HELPERS = (FILE, LINE, BAD)


class Names:
    """Their columns as they are looked up: in any case, and `Rep ID` is `rep_id` where no other column is."""

    def __init__(self, theirs: Iterable[str]) -> None:
        self.all = tuple(name for name in theirs if name not in HELPERS)
        exact = {name.lower(): name for name in self.all}
        self._by_name = {plain_name(name): name for name in reversed(self.all)} | exact

    def find(self, name: str) -> str | None:
        """The column of this name, None where there is none."""
        return self._by_name.get(name.lower(), self._by_name.get(plain_name(name)))

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None


def plain_name(name: str) -> str:
    """A column's name as ours are written."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def known_columns(table: Table, spec: TableSpec, more: Iterable[str] = ()) -> frozenset[str]:
    """Every column name, as `plain_name` writes it, that a file of this table may be known by."""
    ours = {column.name for column in table.columns} - set(spec.columns)
    theirs = {*spec.columns.values(), *(derive.column for derive in spec.derive.values()), *more}
    return frozenset(plain_name(name) for name in ours | theirs)


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
    names = Names(theirs)
    key = f"source.tables.{table.name}"
    for ours, wanted in spec.columns.items():
        if wanted not in names:
            raise DataError(
                f"{where} has no column '{wanted}', which {key}.columns.{ours} names{_holds(wanted, names)}."
            )
    for ours, derive in spec.derive.items():
        if _their_name(derive, spec, names) is None:
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


def map_table(raw: ibis.Table, table: Table, spec: TableSpec, reporting: str) -> ibis.Table:
    """`raw`, with their names, as the canonical table; `check_columns` has been passed. `reporting` is the currency.

    Canonical columns that can be had, then what nobody asked for under its own name, then the helper columns.
    """
    mapped, used = _Mapping(raw, table, spec, reporting).columns()
    extra = {name: raw[name] for name in Names(raw.columns).all if name not in used}
    extra = {f"{name} (theirs)" if name.lower() in mapped else name: value for name, value in extra.items()}
    helpers = {name: raw[name] for name in HELPERS if name in raw.columns}
    return raw.select(**mapped, **extra, **helpers)


@dataclass(frozen=True)
class _Mapping:
    """One table's raw columns made into canonical ones."""

    raw: ibis.Table
    table: Table
    spec: TableSpec
    reporting: str

    @cached_property
    def names(self) -> Names:
        return Names(self.raw.columns)

    def columns(self) -> tuple[dict[str, Value], set[str]]:
        """The canonical columns that can be had, and their columns that these are made of."""
        made = {column.name: self.column(column) for column in self.table.columns}
        mapped = {name: value for name, value in made.items() if value is not None}
        sources = [
            self.names.find(self.spec.columns.get(name, name)) for name in mapped if name not in self.spec.derive
        ]
        sources += [_their_name(derive, self.spec, self.names) for derive in self.spec.derive.values()]
        return mapped, {name for name in sources if name is not None}

    def column(self, column: Column) -> Value | None:
        name, spec = column.name, self.spec
        value: Value | None = None
        if name in spec.derive:
            theirs = _their_name(spec.derive[name], spec, self.names)
            value = None if theirs is None else _derived(self.raw[theirs], spec.derive[name])
        elif (found := self.cell(name)) is not None:
            value = translated(found, spec.values[name]) if name in spec.values else found
            value = self.dated(value, column) if spec.date_format else value
            value = self.numbered(value, column)
        return value if name not in spec.defaults else self.filled(value, _written(spec.defaults[name]))

    def cell(self, name: str) -> Value | None:
        """Their cell for a canonical column, as it stands."""
        theirs = self.names.find(self.spec.columns.get(name, name))
        return None if theirs is None else self.raw[theirs]

    def filled(self, value: Value | None, text: str) -> Value:
        """A constant where there is nothing, but in rows that cannot be used."""
        constant = ibis.literal(text)
        filled = constant
        if value is not None:
            filled = value.fill_null(constant if value.type().is_string() else constant.cast(value.type()))
        return self.raw[BAD].isnull().ifelse(filled, ibis.null(filled.type())) if BAD in self.raw.columns else filled

    def dated(self, cell: Value, column: Column) -> Value:
        """`cell` in ISO where it is a date written as the configuration says, also one in a history of changes."""
        if self.spec.date_format is None or not cell.type().is_string():
            return cell
        if column.kind in (Kind.DATE, Kind.INSTANT):
            return to_iso(cell, self.spec.date_format)
        about = self.about(column)
        return cell if about is None else (about == "close_date").ifelse(to_iso(cell, self.spec.date_format), cell)

    def numbered(self, cell: Value, column: Column) -> Value:
        """`cell` as a plain number where it is one written as people do, also one in a history of changes."""
        written = self.spec.number_format
        if not cell.type().is_string() or (column.name == "rate" and written is None):
            return cell  # a rate of 1,085 is no thousand
        text = _text(cell)
        if column.kind is Kind.NUMBER:
            return to_plain(text, written)
        if column.kind is Kind.MONEY:
            return self.amount(text, written)
        about = None if written is None else self.about(column)
        return cell if about is None else (about == "amount").ifelse(self.amount(text, written), cell)

    def amount(self, text: StringValue, written: str | None) -> StringValue:
        """Without the sign of the reporting currency, where the amount is in that currency."""
        theirs = self.cell("currency") if "currency" in {column.name for column in self.table.columns} else None
        currency = None if theirs is None else is_reporting(_text(theirs), self.reporting)
        return to_plain(text, written, SIGNS.get(self.reporting), currency=currency)

    def about(self, column: Column) -> StringValue | None:
        """Of a value in a history of changes: the field that it belongs to."""
        field = self.cell("field") if column.name in ("old_value", "new_value") else None
        if field is None:
            return None
        values = self.spec.values.get("field")
        return _text(translated(field, values) if values else field).strip().lower()


def _their_name(derive: Derive, spec: TableSpec, names: Names) -> str | None:
    """The column that a flag is derived from: theirs, or else the one that is mapped to this name."""
    return names.find(derive.column) or names.find(spec.columns.get(derive.column, derive.column))


def _derived(cell: Value, derive: Derive) -> Value:
    found = _text(cell).strip().lower().isin([value.strip().lower() for value in derive.values])
    return ~found if derive.negate else found


def translated(cell: Value, values: Mapping[str, str]) -> Value:
    """A cell in our words, where `values` has one for it; else as it stands."""
    text = _text(cell)
    cases = [(theirs.strip().lower(), ours) for theirs, ours in values.items()]
    return text.strip().lower().cases(*cases, else_=text)


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


def _holds(wanted: str, names: Names) -> str:
    by_name = {name.lower(): name for name in names.all}
    near = get_close_matches(wanted.lower(), list(by_name), n=1)
    nearest = f", nearest '{by_name[near[0]]}'" if near else ""
    return f" (it has {', '.join(names.all)}{nearest})"
