"""What `doctor` says about Slack: what is wrong, and how it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from monitor.channels.slack import SCOPES
from monitor.core.checks import Check, Outcome
from monitor.core.secret import Secret
from tests.channels.rows import TREND
from tests.channels.slack_rows import ALARM, change, chart, phone, row
from tests.slack_server import ALERT, DIGEST, LOST, SlackServer, faults
from tests.slack_server.faults import Fault, Strike


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        server.workspace.scopes = set(SCOPES)
        yield server


def examined(slack: SlackServer, **more: Any) -> list[Check]:
    return list(phone(slack, **more).channel.examine())


def trouble(checks: list[Check]) -> list[Check]:
    return [check for check in checks if check.outcome not in (Outcome.OK, Outcome.NOTE)]


def test_all_is_well_with_exactly_our_scopes_and_nothing_is_posted(slack: SlackServer) -> None:
    slack.workspace.groups["S0LEADS"] = ["U0ADA", "U0BEN"]
    checks = examined(slack, details_group="S0LEADS")
    assert trouble(checks) == []
    assert [check.text for check in checks][:2] == ["signed in to Acme as smb-monitor", "all 11 scopes are there"]
    assert "Slack takes our blocks, native charts too" in [check.text for check in checks]
    assert slack.messages() == []


def test_our_scopes_are_what_the_calls_need_each_of_them(slack: SlackServer) -> None:
    slack.add_channel("C0SECRET", private=True)
    line = phone(slack)
    for to in (ALERT, "C0SECRET", "U0BEN"):
        sent = line.send(row(ALARM, to))
        receipt = getattr(sent, "receipt", None)
        assert receipt, sent
        for following in (change(row(ALARM, to), receipt), chart(row(ALARM, to), receipt)):
            assert type(line.send(following)).__name__ == "Sent"
            assert type(line.find(following)).__name__ == "Sent"
        assert type(line.find(row(ALARM, to))).__name__ == "Sent"


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope != "commands"])
def test_a_scope_that_is_missing_is_named_with_what_it_is_for(slack: SlackServer, scope: str) -> None:
    slack.workspace.scopes.discard(scope)
    missing = next(check for check in examined(slack) if check.text.startswith("scopes are missing"))
    assert missing.text == f"scopes are missing: {scope}"
    assert missing.details[0].startswith(f"{scope}: ")
    assert "manifest.yaml" in missing.mend


@pytest.mark.parametrize("code", faults.CREDENTIALS)
def test_a_dead_token_is_said_first_and_alone(slack: SlackServer, code: str) -> None:
    slack.script("auth.test", faults.error(code))
    (check,) = examined(slack)
    assert check.outcome is Outcome.FAILED and code in check.text


def test_without_tokens_it_says_which_to_set(slack: SlackServer) -> None:
    assert "SLACK_BOT_TOKEN" in examined(slack, bot_token=None)[0].mend
    assert any("SLACK_APP_TOKEN" in check.mend for check in trouble(examined(slack, app_token=None)))
    assert any("SLACK_SIGNING_SECRET" in check.mend for check in trouble(examined(slack, mode="http")))


def test_an_app_token_of_another_app_is_found_out(slack: SlackServer) -> None:
    (check,) = trouble(examined(slack, app_token=Secret("xapp-of-another-app")))
    assert check.text.startswith("the app token: apps.connections.open: invalid_auth")
    assert "SLACK_APP_TOKEN" in check.mend


@pytest.mark.parametrize("fault", [each for each in LOST if each.strike is not Strike.HANG], ids=str)
def test_a_slack_that_does_not_answer_is_a_warning(slack: SlackServer, fault: Fault) -> None:
    slack.script("auth.test", fault)
    (check,) = examined(slack)
    assert check.outcome is Outcome.WARNING


def test_each_channel_is_looked_at(slack: SlackServer) -> None:
    slack.add_channel("C0OUT", "outside", member=False)
    slack.add_channel("C0OLD", "old", archived=True)
    checks = trouble(examined(slack, digest_channel="C0OUT", alert_channel="C0OLD"))
    assert [check.text for check in checks] == [
        "the bot is not a member of slack.digest_channel #outside",
        "slack.alert_channel #old is archived",
    ]
    assert checks[0].mend == "type /invite @SMB Monitor there"
    (unknown,) = trouble(examined(slack, digest_channel="C0NONE"))
    assert "channel_not_found" in unknown.text and "C0NONE" in unknown.text


def test_one_channel_for_both_is_worth_a_note(slack: SlackServer) -> None:
    checks = examined(slack, digest_channel=ALERT)
    assert any(check.outcome is Outcome.NOTE and "share the channel C0ALERT" in check.text for check in checks)
    assert len(slack.calls("conversations.info")) == 1


def test_a_group_that_does_not_exist_is_named(slack: SlackServer) -> None:
    (check,) = trouble(examined(slack, details_group="S0NONE"))
    assert check.text == "slack.details_group S0NONE: usergroups.users.list: no_such_subteam"


def test_what_slack_takes_of_our_blocks_is_said(slack: SlackServer) -> None:
    slack.workspace.refused_blocks = {"data_visualization"}
    assert any("pictures follow in the thread" in check.text for check in examined(slack))
    slack.workspace.refused_blocks = {"table"}
    assert [check.text for check in trouble(examined(slack))] == ["Slack refuses our blocks"]
    slack.script("blocks.validate", faults.page(502, accepted=False))
    assert any("our blocks could not be checked" in check.text for check in examined(slack))


def test_no_secret_stands_in_what_is_said(slack: SlackServer) -> None:
    said = repr(examined(slack)) + repr(phone(slack).channel.examine())
    for secret in (slack.bot_token, slack.app_token, "ticket", "ws://"):
        assert secret not in said
    assert DIGEST not in said and TREND.title not in said
