"""What a valid configuration means: defaults, partial maps, exact numbers, paths, the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.config import file_to_read
from monitor.core.calendar import FiscalCalendar
from monitor.core.indicators import INDICATORS
from monitor.core.policy import BreakerPolicy, FactsPolicy
from monitor.core.source_spec import Derive
from monitor.entrypoints.serve import secrets
from tests.config.conftest import LEAST, Write


def test_what_is_not_given_has_the_defaults_of_the_core(given: Write) -> None:
    policy = given(LEAST).policy()
    assert policy.company == "Acme"
    assert policy.facts == FactsPolicy()
    assert policy.breaker == BreakerPolicy()
    assert policy.calendar == FiscalCalendar()
    assert dict(policy.settings) == {indicator.key: indicator.Settings() for indicator in INDICATORS}
    assert (policy.expansion_started, policy.max_age, policy.approvers) == (None, 7, ())


def test_a_map_given_in_part_keeps_the_rest_of_its_defaults(given: Write) -> None:
    config = given(LEAST + "indicators: {pipeline_coverage: {horizon_days: {smb: 21}, bands: {healthy: 5}}}")
    coverage: Any = config.policy().settings["pipeline_coverage"]
    assert coverage.horizon_days == {"smb": 21, "mid_market": 90, "strategic": 180}
    assert coverage.max_age_days == {"smb": 90, "mid_market": 240, "strategic": 365}
    assert (coverage.bands.healthy, coverage.bands.breakage) == (Decimal(5), Decimal("3.5"))


def test_a_merged_map_is_read_as_if_written_out(given: Write) -> None:
    text = "segments:\n  employees: &bands {smb: 20, mid_market: 90}\n  acv: {<<: *bands, mid_market: 70}\n"
    bands = given(LEAST + text).policy().facts.segment_bands
    assert (bands.employees, bands.acv) == ((20, 90), (Decimal(20), Decimal(70)))


def test_thresholds_are_exactly_what_stands_there(given: Write) -> None:
    config = given(LEAST + "indicators: {attainment: {bands: {healthy: 0.80}}}")
    settings: Any = config.policy().settings["attainment"]
    assert str(settings.bands.healthy) == "0.80"


def test_every_scalar_is_its_text(given: Write) -> None:
    config = given("company: 2024\nsource: {type: demo}\nsegments: {named_accounts: {0012: smb, no: strategic}}\n")
    assert config.company == "2024"
    assert dict(config.policy().facts.named_accounts) == {"0012": "smb", "no": "strategic"}


def test_the_core_is_told_everything(given: Write) -> None:
    text = """
company: Acme
timezone: Europe/Berlin
currency: eur
fiscal_year_start: 2
week_ends: saturday
deal_types: [new_business, expansion]
expansion: {started: 2025-04-01}
source: {type: demo, history_begins: 2023-01-01}
indicators:
  pipeline_coverage: {basis: quarter}
  win_rate_trend: {stale_after_days: 200}
breaker: {quarters_to_trip: 3, seal_after_days: 10, recovered_when: warning, resume: approval, approvals: 1}
segments: {by: [acv]}
quality: {max_bad_rows: 0.1, max_age: 14}
leadership: {approvers: [{name: Ada}], owner: Bo}
"""
    config = given(text)
    policy = config.policy()
    facts = policy.facts
    assert facts.calendar == policy.calendar == FiscalCalendar(2, 5)
    assert (facts.timezone, facts.currency, facts.deal_types) == ("Europe/Berlin", "EUR", ("new_business", "expansion"))
    assert (facts.segments_by, facts.stale_after_days, facts.with_due) == (("acv",), 200, True)
    assert (facts.history_begins, facts.max_bad_rows) == (date(2023, 1, 1), Decimal("0.1"))
    assert policy.breaker == BreakerPolicy(3, 10, 45, "warning", "approval", 1)
    assert (policy.expansion_started, policy.max_age) == (date(2025, 4, 1), 14)
    assert (policy.approvers, config.owner) == (("Ada",), "Bo")


def test_history_can_be_forbidden(given: Write) -> None:
    assert given("company: A\nsource: {type: demo, history_begins: false}").policy().facts.history_begins is False


def test_the_source_is_told_its_mapping(given: Write, tmp_path: Path) -> None:
    text = """
company: Acme
fiscal_year_start: 4
source:
  type: csv
  path: exports
  delimiter: ";"
  tables:
    opportunities:
      file: deals.csv
      columns: {opportunity_id: Opp_ID}
      values: {segment: {Mid-Market: mid_market}}
      derive: {is_won: {from: stage, in: [Closed Won]}, is_closed: {from: stage, not_in: [Open, 3]}}
      defaults: {amount: 0, is_won: no, type: expansion, created_date: 2025-01-31}
      date_format: "%d/%m/%Y"
    quotas: {from_reps: quota, per: year, ramp: [0.25, 0.5]}
"""
    spec = given(text).source_spec()
    deals, quotas = spec.table("opportunities"), spec.table("quotas")
    assert (spec.type, spec.path, spec.delimiter) == ("csv", tmp_path / "exports", ";")
    assert spec.calendar == FiscalCalendar(4, 6)
    assert (deals.file, deals.date_format, deals.columns) == ("deals.csv", "%d/%m/%Y", {"opportunity_id": "Opp_ID"})
    assert deals.values == {"segment": {"Mid-Market": "mid_market"}}
    assert deals.derive == {
        "is_won": Derive("stage", ("Closed Won",)),
        "is_closed": Derive("stage", ("Open", "3"), negate=True),
    }
    assert deals.defaults == {
        "amount": Decimal(0),
        "is_won": False,
        "type": "expansion",
        "created_date": date(2025, 1, 31),
    }
    assert (quotas.from_reps, quotas.per, quotas.ramp) == ("quota", "year", (Decimal("0.25"), Decimal("0.5")))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///state.db", "sqlite:///{folder}/state.db"),
        ("sqlite:///deep/state.db?timeout=5", "sqlite:///{folder}/deep/state.db?timeout=5"),
        ("sqlite:////var/state.db", "sqlite:////var/state.db"),
        ("sqlite:///C:/state.db", "sqlite:///C:/state.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://host/monitor", "postgresql+psycopg://host/monitor"),
        ("postgres://host/monitor", "postgresql://host/monitor"),
    ],
)
def test_a_relative_database_lies_beside_the_configuration(
    given: Write, tmp_path: Path, url: str, expected: str
) -> None:
    assert given(f"{LEAST}database: '{url}'").database_url == expected.format(folder=tmp_path.as_posix())


def test_the_environments_database_wins(given: Write) -> None:
    config = given(LEAST + "database: sqlite:///mine.db", {"DATABASE_URL": "postgresql://me:p%40ss@host:5433/monitor"})
    assert config.database_url == "postgresql://me:p%40ss@host:5433/monitor"
    assert config.database_masked == "postgresql://me:***@host:5433/monitor"


@pytest.mark.parametrize(
    ("url", "held"),
    [
        ("postgresql://me:p%40ss@host/monitor", ["p@ss"]),
        ("postgresql://host/monitor?user=me&password=p%40ss&sslpassword=word", ["p@ss", "word"]),
        ("sqlite:///state.db", []),
    ],
)
def test_wherever_the_database_holds_a_password_the_log_masks_it(given: Write, url: str, held: list[str]) -> None:
    assert [each.reveal() for each in secrets(given(LEAST, {"DATABASE_URL": url}))] == held


def test_paths_start_from_the_configurations_folder(given: Write, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert given(LEAST + "templates: mine").templates == tmp_path / "mine"
    assert given(LEAST).templates is None


def test_the_file_is_found_by_the_environment() -> None:
    assert file_to_read({"SMB_MONITOR_CONFIG": "other.yaml"}) == Path("other.yaml")
    assert file_to_read({}) == Path("config.yaml")


@pytest.mark.parametrize(
    ("line", "matters"),
    [
        ("database: sqlite:///other.db", False),
        ("leadership: {approvers: [{name: Ada}, {name: Bo}]}", False),
        ("indicators: {attainment: {bands: {healthy: 0.8000}}}", False),
        ("indicators: {attainment: {bands: {healthy: 0.81}}}", True),
        ("timezone: Europe/Berlin", True),
        ("quality: {max_age: 8}", True),
        ("segments: {named_accounts: {A-1: smb}}", True),
        ("breaker: {seal_after_days: 8}", True),
        ("expansion: {started: 2025-04-01}", True),
        ("slack: {digest_channel: C01, alert_channel: C02}", False),
        ("email: {host: smtp.acme.example, from: a@b.example}", False),
        ("webhook: {url: https://hooks.acme.example}", False),
        ("schedule: {daily_at: 06:00}", False),
        ("routes: {trip: [alert]}", False),
        ("wins: {at_least: 250000}", False),
        ("web: {port: 8081}", False),
    ],
)
def test_the_hash_covers_what_readings_depend_on(given: Write, line: str, matters: bool) -> None:
    plain, changed = given(LEAST).policy().configuration, given(LEAST + line).policy().configuration
    assert (plain != changed) is matters


def test_the_hash_does_not_depend_on_the_companys_name_or_the_datas_folder(given: Write) -> None:
    here = given("company: A\nsource: {type: csv, path: here}").policy().configuration
    assert given("company: B\nsource: {type: csv, path: there}").policy().configuration == here
    assert given("company: B\nsource: {type: csv, path: there, encoding: cp1252}").policy().configuration != here


@pytest.mark.parametrize(
    ("tables", "another"),
    [
        ("{opportunities: {columns: {amount: acv}}}", True),
        ("{opportunities: {values: {segment: {Small: smb}}}}", True),
        ("{accounts: {date_format: '%d.%m.%Y'}}", True),
        ("{fx_rates: {defaults: {rate: 2}}}", True),
        ("{opportunities: {file: deals.csv}, quotas: {columns: {amount: target}}}", False),
    ],
    ids=["column", "value", "dates", "constant", "places and other tables"],
)
def test_the_pipeline_has_another_shape_when_the_tables_that_tell_it_are_mapped_otherwise(
    given: Write, tables: str, another: bool
) -> None:
    plain, mapped = (
        given(f"company: A\nsource: {{type: csv, path: here{more}}}").policy().facts.mapping
        for more in ("", f", tables: {tables}")
    )
    assert (plain != mapped) is another
