"""What events make worth saying: one notice for each, none of the past, and what an act settles."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.core.breaker import Breaker, fold
from monitor.core.chain import JSON
from monitor.core.notices import Telling, tell
from monitor.core.plan import NewEvent
from monitor.core.routes import Directory, Person

DAY = date(2026, 7, 7)
ALL = ("digest", "alert", "owner", "leadership", "board")
DIRECTORY = Directory("C0DIGEST", "C0ALERT", (Person("Ada Marsh"), Person("Ben Okoro")))


def event(kind: str, on: date = DAY, actor: str = "smb-monitor", **payload: JSON) -> NewEvent:
    return NewEvent(kind, on, actor, "test", f"the reason of {kind}", payload)


def trip() -> NewEvent:
    return event("tripped", tripped_by={"pipeline_coverage": "FY2026-Q2"}, bridged=False, owner=None)


TRIPPED = fold([trip()])
ASKED = fold([event("override_asked", actor="Ada Marsh", until="2026-09-30", needed=2)], TRIPPED)


def said(telling: Telling) -> list[tuple[str, tuple[str, ...]]]:
    return [(notice.kind, notice.audiences) for notice in telling.notices]


CASES: list[tuple[NewEvent, Breaker, str, tuple[str, ...]]] = [
    (trip(), Breaker(), "trip", ALL),
    (event("recovered", state="armed"), TRIPPED, "recovered", ALL),
    (event("recovered", state="recovering"), TRIPPED, "recovering", ALL),
    (event("override_asked", actor="Ada Marsh", until="2026-09-30", needed=2), TRIPPED, "override_asked", ALL),
    (event("override_asked", actor="Ada Marsh", until="2026-09-30", needed=1), TRIPPED, "override_in_force", ALL),
    (event("override_approved", actor="Ben Okoro"), ASKED, "override_in_force", ALL),
    (event("override_ended", until="2026-09-30"), ASKED, "override_ended", ALL),
    (
        event("violation", requisition_id="REQ-1", happened="2026-07-09"),
        TRIPPED,
        "violation",
        ("alert", "owner", "leadership"),
    ),
    (event("problem", what="stale"), Breaker(), "problem", ("digest", "alert")),
    (event("mended", what="stale", since="2026-07-01"), Breaker(), "mended", ("digest", "alert")),
    (
        event("on_course", indicator="attainment", by="2026-10-07"),
        Breaker(),
        "on_course",
        ("alert", "owner", "leadership"),
    ),
    (
        event("crossed", indicator="attainment", before="warning", band="breakage", as_of="2026-07-05"),
        Breaker(),
        "breakage",
        ("alert", "owner"),
    ),
    (
        event("won_large", opportunity_id="OPP-1", amount="180,000 USD", closed_on="2026-07-03"),
        Breaker(),
        "win",
        ("digest",),
    ),
]


@pytest.mark.parametrize(("new", "before", "kind", "audiences"), CASES, ids=[case[2] for case in CASES])
def test_each_event_is_said_once_to_whom_the_routes_name(
    new: NewEvent, before: Breaker, kind: str, audiences: tuple[str, ...]
) -> None:
    assert said(tell([new], before, DIRECTORY)) == [(kind, audiences)]


@pytest.mark.parametrize("kind", ["sealed", "watching", "checklist_set", "acknowledged", "restated"])
def test_what_changes_nothing_for_others_is_not_said(kind: str) -> None:
    assert said(tell([event(kind, verdicts=[], item="sdrs")], TRIPPED, DIRECTORY)) == []


def test_a_band_on_its_way_up_is_left_to_the_digest() -> None:
    up = event("crossed", indicator="attainment", before="breakage", band="warning", as_of="2026-07-05")
    assert said(tell([up], Breaker(), DIRECTORY)) == []


def test_a_first_start_says_once_that_it_starts_tripped_and_nothing_of_the_past() -> None:
    past = [event("started", date(2025, 1, 7)), trip(), event("violation", requisition_id="R", happened="2026-07-08")]
    telling = tell(past, Breaker(), DIRECTORY)
    assert [(n.kind, n.subject, n.facts["started"]) for n in telling.notices] == [("trip", "trip:2026-07-07", True)]


def test_a_first_start_that_is_armed_says_nothing() -> None:
    past = [event("started"), trip(), event("recovered", date(2026, 10, 7), state="armed")]
    assert tell(past, Breaker(), DIRECTORY) == Telling()


def test_a_first_start_that_is_on_course_to_trip_says_so() -> None:
    course = event("on_course", indicator="attainment", by="2026-10-07")
    assert [n.kind for n in tell([event("started"), course], Breaker(), DIRECTORY).notices] == ["on_course"]


def test_a_trip_opens_the_steps_that_follow_and_an_acknowledgement_closes_the_escalating_ones() -> None:
    steps = tell([trip()], Breaker(), DIRECTORY).escalations
    assert [(s.kind, s.due.isoformat(), s.until_acknowledged) for s in steps] == [
        ("reminder", "2026-07-09", True),
        ("reminder", "2026-07-12", True),
        ("reminder", "2026-07-17", True),
        ("standing", "2026-07-21", False),
    ]
    (cancel,) = tell([event("acknowledged", actor="Ada Marsh")], TRIPPED, DIRECTORY).cancels
    assert (cancel.incident, cancel.only_until_acknowledged) == ("trip:2026-07-07", True)


def test_a_recovery_closes_every_step_and_takes_the_buttons_away() -> None:
    telling = tell([event("recovered", state="armed")], TRIPPED, DIRECTORY)
    assert [(c.incident, c.kind, c.only_until_acknowledged) for c in telling.cancels] == [
        ("trip:2026-07-07", None, False)
    ]
    assert [set(r.drop) for r in telling.revisions] == [{"ack", "override", "approve", "resume"}]


def test_an_override_in_force_is_spoken_of_again_before_it_ends() -> None:
    (step,) = tell([event("override_approved", actor="Ben Okoro")], ASKED, DIRECTORY).escalations
    assert (step.kind, step.due) == ("override_ending", date(2026, 9, 28))


def test_a_problem_reaches_leadership_after_a_week_unless_it_is_mended() -> None:
    (step,) = tell([event("problem", what="stale")], Breaker(), DIRECTORY).escalations
    assert (step.due, step.audiences) == (date(2026, 7, 14), ("leadership",))
    (cancel,) = tell([event("mended", what="stale", since="2026-07-07")], Breaker(), DIRECTORY).cancels
    assert cancel.incident == step.incident


def test_a_step_that_comes_again_has_another_key_each_time() -> None:
    standing = next(s for s in tell([trip()], Breaker(), DIRECTORY).escalations if s.kind == "standing")
    following = standing.next()
    assert following is not None
    assert (following.key, following.due) == ("trip:2026-07-07:standing:2026-08-04", date(2026, 8, 4))
