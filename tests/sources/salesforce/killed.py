"""Reads Salesforce in real processes that kill themselves, as `tests.sources.killing` says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import ibis.backends.duckdb  # noqa: F401  imported before the fork, as is all that is imported late
import pyarrow.parquet  # noqa: F401

import monitor.sources.salesforce.sync
import monitor.sources.salesforce.tables
from monitor.sources.salesforce.line import Line
from tests.sources.killing import do_jobs
from tests.sources.salesforce.reader import Reader
from tests.sources.salesforce.server import Org


def read(folder: str, address: str, now: str) -> None:
    """What a reading does up to the tables."""
    reader = Reader(Org({}, datetime.fromisoformat(now), url=address), Path(folder))
    with reader.cache.alone(), Line(reader.spec().secrets, reader.world(), reader.share) as line:
        monitor.sources.salesforce.sync.synchronise(line, reader.cache, reader.spec(), reader.world())


if __name__ == "__main__":
    do_jobs(read)
