"""What people tidied up before a reading: `doctor` lists it, the digest counts it, nobody is named in a channel."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.facts.company import change, deal, rep

AS_OF = "2026-09-27"
CONFIG = "company: Acme\nsource: {type: csv, path: .}\ndatabase: sqlite:///acme.db\n"


@pytest.fixture
def tidied(tmp_path: Path) -> Path:
    """Ann pushed six of her ten deals on the last Friday and rounded five up, and Bob has left three behind."""
    names = [(f"A{number}", "ann-mcgee") for number in range(10)] + [(f"B{number}", "bob") for number in range(3)]
    deals = [deal(key, "2026-07-01", owner_id=owner, close_date="2026-12-15") for key, owner in names]
    closed = [deal(f"C{number}", "2026-07-01", "2026-09-24", owner_id="ann-mcgee") for number in range(40)]
    history = [change(f"A{n}", "close_date", "2026-09-28", "2026-12-15", "2026-09-25T17:00") for n in range(6)]
    history += [change(f"A{n}", "amount", "9400", "10000", "2026-09-25T17:05") for n in range(5)]
    people = [rep("ann-mcgee"), rep("bob", end="2026-08-31")]
    for name, rows in {"opportunities": deals + closed, "opportunity_history": history, "reps": people}.items():
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, list(dict.fromkeys(column for row in rows for column in row)))
            table.writeheader()
            table.writerows(rows)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path / "config.yaml"


def test_doctor_lists_every_deal_with_its_line_and_what_was_done(tidied: Path, run: Run) -> None:
    said = run("--config", tidied, "--as-of", AS_OF, "doctor").out
    assert "6 rows suspicious, kept: pushed in bulk" in said
    for number in range(6):
        place = f"opportunities.csv:{number + 2} A{number}"
        assert f"{place}: put off by 78 days on 2026-09-25, of ann-mcgee" in said
    assert "opportunities.csv:2 A0: raised by 600 to a round amount on 2026-09-25, of ann-mcgee" in said
    assert "opportunities.csv:12 B0: of bob, whose last day was 2026-08-31" in said


def test_the_digest_counts_them_and_names_nobody(tidied: Path, run: Run) -> None:
    said = " ".join(run("--config", tidied, "--as-of", AS_OF, "digest").out.split())
    assert "6 open deals of 1 owner had their close date pushed in bulk on 25 Sep 2026." in said
    assert "5 open deals of 1 owner had their amount rounded up in bulk on 25 Sep 2026." in said
    assert "3 open deals belong to 1 person who left. smb-monitor doctor lists them." in said
    assert "ann-mcgee" not in said and "A0" not in said


def test_status_tells_machines_and_a_company_may_look_away(tidied: Path, run: Run) -> None:
    status = ("--config", tidied, "--as-of", AS_OF, "status", "--json")
    data = run(*status).json["data"]
    assert data["suspicious"]["opportunities"] == {"owner_left": 3, "pushed_in_bulk": 6, "rounded_up_in_bulk": 5}
    day = {"owners": 1, "since": "2026-09-25", "until": "2026-09-25"}
    assert {"reason": "pushed_in_bulk", "deals": 6, **day} in data["findings"]
    tidied.write_text(CONFIG + "quality: {bulk: {deals: 6, pushed: 0.7}}\n")
    assert [each["reason"] for each in run(*status).json["data"]["findings"]] == ["owner_left"]
    assert [each["deals"] for each in run(*status, "--as-of", "2026-09-20").json["data"]["findings"]] == [3]
