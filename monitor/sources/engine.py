"""The embedded engine: DuckDB as every source that reads files wants it. All of its settings stand here."""

from __future__ import annotations

import shutil
import tempfile
import weakref

import ibis
from ibis.backends.duckdb import Backend

MEMORY_LIMIT = "2200MB"
"""What DuckDB may hold before it spills to disk; the process takes some more."""


class Engine:
    """A DuckDB in memory that spills to a folder of its own and never reaches for the network."""

    def __init__(self) -> None:
        spill = tempfile.mkdtemp(prefix="smb-monitor-")
        self._forget_spill = weakref.finalize(self, shutil.rmtree, spill, ignore_errors=True)
        self.ibis: Backend = ibis.duckdb.connect(
            ":memory:",
            memory_limit=MEMORY_LIMIT,
            temp_directory=spill,
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
            preserve_insertion_order=False,
        )
        self.ibis.raw_sql("SET enable_progress_bar = false")

    def close(self) -> None:
        self.ibis.disconnect()
        self._forget_spill()
