"""What the next reading would fetch, and how many calls it would cost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from monitor.core.source_spec import SourceSpec
from monitor.errors import DataError
from monitor.sources.salesforce.line import Line, Refused
from monitor.sources.salesforce.objects import Shape, SObject
from monitor.sources.salesforce.rows import written
from monitor.sources.salesforce.state import Cache, State
from monitor.sources.salesforce.sync import OVERLAP, PAGE, shapes

_QUERY_PAGE = 2_000
_AROUND_A_JOB = 6
"""Calls to count, to begin a bulk query and to look after it."""


def forecast(line: Line, cache: Cache, spec: SourceSpec) -> tuple[str, ...]:
    """One sentence for each object, one for the calls. Raises DataError, Unreachable."""
    try:
        return tuple(_sentences(line, cache.state(), spec))
    except Refused as error:
        raise DataError(f"Salesforce refuses this user ({error.code}): give it API Enabled and read access.") from None


def _sentences(line: Line, state: State, spec: SourceSpec) -> Iterator[str]:
    calls = 0
    for sobject, found in shapes(line, spec):
        calls += 1
        if found is None:
            yield f"{sobject.name}: not there, or not shown to this user"
            continue
        rows, cost, first = _cost(line, state, sobject, found)
        calls += cost
        what = "to read for the first time" if first else "changed since the last reading"
        yield f"{sobject.name}: {_many(rows, 'row')} {what}, about {_many(cost, 'call')}"
    yield f"about {_many(calls, 'call')} in all; {line.used:,} of the day's {line.allowed:,} are used up"
    yield f"asking this took {_many(line.calls, 'call')} and read no row"


def _cost(line: Line, state: State, sobject: SObject, found: Shape) -> tuple[int, int, bool]:
    """Rows, calls, and whether all of it is read."""
    table = state.table(sobject.table)
    if not table.whole or table.fields != found.key:
        left = line.count(sobject.name, deleted=True) - (table.load.rows if table.load else 0)
        return max(left, 0), _AROUND_A_JOB + max(1, -(-left // PAGE)), True
    start = datetime.fromisoformat(table.watermark) - OVERLAP if table.watermark else None
    where = f" WHERE {found.cursor} >= {written(start)}" if start else ""
    rows = line.count(sobject.name, where, deleted=True)
    return rows, max(1, -(-rows // _QUERY_PAGE)) + (not sobject.grows), False


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
