"""The only reader of config.yaml and of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.config.configuration import Config
from monitor.config.portfolio import Portfolio, unknown_company
from monitor.config.reading import check, configured, doubts, read
from monitor.config.show import show, show_many

__all__ = [
    "Config",
    "Portfolio",
    "check",
    "configured",
    "doubts",
    "file_to_read",
    "read",
    "schema",
    "show",
    "show_many",
    "unknown_company",
]


def file_to_read(environ: Mapping[str, str]) -> Path:
    """The configuration file when the command line names none: SMB_MONITOR_CONFIG, or config.yaml here."""
    return Path(environ.get("SMB_MONITOR_CONFIG") or "config.yaml")


def schema() -> dict[str, Any]:
    """The JSON schema of config.yaml, with the meaning of each key."""
    from monitor.config.schema import document_schema

    return document_schema(with_help=True)
