"""`smb-monitor init`: from questions to a configuration that works, with spreadsheets that people fill in."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Run
from tests.sources.company import write_csv
from tests.sources.mutations import AS_OF, clean_company

ANSWERS = {
    "csv": "Acme|America/New_York|USD|1|csv|data|here|here|here|none||0.75||",
    "csv with sheets": "Acme||||csv||file|file|file|file|my sheets||||",
    "csv with constant quotas": "Acme||||csv|data|file|constant|quota|year|0.5|none|none|sheets||||",
    "sql": "Acme||||sql|crm.duckdb|||here|here|here|none||||",
    "fivetran": "Acme|Europe/Berlin|EUR|2|sql||salesforce|crm|here|file|file|file||2026-01-01|0.7||",
    "salesforce": "Acme||||salesforce|here|here|file|none||||| ",
    "hubspot": "Acme||||hubspot|here|constant|yearly|year||file|none|||||",
    "demo": "Acme||||demo||||",
    "after mistakes": "|Acme|Berlin||Dollars|USD|13|12|excel|demo|April||1.5|||",
}


def type_in(monkeypatch: pytest.MonkeyPatch, answers: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(answers.split("|")) + "\n"))


@pytest.mark.parametrize("answers", ANSWERS)
def test_whatever_is_answered_the_file_is_valid(
    answers: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, ANSWERS[answers])
    done = run("init", "--output", tmp_path / "config.yaml")
    assert (done.code, f"doctor --config {tmp_path / 'config.yaml'}" in done.out) == (0, True), done.err
    assert run("config", "check", "--config", tmp_path / "config.yaml").code == 0
    assert not list(tmp_path.rglob(".*"))
    for sheet in tmp_path.rglob("*.csv"):
        header, example = sheet.read_text().splitlines()
        assert "EXAMPLE" in example.split(",") and len(header.split(",")) == len(example.split(","))


def company(folder: Path, *own: str) -> Path:
    """The made company in CSV files, but for the tables `own`."""
    for name, rows in clean_company().items():
        if name not in own:
            write_csv(folder / "data" / f"{name}.csv", rows)
    return folder / "config.yaml"


def status(run: Run, config: Path) -> Any:
    told = run("status", "--json", "--as-of", AS_OF, "--config", config)
    assert told.code in (0, 1), told.err
    answer = told.json
    del answer["configuration"], answer["data"]["remarks"]
    return answer


def test_sheets_are_ignored_until_they_are_filled_in_and_then_give_the_numbers(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, "Acme|America/New_York|||csv||file|file|file|none||2026-01-01|0.75||")
    config = company(tmp_path, "reps", "quotas", "spend")
    run("init", "--output", config)
    untouched = status(run, config)
    assert not untouched["data"]["rows"].keys() & {"reps", "quotas", "spend"}
    assert untouched["indicators"]["attainment"]["weekly"]["band"] == "no_data"
    said = " ".join(run("doctor", "--as-of", AS_OF, "--config", config).out.split())
    assert "quotas.csv, line 2: there is nothing but EXAMPLE, so table quotas is taken as absent" in said
    assert "there is no table `quotas`: Pipeline coverage and AE attainment read no data" in said
    assert "put rows of your own into sheets/quotas.csv (rep_id, period_start, amount)" in said
    for name in ("reps", "quotas", "spend"):
        sheet = tmp_path / "sheets" / f"{name}.csv"
        write_csv(sheet, [dict.fromkeys(row, "EXAMPLE") for row in clean_company()[name][:1]] + clean_company()[name])
    (tmp_path / "smb-monitor.db").unlink()  # in which past quarters were sealed without data
    found = status(run, config)
    company(tmp_path / "plain")
    (tmp_path / "plain" / "config.yaml").write_text(
        "company: Acme\ntimezone: America/New_York\nexpansion: {started: 2026-01-01}\n"
        "source: {type: csv, path: data}\nindicators: {cac_payback: {gross_margin: {smb: 0.75}}}\n"
    )
    assert found == status(run, tmp_path / "plain" / "config.yaml")


def test_nothing_that_is_there_is_overwritten(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "sheets" / "quotas.csv"
    mine.parent.mkdir()
    mine.write_text("mine")
    type_in(monkeypatch, ANSWERS["csv with sheets"].replace("my sheets", "sheets"))
    done = run("init", "--output", tmp_path / "config.yaml")
    assert f"{mine} is there already and is left as it is." in done.out
    assert mine.read_text() == "mine" and (tmp_path / "sheets" / "spend.csv").exists()
    (tmp_path / "config.yaml").write_text("mine")
    done = run("init", "--output", tmp_path / "config.yaml")
    assert (done.code, (tmp_path / "config.yaml").read_text()) == (2, "mine")
    assert "is there already: name another with --output" in done.err


def test_one_template_is_written_for_the_configuration_that_is_there(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    quotas = "{from_reps: Yearly, per: year}"
    config.write_text(
        f"company: Acme\ncurrency: EUR\nfiscal_year_start: 2\nsource: {{type: demo, tables: {{quotas: {quotas}}}}}\n"
    )
    said = [run("init", "--template", name, "--config", config).out for name in ("reps", "quotas", "spend")]
    assert "`reps: {type: csv, path: sheets/reps.csv}`" in said[0]
    first = {path.stem: path.read_text().splitlines() for path in (tmp_path / "sheets").iterdir()}
    assert first["reps"][0].endswith(",end_date,Yearly") and first["quotas"][1] == "EXAMPLE,2026-02-01,100000"
    assert first["spend"][1].endswith(",EUR")
    assert "is left as it is" in run("init", "--template", "spend", "--config", config).out


def test_doctor_names_the_template_of_a_sheet_that_is_not_there_beside_all_else(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("company: A\nsource: {type: demo, tables: {spend: {type: csv, path: sheets/spend.csv}}}\n")
    answer = run("doctor", "--config", config)
    assert answer.code == 1 and "nobody may override" in answer.out
    assert "`smb-monitor init --template spend` writes one" in " ".join(answer.out.split())
    assert f"Fill it in; {config} names it already." in run("init", "--template", "spend", "--config", config).out
    assert run("status", "--config", config).code == 0


def test_a_template_fits_the_one_of_many_companies_that_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "many.yaml"
    config.write_text(
        "source: {type: demo}\ncurrency: EUR\ncompanies: [{company: A}, {company: B, fiscal_year_start: 2}]\n"
    )
    monkeypatch.setenv("SMB_MONITOR_CONFIG", str(config))
    assert run("init", "--template", "quotas", "--company", "B").code == 0
    assert run("init", "--template", "spend").code == 0
    rows = {path.stem: path.read_text().splitlines()[1] for path in (tmp_path / "sheets").iterdir()}
    assert rows["quotas"] == "EXAMPLE,2026-02-01,100000" and rows["spend"].endswith(",EUR")
    wrong = run("init", "--template", "revenue", "--company", "C")
    assert (wrong.code, "no company of many.yaml is called 'C'" in wrong.err) == (2, True), wrong.err


def test_a_folder_of_the_name_is_no_file_to_replace(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.yaml").mkdir()
    type_in(monkeypatch, ANSWERS["csv with sheets"])
    done = run("init", "--force", "--config", tmp_path / "config.yaml")
    assert (done.code, "config.yaml cannot be written: Is a directory." in done.err) == (2, True), done.err
    assert [path.name for path in tmp_path.rglob("*")] == ["config.yaml"]


def test_what_a_pipe_answers_is_shown_behind_its_question(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, ANSWERS["after mistakes"])
    said = run("init", "--output", tmp_path / "config.yaml").err.splitlines()
    assert said[:4] == ["Company: ", "smb-monitor: an answer is needed; please answer again", "Company: Acme", said[3]]
    assert said[3] == "Time zone (an IANA name) [America/New_York]: Berlin"
    assert said[4].endswith("did you mean Europe/Berlin? Please answer again")


@pytest.mark.parametrize(("folder", "sentence"), [("config.yaml/x", "cannot be made"), ("/proc/sheets", "cannot be")])
def test_what_cannot_be_written_leaves_nothing_half_done(
    folder: str, sentence: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.yaml").write_text("")
    type_in(monkeypatch, ANSWERS["csv with sheets"].replace("my sheets", folder))
    done = run("init", "--force", "--output", tmp_path / "config.yaml")
    assert (done.code, sentence in done.err) == (2, True), done.err
    assert [path.name for path in tmp_path.rglob("*")] == ["config.yaml"] and not (tmp_path / "config.yaml").read_text()


def test_on_a_terminal_it_asks_and_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    keyboard, terminal = pty.openpty()
    opens = "import os, signal, sys; os.open(os.ttyname(0), os.O_RDWR); from monitor.entrypoints.cli import main; "
    hears = "signal.signal(signal.SIGINT, signal.default_int_handler); "  # also where the tests run in the background
    command = [
        sys.executable,
        "-c",
        opens + hears + "sys.exit(main(sys.argv[1:]))",
        "init",
        "--output",
        str(tmp_path / "config.yaml"),
    ]
    with subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=ROOT, start_new_session=True
    ) as process:
        os.close(terminal)
        heard = b""
        for typed in (b"Acme\n", b"\n", b"\x03"):
            while not heard.endswith(b": "):
                heard += os.read(keyboard, 1)
            os.write(keyboard, typed)
            heard = b""
        assert process.wait(60) == 130
    os.close(keyboard)
    assert not list(tmp_path.iterdir())
