"""Many companies at once, as a person types it: one line each, worst first, and nobody's trouble is another's."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from monitor.app.observe import observe
from monitor.app.portfolio import Errand, inspect, run_one, tell
from monitor.app.wiring import Company, open_log
from monitor.config import Portfolio
from monitor.config import configured as configured_in
from monitor.core.types import Snapshot
from monitor.entrypoints import opening
from monitor.entrypoints.opening import world
from monitor.render import neutral
from monitor.sources.csv_folder import CsvFolder
from monitor.sources.source import World
from tests.cli.conftest import Run
from tests.lent import at
from tests.portfolio.company import (
    BY_RULE,
    DAY,
    KINDS,
    REST,
    by_column,
    configured,
    in_folders,
    with_yearly_quotas,
)
from tests.render import slack_rules
from tests.sources.company import write_csv
from tests.sources.mutations import AS_OF

pytestmark = pytest.mark.xdist_group("northwind")
"""The portfolio is read once, in one process of the tests."""

Golden = Callable[[str, str], None]


def test_status_has_one_line_for_each_company_the_worst_first(ask: Run, golden: Golden) -> None:
    answer = ask("status")
    assert answer.code == 0
    golden("status.txt", answer.out)


def test_the_digest_reads_and_is_drawn_as_looked_at(ask: Run, golden: Golden) -> None:
    golden("digest.txt", ask("digest").out)
    golden("digest.html", ask("digest", "--format", "html").out)
    drawn = ask("digest", "--format", "slack")
    golden("digest.slack.json", drawn.out)
    assert slack_rules.broken(drawn.json) == []


def test_status_json_holds_the_fixed_document_of_each_company_alone(ask: Run) -> None:
    whole = ask("status", "--json").json
    assert whole["order"] == ["Acme", "Gamma", "Delta", "Epsilon", "Beta"]
    assert "created_date" in whole["unreadable"]["Epsilon"]
    for name in ("Acme", "Beta"):
        assert json.dumps(whole["companies"][name]) == json.dumps(ask("status", "--json", "--company", name).json)


@pytest.mark.parametrize("words", [("explain", "coverage"), ("gate",), ("breaker",), ("history",), ("audit",)])
def test_every_command_is_about_one_company_where_it_is_named(ask: Run, words: tuple[str, ...]) -> None:
    named = ask("--company", "Acme", *words)
    assert named.code in (0, 1) and named.out and named == ask(*words, "--company", "Acme")
    unnamed = ask(*words)
    assert unnamed.code == 2
    assert "name one with --company, such as --company Acme" in unnamed.err


def test_the_history_of_one_of_many_draws_a_year_of_weeks_as_it_does_alone(ask: Run) -> None:
    before = ask("digest", "--company", "Acme").out
    assert ask("history", "--company", "Acme").out.count(", 52 weeks") == 4
    assert "run " in before and ask("digest", "--company", "Acme").out == before


def test_a_company_that_is_not_there_is_a_mistake_with_the_nearest_name(ask: Run) -> None:
    answer = ask("status", "--company", "Acmee")
    assert answer.code == 2
    assert "no company of config.yaml is called 'Acmee'; did you mean Acme?" in answer.err


def test_the_worker_says_what_to_do_instead_wherever_cron_runs_it(ask: Run, northwind: Path) -> None:
    answer = ask("serve")
    assert answer.code == 2 and f"smb-monitor --config {northwind} digest --send" in answer.err


def test_doctor_says_of_each_how_it_is_and_of_the_failing_what_mends_them(ask: Run) -> None:
    answer = ask("doctor")
    assert answer.code == 1
    assert "1 of 5 companies fails a check" in answer.out
    assert "map it under" in answer.out.partition("\n\nEpsilon\n")[2]


def test_a_command_that_one_of_many_companies_prints_is_about_that_company(run: Run, tmp_path: Path) -> None:
    name, told = "Acme & Söhne", "{host: 127.0.0.1, port: 9, from: a@mail.test}"
    leads = "{approvers: [{name: Ada, email: ada@mail.test}, {name: Ben}]}"
    entry = f"  - {{company: {name}, source: {{type: csv, path: own}}, email: {told}, leadership: {leads}}}\n"
    tables = KINDS["Acme"]()
    tables["opportunities"][0]["amount"] = "-1"
    del tables["spend"]
    for table, rows in tables.items():
        write_csv(tmp_path / "own" / f"{table}.csv", rows)
    file = in_folders(tmp_path, {"Beta": KINDS["Beta"]()}, more=entry)
    ask = partial(run, "--config", file, "--as-of", DAY, "--company", name)
    printed = " ".join(f"{ask('digest').out} {ask('doctor').out}".split())
    found = configured_in(file, os.environ)
    assert isinstance(found, Portfolio)
    with open_log(found.company(name)) as store:
        mails = [store.outbox.outgoing(line.key) for line in store.outbox.lines()]
    printed += " ".join(json.dumps(neutral.render(mail.message)) for mail in mails if mail)
    assert "in Slack" not in printed  # it has none
    typed = re.findall(r"smb-monitor ([a-z -]+?)(?= --company 'Acme & S|[^a-z -])", printed)
    named = re.findall(r"smb-monitor ([a-z -]+?)(?= --company 'Acme & S)", printed)
    assert {"doctor", "breaker", "init --template spend"} <= set(named), named
    assert set(typed) - set(named) == {"digest --send"}, typed  # that of all companies, by the clock


@pytest.mark.parametrize(
    ("first", "second", "doubt"),
    [
        ("{path: data}", "{path: ./data/}", "reads the same deals as A; unless that is meant, give it a source of its"),
        (
            "{path: data}",
            "{path: data, tables: {spend: {type: csv, path: b.csv}}}",
            "reads the same deals as A; unless",
        ),
        ("{path: data}", "{path: data, tables: {opportunities: {type: csv, path: b.csv}}}", ""),
        ("{path: data}", "{path: data, tables: {opportunities: {file: b.csv}}}", ""),
        ("{type: sql, schema: crm}", "{type: sql, schema: CRM}", "reads the same deals as A; unless"),
        ("{type: sql, schema: a}", "{type: sql, schema: b}", ""),
        ("{type: hubspot, cache: a}", "{type: hubspot, cache: b}", "asks hubspot with the tokens of the environment"),
        ("{type: hubspot, cache: a}", "{type: salesforce, cache: b}", ""),
        ("{type: demo}", "{type: demo}", ""),
    ],
)
def test_config_check_doubts_that_two_companies_are_meant_to_have_the_same_deals(
    run: Run, tmp_path: Path, first: str, second: str, doubt: str
) -> None:
    entries = f"  - {{company: A, source: {first}}}\n  - company: B\n    source: {second}\n"
    file = configured(tmp_path, f"source: {{type: csv}}\ncompanies:\n{entries}")
    answer = run("config", "check", "--config", file)
    assert (answer.code, answer.out) == (0, f"{file} is valid.\n")
    assert answer.err.startswith(f"smb-monitor: warning: {file}:4: companies[2]: reads the same" if doubt else "")
    assert doubt in answer.err and bool(answer.err) == bool(doubt)


def test_doctor_finds_a_company_without_channels_whose_log_a_worker_keeps_too(run: Run, tmp_path: Path) -> None:
    entry = "  - {company: Gamma, source: {type: demo}, database: 'sqlite:///gamma.db'}\n"
    file = configured(tmp_path, f"company: Northwind\ncompanies:\n{entry}")
    doctor = partial(run, "doctor", "--company", "Gamma", "--config", file)
    assert "this log too" not in doctor().out
    config = configured_in(file, os.environ)
    assert isinstance(config, Portfolio)
    with open_log(config.company("Gamma")) as store:
        store.beat("gammas-worker", "slots", datetime.now(UTC))
    answer = doctor()
    assert answer.code == 1
    assert "gammas-worker keeps this log too, and here it has no channel" in " ".join(answer.out.split())


def documents(answer: str) -> dict[str, str]:
    return {name: json.dumps(found) for name, found in json.loads(answer)["companies"].items()}


def test_one_company_in_trouble_neither_stops_nor_colours_another(
    run: Run, ask: Run, northwind: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(northwind.parent, folder, ignore=shutil.ignore_patterns("*.companies"))
    file = folder / "config.yaml"
    own_log = "{company: Delta, database: 'sqlite:///delta.db?timeout=0',"
    file.write_text(file.read_text().replace("{company: Delta,", own_log))
    (folder / "data0" / "opportunities.csv").write_bytes(b"\x00\xff\xfe" * 1000)
    deals = folder / "data2" / "opportunities.csv"
    deals.write_text(deals.read_text().replace("created_date", "creation", 1))
    with closing(sqlite3.connect(folder / "delta.db")) as locked:
        locked.execute("BEGIN EXCLUSIVE")
        answer = run("status", "--json", "--config", file, "--as-of", DAY)
    assert (answer.code, answer.err) == (0, "")
    assert list(answer.json["unreadable"]) == ["Acme", "Delta", "Epsilon", "Gamma"]
    assert "delta.db cannot be read: database is locked" in answer.json["unreadable"]["Delta"]
    alone = documents(ask("status", "--json").out)
    assert documents(answer.out) == {"Beta": alone["Beta"]}


def test_a_built_in_company_among_others_does_not_stop_their_clock(run: Run, tmp_path: Path) -> None:
    demo, gone = (
        "  - {company: Demo, source: {type: demo}}\n",
        "  - {company: Gone, source: {type: csv, path: nowhere}}\n",
    )
    days = []
    for entries in (demo + gone, gone, demo):
        file = configured(tmp_path, f"{REST}companies:\n{entries}")
        days.append(run("status", "--json", "--config", file).json["as_of"])
    assert days[0] == days[1] != days[2]


def test_a_day_that_has_not_come_for_a_company_further_west_is_its_own_last_day(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "datetime", at(datetime(2026, 9, 27, 22, tzinfo=UTC)))  # the 28th in Auckland
    west = "  - {company: West, timezone: America/New_York, source: {type: csv, path: data0}}\n"
    rest = REST.replace("America/New_York", "Pacific/Auckland")
    file = in_folders(tmp_path, {"Beta": KINDS["Beta"]()}, rest=rest, more=west)
    typed = ("--as-of", "2026-09-28", "--config", file)
    answer = run("status", "--json", *typed)
    assert {name: each["as_of"] for name, each in answer.json["companies"].items()} == {
        "Beta": "2026-09-28",
        "West": "2026-09-27",
    }
    assert "week to 27 Sep 2026" in run("status", *typed).out
    assert "today is 2026-09-27 in America/New_York" in run("status", "--company", "West", *typed).err


def test_where_nobody_can_be_read_the_exit_code_says_so(run: Run, tmp_path: Path) -> None:
    entry = "  - {company: Gone, source: {type: csv, path: nowhere}}\n"
    answer = run("status", "--json", "--config", configured(tmp_path, f"{REST}companies:\n{entry}"))
    assert answer.code == 3
    assert answer.json["companies"] == {} and answer.json["order"] == ["Gone"]


def test_a_column_tells_companies_apart_as_entries_do(run: Run, ask: Run, tmp_path: Path) -> None:
    file = by_column(tmp_path, {name: KINDS[name]() for name in ("Acme", "Beta")})
    together = run("status", "--json", "--config", file, "--as-of", DAY)
    alone = documents(ask("status", "--json").out)
    assert together.json["order"] == ["Acme", "Beta"]
    for name, found in documents(together.out).items():
        assert json.loads(found) == json.loads(alone[name])
    unknown = run("audit", "--company", "Beat", "--config", file, "--as-of", DAY)
    assert unknown.code == 2 and "did you mean Beta?" in unknown.err
    assert run("gate", "--company", "Acme", "--config", file, "--as-of", DAY).code == 1


def test_quotas_by_rule_are_of_the_company_that_the_rep_is_of(run: Run, tmp_path: Path) -> None:
    """Both have reps of the same ids, with other quotas, and deals that reach to another quarter."""
    companies = with_yearly_quotas({name: KINDS[name]() for name in ("Acme", "Beta")})
    apart = in_folders(tmp_path / "apart", companies, source=BY_RULE)
    companies["Beta"]["reps"].append(companies["Beta"]["reps"][0] | {"company_id": ""})
    together = by_column(tmp_path / "together", companies, source=BY_RULE)
    found, wanted = (run("status", "--json", "--config", file, "--as-of", DAY).out for file in (together, apart))
    for name in companies:
        one, other = (json.loads(documents(answer)[name]) for answer in (found, wanted))
        assert one.pop("configuration") and other.pop("configuration")
        assert one == other and one["data"]["rows"]["quotas"] > 40
        assert one["indicators"]["attainment"]["weekly"]["inputs"]["plan_quota"] > 0


HOSTILE = ["<b>A&B</b> *x* `y` <!channel>\\u202e", "../../etc/passwd", "a\\nb" + "x" * 300, "A B", "A-B"]


def test_names_are_never_markup_paths_or_lines_and_no_two_share_a_log(run: Run, tmp_path: Path) -> None:
    shown = [f'"{name}"' for name in HOSTILE]
    tables = KINDS["Beta"]()
    in_folders(tmp_path, {"Beta": {**tables, "opportunities": tables["opportunities"][-60:]}})
    entries = "".join(f"  - {{company: {name}, source: {{type: csv, path: data0}}}}\n" for name in shown)
    file = configured(tmp_path, f"{REST}companies:\n{entries}")
    answer = run("digest", "--config", file, "--as-of", DAY, "--format", "html")
    assert answer.code == 0 and "<b>A" not in answer.out and "\u202e" not in answer.out
    drawn = run("digest", "--config", file, "--as-of", DAY, "--format", "slack")
    assert slack_rules.broken(drawn.json) == []
    logs = list((tmp_path / "smb-monitor.companies").iterdir())
    assert len(logs) == len(HOSTILE) and not (tmp_path.parent / "etc").exists()
    assert sorted(run("status", "--json", "--config", file, "--as-of", DAY).json["companies"]) == sorted(
        json.loads(name) for name in shown
    )


class Breaking(CsvFolder):
    """A source with a bug."""

    def stamp(self) -> str:
        raise RuntimeError("xoxb-secret")


def test_an_error_of_the_program_in_one_company_is_its_line_and_is_not_hidden(northwind: Path, tmp_path: Path) -> None:
    portfolio = configured_in(northwind, {"DATABASE_URL": f"sqlite:///{tmp_path}/all.db"})
    assert isinstance(portfolio, Portfolio)
    world = World(lambda: datetime(2026, 9, 28, tzinfo=UTC), lambda seconds: None)

    def breaks(found: Company, *more: Any) -> Snapshot:
        return tell(replace(found, source=Breaking(found.config.source_spec())), *more)

    answer = run_one(portfolio.entries[1], Errand(AS_OF, world), breaks)
    assert "xoxb-secret" in str(answer.broke)
    assert answer.line.why == "an error of the program, not of the data (RuntimeError)"
    with open_log(portfolio.entries[1]) as store:
        assert [event.kind for event in store.events()] == ["problem"]
        assert "(RuntimeError)" in store.events()[0].reason


def test_an_error_of_the_program_in_one_company_does_not_stop_doctor(northwind: Path) -> None:
    portfolio = configured_in(northwind, {})
    assert isinstance(portfolio, Portfolio)
    (check,) = inspect(portfolio.entries[1], Errand(AS_OF, world()), lambda *_: [1 // 0], None)
    assert check.text.startswith("an error of the program, not of the data (ZeroDivisionError")


def test_what_one_company_is_run_by_can_be_handed_to_another_process(northwind: Path) -> None:
    portfolio = configured_in(northwind, {})
    assert isinstance(portfolio, Portfolio)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        errand = Errand(AS_OF, world())
        found = [pool.submit(run_one, config, errand, observe) for config in portfolio.entries[:2]]
        assert [answer.result().line.standing for answer in found] == ["paused", "healthy"]
