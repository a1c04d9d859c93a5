"""A session on a Spark cluster, and in one sentence why there is none."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from threading import Lock

from pyspark import InheritableThread
from pyspark.errors import PySparkException, PySparkRuntimeError
from pyspark.sql import SparkSession

from monitor.errors import DataError
from monitor.sources.sql.place import Cluster, first_line

_QUIET = Path(__file__).with_name("log4j2.properties").as_uri()
_SETTINGS = {
    "spark.app.name": "smb-monitor",
    "spark.driver.defaultJavaOptions": f"-Dlog4j2.configurationFile={_QUIET}",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_OF_SESSION = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.autoBroadcastJoinThreshold": "-1",
}
"""An overflow is an error, never a null; and no small table is brought here to be sent round for a join."""
_JAVA: type[Exception] = import_module("py4j.protocol").Py4JJavaError
"""Of the library below pyspark, by which it speaks to Java."""
_PATIENCE = 60
"""Seconds in which a worker has to give us a place."""


class _Process:
    """A process has one Spark at most: who uses it now, and whether it was there before any of us."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.users = 0
        self.is_ours = False


_PROCESS = _Process()


def join(place: Cluster) -> SparkSession:
    """A session of our own, on the Spark that this process has already or on a new one. Raises DataError."""
    with _PROCESS.lock:
        known = _known()
        if known is None:
            _check_reachable(place)
        elif known.sparkContext.master != place.master:
            raise DataError(
                f"SOURCE_URL names another Spark than the one that this process runs on ({known.sparkContext.master}), "
                "and a process can have one only: name that one, or run it apart."
            )
        spark = (known or _started(place)).newSession()
        for key, value in (_OF_SESSION | place.of_session()).items():
            spark.conf.set(key, value)
        if known is None:
            _PROCESS.is_ours = True
        _PROCESS.users += 1
    return spark


def leave() -> None:
    """The last of us stops the Spark, if it was not there before; its workers are free for others then."""
    with _PROCESS.lock:
        _PROCESS.users -= 1
        known = _known()
        if _PROCESS.is_ours and not _PROCESS.users and known is not None:
            known.stop()
            _PROCESS.is_ours = False


def _known() -> SparkSession | None:
    try:
        return SparkSession.active()
    except PySparkRuntimeError:
        return None


def _check_reachable(place: Cluster) -> None:
    """Spark itself tries for a minute and then says nothing that anybody understands."""
    causes = [_cause(host, port) for host, port in place.masters()]
    if causes and all(causes):
        raise DataError(
            f"The Spark of SOURCE_URL cannot be reached ({causes[0]}): check the address and that its master runs."
        )


def _cause(host: str, port: int) -> str:
    """Why nobody can be reached there; empty where somebody can."""
    try:
        socket.create_connection((host, port), timeout=10).close()
    except OSError as error:
        return first_line(error)
    return ""


def _started(place: Cluster) -> SparkSession:
    builder = SparkSession.builder.master(place.master)
    for key, value in (_SETTINGS | place.settings()).items():
        builder = builder.config(key, value)
    try:
        spark = builder.getOrCreate()
    except (PySparkException, _JAVA) as error:
        raise DataError(
            f"Spark cannot be started ({first_line(error)}): it needs Java 17 or newer on this machine (Debian: "
            "default-jre-headless), and the settings in SOURCE_URL have to be Spark's own."
        ) from error
    with ExitStack() as unless_working:
        unless_working.callback(spark.stop)
        _check_workers(spark)
        unless_working.pop_all()
    return spark


def _check_workers(spark: SparkSession) -> None:
    """A job waits for a worker for ever."""
    asked = InheritableThread(spark.range(1).count)  # leaves no connection behind
    asked.start()
    asked.join(timeout=_PATIENCE)
    if asked.is_alive():
        spark.sparkContext.cancelAllJobs()
        asked.join()
        raise DataError(
            f"No worker of the Spark of SOURCE_URL gave a place within {_PATIENCE} seconds: check that workers run and "
            "have spark.executor.memory and cores to spare."
        )
