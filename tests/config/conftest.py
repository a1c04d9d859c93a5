"""A configuration as it is written down and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from monitor.config import Config, read

Write = Callable[..., Config]
LEAST = "company: Acme\nsource: {type: demo}\n"


@pytest.fixture
def given(tmp_path: Path) -> Write:
    def write(text: str, environ: Mapping[str, str] | None = None) -> Config:
        (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
        return read(tmp_path / "config.yaml", environ or {})

    return write
