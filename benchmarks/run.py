"""Times the commands as whole processes: start-up, a warm store, companies of growing size. `make bench` runs it."""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).resolve().parent / "data"
AS_OF = "2025-12-28"
SIZES = (100_000, 1_000_000)
LARGE = 10_000_000


@dataclass(frozen=True)
class Run:
    """One process: seconds on the clock, seconds on all cores, and the most memory it held."""

    seconds: float
    cpu: float
    peak_mb: int


def run(words: Sequence[str], environ: Mapping[str, str] | None = None) -> Run:
    """Runs a command to its end. Raises RuntimeError when it fails."""
    began = time.perf_counter()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, cwd=ROOT, env={**os.environ, **(environ or {})})
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {child.returncode}")
    return Run(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)


def monitor(*words: str) -> list[str]:
    """The command line of this checkout."""
    return [sys.executable, "-m", "monitor.entrypoints.cli", *words]


def configured(folder: Path, deals: int, companies: int | None = None) -> Path:
    """A configuration of the generated company of so many deals (or of so many companies), with logs that are new."""
    name, many = (f"{deals}", []) if companies is None else (f"{companies}x{deals}", ["--companies", str(companies)])
    data = DATA / f"{name}-parquet"
    if not (data / "done").exists():
        print(f"generating {name} deals with four history rows each ...", file=sys.stderr)
        subprocess.run([sys.executable, "benchmarks/generate.py", str(deals), *many], cwd=ROOT, check=True)
    config = folder / f"{name}.yaml"
    config.write_text(
        f"company: Bench\nexpansion: {{started: 2024-04-01}}\nsource: {{type: csv, path: {data}}}\n"
        "indicators: {cac_payback: {gross_margin: {smb: 0.75}}}\n"
        f"database: sqlite:///{folder / f'{name}-{time.time_ns()}.db'}\n"
        + ("companies: {column: company_id}\n" if companies else "")
    )
    if companies is None:
        run(monitor("audit", "--config", str(config)))
    return config


def report(name: str, runs: Sequence[Run]) -> None:
    """One line of the table: medians."""
    seconds, cpu = median(r.seconds for r in runs), median(r.cpu for r in runs)
    print(f"| {name} | {seconds:.2f} | {cpu:.2f} | {max(r.peak_mb for r in runs):,} | {len(runs)} |", flush=True)


def _many(folder: Path, companies: int, deals: int) -> None:
    """The first run of a portfolio, whose logs hold nothing, and the one after it."""
    asked = monitor("status", "--json", "--as-of", AS_OF, "--config", str(configured(folder, deals, companies)))
    for which in ("first run", "again"):
        report(f"`status --json`, {companies:,} companies of {deals:,} deals, {which}", [run(asked)])


def main() -> None:
    """Every benchmark; `--large` adds ten million deals, which take some minutes to generate."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--large", action="store_true", help="also 10 million deals with 40 million history rows")
    parser.add_argument("--only", type=int, help="only the company of so many deals")
    parser.add_argument("--companies", type=int, nargs=2, metavar=("N", "DEALS"), help="only N companies in one run")
    args = parser.parse_args()
    compileall.compile_dir(ROOT / "monitor", quiet=1)
    print("| command | seconds | CPU seconds | peak MB | runs |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.companies:
            _many(folder, *args.companies)
            return
        sizes = (args.only,) if args.only else (*SIZES, *((LARGE,) if args.large else ()))
        if not args.only:
            report("`--help`", [run(monitor("--help")) for _ in range(5)])
            warm = monitor("status", "--json", "--as-of", AS_OF, "--config", str(configured(folder, 10_000)))
            run(warm)
            report("`status --json`, 10,000 deals, warm store", [run(warm) for _ in range(5)])
        for deals in sizes:
            times = 1 if deals >= LARGE else 3
            colds = [
                run(monitor("status", "--json", "--as-of", AS_OF, "--config", str(configured(folder, deals))))
                for _ in range(times)
            ]
            report(f"`status --json`, {deals:,} deals, from Parquet", colds)
    if not args.only:
        subprocess.run([sys.executable, "benchmarks/slack.py"], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
