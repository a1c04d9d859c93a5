"""Questions to the engine that holds the raw tables; what is wrong with the data comes to light here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ibis
from ibis.util import gen_name

from monitor.errors import DataError


def kept(rows: ibis.Table, beside: ibis.Table | None = None) -> ibis.Table:
    """The rows as a temporary table beside the raw ones, worked out once instead of in every question.

    `beside`: a table of the engine where they go, for rows that are in none.
    """
    backend = (rows if beside is None else beside).get_backend()
    with _reading(backend.name):
        return backend.create_table(gen_name("monitor_preset"), rows, temp=True)


def dicts(rows: ibis.Table) -> list[dict[str, Any]]:
    """The rows, here, each by column name."""
    with _reading(rows.get_backend().name):
        found: list[dict[str, Any]] = rows.to_pyarrow().to_pylist()
    return found


@contextmanager
def _reading(engine: str) -> Iterator[None]:
    errors, our_fault = _errors(engine)
    try:
        yield
    except errors as error:
        if isinstance(error, our_fault):
            raise
        cause = str(error).strip().splitlines()[0].rstrip(".")
        raise DataError(
            f"The engine cannot read the CRM's tables ({cause}): look at their sync, or give more room."
        ) from error


def _errors(engine: str) -> tuple[tuple[type[Exception], ...], tuple[type[Exception], ...]]:
    """The embedded engine's errors, and those among them that no data can cause; a database says its own."""
    if engine == "duckdb":
        import duckdb

        return (duckdb.Error,), (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)
    return (), ()
