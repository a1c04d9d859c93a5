"""Tables brought into the shape that a surface has room for."""

from __future__ import annotations

from monitor.core.messages import Cell, Room, Row, Table, plain


def shaped(table: Table, room: Room) -> Table:
    """Without the columns that say nothing, and without those that there is no room for."""
    kept = [
        at
        for at, column in enumerate(table.columns)
        if column.room <= room and (at == 0 or any(_says(row.cells[at]) for row in table.rows))
    ]
    columns = tuple(table.columns[at] for at in kept)
    return Table(table.title, columns, tuple(Row(tuple(row.cells[at] for at in kept), row.group) for row in table.rows))


def _says(cell: Cell) -> bool:
    return bool(cell.spark and cell.spark.values) or bool(plain(cell.line).strip())
