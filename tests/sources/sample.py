"""What `make test` tries by an example of each kind, and `make test-all` in every combination."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest


def by_example(examples: Sequence[Any], every: Iterable[Any]) -> list[Any]:
    """The cases of `every` as parameters; those that are no examples only where all is tried."""
    return [pytest.param(case, marks=() if case in examples else pytest.mark.thorough) for case in every]
