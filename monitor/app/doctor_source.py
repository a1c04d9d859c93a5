"""What reading a source over its API would cost, before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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


def forecast(company: Company) -> list[Check]:
    """The same where nothing else is asked: an API that cannot be asked is no answer then, and no API is one."""
    found = list(examine(company))
    if not found:
        kind = company.config.document.source.type
        return [Check("source", Outcome.NOTE, f"{kind} is read where it is: there are no calls that could be counted")]
    return [replace(each, outcome=Outcome.FAILED) if each.outcome is Outcome.WARNING else each for each in found]
