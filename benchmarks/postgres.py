"""Times `status --json` on a PostgreSQL that this starts: a first run, one after deals changed, one after none did."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from generate import generate
from psycopg import sql
from run import AS_OF, ROOT, Run, monitor, report, run

sys.path.insert(0, str(ROOT))
from tests.postgres import binaries, running

TABLES = ("accounts", "opportunities", "opportunity_history", "quotas", "reps", "spend")
CHANGED = 1_000
_TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_decimal, "numeric"),
    (pa.types.is_integer, "bigint"),
    (pa.types.is_floating, "double precision"),
)


def load(connection: psycopg.Connection, folder: Path) -> None:
    """The generated tables, as a load tool leaves them: no index, analysed."""
    for name in TABLES:
        parquet = pq.ParquetFile(folder / f"{name}.parquet")
        columns = ", ".join(f"{column.name} {_type(column.type)}" for column in parquet.schema_arrow)
        connection.execute(f"CREATE TABLE {name} ({columns})")
        asked = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(sql.Identifier(name))
        with connection.cursor().copy(asked) as copy:
            for batch in parquet.iter_batches(200_000):
                held = pa.BufferOutputStream()
                pacsv.write_csv(batch, held, pacsv.WriteOptions(include_header=False))
                copy.write(held.getvalue().to_pybytes())
    connection.execute("ANALYZE")


def _type(arrow: pa.DataType) -> str:
    return next((name for fits, name in _TYPES if fits(arrow)), "text")


def change(connection: psycopg.Connection) -> None:
    """What a week brings: amounts of some open deals, with their history."""
    connection.execute(
        f"WITH chosen AS (SELECT opportunity_id, amount FROM opportunities WHERE NOT is_closed LIMIT {CHANGED}),"
        " changed AS (UPDATE opportunities o SET amount = chosen.amount + 100 FROM chosen"
        "  WHERE o.opportunity_id = chosen.opportunity_id)"
        " INSERT INTO opportunity_history (opportunity_id, field, old_value, new_value, changed_at)"
        f" SELECT opportunity_id, 'amount', amount::text, (amount + 100)::text, date '{AS_OF}' - 1 FROM chosen"
    )


def measure(deals: int, folder: Path) -> None:
    """Three lines of the table."""
    found = binaries()
    if found is None:
        raise SystemExit("PostgreSQL (initdb, pg_ctl) is not installed: install postgresql")
    config = folder / "config.yaml"
    config.write_text(
        "company: Bench\nexpansion: {started: 2024-04-01}\nsource: {type: sql}\n"
        "indicators: {cac_payback: {gross_margin: {smb: 0.75}}}\n"
        f"database: sqlite:///{folder / 'log.db'}\n"
    )
    asked = monitor("status", "--json", "--as-of", AS_OF, "--config", str(config))
    with running(found) as server:
        url = server.create("bench")
        with psycopg.connect(url, autocommit=True) as connection:
            load(connection, generate(deals, "parquet"))

            def timed(name: str) -> Run:
                once = run(asked, {"SOURCE_URL": url})
                report(f"`status --json`, {deals:,} deals in PostgreSQL, {name}", [once])
                return once

            timed("first run")
            change(connection)
            timed(f"after {CHANGED:,} deals changed")
            timed("after nothing changed")


def main() -> None:
    """One million deals with four million history rows, or as many as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deals", type=int, nargs="?", default=1_000_000)
    deals = parser.parse_args().deals
    print("| command | seconds | CPU seconds of this program | peak MB of it | runs |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        measure(deals, Path(folder))


if __name__ == "__main__":
    main()
