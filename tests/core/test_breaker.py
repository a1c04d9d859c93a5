"""The breaker as the fold of its events: every transition, by hand-made seals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.breaker import Breaker, fold
from monitor.core.checklist import checklist
from monitor.core.decide import Draft, transitions
from monitor.core.plan import NewEvent
from monitor.core.types import Band, State
from tests.core.companies import policy
from tests.core.log import sealed

C, W, A, P = "pipeline_coverage", "win_rate_trend", "attainment", "cac_payback"
BANDS = {"H": "healthy", "W": "warning", "B": "breakage", "N": "no_data"}
QUARTERS = [f"FY{year}-Q{n}" for year in range(2025, 2029) for n in (1, 2, 3, 4)]
SEALS = [date(year + month // 12, month % 12 + 1, 7) for year in range(2025, 2029) for month in (3, 6, 9, 12)]


def run(bands: Mapping[str, str], start: Breaker | None = None, **rule: Any) -> Draft:
    """Seals quarter after quarter what the letters of each indicator say."""
    draft = Draft(start or Breaker())
    for n in range(max(map(len, bands.values()))):
        lines = {key: (QUARTERS[n], BANDS[letters[n]]) for key, letters in bands.items() if n < len(letters)}
        seal(draft, SEALS[n], lines, **rule)
    return draft


def seal(draft: Draft, on: date, lines: Mapping[str, tuple[str, str]], *, counted: bool = True, **rule: Any) -> None:
    event = sealed(on, lines, counted=counted)
    draft.add("sealed", on, "", event.payload)
    transitions(draft, policy(**rule), on)


def said(draft: Draft) -> list[tuple[str, date]]:
    return [(event.kind, event.on) for event in draft.events if event.kind != "sealed"]


def after(draft: Draft, *acts: NewEvent) -> Breaker:
    return fold(acts, draft.breaker)


def act(kind: str, on: date, actor: str = "Ada", reason: str = "", **payload: Any) -> NewEvent:
    return NewEvent(kind, on, actor, "cli", reason, payload)


def test_two_quarters_in_a_row_trip_on_the_day_the_second_is_sealed() -> None:
    draft = run({C: "HBB"})
    assert said(draft) == [("tripped", SEALS[2])]
    breaker = draft.breaker
    assert (breaker.state, breaker.since, dict(breaker.tripped_by)) == (State.TRIPPED, SEALS[2], {C: "FY2025-Q3"})
    assert breaker.paused(SEALS[2]) and not breaker.bridged


@pytest.mark.parametrize("letters", ["B", "HBHB", "BWB", "BNN", "WWWW", "NNNN"])
def test_what_is_no_streak_does_not_trip(letters: str) -> None:
    draft = run({C: letters})
    assert (said(draft), draft.breaker.state, draft.breaker.paused(SEALS[9])) == ([], State.ARMED, False)


def test_two_indicators_in_two_quarters_are_no_streak() -> None:
    assert said(run({C: "BH", W: "HB"})) == []


def test_two_indicators_trip_together() -> None:
    draft = run({C: "BB", A: "BB"})
    assert said(draft) == [("tripped", SEALS[1])]
    assert set(draft.breaker.tripped_by) == {C, A}


def test_a_trip_across_a_hole_is_marked_bridged() -> None:
    draft = run({C: "BNB"})
    assert (said(draft), draft.breaker.bridged) == ([("tripped", SEALS[2])], True)


@pytest.mark.parametrize(("needed", "trips"), [(1, SEALS[0]), (2, SEALS[1]), (3, SEALS[2])])
def test_quarters_to_trip_are_configured(needed: int, trips: date) -> None:
    assert said(run({C: "BBB"}, quarters_to_trip=needed)) == [("tripped", trips)]


def test_quarters_that_do_not_count_do_not_trip() -> None:
    draft = Draft(Breaker())
    for n in range(4):
        seal(draft, SEALS[n], {C: (QUARTERS[n], "breakage")}, counted=n >= 3)
    assert (said(draft), draft.breaker.streak(C).count) == ([], 1)


def test_who_reaches_its_streak_while_tripped_joins_and_has_to_recover_too() -> None:
    draft = run({C: "BBHHH", A: "HBBBH"})
    assert said(draft) == [("tripped", SEALS[1]), ("joined", SEALS[2]), ("recovered", SEALS[4])]
    assert set(run({C: "BBH", A: "HBB"}).breaker.tripped_by) == {C, A}


@pytest.mark.parametrize(
    ("letters", "when", "recovers"),
    [
        ("BBH", "healthy", 2),
        ("BBW", "healthy", None),
        ("BBWWH", "healthy", 4),
        ("BBW", "warning", 2),
        ("BBN", "healthy", None),
        ("BBNH", "healthy", 3),
        ("BBB", "warning", None),
    ],
)
def test_a_good_sealed_quarter_recovers(letters: str, when: str, recovers: int | None) -> None:
    draft = run({C: letters}, recovered_when=when)
    assert said(draft)[1:] == ([] if recovers is None else [("recovered", SEALS[recovers])])
    assert draft.breaker.paused(SEALS[9]) is (recovers is None)


def test_a_recovery_says_who_recovered_and_forgets_the_trip() -> None:
    breaker = run({C: "BBH"}).breaker
    assert (breaker.state, breaker.since, breaker.recovered_on, breaker.recovered_by) == (
        State.ARMED,
        None,
        SEALS[2],
        (C,),
    )
    assert (breaker.tripped_by, breaker.checklist, breaker.override) == ({}, (), None)


def test_one_that_breaks_again_before_the_others_recover_has_not_recovered() -> None:
    assert said(run({C: "BBHB", A: "BBBH"}))[1:] == []
    assert said(run({C: "BBHW", A: "BBBH"}))[1:] == [("recovered", SEALS[3])]
    assert said(run({C: "BBHN", A: "BBBH"}))[1:] == [("recovered", SEALS[3])]


def test_after_a_recovery_it_takes_two_quarters_again() -> None:
    assert said(run({C: "BBHB"}))[-1] == ("recovered", SEALS[2])
    assert said(run({C: "BBHBB"}))[-1] == ("tripped", SEALS[4])


def test_with_resume_by_approval_hiring_stays_paused_until_somebody_confirms() -> None:
    draft = run({C: "BBH"}, resume="approval")
    assert (draft.breaker.state, draft.breaker.paused(SEALS[3])) == (State.RECOVERING, True)
    breaker = after(draft, act("resumed", SEALS[3]))
    assert (breaker.state, breaker.paused(SEALS[3]), breaker.recovered_on) == (State.ARMED, False, SEALS[3])


def test_what_breaks_anew_while_recovering_trips_again() -> None:
    draft = run({C: "BBHBB"}, resume="approval")
    assert [kind for kind, _ in said(draft)] == ["tripped", "recovered", "joined"]
    assert (draft.breaker.state, dict(draft.breaker.tripped_by)) == (State.TRIPPED, {C: "FY2026-Q1"})
    assert said(run({C: "BBHBBH"}, resume="approval"))[-1] == ("recovered", SEALS[5])


def test_another_one_while_recovering_trips_again() -> None:
    draft = run({C: "BBHH", A: "HHBB"}, resume="approval")
    assert (draft.breaker.state, set(draft.breaker.tripped_by)) == (State.TRIPPED, {C, A})


ASKED = act("override_asked", SEALS[2], "Ada", "The pipeline is back, see the forecast", until="2026-01-31", needed=2)


@pytest.mark.parametrize(
    ("approvers", "in_force"), [((), False), (("Ada",), False), (("Bob",), True), (("Bob", "Bob", "Cy"), True)]
)
def test_an_override_is_in_force_once_enough_different_approvers_agree(
    approvers: Sequence[str], in_force: bool
) -> None:
    breaker = after(run({C: "BB"}), ASKED, *(act("override_approved", SEALS[2], name) for name in approvers))
    assert breaker.override is not None
    assert (breaker.state, breaker.paused(SEALS[2])) == (State.TRIPPED, not in_force)
    assert len(set(breaker.override.approved_by)) == len(breaker.override.approved_by)


def test_an_override_ends_with_its_last_day() -> None:
    breaker = after(run({C: "BB"}), ASKED, act("override_approved", SEALS[2], "Bob"))
    assert [breaker.paused(day) for day in (date(2026, 1, 31), date(2026, 2, 1))] == [False, True]
    ended = after(
        run({C: "BB"}), ASKED, act("override_approved", SEALS[2], "Bob"), act("override_ended", date(2026, 2, 1))
    )
    assert (ended.override, ended.paused(date(2026, 1, 31)), ended.state) == (None, True, State.TRIPPED)


def test_an_approval_of_nothing_and_unknown_events_change_nothing() -> None:
    draft = run({C: "BB"})
    strange = after(draft, act("override_approved", SEALS[1], "Bob"), act("from_the_future", SEALS[1]))
    assert strange == draft.breaker


def test_an_acknowledgement_never_ends_the_pause() -> None:
    breaker = after(run({C: "BB"}), act("acknowledged", SEALS[2], "Bob"))
    assert (breaker.acknowledged_by, breaker.paused(SEALS[2])) == ("Bob", True)
    assert run({C: "HB"}, start=breaker).breaker.acknowledged_by == "Bob"


@pytest.mark.parametrize(
    ("indicator", "first"),
    [
        (C, ["sdrs", "marketing_budget"]),
        (W, ["roadmap", "enablement"]),
        (A, ["sdrs", "ae_headcount"]),
        (P, ["marketing_mix"]),
    ],
)
def test_a_trip_opens_a_checklist_that_begins_with_what_tripped(indicator: str, first: list[str]) -> None:
    items = run({indicator: "BB"}).breaker.checklist
    assert [item.key for item in items][: len(first)] == first
    assert {"sdrs", "marketing_budget", "roadmap"} <= {item.key for item in items}
    assert all(item.due > SEALS[1] and item.state == "open" for item in items)
    assert items == checklist([indicator], SEALS[1])


def test_a_step_of_the_checklist_is_set_and_the_others_stay() -> None:
    draft = run({C: "BB"})
    changes = {"item": "sdrs", "owner": "Bob", "state": "doing", "due": "2025-12-01"}
    items = {item.key: item for item in after(draft, act("checklist_set", SEALS[2], **changes)).checklist}
    assert (items["sdrs"].owner, items["sdrs"].state, items["sdrs"].due) == ("Bob", "doing", date(2025, 12, 1))
    assert [items[i.key] == i for i in draft.breaker.checklist].count(False) == 1


def test_a_violation_is_kept_with_its_id() -> None:
    assert after(run({C: "BB"}), act("violation", SEALS[2], requisition_id="R7")).violations == ("R7",)


def test_a_resealed_quarter_takes_the_place_of_the_old_one() -> None:
    again = sealed(SEALS[2], {C: ("FY2025-Q2", "healthy")})
    breaker = after(run({C: "BB"}), NewEvent("resealed", SEALS[2], "Ada", "cli", "", again.payload))
    assert breaker.streak(C).count == 0
    assert breaker.verdicts[C]["FY2025-Q2"].band is Band.HEALTHY


LETTERS = st.text("HWBN", min_size=16, max_size=16)
RULES = st.fixed_dictionaries(
    {
        "recovered_when": st.sampled_from(["healthy", "warning"]),
        "resume": st.sampled_from(["automatic", "approval"]),
        "quarters_to_trip": st.integers(1, 3),
    }
)


@given(st.dictionaries(st.sampled_from([C, W, A, P]), LETTERS, min_size=1), RULES)
def test_the_state_is_the_fold_of_the_events_and_nothing_else(bands: dict[str, str], rule: dict[str, Any]) -> None:
    draft = run(bands, **rule)
    assert fold(draft.events) == draft.breaker
    half = len(draft.events) // 2
    assert fold(draft.events[half:], fold(draft.events[:half])) == draft.breaker


def by_hand(bands: Mapping[str, str], good: str, needed: int) -> set[str]:
    """Who keeps hiring paused after these quarters, told by their letters alone."""
    tripped: dict[str, int] = {}
    for n in range(1, 17):
        for key, letters in bands.items():
            since = letters[max(letters.rfind("H", 0, n), letters.rfind("W", 0, n)) + 1 : n]
            if since.count("B") >= needed:
                tripped.setdefault(key, n)
        well = [max(bands[k].rfind(g, at, n) for g in good) > bands[k].rfind("B", 0, n) for k, at in tripped.items()]
        if all(well):
            tripped = {}
    return set(tripped)


@given(st.dictionaries(st.sampled_from([C, W, A, P]), LETTERS, min_size=1), RULES)
def test_whoever_reaches_its_streak_pauses_hiring_until_all_who_did_are_well(
    bands: dict[str, str], rule: dict[str, Any]
) -> None:
    rule = {**rule, "resume": "automatic"}
    breaker = run(bands, **rule).breaker
    expected = by_hand(bands, "HW" if rule["recovered_when"] == "warning" else "H", rule["quarters_to_trip"])
    assert set(breaker.tripped_by) == expected
    assert breaker.paused(SEALS[-1]) is bool(expected)


def test_an_indicator_that_joins_adds_its_own_steps_to_the_checklist() -> None:
    first: dict[str, Any] = {"tripped_by": {C: "FY2026-Q1"}, "bridged": False}
    second: dict[str, Any] = {"tripped_by": {P: "FY2026-Q2"}, "bridged": False, "owner": "Carla"}
    before = fold([NewEvent("tripped", date(2026, 4, 7), "p", "rule", "", first)])
    after = fold([NewEvent("joined", date(2026, 7, 7), "p", "rule", "", second)], before)
    assert [item.key for item in before.checklist] == ["sdrs", "marketing_budget", "roadmap"]
    assert after.checklist[:3] == before.checklist
    added = [(item.key, item.owner, item.due) for item in after.checklist[3:]]
    assert added == [("marketing_mix", "Carla", date(2026, 8, 6))]
