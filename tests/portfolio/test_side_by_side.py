"""Companies that are heard in one place: each message says whose it is, and its buttons move no other's breaker."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.app.wiring import company, open_log
from monitor.config import Config, Portfolio
from monitor.config import configured as configured_in
from monitor.core.scope import bare, scoped, unscoped
from monitor.entrypoints.cli import main
from monitor.entrypoints.slack.surface import SlackSurface
from tests.portfolio.company import configured
from tests.slack.people import ADA, BEN, CARLA, Somebody, view_of
from tests.slack.sockets import Sockets
from tests.slack_server import ALERT, DIGEST, Message, SlackServer

SLACK = f"slack: {{digest_channel: {DIGEST}, alert_channel: {ALERT}}}"
PAUSED_ALIKE = f"""
company: Northwind Group
timezone: America/New_York
expansion: {{started: 2025-04-01}}
source: {{type: demo, scenario: trap}}
indicators: {{cac_payback: {{gross_margin: {{smb: 0.75, mid_market: 0.75}}}}}}
leadership: {{approvers: [{{name: Ada, slack: {ADA}}}, {{name: Ben, slack: {BEN}}}, {{name: Carla, slack: {CARLA}}}]}}
{SLACK}
companies:
  - {{company: Acme, {SLACK}}}
  - {{company: Beta, {SLACK}}}
  - {{company: Gone, source: {{type: csv, path: nowhere}}, {SLACK}}}
"""
"""Two companies whose breakers tripped on the same day, and one that cannot be read."""


@dataclass(frozen=True)
class Worker:
    """One company's worker on Slack, and Ada before her screen."""

    config: Config
    ada: Somebody

    def acts(self) -> list[str]:
        with open_log(self.config) as store:
            return [event.kind for event in store.events() if event.surface == "slack"]


@contextmanager
def serving(file: Path, name: str, slack: SlackServer) -> Iterator[Worker]:
    found = configured_in(file, os.environ)
    assert isinstance(found, Portfolio)
    config = found.company(name)
    settings, sockets = config.slack(), Sockets(slack)
    assert settings is not None
    surface = SlackSurface(lambda: company(config), settings, lambda: datetime.now(UTC))
    surface.start()
    try:
        sockets.connected()
        yield Worker(config, Somebody(slack, sockets, ADA))
    finally:
        surface.stop()


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Message]]:
    """The folder after everything was sent, and what arrived."""
    folder = tmp_path_factory.mktemp("alike")
    with SlackServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DATABASE_URL", raising=False)
        patch.setenv("SLACK_API_URL", server.url)
        patch.setenv("SLACK_BOT_TOKEN", server.bot_token)
        assert main(["digest", "--send", "--config", str(configured(folder, PAUSED_ALIKE))]) == 0
        return folder, server.messages()


@pytest.fixture
def told(sent: tuple[Path, list[Message]], slack: SlackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configuration, once every company has told its alerts."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("SLACK_APP_TOKEN", slack.app_token)
    slack.workspace.messages.extend(sent[1])
    return Path(shutil.copytree(sent[0], tmp_path / "copy")) / "config.yaml"


def alert_of(slack: SlackServer, name: str) -> Message:
    (found,) = [message for message in slack.messages(ALERT) if message.text.startswith(f"{name}: ")]
    return found


def button(message: Message, action: str) -> str:
    elements = [each for block in message.blocks if block["type"] == "actions" for each in block["elements"]]
    return next(str(each["value"]) for each in elements if each["action_id"] == action)


def as_shown(message: Message) -> dict[str, Any]:
    return {"ts": message.ts, "text": message.text, "blocks": message.blocks, "metadata": message.metadata}


def test_every_message_of_a_company_begins_with_its_name(told: Path, slack: SlackServer) -> None:
    assert "The data cannot be read" in alert_of(slack, "Gone").text
    assert "hiring starts paused" in alert_of(slack, "Acme").text
    said = [message.text for message in slack.messages() if message.thread_ts is None]
    begun = Counter(text.partition(":")[0] for text in said if not text.startswith("Hiring is paused at 2 of 3"))
    assert set(begun) == {"Acme", "Beta", "Gone"} and begun.total() == len(said) - 1


@pytest.mark.parametrize("with_metadata", [True, False])
def test_a_button_moves_the_breaker_of_its_own_company(told: Path, slack: SlackServer, with_metadata: bool) -> None:
    mine = alert_of(slack, "Beta")
    shown = as_shown(mine) if with_metadata else {**as_shown(mine), "metadata": None}
    with serving(told, "Beta", slack) as beta:
        beta.ada.clicks("ack", button(mine, "ack"), shown)
        beta.ada.hears("Recorded as line")
        assert beta.acts() == ["acknowledged"]


@pytest.mark.parametrize("action", ["ack", "override", "checklist", "explain"])
def test_a_button_that_reaches_anothers_worker_changes_and_shows_nothing(
    told: Path, slack: SlackServer, action: str
) -> None:
    theirs = alert_of(slack, "Acme")
    with serving(told, "Beta", slack) as beta:
        beta.ada.clicks(action, button(theirs, action), as_shown(theirs))
        beta.ada.hears("That is another company's; the monitor that heard you is Beta's: nothing was changed.")
        assert beta.acts() == [] and slack.workspace.views == []


def test_the_answer_to_a_command_has_buttons_of_its_own_company(told: Path, slack: SlackServer) -> None:
    with serving(told, "Acme", slack) as acme:
        acme.ada.types("breaker")
        answer = json.dumps(acme.ada.hears("Acknowledge"))
    assert '"value": "acme-' in answer and '"value": "trip:' not in answer


def test_a_form_that_is_sent_in_at_anothers_worker_is_refused_beside_its_field(told: Path, slack: SlackServer) -> None:
    theirs = alert_of(slack, "Acme")
    with serving(told, "Acme", slack) as acme:
        acme.ada.clicks("override", button(theirs, "override"), as_shown(theirs))
        view = view_of(slack, lambda view: "submit" in view)
    with serving(told, "Beta", slack) as beta:
        envelope = beta.ada.submits(view, reason="A reason of more than twenty characters")
        errors = beta.ada.sockets.acked(envelope).payload["errors"]
        assert "another company's" in next(iter(errors.values())) and beta.acts() == []


@pytest.mark.parametrize("key", ["trip:2026-07-07:C1", "won_large:a/b:C1", "digest:2026-W39:C1", "x" * 10 + "/y"])
def test_a_key_comes_back_to_whose_it_is_and_to_nobody_else(key: str) -> None:
    out = scoped("acme-37036cd8f9", key)
    assert (bare("acme-37036cd8f9", out), unscoped(out)) == (key, key)
    assert bare("beta-37036cd8f9", out) is bare("", out) is bare("acme-37036cd8f9", key) is None
    assert bare("", key) == key == scoped("", key)
