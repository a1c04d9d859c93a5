"""A throwaway Spark on loopback: a master, two workers, and a wire on which the driver hears them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyspark

from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec
from tests.sources.sql.databases import Raw
from tests.sources.sql.wire import Wire

HOME = Path(pyspark.__file__).parent
BIND, HEARD_AT = "127.0.0.1", "127.0.0.2"
"""Where the driver listens, and where the workers are told that it does: between them lies the wire."""
PATIENCE = 120
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Nothing runs long enough here to be worth compiling well."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    master: str
    wires: tuple[Wire, ...]
    ports: tuple[int, ...]

    @property
    def url(self) -> str:
        """With a part for each worker, however few rows there are."""
        return f"{self.bare_url}&spark.sql.shuffle.partitions=2"

    @property
    def bare_url(self) -> str:
        """Settings for small data on two busy cores: nothing is compiled, nothing split."""
        driver, blocks = self.ports
        return f"{self.master}?" + urlencode(
            {
                "spark.driver.bindAddress": BIND,
                "spark.driver.host": HEARD_AT,
                "spark.driver.port": driver,
                "spark.driver.blockManager.port": blocks,
                "spark.driver.memory": "768m",
                "spark.driver.extraJavaOptions": QUICK,
                "spark.executor.memory": "640m",
                "spark.executor.extraJavaOptions": QUICK,
                "spark.task.maxDirectResultSize": "64m",  # no result goes another way
                "spark.sql.adaptive.enabled": "false",
                "spark.sql.codegen.wholeStage": "false",
                "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            }
        )

    def spec(self, folder: Path | None, **more: object) -> SourceSpec:
        return SourceSpec(type="sql", path=folder, secrets={"SOURCE_URL": Secret(self.url)}, **more)  # type: ignore[arg-type]

    def now(self) -> tuple[int, ...]:
        """How much the workers have said to the driver by now, on each wire."""
        return tuple(len(wire.heard) for wire in self.wires)

    def heard(self, since: tuple[int, ...]) -> bytes:
        """What they have said since then."""
        return b"\n".join(bytes(wire.heard)[known:] for wire, known in zip(self.wires, since, strict=True))


def put(folder: Path, tables: Raw, types: dict[str, pa.DataType] | None = None) -> Path:
    """The rows as one Parquet file a table, every column text unless `types` says otherwise; an empty cell is null."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = {
            column: pa.array([row.get(column) or None for row in rows], pa.string())
            for column in dict.fromkeys(column for row in rows for column in row)
        }
        made = {column: _cast(cells, (types or {}).get(f"{name}.{column}")) for column, cells in columns.items()}
        pq.write_table(pa.table(made), folder / f"{name}.parquet")
    return folder


def _cast(cells: pa.Array, kind: pa.DataType | None) -> pa.Array:
    """Moments without an offset are those of New York."""
    if kind is None or not pa.types.is_timestamp(kind) or kind.tz is None:
        return cells if kind is None else cells.cast(kind)
    return pc.assume_timezone(cells.cast(pa.timestamp("us")), "America/New_York").cast(kind)


@contextmanager
def running() -> Iterator[Cluster]:
    """Start them all and stop them all, whatever happens."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="spark")))
        up = r"Starting Spark master at (spark://\S+)"
        master = stack.enter_context(_daemon(folder, up, "master.Master", "--port", "0"))
        for number in (1, 2):
            room = ("--cores", "1", "--memory", "700m", "--work-dir", str(folder / f"work{number}"), master)
            up = r"Successfully registered with master (\S+)"
            stack.enter_context(_daemon(folder, up, "worker.Worker", *room))
        ports = (_free_port(), _free_port())
        wires = tuple(stack.enter_context(_between(port)) for port in ports)
        yield Cluster(master, wires, ports)


@contextmanager
def _daemon(folder: Path, up: str, kind: str, *options: str) -> Iterator[str]:
    """A process of the cluster and what it said, by the pattern `up`, when it was there."""
    environ = os.environ | {"SPARK_HOME": str(HOME), "SPARK_DAEMON_MEMORY": "256m", "SPARK_LOCAL_IP": BIND}
    environ |= {"SPARK_DAEMON_JAVA_OPTS": QUICK, "SPARK_LAUNCHER_OPTS": QUICK}
    options = ("--webui-port", "0", *options)
    command = [str(HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{kind}", "--host", BIND]
    with (
        ThreadPoolExecutor(1) as reader,
        subprocess.Popen(
            [*command, *options], env=environ, cwd=folder, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process,
    ):
        try:
            assert process.stderr is not None
            found = _said(process.stderr, up)
            reader.submit(process.stderr.read)  # it would wait for a reader when its pipe is full
            yield found
        finally:
            process.terminate()
            process.wait(PATIENCE)
            reader.shutdown()


def _said(log: IO[str], pattern: str) -> str:
    lines = []
    for line in log:
        lines.append(line)
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError("".join(lines[-20:]))


def _free_port() -> int:
    with socket.create_server((BIND, 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def _between(port: int) -> Iterator[Wire]:
    made = Wire(lambda: socket.create_connection((BIND, port)), (HEARD_AT, port), calls=True)
    try:
        yield made
    finally:
        made.close()
