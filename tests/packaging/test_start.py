"""What starting the command costs, told by what it imports and not by a clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGINES = {"alembic", "duckdb", "ibis", "jinja2", "numpy", "pandas", "pyarrow", "pydantic", "sqlalchemy", "sqlglot"}
SERVICES = {"apscheduler", "slack_bolt", "slack_sdk", "smtplib", "starlette", "structlog", "uvicorn", "vl_convert"}


def test_help_loads_no_engine() -> None:
    start = "import sys; from monitor.entrypoints.cli import main; sys.exit(main())"
    command = [sys.executable, "-X", "importtime", "-c", start, "--help"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr.splitlines()[-1]
    loaded = {line.rpartition("|")[2].strip() for line in answer.stderr.splitlines() if line.startswith("import time:")}
    assert "monitor.entrypoints.cli" in loaded
    assert loaded & (ENGINES | SERVICES) == set()
