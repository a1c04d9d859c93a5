"""The configuration of the built-in company, as `demo` runs it anywhere."""

from __future__ import annotations

from pathlib import Path

from monitor.config.configuration import Config
from monitor.config.lines import parse
from monitor.config.model import validated

_TEXT = """
company: Acme
timezone: America/New_York
currency: USD
fiscal_year_start: 1
expansion: {started: 2025-04-01}
source: {type: demo, scenario: SCENARIO}
indicators: {cac_payback: {gross_margin: {smb: 0.75, mid_market: 0.75}}}
leadership:
  approvers: [{name: Ada Marsh}, {name: Ben Okoro}, {name: Carla Ruiz}]
  owner: Carla Ruiz
"""


def built_in(scenario: str) -> Config:
    """Acme in one of its scenarios."""
    values = parse(_TEXT.replace("SCENARIO", scenario)).value
    assert isinstance(values, dict)
    return Config(validated(values), Path("config.yaml"))
