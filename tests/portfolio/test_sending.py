"""`digest --send` of many companies to a workspace on loopback: everything once, whoever fails or is killed."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.forks import Fork
from tests.portfolio.company import DAY, KINDS, REST, by_column, configured, in_folders
from tests.slack_server import ALERT, DIGEST, SlackServer

OWN = f"slack: {{digest_channel: {DIGEST}, alert_channel: {ALERT}}}"
COMPANIES = f"""
companies:
  - {{company: Acme, source: {{type: csv, path: data0}}, {OWN}}}
  - {{company: Beta, source: {{type: csv, path: data1}}, {OWN}}}
  - {{company: Gone, source: {{type: csv, path: nowhere}}, {OWN}}}
  - {{company: Gamma, source: {{type: csv, path: data2}}}}
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Companies that tell the same two channels as their portfolio; the last tells nobody."""
    folder = tmp_path_factory.mktemp("sending")
    in_folders(folder, {name: KINDS[name]() for name in ("Acme", "Beta", "Gamma")})
    configured(folder, f"{REST}{OWN}\n{COMPANIES}")
    return folder


def digests(slack: SlackServer) -> Counter[str]:
    """How often each message arrived in the digest's channel, by its key."""
    posted = [message for message in slack.messages(DIGEST) if message.thread_ts is None]
    return Counter(str((message.metadata or {})["event_payload"]["key"]) for message in posted)


def of_week(found: Counter[str]) -> list[str]:
    return sorted(key.partition("/")[0].rpartition("-")[0] or "portfolio" for key in found if "W39" in key)


def test_each_company_tells_its_own_and_the_portfolio_everybody_each_once(
    run: Run, prepared: Path, slack: SlackServer
) -> None:
    typed = ("digest", "--send", "--config", prepared / "config.yaml", "--as-of", DAY)
    preview = run("digest", "--dry-run", *typed[2:])
    assert preview.code == 0 and not slack.messages() and not (prepared / "smb-monitor.companies").exists()
    first = run(*typed)
    assert first.code == 0, first
    assert first.out.startswith("4 companies: 3 read, 1 not.") and "Gone: There is no folder" in first.out
    assert "slack Beta: All quiet" in first.out and "Acme: Mid-market hiring starts paused" in preview.out
    found = digests(slack)
    assert set(found.values()) == {1}
    assert of_week(found) == ["acme", "beta", "portfolio"]
    (portfolio,) = [m for m in slack.messages(DIGEST) if "portfolio/" in str(m.metadata)]
    assert portfolio.text.startswith("Hiring is paused at 1 of 4 companies; 1 more in breakage; 1 without a verdict")
    again = run(*typed)
    assert again.code == 0 and "Nothing had to be sent" in again.out and digests(slack) == found


def test_a_portfolio_that_reads_differently_by_now_is_corrected_in_place(
    run: Run, prepared: Path, slack: SlackServer, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(prepared, folder, ignore=shutil.ignore_patterns("*.companies"))
    file = configured(folder, f"{REST}{OWN}\ncompanies:\n  - {{company: Beta, source: {{type: csv, path: data1}}}}\n")
    assert run("digest", "--send", "--config", file, "--as-of", DAY).code == 0
    (folder / "data1" / "spend.csv").unlink()
    assert run("digest", "--send", "--config", file, "--as-of", DAY).code == 0
    (message,) = slack.messages(DIGEST)
    assert "Corrected" in str(message.blocks) and "No verdict" in str(message.blocks)


def test_by_a_column_a_company_that_is_gone_and_a_source_that_fails_are_told(
    run: Run, slack: SlackServer, tmp_path: Path
) -> None:
    both = {name: KINDS[name]() for name in ("Acme", "Beta")}
    typed = ("digest", "--send", "--config", by_column(tmp_path, both, rest=f"{REST}{OWN}\n"), "--as-of", DAY)
    assert run(*typed).code == 0
    by_column(tmp_path, {"Beta": both["Beta"]}, rest=f"{REST}{OWN}\n")
    assert run(*typed).code == 0
    (message,) = slack.messages(DIGEST)
    assert message.text == "1 of 2 companies without a verdict; nothing in breakage where there is one"
    assert "No row names it any more; the last week in which one did ended on 27 Sep 2026" in str(message.blocks)
    assert "Acme     cannot be read" in run("status", *typed[2:]).out
    (tmp_path / "all" / "opportunities.csv").write_text("company_id,segment\nBeta,smb\n")
    failed = run(*typed)
    assert failed.code == 3 and "has no column" in failed.err
    (message,) = slack.messages(DIGEST)
    assert message.text == "None of 2 companies could be read"


def test_a_portfolio_that_nobody_hears_is_not_sent(run: Run, prepared: Path, tmp_path: Path) -> None:
    file = configured(tmp_path, f"{REST}{COMPANIES}")
    answer = run("digest", "--send", "--config", file, "--as-of", DAY)
    assert answer.code == 4 and "nobody is configured to get the digest" in answer.err


def test_doctor_says_whether_the_digest_of_the_portfolio_would_arrive(run: Run, tmp_path: Path) -> None:
    gone = "companies: [{company: Gone, source: {type: csv, path: nowhere}}]\n"
    file = configured(tmp_path, f"{REST}{OWN}\n{gone}")
    answer = run("doctor", "--config", file)
    assert answer.code == 1 and "the portfolio's own digest cannot be sent" in answer.out
    assert "SLACK_BOT_TOKEN is not set" in answer.out and "SLACK_APP_TOKEN" not in answer.out
    assert run("doctor", "--dry-run", "--config", file).code == 0


def test_doctor_asks_for_no_secrets_of_a_worker_that_a_portfolio_does_not_have(
    run: Run, slack: SlackServer, tmp_path: Path
) -> None:
    gone = f"companies: [{{company: Gone, source: {{type: csv, path: nowhere}}, {OWN}}}]\n"
    answer = run("doctor", "--config", configured(tmp_path, f"{REST}{OWN}\n{gone}"))
    assert answer.out.startswith("1 of 1 company fails a check; each says how to mend it\n")
    assert "app token" not in answer.out and "SLACK_APP_TOKEN" not in answer.out
    assert [line for line in answer.out.splitlines() if line.startswith("The portfolio")] == ["The portfolio  ok"]


def typed_and_killed(forks: Fork, slack: SlackServer, file: Path, log: Path, at: int) -> dict[str, Any]:
    """`digest --send` in a process of its own that kills itself at its step `at` (0: never)."""
    argv = ["digest", "--send", "--config", str(file), "--as-of", DAY]
    environ = {"DATABASE_URL": f"sqlite:///{log}.db", "SLACK_API_URL": slack.url, "SLACK_BOT_TOKEN": slack.bot_token}
    return forks(argv=argv, at=at, environ=environ)


def an_hour_passes(log: Path) -> None:
    """As the databases have it: whoever held a row then does not hold it now, and what was lost is lost."""
    long_ago = "'2000-01-01T00:00:00.000000+00:00'"
    for file in log.with_suffix(".companies").glob("*.db"):
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(f"UPDATE outbox SET lease_until = {long_ago}, tried_at = {long_ago}")
            database.execute(f"UPDATE outbox SET next_at = {long_ago} WHERE next_at NOTNULL")


def test_killed_anywhere_and_run_again_everything_arrives_once(
    prepared: Path,
    slack: SlackServer,
    forks: Fork,
    tmp_path: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, start = prepared / "config.yaml", tmp_path / "start"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{start}.db")
    run("status", "--config", file, "--as-of", DAY)
    for at in range(2, 1000, 37):
        slack.workspace.messages.clear()
        log = tmp_path / f"at{at}"
        shutil.copytree(start.with_suffix(".companies"), log.with_suffix(".companies"))
        killed = typed_and_killed(forks, slack, file, log, at)["killed"]
        for _ in range(2 if killed else 0):
            an_hour_passes(log)
            last = typed_and_killed(forks, slack, file, log, 0)
            assert last["exit"] == 0, (at, last)
        found = digests(slack)
        assert of_week(found) == ["acme", "beta", "portfolio"] and set(found.values()) == {1}, (at, found)
        if not killed:
            break
    assert at > 60
