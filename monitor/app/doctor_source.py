"""What reading a source over its API would cost, before it is read."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.app.wiring import Company
from monitor.core.checks import Check, Outcome
from monitor.errors import DataError
from monitor.sources.source import CallsOut


def examine(company: Company) -> Iterator[Check]:
    """One check for a source that calls somebody up; none for others."""
    source = company.source
    if not isinstance(source, CallsOut):
        return
    kind = company.config.document.source.type
    try:
        told = source.forecast()
    except DataError as error:
        yield Check("source", Outcome.WARNING, f"{kind} cannot be asked what it holds", str(error))
        return
    yield Check("source", Outcome.OK, f"{kind} answers", details=told)
