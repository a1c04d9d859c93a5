"""Times `monitor.facts.load` on generated companies, each in a new process: seconds with imports, peak memory.

On DuckDB, or with `--engine spark` on a Spark: two threads of this machine, or the one that `--spark` names.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TABLES = ("accounts", "opportunities", "opportunity_history", "quotas", "reps", "spend")

AS_OF = date(2025, 12, 28)
LOCAL = "local[2]?spark.driver.memory=3g"


def measure_many(folder: Path, *, due: bool = False, trace: bool = False) -> dict[str, Any]:
    """Loads all companies of a set of tables in this process, then asks for each."""
    began = time.perf_counter()
    sys.path.insert(0, str(ROOT))
    from monitor.core.policy import FactsPolicy
    from monitor.facts.load import find_companies, load_companies

    engine = _on_duckdb(folder)
    if trace:
        _trace()
    tables, policy = engine.tables(), FactsPolicy(with_due=due)
    companies = load_companies(tables, policy, AS_OF, find_companies(tables, policy, "company_id"))
    loaded, cpu, held = time.perf_counter(), time.process_time(), _peak_mb()
    rows = sum(len(companies.one(name).facts.pipeline) for name in companies.names)
    done = time.perf_counter()
    return {
        "data": folder.name,
        "seconds": round(done - began, 2),
        "of_which_one_by_one": round(done - loaded, 2),
        "cpu_seconds": round(time.process_time(), 2),
        "of_which_one_by_one_cpu": round(time.process_time() - cpu, 2),
        "peak_mb": _peak_mb(),
        "of_which_before_one_by_one": held,
        "rows": {"pipeline": rows},
    }


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def measure(folder: Path, *, spark: str | None = None, due: bool = False, trace: bool = False) -> dict[str, Any]:
    """Loads one company in this process; on a Spark where its address is given."""
    began = time.perf_counter()
    sys.path.insert(0, str(ROOT))
    from monitor.core.policy import FactsPolicy
    from monitor.facts.load import load

    engine = _on_duckdb(folder) if spark is None else _on_spark(folder, spark)
    if trace:
        _trace()
    imported = time.perf_counter()
    tables = engine.tables()
    loaded = load(tables, FactsPolicy(with_due=due), AS_OF)
    done, cpu = time.perf_counter(), time.process_time() + engine.cpu()
    scan = _bare_scan(engine.ask, tables, loaded)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 + engine.memory()
    return {
        "data": folder.name,
        "engine": "duckdb" if spark is None else "spark",
        "seconds": round(done - began, 2),
        "cpu_seconds": round(cpu, 2),
        "of_which_imports": round(imported - began, 2),
        "peak_mb": memory,
        **scan,
        "rows": {name: len(getattr(loaded.facts, name)) for name in ("pipeline", "decided", "bookings", "by_rep")},
        "fingerprint": loaded.facts.fingerprint[:12],
    }


@dataclass(frozen=True)
class _Engine:
    """What is measured."""

    tables: Callable[[], dict[str, Any]]
    ask: Callable[[Any], float]
    """Runs a query; the seconds that it takes."""
    memory: Callable[[], int] = lambda: 0
    """Peak of other processes, in MB."""
    cpu: Callable[[], float] = lambda: 0.0
    """What they have used by now, in seconds."""


def _on_duckdb(folder: Path) -> _Engine:
    from monitor.sources.engine import Engine

    backend = Engine().ibis

    def ask(query: Any) -> float:
        sql = backend.compile(query)
        began = time.perf_counter()
        backend.raw_sql(sql).fetchall()
        return round(time.perf_counter() - began, 2)

    return _Engine(lambda: {name: _table(backend, folder, name) for name in TABLES}, ask)


def _on_spark(folder: Path, address: str) -> _Engine:
    from monitor.core.secret import Secret
    from monitor.sources.sql.place import Cluster
    from monitor.sources.sql.spark_tables import SparkTables

    spark = SparkTables(Cluster(Secret(address), folder))
    driver = _driver()

    def ask(query: Any) -> float:
        began = time.perf_counter()
        query.to_pyarrow()
        return round(time.perf_counter() - began, 2)

    def memory() -> int:
        peak = re.search(r"VmHWM:\s+([0-9]+)", (Path("/proc") / str(driver) / "status").read_text())
        return int(peak[1]) // 1024 if peak else 0

    def cpu() -> float:
        used = (Path("/proc") / str(driver) / "stat").read_text().rpartition(")")[2].split()
        return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")

    return _Engine(lambda: {name: spark.table(name, "") for name in TABLES}, ask, memory, cpu)


def _driver() -> int:
    """The process of Spark's driver, which with `local` is all of Spark."""
    from pyspark import SparkContext

    gateway: Any = SparkContext._gateway  # noqa: SLF001  # nothing else says it
    return int(gateway.proc.pid)


def _table(backend: Any, folder: Path, name: str) -> Any:
    parquet = folder / f"{name}.parquet"
    if parquet.exists():
        return backend.read_parquet(parquet, table_name=name)
    return backend.read_csv(folder / f"{name}.csv", table_name=name, all_varchar=True)


_READ = {
    "opportunities": (
        *("opportunity_id", "owner_id", "type", "created_date", "close_date", "is_closed", "is_won", "amount"),
        "segment",
    ),
    "opportunity_history": ("opportunity_id", "field", "old_value", "new_value", "changed_at"),
}
"""The columns that the facts are made from."""


def _bare_scan(ask: Callable[[Any], float], tables: dict[str, Any], loaded: Any) -> dict[str, float]:
    """What the engine needs to touch every cell of those columns once, and what the facts need from the intervals."""
    from monitor.core.policy import FactsPolicy
    from monitor.facts import daily

    states = loaded.deals.states
    scan = sum(
        ask(tables[name].agg(**{column: tables[name][column].hash().max() for column in columns}))
        for name, columns in _READ.items()
    )
    facts = sum(ask(query) for query in (daily.pipeline(states, FactsPolicy()), daily.decided(states, FactsPolicy())))
    return {"scan": round(scan, 2), "facts_from_intervals": round(facts, 2), "times_the_scan": round(facts / scan, 2)}


def _trace() -> None:
    """Prints each statement with its time."""
    import monitor.facts.workspace as place

    keep, fetch = place.Workspace.keep, place.Workspace.fetch

    def timed(call: Any, label: Any) -> Any:
        def wrapper(*args: Any) -> Any:
            began, cpu = time.perf_counter(), time.process_time()
            found = call(*args)
            wall, cpu = time.perf_counter() - began, time.process_time() - cpu
            print(f"{wall:7.2f}s {cpu:7.2f}s cpu {_peak_mb():6d} MB  {label(args)}", file=sys.stderr)
            return found

        return wrapper

    place.Workspace.keep = timed(keep, lambda args: f"keep {args[1]}")  # type: ignore[method-assign]
    place.Workspace.fetch = timed(fetch, lambda args: f"fetch {' '.join(args[1].columns)}"[:90])  # type: ignore[method-assign]


def main() -> None:
    """Generates what is asked for and prints one line of JSON for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("deals", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb")
    parser.add_argument("--spark", default=LOCAL, help=f"the Spark, as SOURCE_URL names one (default: {LOCAL})")
    parser.add_argument("--csv", action="store_true")
    parser.add_argument("--vote", action="store_true")
    parser.add_argument("--doubles", action="store_true")
    parser.add_argument("--due", action="store_true")
    parser.add_argument("--trace", action="store_true", help="in this process, with the time of each statement")
    parser.add_argument("--companies", type=int, nargs=2, metavar=("N", "DEALS"), help="N companies in one run")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.folder is not None:
        spark = asked.spark if asked.engine == "spark" else None
        if "x" in asked.folder.name:
            print(json.dumps(measure_many(asked.folder, due=asked.due, trace=asked.trace)))
        else:
            print(json.dumps(measure(asked.folder, spark=spark, due=asked.due, trace=asked.trace)))
        return
    from generate import generate

    companies, sizes = (asked.companies[0], asked.companies[1:]) if asked.companies else (None, asked.deals)
    for deals in sizes:
        kind = "csv" if asked.csv else "parquet"
        folder = generate(deals, kind, given=not asked.vote, doubles=asked.doubles, companies=companies)
        flags = [flag for flag, on in (("--due", asked.due), ("--trace", asked.trace)) if on]
        flags += ["--engine", asked.engine, "--spark", asked.spark]
        subprocess.run([sys.executable, __file__, "--folder", str(folder), *flags], check=True)


if __name__ == "__main__":
    main()
