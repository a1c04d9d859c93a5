"""`status --json` keeps the promised names."""

from __future__ import annotations

import json
from typing import Any

from monitor.render.status_json import document
from tests.render.snapshots import STATES

INDICATORS = ["pipeline_coverage", "win_rate_trend", "attainment", "cac_payback"]


def held(state: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document(STATES[state]()), allow_nan=False))
    return found


def test_the_promised_names_are_there() -> None:
    status = held("tripped")
    assert {"company", "as_of", "quarter", "segment", "breaker", "indicators", "data"} <= set(status)
    breaker = {"state", "hiring_paused", "since", "tripped_by", "advisory", "bridged", "override"}
    assert breaker <= set(status["breaker"])
    assert list(status["indicators"]) == INDICATORS
    view = status["indicators"]["pipeline_coverage"]
    assert {"weekly", "quarters", "streak", "fits_definition"} <= set(view)
    weekly = {"as_of", "value", "band", "reason", "interval", "evidence", "approximate", "inputs"}
    assert weekly <= set(view["weekly"])
    quarter = {"quarter", "value", "band", "reason", "sealed", "interval", "evidence", "inputs"}
    assert quarter <= set(view["quarters"][0])
    assert {"rows", "set_aside", "suspicious", "review"} <= set(status["data"])


def test_values_are_plain() -> None:
    status = held("tripped")
    assert status["breaker"]["state"] == "tripped"
    assert status["breaker"]["since"] == "2026-07-07"
    assert status["breaker"]["tripped_by"] == ["attainment", "win_rate_trend"]
    assert status["indicators"]["attainment"]["weekly"]["evidence"] == "likely"
    assert [q["quarter"] for q in status["indicators"]["attainment"]["quarters"]][-1] == "FY2026-Q3"


def test_an_override_is_whole() -> None:
    assert held("override_in_force")["breaker"]["override"] == {
        "asked_by": "Dana Ruiz",
        "reason": "Two signed enterprise pilots need an owner",
        "until": "2026-12-31",
        "approved_by": ["Dana Ruiz", "Li Wei"],
        "needed": 2,
        "in_force": True,
    }


def test_no_value_is_null_and_a_payback_that_never_comes_is_infinite() -> None:
    thin = held("thin")["indicators"]
    assert thin["cac_payback"]["weekly"]["value"] is None
    assert thin["cac_payback"]["weekly"]["infinite"] is True
    assert thin["cac_payback"]["weekly"]["band"] == "breakage"
    assert thin["win_rate_trend"]["fits_definition"] is None
    assert held("no_data")["indicators"]["attainment"]["weekly"]["value"] is None


def test_counts_of_bad_rows_keep_table_and_reason() -> None:
    data = held("dirty")["data"]
    assert data["set_aside"]["opportunities"] == {"negative_amount": 2, "closed_before_created": 17}
    assert data["review"] == {"deals": 12, "amount": 340000.0}
