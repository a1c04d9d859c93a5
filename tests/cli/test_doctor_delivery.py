"""`doctor` on delivery: what is missing, what refuses us, who is not reached, what did not arrive, what mends it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from monitor.core.escalation import Escalation
from monitor.core.messages import Heading, Message, Tone
from monitor.core.outbox import Outgoing, Settlement, Status
from monitor.core.plan import Plan, SlotDone
from monitor.core.routes import EMAIL, SLACK, Address
from monitor.store.repository import Store, open_store
from tests.cli.conftest import Run
from tests.mail_server import serving
from tests.slack_server import ALERT, APP_TOKEN, BOT_TOKEN, DIGEST, SlackServer
from tests.slack_server.faults import error

SECRETS = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL", "SMTP_PASSWORD")
CHANNELS = f"slack: {{digest_channel: {DIGEST}, alert_channel: {ALERT}}}"
LEADERS = """leadership:
  approvers:
    - {name: Ada Marsh, email: ada@acme.example, slack: U0ADA}
    - {name: Ben Okoro, email: ben@acme.example, slack: U0BEN}
  owner: Ada Marsh
  board: [{name: Eve Lind, email: eve@acme.example}]
"""


def now() -> datetime:
    """This moment: a run of all tests takes longer than a worker may be silent."""
    return datetime.now(UTC)


@pytest.fixture(autouse=True)
def no_secrets_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*SECRETS, "WEBHOOK_SECRET", "SMB_MONITOR_WEB_TOKEN", "DEAD_MAN_URL"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    with SlackServer() as server:
        monkeypatch.setenv("SLACK_API_URL", server.url)
        monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
        monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
        yield server


def company(folder: Path, more: str = CHANNELS, leaders: str = LEADERS) -> Path:
    """A company whose data are not there yet, so that only its delivery is looked at."""
    file = folder / "config.yaml"
    top = "company: Acme\ntimezone: America/New_York\nsource: {type: csv, path: nowhere}\ndatabase: sqlite:///acme.db\n"
    file.write_text(f"{top}{leaders}\n{more}\n")
    return file


@pytest.fixture
def quiet(tmp_path: Path) -> Path:
    """Nothing is configured that could be sent by."""
    return company(tmp_path, more="")


def checks(run: Run, file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run("doctor", "--json", "--config", file).json
    return found


def said(found: list[dict[str, Any]], part: str, outcome: str) -> list[tuple[str, str]]:
    return [(each["text"], each["mend"]) for each in found if (each["part"], each["outcome"]) == (part, outcome)]


def test_without_a_channel_it_says_that_nothing_is_sent(run: Run, trap: Path) -> None:
    [(text, _)] = said(checks(run, trap), "delivery", "note")
    assert text == "no channel is configured: `digest` prints, nothing is sent"
    assert run("doctor", "--config", trap).code == 0


def test_with_slack_and_its_tokens_all_is_well(run: Run, tmp_path: Path, slack: SlackServer) -> None:
    found = checks(run, company(tmp_path))
    assert said(found, "slack", "failed") == said(found, "slack", "warning") == []
    assert said(found, "delivery", "ok") == [("messages go out by slack", "")]
    assert said(found, "delivery", "note") == [] and slack.messages() == []


@pytest.mark.parametrize(
    ("more", "part", "missing"),
    [
        (CHANNELS, "slack", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]),
        (CHANNELS.replace("}", ", mode: http}"), "slack", ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"]),
        ("email: {host: 127.0.0.1, from: m@acme.example, username: m}", "email", ["SMTP_PASSWORD"]),
        ("webhook: {url: 'https://hooks.acme.example'}", "webhook", ["WEBHOOK_SECRET"]),
        ("web: {host: 0.0.0.0}", "web", ["`serve` refuses to listen on 0.0.0.0"]),
    ],
)
def test_each_secret_that_is_missing_is_named(
    run: Run, tmp_path: Path, more: str, part: str, missing: list[str]
) -> None:
    found = said(checks(run, company(tmp_path, more)), part, "failed")
    named = [text for text, mend in found if mend and any(text.startswith(each) for each in missing)]
    assert len(named) == len(missing)


def test_a_token_without_its_section_is_pointed_out(run: Run, quiet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    notes = [text for text, _ in said(checks(run, quiet), "delivery", "note")]
    assert "SLACK_BOT_TOKEN is set, but config.yaml has no section `slack`: nothing goes out by it" in notes
    assert BOT_TOKEN not in run("doctor", "--config", quiet).out


@pytest.mark.parametrize("refusal", ["invalid_auth", "token_revoked", "account_inactive"])
def test_a_token_that_slack_refuses_is_a_failure_with_a_mend(
    run: Run, tmp_path: Path, slack: SlackServer, refusal: str
) -> None:
    slack.script("auth.test", error(refusal))
    found = said(checks(run, company(tmp_path)), "slack", "failed")
    assert any(refusal in text and "SLACK_BOT_TOKEN" in text for text, _ in found)


def test_channels_that_cannot_be_posted_to_are_named(run: Run, tmp_path: Path, slack: SlackServer) -> None:
    slack.add_channel(ALERT, "smb-alerts", archived=True)
    slack.add_channel(DIGEST, "smb-digest", member=False)
    texts = [text for text, _ in said(checks(run, company(tmp_path)), "slack", "failed")]
    assert any("slack.alert_channel #smb-alerts is archived" in text for text in texts)
    assert any("not a member of slack.digest_channel #smb-digest" in text for text in texts)


def test_mail_is_asked_over_verified_tls(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    monkeypatch.setenv("SMTP_PASSWORD", "correct-horse")
    with serving(tls) as server:
        more = f"email: {{host: localhost, port: {server.port}, from: m@acme.example, username: m}}"
        file = company(tmp_path, more)
        [(refused, _)] = said(checks(run, file), "email", "failed")
        assert "certificate" in refused
        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        found = checks(run, file)
        assert said(found, "email", "failed") == []
        assert any("verified TLS" in text for text, _ in said(found, "email", "ok"))
        assert server.mails == [] and "AUTH" not in server.in_the_clear()


def test_an_audience_that_nobody_is_behind_is_a_warning(run: Run, tmp_path: Path, slack: SlackServer) -> None:
    found = said(checks(run, company(tmp_path)), "routes", "warning")
    assert [text.split("`")[1] for text, _ in found] == ["board", "leadership"]
    assert "trip" in found[0][0] and "reminder (day 10)" in found[0][0]
    assert all("email" in mend for _, mend in found)


def test_a_trip_of_which_nobody_would_hear_is_a_failure(run: Run, tmp_path: Path, slack: SlackServer) -> None:
    file = company(tmp_path, f"{CHANNELS}\nroutes: {{trip: [board], digest: []}}")
    [(text, mend)] = said(checks(run, file), "routes", "failed")
    assert text == "nobody would hear of digest, trip"
    assert "leadership" in mend


def test_approvers_whom_slack_does_not_know_are_named(run: Run, tmp_path: Path, slack: SlackServer) -> None:
    leaders = "leadership: {approvers: [{name: Ada Marsh, slack: U0ADA}, {name: Ben Okoro}]}"
    [(text, mend)] = said(checks(run, company(tmp_path, leaders=leaders)), "people", "warning")
    assert text.startswith("Slack does not know Ben Okoro")
    assert "an override takes 2, and only one approver can act from there" in text
    assert "slack" in mend


def test_whoever_has_no_mail_address_is_named_where_mail_is_configured(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaders = "leadership: {approvers: [{name: Ada, email: a@acme.example}, {name: Ben}], board: [{name: Eve}]}"
    file = company(tmp_path, "email: {host: 127.0.0.1, port: 1, from: m@acme.example}", leaders)
    assert ("no mail reaches Ben, Eve", "add their `email`") in said(checks(run, file), "people", "warning")


def test_the_next_three_digests_are_shown_in_the_companys_zone(run: Run, quiet: Path) -> None:
    [check] = [each for each in checks(run, quiet) if (each["part"], each["outcome"]) == ("schedule", "ok")]
    assert check["text"].startswith("the digest is sent on Mondays at 08:00") and "America/New_York" in check["text"]
    [nexts] = check["details"]
    assert nexts.count("Mon ") == 3 and nexts.count("08:00 E") == 3


# What the store says.


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path}/acme.db") as opened:
        yield opened


def finish(store: Store, slot: str, at: datetime, *, missed: bool = False) -> None:
    store.slots.claim(slot, "w1", at, timedelta(minutes=1))
    store.commit(Plan(expected_head=store.head(), done=SlotDone(slot, "w1", "as it was", missed)), at)


def test_a_worker_that_never_ran_is_a_note(run: Run, quiet: Path) -> None:
    [(text, mend)] = said(checks(run, quiet), "schedule", "note")
    assert text.startswith("the worker has never run") and "serve" in mend


def test_a_digest_that_is_overdue_is_a_failure(run: Run, quiet: Path, store: Store) -> None:
    long_ago = (now() - timedelta(days=30)).date().isocalendar()
    finish(store, f"digest:{long_ago.year}-W{long_ago.week:02}", now() - timedelta(days=23))
    found = said(checks(run, quiet), "schedule", "failed")
    assert found and all("was due on" in text and "serve" in mend for text, mend in found)


def test_a_missed_digest_is_a_warning_until_one_is_sent(run: Run, quiet: Path, store: Store) -> None:
    week = now().date().isocalendar()
    finish(store, f"digest:{week.year}-W{week.week:02}", now(), missed=True)
    [(text, _)] = said(checks(run, quiet), "schedule", "warning")
    assert text.startswith("missed, and recorded as such: digest:")


def test_a_worker_that_lives_and_one_that_is_gone(run: Run, quiet: Path, store: Store) -> None:
    store.beat("old:1", "slots", now() - timedelta(hours=5))
    [(text, mend)] = said(checks(run, quiet), "worker", "warning")
    assert text.startswith("no worker lives: the last that was heard of is old:1 (slots)") and "serve" in mend
    store.beat("new:2", "slots", now())
    found = checks(run, quiet)
    assert said(found, "worker", "warning") == [] and said(found, "worker", "ok") == [("new:2 lives", "")]
    store.beat("new:2", "outbox", now() - timedelta(minutes=20))
    [(text, _)] = said(checks(run, quiet), "worker", "warning")
    assert text.startswith("new:2 lives, but is silent about outbox since")


def row(key: str, to: Address) -> Outgoing:
    message = Message("trip", "Mid-market hiring is paused", Tone.BAD, (Heading("Mid-market hiring is paused"),))
    return Outgoing(f"{key}:{to.to}", to, "trip", message, key, "run")


BEN = Address(EMAIL, "ben@acme.example", "leadership", "Ben Okoro")
ALERTS = Address(SLACK, ALERT, "alert", "alert channel")


@pytest.mark.parametrize(
    ("to", "why", "mend"),
    [
        (ALERTS, "chat.postMessage: is_archived; unarchive it or configure another", "tell them what they missed"),
        (ALERTS, "perhaps undelivered: the answer was lost", "look there whether it arrived"),
        (BEN, "the mail server refused ben@acme.example (550)", "tell them what they missed"),
    ],
)
def test_what_did_not_arrive_is_named_with_its_reason_and_a_mend(
    run: Run, quiet: Path, store: Store, to: Address, why: str, mend: str
) -> None:
    store.commit(Plan(outgoing=(row("trip:2026-07-07", to),), expected_head=store.head()), now())
    [claimed] = store.outbox.claim("w1", now())
    store.outbox.settle(claimed, Settlement(Status.FAILED, why), now())
    [(text, how)] = said(checks(run, quiet), "outbox", "failed")
    assert text.startswith(f"trip:2026-07-07:{to.to} of ") and text.endswith(f": {why}") and mend in how


def test_what_waits_for_longer_than_an_hour_is_a_warning(run: Run, quiet: Path, store: Store) -> None:
    store.commit(
        Plan(outgoing=(row("trip:2026-07-07", ALERTS),), expected_head=store.head()), now() - timedelta(hours=2)
    )
    [(text, mend)] = said(checks(run, quiet), "outbox", "warning")
    assert "not tried yet" in text and "serve" in mend


def test_what_failed_long_ago_is_only_counted(run: Run, quiet: Path, store: Store) -> None:
    then = now() - timedelta(days=9)
    store.commit(Plan(outgoing=(row("trip:2026-07-07", ALERTS),), expected_head=store.head()), then)
    [claimed] = store.outbox.claim("w1", then)
    store.outbox.settle(claimed, Settlement(Status.FAILED, "is_archived"), then)
    found = checks(run, quiet)
    assert said(found, "outbox", "failed") == []
    assert said(found, "outbox", "note") == [("1 older than 8 days did not arrive either", "")]


def test_a_channel_that_refuses_us_is_marked_until_it_is_mended(run: Run, quiet: Path, store: Store) -> None:
    store.set_health("slack", "token_revoked", now())
    [(text, mend)] = said(checks(run, quiet), "outbox", "failed")
    assert text.startswith("slack refuses us since") and "SLACK_BOT_TOKEN" in mend
    store.set_health("slack", None, now())
    assert said(checks(run, quiet), "outbox", "ok") == [("nothing is undelivered", "")]


def test_steps_that_are_to_come_are_listed(run: Run, quiet: Path, store: Store) -> None:
    step = Escalation("trip:2026-07-07:reminder:2", "trip:2026-07-07", "reminder", date(2026, 7, 9), ("alert", "owner"))
    later = replace(step, key="trip:2026-07-07:reminder:5", due=date(2026, 7, 12))
    store.commit(Plan(escalations=(step, later), expected_head=store.head()), now())
    [check] = [each for each in checks(run, quiet) if each["part"] == "escalation"]
    assert check["details"][0] == "2026-07-09: reminder of trip:2026-07-07 to alert, owner"
    assert len(check["details"]) == 2
