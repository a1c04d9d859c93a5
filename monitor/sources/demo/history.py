"""Rows of `opportunities`, and of `opportunity_history` that lead to them."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.sources.demo.days import LAST_DAY, iso, last_workday, next_workday
from monitor.sources.demo.deals import Deal
from monitor.sources.demo.draws import Draws

Row = tuple[str | None, ...]

_PUSH = 21
"""Days by which a rep puts off an expected close date."""
_FORGETS = 0.12
"""Share of close dates that nobody puts off in time."""
_WON, _LOST = "Closed Won", "Closed Lost"


def rows_of(deal: Deal, number: int, draws: Draws) -> tuple[Row, list[Row]]:
    """The row of a deal as it stands on the last day, and its history in order."""
    opportunity_id = f"OPP-{number:05d}"
    until = min(deal.decided, LAST_DAY)
    changes = [*_stages(deal, until), *_prices(deal, until, draws), *_owners(deal, until), *_dates(deal, until, draws)]
    changes.sort(key=lambda change: change[0])
    history: list[Row] = []
    before = (0, 0)
    for day, field, old, new in changes:
        before = _moment(day, before, draws, last=deal.closed and day == until)
        history.append((opportunity_id, field, old, new, _stamp(*before)))
    now = {field: new for _, field, _, new in changes}
    row: Row = (
        opportunity_id,
        deal.account.account_id,
        now.get("owner_id", deal.owners[0][1]),
        deal.type,
        iso(deal.created),
        now.get("close_date", iso(_expected(deal))),
        now.get("stage", deal.motion.stages[0]),
        "true" if deal.closed else "false",
        "true" if deal.closed and deal.won else "false",
        now.get("amount", str(deal.amount)),
        "USD",
        deal.motion.segment if deal.marked else None,
        deal.source,
    )
    return row, history


Change = tuple[int, str, str, str]
"""(day, field, old value, new value)."""


def _stages(deal: Deal, until: int) -> Iterator[Change]:
    if deal.type == "new_business":
        span = min(deal.decided - deal.created, deal.motion.expected_after + _PUSH)
        stages = deal.motion.stages
        for place in range(1, len(stages)):
            day = deal.created + span * place // len(stages)
            if day > until:
                return
            yield day, "stage", stages[place - 1], stages[place]
        last = stages[-1]
    else:
        last = deal.motion.stages[0]
    if deal.closed:
        yield until, "stage", last, _WON if deal.won else _LOST


def _prices(deal: Deal, until: int, draws: Draws) -> Iterator[Change]:
    """One change of price, in the second half of the deal's life."""
    if deal.amount != deal.final_amount:
        after = int((deal.decided - deal.created) * draws.between(0.5, 1.0))
        day = max(deal.created, last_workday(deal.created + after))
        if day <= until:
            yield day, "amount", str(deal.amount), str(deal.final_amount)


def _owners(deal: Deal, until: int) -> Iterator[Change]:
    for place in range(1, len(deal.owners)):
        day, owner = deal.owners[place]
        if day <= until:
            yield day, "owner_id", deal.owners[place - 1][1], owner


def _dates(deal: Deal, until: int, draws: Draws) -> Iterator[Change]:
    """Expected close dates put off as they pass, and at last the real one."""
    expected = _expected(deal)
    while expected < until and not draws.below(_FORGETS):
        later = next_workday(expected + _PUSH)
        yield expected, "close_date", iso(expected), iso(later)
        expected = later
    if deal.closed and expected != until:
        yield until, "close_date", iso(expected), iso(until)


def _expected(deal: Deal) -> int:
    """The close date that the deal was opened with; never the real one, which nobody knew."""
    day = next_workday(deal.created + deal.motion.expected_after)
    return day if day != deal.decided else next_workday(day + 1)


def _moment(day: int, before: tuple[int, int], draws: Draws, *, last: bool) -> tuple[int, int]:
    """(day, minute) after the change before. A closing is the last thing that happens on its day."""
    minute = 18 * 60 + int(draws.unit() * 60) if last else 8 * 60 + int(draws.unit() * 540)
    return day, max(minute, before[1] + 1) if day == before[0] else minute


def _stamp(day: int, minute: int) -> str:
    return f"{iso(day)}T{minute // 60:02d}:{minute % 60:02d}:00"
