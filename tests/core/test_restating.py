"""Later data beside what was sealed: said once, reviewed, sealed anew by a named person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pandas as pd

from monitor.core.book import Book
from monitor.core.breaker import fold
from monitor.core.chain import JSON
from monitor.core.decide import decide, reseal_plan, restatements
from monitor.core.plan import NewEvent, verify_verdicts
from monitor.core.types import Band, State
from tests.core.companies import Company, q, told, won_deal
from tests.core.log import RULE, Log, at_once, said, seen


def moved(company: Company, day: date, amount: int) -> Company:
    """The same company, one more deal found in the past."""
    return replace(company, deals=(*company.deals, won_deal(day, amount)))


def by(kind: str, payload: Mapping[str, JSON]) -> NewEvent:
    return NewEvent(kind, date(2025, 12, 1), "Ada", "cli", "The import had lost a deal", payload)


def test_later_data_are_a_restatement_said_once_and_the_sealed_value_stays() -> None:
    company = told(quarters=8)
    log = at_once(company, "2025-11-16")
    more = moved(company, date(2025, 8, 15), 900_000)
    log.decide(more.book(RULE), date(2025, 11, 23))
    events = log.of_kind("restated")
    assert {(e.payload["verdict"], e.payload["review"]) for e in events} >= {("smb/attainment/FY2025-Q3/1", False)}
    view = seen(log, more, "2025-11-23").indicator("attainment")
    quarter = next(each for each in view.quarters if each.quarter == "FY2025-Q3")
    assert (quarter.text, quarter.restated) == ("90.0 %", "190.0 %, healthy")
    assert decide(more.book(RULE), log.recorded, date(2025, 11, 30)).plan.empty


def test_a_question_about_the_past_says_no_restatement() -> None:
    company = told(quarters=8)
    log = at_once(company, "2025-11-16")
    found = moved(company, date(2025, 5, 15), 900_000).book(RULE)
    assert decide(found, log.recorded, date(2025, 8, 17)).plan.empty
    assert not decide(found, log.recorded, date(2025, 11, 23)).plan.empty


def test_a_restatement_that_would_change_the_band_asks_for_a_review() -> None:
    company = told(attainment="HHHHHHB", quarters=8)
    log = at_once(company, "2025-11-16")
    log.decide(moved(company, date(2025, 8, 15), 400_000).book(RULE), date(2025, 11, 23))
    event = next(e for e in log.of_kind("restated") if "attainment" in str(e.payload["verdict"]))
    assert (event.payload["review"], event.payload["band"]) == (True, "healthy")
    assert event.reason.endswith(": another band, please review")
    assert fold(log.events).streak("attainment").count == 1


def test_what_changed_between_reading_and_sealing_is_no_restatement() -> None:
    facts = told(quarters=8).facts()
    late = facts.decided.iloc[[0]].assign(day=date(2025, 7, 10), closed_on=date(2025, 6, 1), won=9, lost=0)
    book = Book(replace(facts, decided=pd.concat([facts.decided, late])), RULE)
    log = Log()
    log.decide(book, date(2025, 7, 6))
    log.act("checklist_set", date(2025, 7, 20), "Ada", item="none")
    log.decide(book, date(2025, 7, 13), today=date(2025, 7, 20))
    verdict = log.recorded.sealed()["win_rate_trend", "FY2025-Q2"]
    assert (verdict.sealed_on, verdict.reading["as_of"]) == (date(2025, 7, 20), "2025-07-07")
    assert restatements(book, log.recorded, date(2025, 7, 27)) == []


def resealed(log: Log, company: Company, indicator: str) -> None:
    book, t = company.book(RULE), date(2025, 12, 1)
    chosen = [each for each in restatements(book, log.recorded, t) if each.verdict.indicator == indicator]
    log.record(reseal_plan(book, log.recorded, chosen, by))


def test_a_reseal_is_kept_beside_the_old_verdict_and_is_then_no_restatement() -> None:
    company = told(attainment="HHHHHHB", quarters=8)
    log, more = at_once(company, "2025-11-16"), moved(company, date(2025, 8, 15), 400_000)
    resealed(log, more, "attainment")
    kept = [v for v in log.versions if (v.indicator, v.quarter) == ("attainment", "FY2025-Q3")]
    assert [(v.version, v.band) for v in kept] == [(1, Band.BREAKAGE), (2, Band.HEALTHY)]
    assert verify_verdicts(log.events, log.versions) == []
    event = log.of_kind("resealed")[0]
    assert (event.actor, event.reason) == ("Ada", "The import had lost a deal")
    names = {r.verdict.indicator for r in restatements(more.book(RULE), log.recorded, date(2025, 12, 7))}
    assert "attainment" not in names


def test_a_reseal_may_trip() -> None:
    company = told(coverage="HHHHHHH", attainment="HHHHHHB", quarters=8)
    spring = q("FY2025-Q2")
    kept = tuple(deal for deal in company.deals if deal.outcome != "won" or deal.created not in spring)
    less = replace(company, deals=kept)
    log = at_once(company, "2025-11-16")
    resealed(log, less, "attainment")
    assert said(log)[-2:] == [("resealed", "2025-12-01"), ("tripped", "2025-12-01")]
    assert dict(fold(log.events).tripped_by) == {"attainment": "FY2025-Q3"}


def test_a_reseal_may_recover() -> None:
    company = told(attainment="HHHHHBB", quarters=8)
    log = at_once(company, "2025-11-16")
    resealed(log, moved(company, date(2025, 8, 15), 400_000), "attainment")
    assert said(log)[-1] == ("recovered", "2025-12-01")
    assert fold(log.events).state is State.ARMED
