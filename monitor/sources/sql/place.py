"""Which database it is: SOURCE_URL from the environment, or a DuckDB file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from monitor.core.secret import Secret
from monitor.core.source_spec import SourceSpec
from monitor.errors import ConfigError, DataError
from monitor.sources.sql.warehouse_place import KINDS, Warehouse

_POSTGRES = ("postgresql://", "postgres://")
_SPARK = re.compile(r"(spark|k8s)://|(local(\[[0-9*]+\])?|yarn)(\?|$)")
_MASTERS = re.compile(r"spark://[^:,/@]+:[0-9]+(,[^:,/@]+:[0-9]+)*")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL, and the address that leads to it, password and all."""

    url: Secret
    makes_facts: bool = True
    """Whether temporary tables are made there; else rows are only fetched."""


@dataclass(frozen=True)
class File:
    """A DuckDB file."""

    path: Path
    key: str = "source.path"
    """What names it in the configuration."""

    def check(self) -> None:
        """Raises DataError where there is no file."""
        if not self.path.exists():
            raise DataError(f"There is no file '{self.path}': mend {self.key}.")
        if not self.path.is_file():
            raise DataError(f"'{self.path}' is a folder: {self.key} has to name the DuckDB file.")

    def trace(self) -> str:
        """Size and times of the file, and of the log beside it that another program may be writing."""
        self.check()
        return _times(path for path in (self.path, Path(f"{self.path}.wal")) if path.exists())


@dataclass(frozen=True)
class Cluster:
    """A Spark, and its settings after the address; in a catalog, or as Parquet files in a folder, it finds the tables.

    The folder has to be there under the same path on every worker.
    """

    url: Secret
    folder: Path | None = None

    @property
    def master(self) -> str:
        return self.url.reveal().partition("?")[0]

    def masters(self) -> Iterator[tuple[str, int]]:
        """Host and port of each master of a standalone cluster."""
        if self.master.startswith("spark://"):
            for each in self.master.removeprefix("spark://").split(","):
                host, _, port = each.rpartition(":")
                yield host, int(port)

    def settings(self) -> dict[str, str]:
        """Spark's own settings that stand in the address."""
        return dict(parse_qsl(self.url.reveal().partition("?")[2], keep_blank_values=True))

    def of_session(self) -> dict[str, str]:
        """Those of them that may differ between sessions."""
        return {key: value for key, value in self.settings().items() if key.startswith("spark.sql.")}

    def parquet(self) -> dict[str, Path]:
        """The tables of the folder: NAME.parquet, or a folder NAME. Raises DataError."""
        assert self.folder is not None  # only asked where there is one
        if not self.folder.is_dir():
            raise DataError(f"There is no folder '{self.folder}': mend source.path, which holds the Parquet files.")
        inside = (path for path in sorted(self.folder.iterdir()) if not path.name.startswith((".", "_")))
        return {path.stem: path for path in inside if path.suffix == ".parquet" or path.is_dir()}

    def trace(self) -> str:
        """Size and times of every file of the folder."""
        files = [
            path for top in self.parquet().values() for path in (sorted(top.rglob("*")) if top.is_dir() else [top])
        ]
        return _times(files)


Place = Server | File | Cluster | Warehouse


def place_of(spec: SourceSpec, table: str | None = None) -> Place:
    """Where the tables are, or the one `table` that has a place of its own, whose rows are only fetched.

    Raises ConfigError where that is not said, said twice, or no address.
    """
    url, key = spec.secrets.get("SOURCE_URL"), "source" if table is None else f"source.tables.{table}"
    if url is None and spec.path is None:
        raise ConfigError(
            f"{key}.type sql needs a database: give its address as SOURCE_URL in the environment, or a DuckDB file as "
            f"{key}.path."
        )
    if url is None:
        assert spec.path is not None  # one of them is given
        return File(spec.path, f"{key}.path")
    if _SPARK.match(url.reveal()):
        return _cluster(url, spec.path)
    if spec.path is not None:
        raise ConfigError("SOURCE_URL is set and source.path is given: keep one of them.")
    kind = url.reveal().partition(":")[0]
    if kind in KINDS:
        return _warehouse(url, spec, makes_facts=table is None)
    if not url.reveal().startswith(_POSTGRES):
        raise ConfigError(
            f"SOURCE_URL begins with '{kind}://': use postgresql://, spark://, {'://, '.join(KINDS)}: or {key}.path "
            "for a DuckDB file."
        )
    _check_password(url)
    return Server(url, makes_facts=table is None)


def _check_password(url: Secret) -> None:
    address = url.reveal().partition("://")[2].partition("?")[0]
    if address.count("@") > 1 or "@" in address.partition("/")[2]:  # a part of the password would pass for a host
        raise ConfigError("SOURCE_URL holds a / or an @ in its user or password: write %2F, %40 there.")


def _warehouse(url: Secret, spec: SourceSpec, *, makes_facts: bool) -> Warehouse:
    place = Warehouse(url, spec.scratch)
    place.options()
    if makes_facts and place.kind.needs_scratch and spec.scratch is None:
        raise ConfigError(
            f"{place.kind.name} has no temporary tables for the steps between rows and facts: name a schema that may "
            "be written, and holds nothing else, as source.scratch."
        )
    return place


def _cluster(url: Secret, folder: Path | None) -> Cluster:
    place = Cluster(url, folder)
    strange = [key for key in place.settings() if not key.startswith("spark.")]
    if strange:
        raise ConfigError(f"SOURCE_URL: '{strange[0]}' is no setting of Spark, which all begin with spark.: mend it.")
    if place.master.startswith("spark://") and not _MASTERS.fullmatch(place.master):
        raise ConfigError("SOURCE_URL is no address of a Spark: write it like spark://host:7077.")
    return place


def _times(paths: Iterable[Path]) -> str:
    stats = [path.stat() for path in paths]
    return repr([(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino) for stat in stats])


def first_line(error: Exception) -> str:
    """What the engine says, without its further lines."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
