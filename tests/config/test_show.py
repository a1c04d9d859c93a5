"""`config show` and `config schema`: complete, deterministic, without secrets, and agreeing with what is read."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from monitor.config import read, schema, show
from tests.conftest import ROOT

FULL = """
company: 'Acme: "the" #1'
source:
  type: csv
  path: "012"
  delimiter: "\\t"
  history_begins: false
  tables:
    opportunities:
      columns: {opportunity_id: yes, created_date: "2024"}
      derive: {is_won: {from: stage, in: ["true", 1, null-ish]}}
      defaults: {amount: 1e3, is_closed: no}
    quotas: {from_reps: q, ramp: [0.50]}
timezone: Asia/Kolkata
expansion: {started: 2025-04-01}
indicators: {cac_payback: {gross_margin: {smb: 0.750}, bands: {breakage: 18.50}}}
segments: {named_accounts: {007: smb, ~~: strategic}}
leadership:
  approvers: [{name: Zoë}, {name: "null", email: a@b.example}]
  members: [{name: Cy, slack: W0123}]
  owner: Zoë
  board: [{name: Di, email: d@b.example}]
slack: {digest_channel: C0123, alert_channel: G0456, details_group: S0123, mode: http}
email: {host: 10.0.0.1, from: 'A: B <a@b.example>', port: 25, username: "012", reply_to: c@b.example}
webhook: {url: "https://hooks.b.example/x?y=#z"}
schedule: {digest: {weekday: friday, at: 10:30}, daily_at: 0:05, max_lateness_days: 1}
routes: {warning: [alert], reminder: {1: [board]}, problem: [alert], win: []}
wins: {at_least: 100000.50}
web: {host: "::1", port: 0, public_url: http://localhost:8080/}
"""


@pytest.mark.parametrize("text", [FULL, (ROOT / "config.yaml").read_text(encoding="utf-8")], ids=["full", "shipped"])
def test_what_is_shown_reads_back_as_the_same(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text, encoding="utf-8")
    config = read(file, {})
    shown = show(config)
    file.write_text(shown, encoding="utf-8")
    again = read(file, {})
    assert again == config
    assert again.policy() == config.policy()
    assert show(again) == shown


def test_defaults_are_filled_in_and_numbers_kept_as_written(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(FULL, encoding="utf-8")
    shown = show(read(file, {}))
    assert "      breakage: 18.50\n" in shown
    assert "      mid_market: 240\n" in shown
    assert "  seal_deadline_days: 45\n" in shown
    assert "!!" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@host/db",
        "postgresql://me:hun%2Fter2@host/db",
        "postgresql://me:hu@nter2@host/db",
        "postgresql+psycopg://me:hunter2@host:5432/db?sslmode=require",
        "postgresql://me@host/db?password=hunter2",
        "postgresql://me@host/db?sslmode=require&sslpassword=hunter2#x",
    ],
)
def test_no_password_is_shown(tmp_path: Path, url: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("company: A\nsource: {type: demo}\n", encoding="utf-8")
    shown = show(read(file, {"DATABASE_URL": url}))
    assert "ter2" not in shown
    assert "# DATABASE_URL from the environment wins: postgresql" in shown
    assert "***" in shown


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def test_the_schema_accepts_what_is_shipped_and_what_is_shown() -> None:
    checker = jsonschema.Draft202012Validator(json.loads(json.dumps(schema())))
    checker.check_schema(checker.schema)
    shipped = (ROOT / "config.yaml").read_text(encoding="utf-8")
    checker.validate(_as_json(yaml.safe_load(shipped)))
    checker.validate(_as_json(yaml.safe_load(show(read(ROOT / "config.yaml", {})))))
    checker.validate({"company": "A", "source": {"type": "demo"}, "indicators": {"attainment": {}}})


@pytest.mark.parametrize(
    "wrong",
    [
        "slack: {}",
        "slack: {digest_channel: '#sales', alert_channel: C0123}",
        "routes: {trip: [alerts]}",
        "routes: {reminder: {'0': [alert]}}",
        "routes: {problem: {soon: [alert]}}",
        "schedule: {daily_at: noon}",
        "leadership: {approvers: [{name: Ada}], owner: {nam: Bo}}",
        "fiscal_year_start: 13",
        "indicators: {cac_payback: {gross_margin: {midmarket: 0.5}}}",
        "indicators: {pipeline_coverage: {horizon_days: {smb: 0}}}",
        "quality: {max_bad_rows: 2}",
        "leadership: {approvers: []}",
        "currency: 5",
    ],
)
def test_the_schema_refuses_what_is_refused(wrong: str) -> None:
    values = {"company": "A", "source": {"type": "demo"}, **yaml.safe_load(wrong)}
    assert not jsonschema.Draft202012Validator(schema()).is_valid(values)


def test_every_key_has_a_meaning() -> None:
    def leaves(node: dict[str, Any], above: str) -> Any:
        for key, below in node.get("properties", {}).items():
            described = "description" in below or "description" in node
            yield from leaves(below, f"{above}.{key}") if "properties" in below else [(f"{above}.{key}", described)]

    assert [key for key, described in leaves(schema(), "") if not described] == []
