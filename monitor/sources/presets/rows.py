"""Which rows of a raw table count: the latest of each id, none that is deleted; and how they are handed on."""

from __future__ import annotations

import ibis
from ibis.expr.types import Value

from monitor.sources.presets.cells import flag, ident, text
from monitor.sources.presets.preset import Raw
from monitor.sources.source import BAD, FILE, LINE

_READ_AT = ("_airbyte_extracted_at", "_airbyte_emitted_at")
_CHANGED = ("system_modstamp", "updated_at", "last_modified_date")
_GONE = ("is_deleted", "_fivetran_deleted", "archived")


def living(raw: Raw, *key: str) -> Raw:
    """The rows that are there today: of several versions the latest, and none that is deleted."""
    return undeleted(_latest(_active(raw), *key))


def undeleted(raw: Raw) -> Raw:
    """The rows that are not deleted; of a history, also those that are no longer in force."""
    return raw.filter(*(~flag(cell).fill_null(False) for cell in raw.cells(*_GONE)))


def _active(raw: Raw) -> Raw:
    """In Fivetran's history mode, the versions in force."""
    return raw.filter(*(flag(cell).fill_null(True) for cell in raw.cells("_fivetran_active")))


def _latest(raw: Raw, *key: str) -> Raw:
    """Airbyte appends a row for every version unless it is told to deduplicate."""
    read_at, id_ = raw.cell(*_READ_AT), raw.cell(*key)
    if read_at is None or id_ is None:
        return raw
    order = [cell.desc() for cell in (*list(raw.cells(*_CHANGED))[:1], read_at)]
    nth = ibis.row_number().over(ibis.window(group_by=ident(id_), order_by=order))
    return Raw(raw.table.mutate(nth_version=nth).filter(lambda rows: rows.nth_version == 0).drop("nth_version"))


def one_of_each(rows: ibis.Table, key: str, *by: Value) -> ibis.Table:
    """The first row, in the order `by`, of each value of the column `key`."""
    nth = ibis.row_number().over(ibis.window(group_by=key, order_by=by))
    return rows.mutate(nth_of_key=nth).filter(lambda ranked: ranked.nth_of_key == 0).drop("nth_of_key")


def addressed(raw: Raw | None, *key: str) -> ibis.Table | None:
    """The id and mail address of every user, and whether it is `gone`; None where there is no such column."""
    id_, email = (None, None) if raw is None else (raw.as_(ident, *key), raw.as_(text, "email"))
    if raw is None or id_ is None or email is None:
        return None
    return raw.table.select(rep_id=id_, email=email, gone=ibis.or_(*gone(raw))).distinct()


def gone(raw: Raw) -> list[Value]:
    """Whether a person is there no more, by each column that tells it: Salesforce shuts a login, it deletes none."""
    shut = [~flag(cell).fill_null(True) for cell in raw.cells("is_active")]
    return [*(flag(cell).fill_null(False) for cell in raw.cells(*_GONE)), *shut]


def shaped(raw: Raw, **cells: Value | None) -> ibis.Table:
    """The canonical columns that can be had, then the raw ones under their own names, for a company's own mapping."""
    there = {name: cell for name, cell in cells.items() if cell is not None}
    taken = {*there, FILE, LINE, BAD}
    rest = {column: raw.table[column] for column in raw.table.columns if column.lower() not in taken}
    return raw.table.select(**there, **rest)
