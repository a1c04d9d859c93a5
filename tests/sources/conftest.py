"""What tests of sources share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis
import pytest


@pytest.fixture
def engine() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


CRM = ("hubspot", "salesforce", "sql", "test_preset")
"""Folders and files here that take minutes all together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test-sources` runs them."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and item.path.relative_to(here).parts[0].startswith(CRM):
            item.add_marker("crm")
