"""What every command answers, and how it fails: codes, sentences, formats."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run, configured, process

READINGS = {"pipeline_coverage", "win_rate_trend", "attainment", "cac_payback"}


def test_status_json_has_the_fields_of_the_contract(run: Run, trap: Path) -> None:
    status = run("status", "--json", "--config", trap).json
    assert {"company", "as_of", "quarter", "segment", "breaker", "indicators", "data"} <= set(status)
    assert set(status["indicators"]) == READINGS
    weekly = status["indicators"]["pipeline_coverage"]["weekly"]
    assert {"as_of", "value", "band", "reason", "interval", "evidence", "approximate", "inputs"} <= set(weekly)
    assert {"open_pipeline", "quota", "horizon_days"} <= set(weekly["inputs"])
    quarters = status["indicators"]["attainment"]["quarters"]
    assert [q["quarter"] for q in quarters] == sorted(q["quarter"] for q in quarters)
    assert quarters[-1]["quarter"] == status["quarter"] and not quarters[-1]["sealed"] and quarters[0]["sealed"]


def test_the_same_question_gets_the_same_answer(run: Run, trap: Path) -> None:
    first = run("status", "--json", "--config", trap)
    assert run("status", "--json", "--config", trap).out == first.out
    trap.with_name("trap.db").unlink()
    assert run("status", "--json", "--config", trap).out == first.out


def test_options_may_stand_before_and_after_the_command(run: Run, trap: Path) -> None:
    after = run("status", "--json", "--as-of", "2026-06-28", "--config", trap)
    before = run("--config", trap, "--as-of", "2026-06-28", "--json", "status")
    assert after.code == before.code == 0 and after.out == before.out


@pytest.mark.parametrize(
    "command", ["status", "history", "history coverage", "digest", "explain cac", "breaker", "audit", "doctor"]
)
def test_a_page_is_plain_in_a_pipe_and_at_most_100_wide(run: Run, trap: Path, command: str) -> None:
    page = run(*command.split(), "--config", trap)
    assert page.code in (0, 1) and "\x1b" not in page.out and page.err == ""
    assert max(len(line) for line in page.out.splitlines()) <= 100
    assert len(page.out.splitlines()) > 3


@pytest.mark.parametrize("form", ["json", "slack", "html", "text"])
def test_the_digest_comes_in_every_format(run: Run, trap: Path, form: str) -> None:
    digest = run("digest", "--format", form, "--config", trap)
    assert digest.code == 0 and "paused" in digest.out
    if form in ("json", "slack"):
        json.loads(digest.out)
    if form == "html":
        assert digest.out.lower().startswith("<!doctype html>") and "<script" not in digest.out


def test_sending_without_a_channel_says_so(run: Run, trap: Path) -> None:
    sent = run("digest", "--send", "--config", trap)
    assert sent.code == 4 and "slack.digest_channel" in sent.err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("status", "--config", "nowhere.yaml"), 2, "nowhere.yaml: there is no such file"),
        (("status", "--as-of", "yesterday"), 2, "'yesterday' is no day"),
        (("explain", "coverag"), 2, "did you mean coverage"),
        (("frobnicate",), 2, "frobnicate"),
        (("backfill",), 2, "--from"),
        ((), 2, "COMMAND"),
    ],
)
def test_a_mistyped_command_is_one_sentence(run: Run, words: tuple[str, ...], code: int, sentence: str) -> None:
    wrong = run(*words)
    assert wrong.code == code and sentence in wrong.err
    assert "Traceback" not in wrong.err and wrong.err.strip().count("\n") == 0


def test_a_day_that_has_not_come_is_refused(run: Run, trap: Path) -> None:
    future = run("status", "--as-of", "2026-12-31", "--config", trap)
    assert future.code == 2 and "lies in the future" in future.err


def test_data_that_cannot_be_used_end_with_three(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    config = tmp_path / "config.yaml"
    config.write_text("company: Acme\nsource: {type: csv, path: data}\n")
    refused = run("status", "--config", config)
    assert refused.code == 3 and "opportunities" in refused.err and refused.err.count("\n") == 1


def test_the_traceback_is_there_for_those_who_ask(tmp_path: Path) -> None:
    shown = process("status", "--config", tmp_path / "nowhere.yaml", "--debug")
    assert shown.code != 0 and "Traceback" in shown.err
    quiet = process("status", "--config", tmp_path / "nowhere.yaml")
    assert quiet.code == 2 and "Traceback" not in quiet.err


def test_a_reader_that_goes_away_is_no_error(trap: Path) -> None:
    import subprocess
    import sys

    from tests.cli.conftest import ROOT

    command = f"{sys.executable} -m monitor.entrypoints.cli history --config {trap} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stderr == "" and done.stdout.strip()


def test_backfill_rebuilds_and_backtest_tells_how_early_the_breaker_was(run: Run, trap: Path) -> None:
    filled = run("backfill", "--from", "2026-01-01", "--json", "--config", trap)
    assert filled.code == 0 and filled.json["weeks"] == 39 and filled.json["readings"] == 39 * 8
    played = run("backtest", "--config", trap)
    assert played.code == 0 and "weeks before attainment reached its low" in played.out
    assert "\x1b" not in played.err


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        ("trap", "paused"),
        pytest.param("healthy", "Armed", marks=pytest.mark.thorough),
        ("shock", "Armed"),
        pytest.param("thin", "Armed", marks=pytest.mark.thorough),
        ("dirty", "Set aside"),
    ],
)
def test_every_scenario_of_the_demo_shows_its_digest(run: Run, scenario: str, sentence: str) -> None:
    shown = run("demo", "--scenario", scenario)
    assert shown.code == 0, shown.err
    assert sentence in shown.out


DAYS = ("2026-01-04", "2026-03-01", "2026-04-12", "2026-06-07", "2026-07-12", "2026-09-27")


@pytest.mark.parametrize("days", [DAYS[::2], pytest.param(DAYS, marks=pytest.mark.thorough)], ids=["some", "more"])
def test_a_company_that_never_ran_and_one_that_ran_each_week_agree(
    run: Run, trap: Path, tmp_path: Path, days: tuple[str, ...]
) -> None:
    (tmp_path / "weekly").mkdir()
    weekly = configured(tmp_path / "weekly", "trap")
    for day in days:
        assert run("status", "--config", weekly, "--as-of", day).code == 0
    assert run("status", "--json", "--config", weekly).json == run("status", "--json", "--config", trap).json


def test_deals_without_owners_are_no_attainment_of_zero(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    won = [f"{n},2026-0{1 + n % 5}-10,2026-0{2 + n % 5}-01,true,true,1000,smb" for n in range(1, 40)]
    header = "opportunity_id,created_date,close_date,is_closed,is_won,amount,segment"
    (data / "opportunities.csv").write_text("\n".join([header, "0,2025-12-01,2026-06-26,true,false,9,smb", *won]))
    (data / "reps.csv").write_text("rep_id,role,segment,start_date\nR1,ae,smb,2025-01-01\n")
    (data / "quotas.csv").write_text("rep_id,period_start,amount\nR1,2026-01-01,50000\nR1,2026-04-01,50000\n")
    config = tmp_path / "config.yaml"
    config.write_text("company: Acme\nsource: {type: csv, path: data}\n")
    status = run("status", "--json", "--as-of", "2026-06-28", "--config", config).json
    weekly = status["indicators"]["attainment"]["weekly"]
    assert (weekly["value"], weekly["band"], weekly["reason"]) == (None, "no_data", "no_owners")


@pytest.mark.parametrize("command", ["explain coverage", "backtest", "digest --dry-run", "serve --dry-run"])
def test_what_was_recorded_and_cannot_be_read_is_not_taken_for_nothing(run: Run, trap: Path, command: str) -> None:
    (log := trap.with_name("trap.db")).write_bytes(b"no database" * 1000)
    done = run(*command.split(), "--config", trap)
    assert (done.code, done.out, str(log) in done.err) == (2, "", True), done


def test_doctor_looks_at_the_data_though_the_log_cannot_be_read_and_tells_the_day_it_is(run: Run, trap: Path) -> None:
    (log := trap.with_name("trap.db")).write_bytes(b"no database" * 1000)
    done = run("doctor", "--config", trap, "--as-of", "2026-06-28", "--json")
    said = {check["part"]: check for check in done.json}
    assert (done.code, str(log) in said["database"]["text"]) == (1, True)
    assert said["clock"]["text"] == "today is 2026-09-28 in America/New_York; readings are as of 2026-06-28"


def test_a_dry_run_of_doctor_never_says_that_all_is_well_where_it_could_not_ask(
    run: Run, trap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = run("doctor", "--dry-run", "--config", trap)
    assert demo.code == 0 and "there are no calls that could be counted" in demo.out
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    (file := tmp_path / "hubspot.yaml").write_text("company: Acme\nsource: {type: hubspot, cache: cache}\n")
    unasked = run("doctor", "--dry-run", "--config", file)
    assert unasked.code == 1 and "HUBSPOT_TOKEN is not set" in unasked.out, unasked
    assert not (tmp_path / "cache").exists()


def test_what_doctor_proposes_for_deals_without_a_segment_gives_them_one(run: Run, tmp_path: Path) -> None:
    deals = "".join(f"D{n},A1,2025-06-0{1 + n % 9},false,false,{60_000 if n < 5 else 9_000}\n" for n in range(40))
    (tmp_path / "opportunities.csv").write_text(
        f"opportunity_id,account_id,created_date,is_closed,is_won,amount\n{deals}"
    )
    (tmp_path / "accounts.csv").write_text("account_id,employees\nA1,12\n")
    configured = "company: Acme\nsource: {type: csv, path: .}\n"
    (tmp_path / "config.yaml").write_text(configured)
    doctor = ("--config", tmp_path / "config.yaml", "--as-of", "2025-06-15", "doctor")
    said = " ".join(run(*doctor).out.split())
    assert "5 of 40 open deals (300,000) have no segment" in said
    [proposed] = re.findall(r"such as segments\.by: (\[.*?\])", said)
    (tmp_path / "config.yaml").write_text(f"{configured}segments: {{by: {proposed}}}\n")
    assert "every open deal has a segment (40)" in " ".join(run(*doctor).out.split())
