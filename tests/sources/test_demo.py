"""The built-in company: the same rows everywhere, and each scenario tells its story through the real indicators."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor.app.observe import look
from monitor.app.wiring import Company
from monitor.config import read
from monitor.core.source_spec import SourceSpec
from monitor.core.types import Band, Evidence, IndicatorView, Snapshot, State
from monitor.errors import ConfigError
from monitor.sources import open_source
from monitor.sources.demo.scenarios import LAST, SCENARIOS

ROOT = Path(__file__).resolve().parents[2]
INDICATORS = ("pipeline_coverage", "win_rate_trend", "attainment", "cac_payback")

pytestmark = pytest.mark.xdist_group("demo")
"""Each scenario is read once, in one process of the tests."""

Tables = dict[str, list[dict[str, Any]]]

GOLDEN = {
    "healthy": "34f2e18e9bbd96b043accae8299faf8c54633828bd383f758a9365bc4c83ac6d",
    "trap": "1c2d524330379c5ec60c72c678559e78de8b32b7f0b4468fccbdbed07fdff1b1",
    "shock": "3ece29b72733f43cde5127d6e9001829374b4ae82218897989fe3532b4797bff",
    "thin": "bb9437b9e0daab471ff5d308c5684d1fcf5b1e13e751a38d473a4793e42bbb17",
    "dirty": "707fa03a90b54baef7878e0a84e23eda15480c3b49014af9c7337abe2b7d67b0",
}
"""SHA-256 over all rows. Where one changes on purpose, `VERSION` in monitor/sources/demo rises with it."""

_tables: dict[tuple[str, int], Tables] = {}
_seen: dict[tuple[str, int], Snapshot] = {}


def tables(scenario: str, seed: int = 1) -> Tables:
    """All rows of a scenario, read through its source once."""
    if (scenario, seed) not in _tables:
        source = open_source(SourceSpec(type="demo", scenario=scenario, seed=seed))
        _tables[scenario, seed] = {name: table.to_pyarrow().to_pylist() for name, table in source.tables().items()}
        source.close()
    return _tables[scenario, seed]


def seen(scenario: str, seed: int = 1) -> Snapshot:
    """What the program says about a scenario by the shipped configuration."""
    if (scenario, seed) not in _seen:
        config = read(ROOT / "config.yaml", {})
        source = open_source(replace(config.source_spec(), scenario=scenario, seed=seed))
        with Company(config, config.policy(), source) as company:
            _seen[scenario, seed] = look(company, company.asked(None, date(2031, 1, 1)))
    return _seen[scenario, seed]


def bands(view: IndicatorView, since: str = "FY2024-Q1", *, sealed: bool = False) -> list[Band]:
    return [each.band for each in view.quarters if (each.quarter or "") >= since and (each.sealed or not sealed)]


def values(view: IndicatorView, since: str = "FY2024-Q1") -> Iterator[float]:
    return (each.value for each in view.quarters if (each.quarter or "") >= since and each.value is not None)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_machine_makes_the_same_rows(scenario: str) -> None:
    digest = hashlib.sha256()
    for name, rows in sorted(tables(scenario).items()):
        lines = sorted("\t".join("" if cell is None else cell for cell in row.values()) for row in rows)
        digest.update("\n".join([name, *rows[0], *lines]).encode())
    assert digest.hexdigest() == GOLDEN[scenario]


def test_a_scenario_that_is_not_told_is_named_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match=r"'boom' is not told here: use one of healthy, trap, shock, thin, dirty"):
        open_source(SourceSpec(type="demo", scenario="boom"))


def test_the_company_lives_on_its_own_monday_and_never_grows_stale() -> None:
    source = open_source(SourceSpec(type="demo"))
    assert source.today() == date(2026, 9, 28)
    assert seen("trap").as_of == date(2026, 9, 27)
    assert not seen("trap").data.stale
    assert len(seen("trap").indicators[0].quarters) == 11


@pytest.mark.parametrize("scenario", ["healthy", "trap", "shock", "thin"])
def test_a_clean_company_has_nothing_to_set_aside(scenario: str) -> None:
    data = seen(scenario).data
    assert data.set_aside == {}
    assert set(data.suspicious.get("opportunities", {})) <= {"past_due_open"}
    assert data.missing == ()
    assert "accounts" in data.rows


# The rows themselves.


@pytest.mark.parametrize("scenario", ["trap", "healthy", "thin"])
def test_history_leads_to_what_stands_in_the_deals(scenario: str) -> None:
    deals = {row["opportunity_id"]: row for row in tables(scenario)["opportunities"]}
    held: dict[tuple[str, str], str] = {}
    for row in sorted(tables(scenario)["opportunity_history"], key=lambda row: row["changed_at"]):
        deal, key = deals[row["opportunity_id"]], (row["opportunity_id"], row["field"])
        assert row["old_value"] == held.get(key, row["old_value"]) != row["new_value"]
        assert deal["created_date"] <= row["changed_at"][:10] <= LAST.isoformat()
        assert deal["is_closed"] == "false" or row["changed_at"][:10] <= deal["close_date"]
        held[key] = row["new_value"]
    assert {key: deals[key[0]][key[1]] for key in held} == held


def test_closings_were_never_known_in_advance() -> None:
    """Without a change of the close date, the real one would stand in for the expected one."""
    closed = {row["opportunity_id"] for row in tables("trap")["opportunities"] if row["is_closed"] == "true"}
    dated = {row["opportunity_id"] for row in tables("trap")["opportunity_history"] if row["field"] == "close_date"}
    assert closed <= dated


@pytest.mark.parametrize("scenario", ["trap", "healthy", "thin"])
def test_new_business_is_opened_by_aes_in_their_seats_and_segment(scenario: str) -> None:
    seats = [row for row in tables(scenario)["reps"] if row["role"] == "ae"]
    first = {
        row["opportunity_id"]: row["old_value"]
        for row in reversed(tables(scenario)["opportunity_history"])
        if row["field"] == "owner_id"
    }
    for deal in tables(scenario)["opportunities"]:
        if deal["type"] == "new_business":
            owner, day = first.get(deal["opportunity_id"], deal["owner_id"]), deal["created_date"]
            held = [s for s in seats if s["rep_id"] == owner and s["start_date"] <= day <= (s["end_date"] or day)]
            assert [seat["segment"] for seat in held] == [deal["segment"] or "smb"]


@pytest.mark.parametrize("scenario", ["trap", "healthy"])
def test_the_company_is_as_large_as_told(scenario: str) -> None:
    rows = tables(scenario)
    assert 8_000 < len(rows["opportunities"]) < 12_000
    assert len({row["name"] for row in rows["accounts"]}) == len(rows["accounts"])
    assert {row["type"] for row in rows["opportunities"]} == {"new_business", "expansion", "renewal"}
    amounts = [int(d["amount"]) for d in rows["opportunities"] if d["segment"] == "smb" and d["type"] == "new_business"]
    assert sum(6_000 <= amount <= 20_000 for amount in amounts) > 0.75 * len(amounts)


# The stories.


def test_healthy_stays_healthy_on_all_four_while_mid_market_grows() -> None:
    company = seen("healthy")
    for view in company.indicators:
        assert set(bands(view, "FY2024-Q3", sealed=True)) == {Band.HEALTHY}, view.key
        assert view.weekly.band is Band.HEALTHY
        assert view.fits_definition
    assert company.breaker.state is State.ARMED
    assert not company.ahead


def test_the_trap_is_healthy_until_the_expansion_and_slow_after_it() -> None:
    for view in seen("trap").indicators:
        early = [each for each in view.quarters if (each.quarter or "") <= "FY2025-Q2"]
        assert {each.band for each in early} <= {Band.HEALTHY, Band.NO_DATA}, view.key
        assert Band.BREAKAGE not in bands(view, "FY2025-Q3")[:1]
        assert view.fits_definition
    coverage, attainment = (view_of("trap", key) for key in ("pipeline_coverage", "attainment"))
    assert bands(coverage, "FY2025-Q4")[:2] == [Band.BREAKAGE, Band.BREAKAGE]
    assert Band.BREAKAGE not in bands(attainment, "FY2025-Q3")[:3]


def test_the_trap_trips_in_spring_and_attainment_ends_near_58_percent() -> None:
    company = seen("trap")
    assert company.breaker.state is State.TRIPPED
    assert company.breaker.since == date(2026, 4, 7)
    assert "pipeline_coverage" in company.breaker.tripped_by
    ends = list(values(view_of("trap", "attainment")))
    assert ends[-1] == pytest.approx(0.58, abs=0.02)
    assert ends[-1] == min(ends)
    assert company.breaker.violations == ("REQ-107",)


def test_the_trap_ends_with_the_win_rate_down_five_points_and_payback_in_breakage() -> None:
    trend, payback = view_of("trap", "win_rate_trend"), view_of("trap", "cac_payback")
    assert trend.quarters[-1].value == pytest.approx(-5.0, abs=0.8)
    assert trend.weekly.band is payback.weekly.band is Band.BREAKAGE
    assert max(list(values(payback))[:6]) < 12


def test_the_trap_loses_half_of_its_smb_leads_while_mid_market_bookings_look_great() -> None:
    leads = Counter(row["created_date"][:4] for row in tables("trap")["leads"] if row["segment"] == "smb")
    booked = Counter[str]()
    for deal in tables("trap")["opportunities"]:
        if deal["segment"] == "mid_market" and deal["is_won"] == "true":
            booked[deal["close_date"][:4]] += int(deal["amount"])
    assert 0.4 < (leads["2026"] / 9) / (leads["2024"] / 12) < 0.7
    assert booked["2024"] * 2 < booked["2025"] and booked["2025"] * 1.2 < booked["2026"]


def test_the_trap_is_the_same_story_with_another_seed() -> None:
    assert tables("trap", 2)["opportunities"] != tables("trap")["opportunities"]
    breaker = seen("trap", 2).breaker
    assert (breaker.since, breaker.state) == (date(2026, 4, 7), State.TRIPPED)


def test_the_shock_is_one_quarter_of_one_indicator_and_never_trips() -> None:
    broken = [(view.key, each.quarter) for view in seen("shock").indicators for each in view.quarters
              if each.band is Band.BREAKAGE]  # fmt: skip
    assert broken == [("pipeline_coverage", "FY2025-Q4")]
    assert seen("shock").breaker.state is State.ARMED
    assert all(view.weekly.band is Band.HEALTHY for view in seen("shock").indicators)


def test_thin_has_too_few_deals_for_a_trend_and_breakage_that_could_be_noise() -> None:
    company = seen("thin")
    trend = view_of("thin", "win_rate_trend")
    assert {each.reason for each in trend.quarters[2:]} == {trend.weekly.reason} == {"too_few"}
    assert trend.weekly.value is not None
    broken = [each for view in company.indicators for each in view.quarters if each.band is Band.BREAKAGE]
    assert broken and {each.evidence for each in broken} == {Evidence.COULD_BE_NOISE}
    assert company.breaker.state is State.ARMED


def test_dirty_has_every_defect_and_still_tells_the_trap() -> None:
    data, breaker = seen("dirty").data, seen("dirty").breaker
    assert breaker.state is State.TRIPPED
    assert (breaker.since, breaker.tripped_by) == (date(2026, 4, 7), seen("trap").breaker.tripped_by)
    assert set(data.set_aside["opportunities"]) == {
        "missing_id", "duplicate_id", "bad_date", "closed_before_created", "closed_without_close_date",
        "negative_amount", "bad_amount", "no_rate", "won_not_closed",
    }  # fmt: skip
    assert {"unknown_owner", "unknown_account", "owner_left", "duplicate_row"} < set(data.suspicious["opportunities"])
    assert all(sum(reasons.values()) < 0.05 * data.rows[name] for name, reasons in data.set_aside.items())
    assert data.review_deals > seen("trap").data.review_deals > 0


def view_of(scenario: str, key: str) -> IndicatorView:
    return next(view for view in seen(scenario).indicators if view.key == key)
