"""The tables in Fivetran's shape, made of the tables before and of the pieces of a reading; DuckDB does the work."""
# ruff: noqa: S608  # the SQL holds names of this room, and quoted ones: of the cache's files and of properties

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from monitor.errors import DataError
from monitor.sources.engine import Engine
from monitor.sources.hubspot.cache import writing
from monitor.sources.hubspot.shape import FLAGS, TABLES, column

if TYPE_CHECKING:
    import ibis

WRITTEN = (
    "deal", "deal_property_history", "deal_company", "merged_deal", "company", "owner", "deal_pipeline",
    "deal_pipeline_stage", "portal_currency",
)  # fmt: skip
_NEWEST = "portal_currency"
"""A table that a folder written by an earlier version does not have."""
_OUR_FAULT = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException, duckdb.InternalException)
_OWN_PROPERTIES = {"deal": "deals", "archived_deal": "deals", "company": "companies", "archived_company": "companies"}


@dataclass(frozen=True)
class Made:
    """What became of a reading."""

    live: int
    """Deals that are neither archived, merged away nor gone."""
    rows: int
    gone_stages: tuple[str, ...]
    """Stages in which deals stand and that HubSpot has no more."""


def make(before: Path | None, pieces: Sequence[Path], properties: Mapping[str, Sequence[str]], to: Path) -> Made:
    """Writes every table into the folder `to`. Raises DataError where a file of the cache is damaged."""
    with writing(to.parent):
        to.mkdir()
    with _engine(before) as con:
        for name in TABLES:
            _open(con, name, before, pieces, properties)
        con.execute(_MAKE)
        for name in WRITTEN:
            con.execute(f"COPY made_{name} TO {_quoted(to / f'{name}.parquet')} (FORMAT parquet)")
        return Made(
            live=_number(con, _LIVE),
            rows=sum(_number(con, f"SELECT count(*) FROM made_{name}") for name in ("deal", "company")),
            gone_stages=tuple(str(row[0]) for row in con.execute(_GONE_STAGES).fetchall()),
        )


def live_ids(folder: Path) -> set[str]:
    """The ids of deals that are neither archived, merged away nor gone."""
    with _engine(folder) as con:
        for name in ("deal", "merged_deal"):
            con.execute(f"CREATE VIEW made_{name} AS FROM read_parquet({_quoted(folder / f'{name}.parquet')})")
        return {str(row[0]) for row in con.execute(f"SELECT deal_id {_OF_LIVE}").fetchall()}


def raw_tables(engine: Engine, folder: Path) -> Mapping[str, ibis.Table]:
    """The tables of a folder, lazy."""
    files = {name: folder / f"{name}.parquet" for name in WRITTEN}
    if not files[_NEWEST].exists():
        del files[_NEWEST]
    with _reading(folder):
        return {
            name: engine.ibis.read_parquet(glob.escape(str(file)), table_name=f"hubspot_{name}")
            for name, file in files.items()
        }


@contextmanager
def _engine(folder: Path | None) -> Iterator[Any]:
    engine = Engine()
    try:
        with _reading(folder):
            yield engine.ibis.con
    finally:
        engine.close()


@contextmanager
def _reading(folder: Path | None) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        if isinstance(error, _OUR_FAULT):
            raise
        where = "the folder" if folder is None else f"'{folder.parent}'"
        cause = str(error).strip().splitlines()[0].rstrip(".")
        raise DataError(
            f"source.cache: {where} holds what cannot be read or written ({cause}): empty it and read HubSpot anew."
        ) from error


def _open(
    con: Any, name: str, before: Path | None, pieces: Sequence[Path], properties: Mapping[str, Sequence[str]]
) -> None:
    """A view of all rows of one table, `piece` 0 being the tables before; columns that nobody wrote are null."""
    files = [path for place in pieces if (path := place / f"{name}.parquet").exists()]
    old = before / f"{name}.parquet" if before else None
    parts = [f"SELECT * FROM {_files(files)}"] if files else []
    if old is not None and old.exists():
        parts.append(f"SELECT *, 0::BIGINT AS piece FROM {_files([old])}")
    names = [*TABLES[name], *(column(each) for each in properties.get(_OWN_PROPERTIES.get(name, ""), ()))]
    typed = [f"NULL::{'BOOLEAN' if each in FLAGS else 'VARCHAR'} AS {_name(each)}" for each in names]
    deleted = ["NULL::BOOLEAN AS is_deleted", "NULL::BOOLEAN AS _fivetran_deleted"]
    empty = f"SELECT {', '.join([*typed, *deleted])}, NULL::BIGINT AS piece WHERE false"
    con.execute(f"CREATE VIEW all_{name} AS {' UNION ALL BY NAME '.join([empty, *parts])}")


def _files(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(map(_quoted, paths))}], union_by_name = true, hive_partitioning = false)"


def _quoted(path: Path) -> str:
    return "'" + glob.escape(str(path)).replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _number(con: Any, query: str) -> int:
    return int(con.execute(query).fetchone()[0])


def _latest(table: str, key: str) -> str:
    """The newest row of each key."""
    return f"SELECT * FROM {table} QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY piece DESC) = 1"


_OF_LIVE = "FROM made_deal WHERE NOT is_deleted AND deal_id NOT IN (SELECT merged_deal_id FROM made_merged_deal)"
_LIVE = f"SELECT count(*) {_OF_LIVE}"
_GONE_STAGES = """
SELECT DISTINCT deal_pipeline_stage_id FROM made_deal
WHERE NOT is_deleted AND deal_pipeline_stage_id IS NOT NULL AND deal_pipeline_stage_id NOT IN (
    SELECT stage_id FROM made_deal_pipeline_stage WHERE NOT _fivetran_deleted
) ORDER BY 1
"""


def _soft(table: str, key: str) -> str:
    """A table that is read whole each time: what HubSpot has no more is kept, marked as deleted."""
    return f"""
CREATE TABLE made_{table} AS SELECT * EXCLUDE (piece, is_deleted) REPLACE (piece = 0 AS _fivetran_deleted)
FROM ({_latest("all_" + table, key)});
"""


_MAKE = f"""
CREATE TABLE made_deal AS
WITH known AS ({_latest("all_deal", "deal_id")}),
archived AS ({_latest("all_archived_deal", "deal_id")}),
marked AS (
    SELECT * REPLACE (
        CASE WHEN deal_id IN (SELECT deal_id FROM archived) OR deal_id IN (SELECT deal_id FROM all_gone_deal) THEN true
        WHEN piece > 0 THEN false ELSE coalesce(is_deleted, false) END AS is_deleted
    ) FROM known
    UNION ALL BY NAME
    SELECT * REPLACE (true AS is_deleted) FROM archived WHERE deal_id NOT IN (SELECT deal_id FROM known)
)
SELECT * EXCLUDE (piece, _fivetran_deleted) FROM marked;
CREATE TABLE newest AS SELECT deal_id, max(piece) AS piece FROM all_deal
WHERE deal_id IN (SELECT deal_id FROM made_deal WHERE NOT is_deleted) GROUP BY deal_id;
CREATE TABLE made_deal_property_history AS
SELECT * EXCLUDE (piece, is_deleted, _fivetran_deleted) FROM all_deal_property_history SEMI JOIN newest
USING (deal_id, piece);
CREATE TABLE made_deal_company AS
SELECT DISTINCT * EXCLUDE (piece, is_deleted, _fivetran_deleted) FROM all_deal_company SEMI JOIN newest
USING (deal_id, piece);
CREATE TABLE made_merged_deal AS
SELECT DISTINCT deal_id, trim(merged) AS merged_deal_id FROM (
    SELECT deal_id, unnest(string_split({column("hs_merged_object_ids")}, ';')) AS merged
    FROM made_deal
) WHERE trim(merged) NOT IN ('', deal_id);
CREATE TABLE made_company AS
WITH known AS ({_latest("all_company", "id")}),
archived AS ({_latest("all_archived_company", "id")})
SELECT * EXCLUDE (piece, _fivetran_deleted) REPLACE (
    CASE WHEN id IN (SELECT id FROM archived) THEN true WHEN piece > 0 THEN false
    ELSE coalesce(is_deleted, false) END AS is_deleted
) FROM known;
{_soft("owner", "owner_id")}
{_soft("deal_pipeline", "pipeline_id")}
{_soft("deal_pipeline_stage", "stage_id")}
CREATE TABLE made_portal_currency AS SELECT * EXCLUDE (piece, is_deleted, _fivetran_deleted) FROM all_portal_currency
WHERE piece = (SELECT max(piece) FROM all_portal_currency);
"""
