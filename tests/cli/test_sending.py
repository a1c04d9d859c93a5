"""`digest --send`, `--dry-run` and acts, as a person types them, delivered to a workspace on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run, Watched, configured
from tests.render import slack_rules
from tests.slack_server import ALERT, DIGEST, Message, SlackServer

SLACK = f"slack: {{digest_channel: {DIGEST}, alert_channel: {ALERT}}}\n"


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackServer]:
    with SlackServer() as server:
        monkeypatch.setenv("SLACK_API_URL", server.url)
        monkeypatch.setenv("SLACK_BOT_TOKEN", server.bot_token)
        monkeypatch.setenv("SLACK_APP_TOKEN", server.app_token)
        yield server


@pytest.fixture
def healthy(watched: Watched) -> Path:
    return watched("healthy", SLACK)


@pytest.fixture
def paused(watched: Watched) -> Path:
    return watched("trap", SLACK)


def said(slack: SlackServer, channel: str) -> list[str]:
    return [message.text for message in slack.messages(channel) if message.thread_ts is None]


def shown(message: Message) -> str:
    return str(message.blocks)


def test_the_digest_arrives_once_however_often_it_is_sent(run: Run, slack: SlackServer, tmp_path: Path) -> None:
    healthy = configured(tmp_path, "healthy", SLACK)
    first = run("digest", "--send", "--config", healthy)
    assert first.code == 0 and "1 message delivered" in first.out
    again = run("digest", "--send", "--config", healthy)
    assert again.code == 0 and "Nothing had to be sent" in again.out
    (text,) = said(slack, DIGEST)
    assert text.startswith("All quiet")


def test_what_arrives_is_valid_carries_its_key_and_names_its_run(run: Run, slack: SlackServer, healthy: Path) -> None:
    run("digest", "--send", "--config", healthy)
    (message,) = [m for m in slack.messages(DIGEST) if m.thread_ts is None]
    call = slack.calls("chat.postMessage")[0].args
    assert slack_rules.broken({**call, "unfurl_links": False, "unfurl_media": False}) == []
    assert message.metadata == {
        "event_type": "smb_monitor_message",
        "event_payload": {"key": f"digest:2026-W39:{DIGEST}"},
    }
    assert "run " in shown(message) and "27 Sep 2026" in shown(message)


def test_a_first_start_says_once_that_hiring_is_paused(run: Run, slack: SlackServer, tmp_path: Path) -> None:
    paused = configured(tmp_path, "trap", SLACK)
    run("status", "--config", paused)
    assert said(slack, ALERT) == []
    assert run("digest", "--send", "--config", paused).code == 0
    (alert,) = said(slack, ALERT)
    assert alert.startswith("Mid-market hiring starts paused, since 7 Apr 2026")
    assert len(said(slack, DIGEST)) == 2


def test_a_dry_run_shows_who_would_get_what_and_leaves_nothing_behind(
    run: Run, slack: SlackServer, tmp_path: Path
) -> None:
    paused = configured(tmp_path, "trap", SLACK)
    shows = run("digest", "--dry-run", "--config", paused)
    assert shows.code == 0 and DIGEST in shows.out and "would be sent" in shows.out
    assert slack.calls() == []
    assert sorted(path.name for path in paused.parent.iterdir()) == [paused.name]


def test_an_acknowledgement_changes_the_alert_in_place(run: Run, slack: SlackServer, paused: Path) -> None:
    run("digest", "--send", "--config", paused)
    assert "Acknowledge" in shown(slack.messages(ALERT)[0])
    assert run("breaker", "ack", "--by", "Ada Marsh", "--config", paused).code == 0
    run("digest", "--send", "--config", paused)
    (alert,) = [m for m in slack.messages(ALERT) if m.thread_ts is None]
    assert "Acknowledged by Ada Marsh on 28 Sep 2026" in shown(alert)
    assert "'action_id': 'ack'" not in shown(alert)


def test_a_stranger_cannot_acknowledge(run: Run, slack: SlackServer, paused: Path) -> None:
    refused = run("breaker", "ack", "--by", "Eve", "--config", paused)
    assert refused.code == 1 and "Eve may not do this" in refused.err


def test_a_digest_that_reads_differently_by_now_is_corrected_in_place(
    run: Run, slack: SlackServer, healthy: Path
) -> None:
    run("digest", "--send", "--config", healthy)
    healthy.write_text(healthy.read_text().replace("scenario: healthy", "scenario: thin"))
    assert run("digest", "--send", "--config", healthy).code == 0
    (digest,) = [message for message in slack.messages(DIGEST) if "digest:" in str(message.metadata)]
    assert "Corrected" in shown(digest)


def test_a_channel_that_is_gone_is_told_in_the_alert_channel_and_is_an_error(
    run: Run, slack: SlackServer, healthy: Path
) -> None:
    slack.workspace.channels[DIGEST].archived = True
    sent = run("digest", "--send", "--config", healthy)
    assert sent.code == 4 and "is_archived" in sent.out
    assert any(text.startswith("All quiet") for text in said(slack, ALERT))


def test_what_could_not_be_delivered_is_sent_when_a_person_asks_again(
    run: Run, slack: SlackServer, healthy: Path
) -> None:
    slack.workspace.channels[DIGEST].archived = True
    run("digest", "--send", "--config", healthy)
    slack.workspace.channels[DIGEST].archived = False
    assert run("digest", "--send", "--config", healthy).code == 0
    assert len(said(slack, DIGEST)) == 1


def test_without_a_token_nothing_is_sent_and_the_variable_is_named(
    run: Run, slack: SlackServer, healthy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    sent = run("digest", "--send", "--config", healthy)
    assert sent.code == 4 and "SLACK_BOT_TOKEN" in sent.out + sent.err
