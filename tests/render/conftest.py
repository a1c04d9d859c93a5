"""The packaged words, and golden files: `REGOLD=1 pytest tests/render` writes them anew; look at the difference."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.render.words import Words

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def words() -> Words:
    """The packaged words."""
    return Words()


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Holds a rendered text against `golden/<name>`."""

    def check(name: str, rendered: str) -> None:
        path = GOLDEN / name
        if os.environ.get("REGOLD"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(rendered.encode("utf-8"))
        assert path.is_file(), f"no golden file {name}: run with REGOLD=1 and look at it"
        assert rendered == path.read_bytes().decode("utf-8")

    return check
