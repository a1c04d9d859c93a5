"""Rows as Salesforce answers them, as CSV or as JSON, to Arrow tables of the types that it describes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from monitor.sources.salesforce.objects import Shape

PART = "_part"
"""The column that says which part a row was read with."""
_MOMENT = pa.timestamp("us", "UTC")
_NUMBER = pa.decimal128(38, 9)
_STEP = Decimal("1e-9")
_TYPES = {
    "boolean": pa.bool_(),
    "int": pa.int64(),
    "double": _NUMBER,
    "currency": _NUMBER,
    "percent": _NUMBER,
    "date": pa.date32(),
    "datetime": _MOMENT,
}
"""Type as Salesforce has it, to Arrow's; any other is text."""


class BrokenPage(ValueError):
    """A page that does not hold what it says: it is asked for again."""


def schema(shape: Shape) -> pa.Schema:
    """The columns of a part."""
    columns = [(field.column, _TYPES.get(field.type, pa.string())) for field in shape.fields]
    return pa.schema([*columns, (PART, pa.int32())])


def from_csv(content: bytes, shape: Shape, part: int) -> pa.Table:
    """A page of a bulk job. Raises BrokenPage."""
    if not content.strip():
        return schema(shape).empty_table()
    texts = dict.fromkeys(shape.names, pa.string())
    try:
        read = csv.read_csv(
            io.BytesIO(content),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=texts, include_columns=list(shape.names), null_values=[""], strings_can_be_null=True
            ),
        )
        columns = [_cast(read[field.name], _TYPES.get(field.type, pa.string())) for field in shape.fields]
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise BrokenPage(str(error)) from error
    return _table(columns, shape, part)


def from_json(records: Sequence[Mapping[str, Any]], shape: Shape, part: int) -> pa.Table:
    """A page of a query. Raises BrokenPage."""
    try:
        columns = [
            _cast(pa.array([_text(record.get(field.name)) for record in records], pa.string()), _TYPES.get(field.type))
            for field in shape.fields
        ]
    except pa.ArrowInvalid as error:
        raise BrokenPage(str(error)) from error
    return _table(columns, shape, part)


def last(table: pa.Table, column: str) -> str | None:
    """The latest moment in a column, as Salesforce writes it; None without one."""
    found = pc.max(table[column]).as_py()
    return None if found is None else written(found)


def written(moment: datetime) -> str:
    """A moment as SOQL takes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace("000Z", "Z")


def _table(columns: list[pa.ChunkedArray | pa.Array], shape: Shape, part: int) -> pa.Table:
    size = len(columns[0])
    return pa.Table.from_arrays([*columns, pa.array([part] * size, pa.int32())], schema=schema(shape))


def _cast(column: pa.ChunkedArray | pa.Array, kind: pa.DataType | None) -> pa.ChunkedArray | pa.Array:
    if kind is None or kind == pa.string():
        return column
    try:
        return pc.cast(column, kind)
    except pa.ArrowInvalid:
        if kind != _NUMBER:
            raise
    try:
        rounded = [None if cell is None else Decimal(cell).quantize(_STEP) for cell in column.to_pylist()]
    except InvalidOperation as error:
        raise BrokenPage("a number that is none") from error
    return pa.array(rounded, kind)


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"  # Salesforce writes ten million as 1.0E7
    return json.dumps(value, default=str) if isinstance(value, (dict, list)) else str(value)
