"""The source as the configuration says it: tables and columns that exist, constants of the right kind."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path as Folder

from monitor.config.kinds import day
from monitor.config.lines import Path
from monitor.config.model import SourceSection, TableSection
from monitor.config.words import Problem, choice, shown, unknown
from monitor.core.calendar import FiscalCalendar
from monitor.core.secret import Secret
from monitor.core.source_spec import Constant, Derive, SourceSpec, TableSpec
from monitor.core.tables import TABLES, Column, Kind, Table

CRMS = ("salesforce", "hubspot")
"""Types of sources that are read over an API; presets are called like them."""
_OF_DEALS = ("opportunities", "opportunity_history")
"""Tables whose rows are read where they are."""
_SAMPLE = datetime(2025, 4, 23, 17, 6, 8)  # noqa: DTZ001  # a day whose parts all differ, to try a date format on
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def source_spec(
    section: SourceSection, folder: Folder, calendar: FiscalCalendar, currency: str, secrets: Mapping[str, Secret]
) -> SourceSpec:
    """What a source is opened from; paths from `folder`, the one that holds config.yaml."""
    return SourceSpec(
        type=section.type,
        path=_place(folder, section.path),
        preset=section.preset,
        schema=section.schema,
        scratch=section.scratch,
        cache=_place(folder, section.cache),
        max_calls=section.max_calls,
        secrets=secrets,
        encoding=section.encoding,
        delimiter=section.delimiter,
        tables={name: _table_spec(TABLES[name], table, folder) for name, table in section.tables.items()},
        scenario=section.scenario,
        seed=section.seed,
        calendar=calendar,
        currency=currency,
    )


def _place(folder: Folder, path: str | None) -> Folder | None:
    return None if path is None else folder / path


def _table_spec(table: Table, section: TableSection, folder: Folder) -> TableSpec:
    flags = {name: Derive(d.column, d.values or d.others or (), d.values is None) for name, d in section.derive.items()}
    return TableSpec(
        file=section.file,
        table=section.table,
        type=section.type,
        path=_place(folder, section.path),
        columns=section.columns,
        values=section.values,
        derive=flags,
        defaults={name: constant(table.column(name), text) for name, text in section.defaults.items()},
        date_format=section.date_format,
        number_format=section.number_format,
        from_reps=section.from_reps,
        per=section.per,
        ramp=section.ramp,
    )


def constant(column: Column, text: str) -> Constant:
    """`text` as a cell of `column` holds it. Raises ValueError with what is accepted."""
    try:
        match column.kind:
            case Kind.FLAG:
                return _FLAGS[text.lower()]
            case Kind.MONEY | Kind.NUMBER:
                return _number(text)
            case Kind.DATE | Kind.INSTANT:
                return day(text)
    except (KeyError, ValueError, InvalidOperation):
        raise ValueError(f"must be {_NOUNS[column.kind]}, not {shown(text)}") from None
    if column.choices and text not in column.choices:
        raise ValueError(f"must be {choice(column.choices)}, not {shown(text)}")
    return text


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or (number and not -12 <= number.adjusted() <= 15):
        raise ValueError("too large, too small or no number")
    return number


_NOUNS = {
    Kind.FLAG: "true or false",
    Kind.MONEY: "a number",
    Kind.NUMBER: "a number",
    Kind.DATE: "a date such as 2025-04-01",
    Kind.INSTANT: "a date such as 2025-04-01",
}


def mapping_problems(source: SourceSection) -> Iterator[Problem]:
    """What is wrong with the source and its mapping."""
    if source.type == "csv" and source.path is None:
        yield Problem(("source", "path"), "is missing; source type csv needs the folder of its files")
    if source.type in CRMS and source.cache is None:
        yield Problem(("source", "cache"), f"is missing; source type {source.type} needs a folder for what it reads")
    yield from _misfits(source)
    for name, section in source.tables.items():
        yield from _table_problems(TABLES[name], section, ("source", "tables", name))


_ONLY_OF = {
    "preset": ("sql",),
    "schema": ("sql",),
    "scratch": ("sql",),
    "cache": CRMS,
    "max_calls": ("salesforce",),
}
"""Keys that mean something to some types of sources alone."""


def _misfits(source: SourceSection) -> Iterator[Problem]:
    """Keys that the source's type has no use for."""
    for key, types in _ONLY_OF.items():
        if getattr(source, key) is not None and source.type not in types:
            yield Problem(("source", key), f"is accepted only with source type {choice(types)}, not {source.type}")
    for name, section in source.tables.items():
        kind, path = section.type or source.type, ("source", "tables", name)
        if section.table is not None and kind != "sql":
            yield Problem((*path, "table"), f"is accepted only with source type sql, not {kind}")
        if section.type == "csv" and section.path is None:
            yield Problem((*path, "path"), "is missing; type csv needs the table's file, or the folder that holds it")
        if section.type == "sql":
            yield from _fetched(name, section, source, path)
        if section.path is not None and section.type is None:
            yield Problem((*path, "type"), "is missing; a table with a path of its own is of type csv or sql")
        if section.file is not None and kind == "sql":
            yield Problem((*path, "file"), "means nothing to source type sql; name the table under table")


def _fetched(name: str, section: TableSection, source: SourceSection, path: Path) -> Iterator[Problem]:
    """A table of another database than the deals."""
    if source.type == "sql" and section.path is None:
        clause = "means nothing where the source is sql; table: SCHEMA.NAME alone names a table of the same database"
        yield Problem((*path, "type"), clause)
    elif name in _OF_DEALS:
        clause = "must not be sql, since no row of a deal leaves its database; make that the source (source.type: sql)"
        yield Problem((*path, "type"), f"{clause} and take the other tables from elsewhere")


def _table_problems(table: Table, section: TableSection, path: Path) -> Iterator[Problem]:
    names = [column.name for column in table.columns]
    for key, given in (
        ("columns", section.columns),
        ("values", section.values),
        ("derive", section.derive),
        ("defaults", section.defaults),
    ):
        for name in given:
            if name not in names:
                yield Problem((*path, key, name), unknown(name, names, f"column of {table.name}"))
    known = {column.name: column for column in table.columns}
    for name in filter(known.get, section.defaults):
        yield from _cell(known[name], section.defaults[name], (*path, "defaults", name))
    for name in filter(known.get, section.values):
        yield from _values(known[name], section.values[name], (*path, "values", name))
    yield from _derived(known, section, path)
    yield from _quotas(table, section, path)
    if section.date_format is not None and not _can_read_dates(section.date_format):
        clause = "must be a date format with day, month and year such as %d/%m/%Y"
        yield Problem((*path, "date_format"), f"{clause}, not {section.date_format!r}")


def _values(column: Column, given: Mapping[str, str], path: Path) -> Iterator[Problem]:
    for theirs, ours in given.items():
        yield from _cell(column, ours, (*path, theirs))


def _cell(column: Column, text: str, path: Path) -> Iterator[Problem]:
    try:
        constant(column, text)
    except ValueError as error:
        yield Problem(path, str(error))


def _derived(known: Mapping[str, Column], section: TableSection, path: Path) -> Iterator[Problem]:
    for name, derive in section.derive.items():
        if name in known and known[name].kind is not Kind.FLAG:
            flags = [column.name for column in known.values() if column.kind is Kind.FLAG]
            known_flags = f"only {choice(flags)} can be" if flags else "this table has none"
            yield Problem((*path, "derive", name), f"is no flag and cannot be derived; {known_flags}")
        if (derive.values is None) == (derive.others is None):
            yield Problem((*path, "derive", name), "needs either in or not_in, one of them")


def _quotas(table: Table, section: TableSection, path: Path) -> Iterator[Problem]:
    if section.from_reps is not None and table.name != "quotas":
        yield Problem((*path, "from_reps"), "is accepted only for quotas")
    if section.from_reps is None and (section.ramp or section.per != "quarter"):
        key = "ramp" if section.ramp else "per"
        yield Problem((*path, key), "means nothing without from_reps, the column that holds a constant quota")


def _can_read_dates(form: str) -> bool:
    if not any(year in form for year in ("%Y", "%y", "%G", "%c", "%x")):
        return False  # without a year it is no date, and from 3.13 on strptime warns about it
    try:
        return datetime.strptime(_SAMPLE.strftime(form), form).date() == _SAMPLE.date()  # noqa: DTZ007  # only its day
    except (ValueError, re.error):
        return False
