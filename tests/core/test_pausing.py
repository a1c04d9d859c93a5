"""The pause in practice: overrides that end, and requisitions that were opened all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from monitor.core.breaker import fold
from monitor.core.decide import decide
from monitor.core.types import State
from tests.core.companies import CALENDAR, told
from tests.core.log import RULE, Log, at_once, seen

TRIPPED = told(coverage="HHHHHBBBB", quarters=9)
"""Trips on 2025-10-07."""


def overridden(until: str) -> Log:
    log = at_once(TRIPPED, "2025-10-12")
    log.act(
        "override_asked", date(2025, 10, 13), "Ada", "The pipeline is back, see the forecast", until=until, needed=2
    )
    log.act("override_approved", date(2025, 10, 14), "Bob")
    return log


def test_an_override_ends_by_itself_and_the_pause_is_back() -> None:
    log = overridden("2025-10-31")
    assert not fold(log.events).paused(date(2025, 10, 31))
    assert decide(TRIPPED.book(RULE), log.recorded, date(2025, 10, 26), date(2025, 10, 31)).plan.empty
    log.decide(TRIPPED.book(RULE), date(2025, 11, 2), date(2025, 11, 4))
    assert (log.kinds()[-1], log.events[-1].on) == ("override_ended", date(2025, 11, 1))
    assert fold(log.events).paused(date(2025, 11, 4))
    assert "paused again" in log.events[-1].reason


def test_an_override_that_too_few_approved_lapses() -> None:
    log = at_once(TRIPPED, "2025-10-12")
    log.act("override_asked", date(2025, 10, 13), "Ada", "The pipeline is back", until="2025-10-20", needed=2)
    log.decide(TRIPPED.book(RULE), date(2025, 10, 26))
    assert "without enough approvals" in log.events[-1].reason


def test_an_override_is_in_view_and_the_breaker_stays_tripped() -> None:
    shown = seen(overridden("2025-12-31"), TRIPPED, "2025-10-19").breaker
    assert (shown.state, shown.hiring_paused) == (State.TRIPPED, False)
    assert shown.override is not None and shown.override.in_force
    assert (shown.override.asked_by, shown.override.approved_by) == ("Ada", ("Ada", "Bob"))


Requisition = tuple[str, str, str, date, date | None]


def opened(
    day: str, name: str = "R1", segment: str = "mid_market", status: str = "open", since: str | None = None
) -> Requisition:
    return (name, segment, status, date.fromisoformat(day), date.fromisoformat(since) if since else None)


@pytest.mark.parametrize(
    ("requisition", "violates"),
    [
        (opened("2025-10-06"), None),
        (opened("2025-10-07"), None),
        (opened("2025-10-08"), "2025-10-08"),
        (opened("2025-10-08", segment="smb"), None),
        (opened("2025-09-01", status="offer", since="2025-10-20"), "2025-10-20"),
        (opened("2025-09-01", status="offer", since="2025-10-01"), None),
        (opened("2025-09-01", status="filled", since="2025-10-20"), None),
        (opened("2025-11-17"), None),
    ],
)
def test_a_requisition_opened_or_moved_to_offer_while_paused_is_a_violation(
    requisition: Requisition, violates: str | None
) -> None:
    company = replace(TRIPPED, requisitions=(requisition,))
    log = at_once(company, "2025-11-16")
    found = [(event.on.isoformat(), event.payload["requisition_id"]) for event in log.of_kind("violation")]
    assert found == ([(violates, "R1")] if violates else [])
    assert decide(company.book(RULE), log.recorded, date(2025, 11, 16)).plan.empty


def test_a_requisition_opened_under_an_override_is_none() -> None:
    company = replace(TRIPPED, requisitions=(opened("2025-10-20", "R1"), opened("2025-11-05", "R2")))
    log = overridden("2025-10-31")
    log.decide(company.book(RULE), date(2025, 11, 9))
    assert [event.payload["requisition_id"] for event in log.of_kind("violation")] == ["R2"]


def test_a_violation_that_is_seen_late_is_logged_today() -> None:
    log = at_once(TRIPPED, "2025-11-16")
    log.act("acknowledged", date(2025, 11, 18), "Ada")
    log.decide(
        replace(TRIPPED, requisitions=(opened("2025-10-20"),)).book(RULE), date(2025, 11, 16), date(2025, 11, 20)
    )
    event = log.of_kind("violation")[0]
    assert (event.on, event.payload["happened"]) == (date(2025, 11, 18), "2025-10-20")


def test_days_of_the_log_never_go_back() -> None:
    log = overridden("2025-10-31")
    log.week_by_week(TRIPPED.book(RULE), CALENDAR.weeks(date(2025, 10, 15), date(2026, 3, 1)))
    days = [event.on for event in log.events]
    assert days == sorted(days)
