"""What the next reading would fetch, and how many calls it would cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from monitor.core.counted import counted
from monitor.core.source_spec import SourceSpec
from monitor.errors import DataError
from monitor.sources.salesforce.line import Line, Refused
from monitor.sources.salesforce.objects import Shape, SObject
from monitor.sources.salesforce.rows import written
from monitor.sources.salesforce.state import Cache, State, TableState
from monitor.sources.salesforce.sync import OVERLAP, PAGE, is_counted, same_org, shapes

_QUERY_PAGE = 2_000
_AROUND_A_JOB = 6
"""Calls to count, to begin a bulk query and to look after it."""


@dataclass(frozen=True)
class Plan:
    """What is read of one object; `rows` is None where Salesforce gives up counting them."""

    rows: int | None
    calls: int
    why: str


def forecast(line: Line, cache: Cache, spec: SourceSpec, now: datetime) -> tuple[str, ...]:
    """One sentence for each object, one for the calls. Raises DataError, Unreachable."""
    state = cache.state()
    try:
        same_org(line, cache, state)
        return tuple(_sentences(line, state, spec, now))
    except Refused as error:
        raise DataError(f"Salesforce refuses this user ({error.code}): give it API Enabled and read access.") from None


def _sentences(line: Line, state: State, spec: SourceSpec, now: datetime) -> Iterator[str]:
    calls, shown_more = 0, False
    for sobject, found in shapes(line, spec):
        calls += 1
        if found is None:
            yield f"{sobject.name}: not there, or not shown to this user"
            continue
        table = state.table(sobject.table)
        shown_more = shown_more or (sobject.required and table.whole and table.fields != found.key)
        plan = _plan(line, sobject, found, table, now, anew=shown_more and sobject.grows)
        calls += plan.calls
        rows = "more rows than Salesforce can count" if plan.rows is None else counted(plan.rows, "row")
        yield f"{sobject.name}: {rows} {plan.why}, about {counted(plan.calls, 'call')}"
    yield f"about {counted(calls, 'call')} in all; {line.used:,} of the day's {line.allowed:,} are used up"
    yield f"asking this took {counted(line.calls, 'call')} and read no row"


def _plan(line: Line, sobject: SObject, found: Shape, table: TableState, now: datetime, *, anew: bool) -> Plan:
    if anew or not table.whole or table.load is not None or table.fields != found.key:
        return _of_all(line, sobject, found, table)
    is_due = not sobject.grows and not is_counted(table, now)
    if is_due and found.drifts:
        return _of_all(line, sobject, found, table)
    start = datetime.fromisoformat(table.watermark) - OVERLAP if table.watermark else None
    rows = line.count(sobject.name, f" WHERE {found.cursor} >= {written(start)}" if start else "", deleted=True)
    return Plan(rows, _pages(rows, _QUERY_PAGE) + is_due, "to look through for changes")


def _of_all(line: Line, sobject: SObject, found: Shape, table: TableState) -> Plan:
    """A reading of all rows, or of those that are left of one that was interrupted."""
    load = table.load if table.load is not None and table.load.fields == found.key else None
    there = line.count(sobject.name, deleted=True)
    left = None if there is None else max(there - (load.rows if load else 0), 0)
    by_pages = load is not None and load.job is None
    calls = _pages(left, _QUERY_PAGE) if by_pages else _AROUND_A_JOB + _pages(left, PAGE)
    return Plan(left, calls, "to read anew" if table.whole else "to read for the first time")


def _pages(rows: int | None, size: int) -> int:
    return max(1, -(-(rows or 0) // size))
