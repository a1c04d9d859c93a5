"""Reads HubSpot in real processes that kill themselves, as `tests.sources.killing` says."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet  # noqa: F401  imported before the fork, as is all that is imported late

import monitor.sources.hubspot.sync  # noqa: F401
from tests.sources.hubspot.reader import Reader
from tests.sources.killing import do_jobs


def read(folder: str, address: str) -> None:
    Reader(address, Path(folder)).read()


if __name__ == "__main__":
    do_jobs(read)
