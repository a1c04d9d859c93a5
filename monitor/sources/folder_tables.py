"""The canonical tables of a folder, brought into the embedded engine: CSV copied, Parquet left where it is."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
import pyarrow as pa

from monitor.core.counted import counted
from monitor.core.source_spec import SourceSpec
from monitor.core.tables import EXAMPLE, TABLES, Table
from monitor.errors import DataError
from monitor.sources.csv_reader import CsvFile, batches, open_csv, schema
from monitor.sources.engine import Engine
from monitor.sources.files import WORKBOOKS, Found, TableFiles, find, folder_of, names_in
from monitor.sources.mapping import Names, check_columns, check_spec, fits, known_columns, map_table
from monitor.sources.rep_quotas import add_quotas
from monitor.sources.sheets import amounts, refuse_two_ways, without_examples
from monitor.sources.source import FILE

NEEDED = "opportunities"


@dataclass(frozen=True)
class FolderTables:
    """The tables, what a person should know about the folder, and the engine that holds them."""

    tables: Mapping[str, ibis.Table]
    remarks: tuple[str, ...]
    engine: Engine

    def close(self) -> None:
        self.engine.close()


def load(spec: SourceSpec) -> FolderTables:
    """Read a folder. Raises DataError, ConfigError where it cannot be used; the engine is closed then."""
    for name, table_spec in spec.tables.items():
        check_spec(TABLES[name], table_spec)
    found = find(spec)
    engine = Engine()
    with ExitStack() as unless_loaded:
        unless_loaded.callback(engine.close)
        loaded = _Loading(spec, found, engine).run()
        unless_loaded.pop_all()
    return loaded


def read_table(spec: SourceSpec, name: str) -> tuple[pa.Table | None, tuple[str, ...]]:
    """One canonical table of a folder by itself, here, None where it holds no row; and what a person should know.

    Raises DataError, ConfigError where it cannot be used.
    """
    check_spec(TABLES[name], spec.table(name))
    files = find(spec).tables.get(name)
    if files is None:
        folder = folder_of(spec)
        raise DataError(
            f"source.tables.{name}.path: '{folder}' holds no {name}.csv (it holds {names_in(folder)}): name the file."
        )
    engine = Engine()
    try:
        loading = _Loading(spec, Found({name: files}, ()), engine)
        raw = loading.csv(files) if files.format == "csv" else loading.parquet(files)
        rows = None if raw is None else map_table(raw, TABLES[name], spec.table(name), spec.currency).to_pyarrow()
        return rows, tuple(loading.remarks)
    finally:
        engine.close()


class _Loading:
    """One reading of a folder."""

    def __init__(self, spec: SourceSpec, found: Found, engine: Engine) -> None:
        self.spec = spec
        self.found = found
        self.engine = engine
        self.remarks = [_not_read(path) for path in found.unread]

    def run(self) -> FolderTables:
        tables: dict[str, ibis.Table] = {}
        for name, files in self.found.tables.items():
            raw = self.csv(files) if files.format == "csv" else self.parquet(files)
            if raw is not None:
                tables[name] = map_table(raw, TABLES[name], self.spec.table(name), self.spec.currency)
        if NEEDED not in tables and self.spec.table(NEEDED).type is None:
            folder = folder_of(self.spec)
            raise DataError(
                f"There is no table {NEEDED} in '{folder}', which holds {names_in(folder)}: add {NEEDED}.csv or "
                f"{NEEDED}.parquet, or name the file under source.tables.{NEEDED}.file."
            )
        self.add_quotas(tables)
        return FolderTables(tables, tuple(self.remarks), self.engine)

    def add_quotas(self, tables: dict[str, ibis.Table]) -> None:
        """Those that a rule makes, where all that it makes them of is here."""
        quotas = self.spec.table("quotas")
        if quotas.from_reps is None or any(self.spec.table(name).type for name in ("quotas", "reps", NEEDED)):
            return
        if "reps" not in tables:
            raise DataError(
                "source.tables.quotas.from_reps needs the table reps, which the folder does not hold: add it."
            )
        add_quotas(tables, quotas, self.spec)

    def csv(self, files: TableFiles) -> ibis.Table | None:
        """The parts as one table of texts in the engine, None without a row."""
        table, spec = TABLES[files.table], self.spec.table(files.table)
        wanted = self.spec.table("quotas").from_reps if files.table == "reps" else None
        known = known_columns(table, spec, [wanted] if wanted else [])
        parts: list[CsvFile] = []
        for path in sorted(files.parts + files.doubtful):
            part = open_csv(path, self.name(path), self.spec, known)
            if path not in files.doubtful:
                check_columns(table, spec, part.header, part.name)
            elif not fits(table, spec, part.header):
                self.leave(path, files.table)
                continue
            parts.append(part)
        columns = tuple({name.lower(): name for part in reversed(parts) for name in part.header}.values())
        rows, examples = self.copy(files.table, columns, parts)
        if examples:
            self.remarks.append(_not_counted(examples, files.table, rows))
        elif parts:
            self.has_rows(rows, files.table, parts[0].name)
        if not rows:
            return None
        self.refuse_two_ways(table, columns, wanted)
        return self.engine.ibis.table(files.table)

    def refuse_two_ways(self, table: Table, columns: tuple[str, ...], quota: str | None) -> None:
        """Raises DataError for amounts that may be a thousand times what they seem; `quota` is for `from_reps`."""
        spec, names, rows = self.spec.table(table.name), Names(columns), self.engine.ibis.con.table(table.name)
        if spec.number_format is None:
            wanted = (names.find(spec.columns.get(name, name)) for name in amounts(table))
            refuse_two_ways(rows, (name for name in wanted if name), f"source.tables.{table.name}")
        column = names.find(quota) if quota else None
        if column and self.spec.table("quotas").number_format is None:
            refuse_two_ways(rows, [column], "source.tables.quotas")

    def copy(self, table: str, columns: tuple[str, ...], parts: list[CsvFile]) -> tuple[int, list[str]]:
        """Copy the parts into the engine, batch by batch; the number of rows, and where examples stand, not copied."""
        connection = self.engine.ibis.con
        connection.from_arrow(schema(columns).empty_table()).create(table)
        rows = 0
        examples: list[str] = []
        for every in batches(parts, columns):
            batch, places = without_examples(every, table)
            examples += places
            connection.from_arrow(batch).insert_into(table)
            rows += batch.num_rows
        return rows, examples

    def parquet(self, files: TableFiles) -> ibis.Table | None:
        """The parts as one lazy table, None without a row."""
        table, spec = TABLES[files.table], self.spec.table(files.table)
        parts: list[Path] = []
        rows = 0
        for path in sorted(files.parts + files.doubtful):
            columns, count = self.footer(path)
            if path not in files.doubtful:
                check_columns(table, spec, columns, self.name(path))
            elif not fits(table, spec, columns):
                self.leave(path, files.table)
                continue
            parts.append(path)
            rows += count
        if not parts or not self.has_rows(rows, files.table, self.name(parts[0])):
            return None
        return self.view(files.table, parts)

    def view(self, table: str, parts: list[Path]) -> ibis.Table:
        paths = [glob.escape(str(path)) for path in parts]
        more = {"filename": "_path"} if len(parts) > 1 else {}
        try:
            raw = self.engine.ibis.read_parquet(paths, union_by_name=True, hive_partitioning=False, **more)
        except duckdb.Error as error:
            raise DataError(f"The Parquet files of table {table} do not go together ({_first_line(error)}).") from error
        if not more:
            return raw.mutate(**{FILE: ibis.literal(self.name(parts[0]))})
        names = [(str(path), self.name(path)) for path in parts]
        return raw.mutate(**{FILE: raw["_path"].cases(*names, else_=raw["_path"])}).drop("_path")

    def footer(self, path: Path) -> tuple[list[str], int]:
        """The columns and the number of rows of a Parquet file."""
        connection, pattern = self.engine.ibis.con, glob.escape(str(path))
        try:
            columns = [
                row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [pattern]).fetchall()
            ]
            count = connection.execute("SELECT num_rows FROM parquet_file_metadata(?)", [pattern]).fetchall()
        except duckdb.Error as error:
            raise DataError(
                f"{self.name(path)} is no readable Parquet file ({_first_line(error)}): export it again."
            ) from error
        return columns, int(count[0][0])

    def has_rows(self, rows: int, table: str, name: str) -> bool:
        if rows:
            return True
        if table == NEEDED:
            raise DataError(
                f"{name} holds a header and no rows, and table {table} is needed for anything: export it again."
            )
        self.remarks.append(f"{name} holds no rows, so table {table} is taken as absent.")
        return False

    def leave(self, path: Path, table: str) -> None:
        self.remarks.append(f"{self.name(path)} is not read: it has not the columns of table {table}.")

    def name(self, path: Path) -> str:
        """How a file is called in sentences: from the source's folder on."""
        folder = folder_of(self.spec)
        return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _not_read(path: Path) -> str:
    if path.suffix.lower() in WORKBOOKS:
        return f"{path.name} is not read: export its sheet as CSV, under the name of its table."
    return f"{path.name} is not read: its name is no table's."


def _not_counted(examples: list[str], table: str, rows: int) -> str:
    if rows:
        stands = f"{EXAMPLE} stands in {counted(len(examples), 'row')}"
        return f"{examples[0]}: {stands}, not counted: put your own in its place."
    return (
        f"{examples[0]}: there is nothing but {EXAMPLE}, so table {table} is taken as absent: put rows of your own in "
        "its place."
    )


def _first_line(error: duckdb.Error) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
