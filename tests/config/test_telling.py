"""What the keys about Slack, mail, times and people mean to the program."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from monitor.config import show
from monitor.core.routes import DEFAULT_ROUTES, EMAIL, SLACK, Directory, Person
from monitor.core.settings import SLACK_API, EmailSettings, Schedule, SlackSettings, WebSettings
from tests.config.conftest import LEAST, Write

PEOPLE = """
leadership:
  approvers: [{name: Ada Marsh, email: ada@x.example, slack: U01}, {name: Ben, email: ben@x.example}]
  members: [{name: Dan, slack: U03}]
  owner: ada  marsh
  board: [{name: Eve, email: eve@x.example}]
"""
ALL = f"""{LEAST}{PEOPLE}
timezone: Europe/Berlin
slack: {{digest_channel: C01, alert_channel: G02, mode: http, details_group: S04}}
email: {{host: smtp.x.example, from: Monitor <m@x.example>, username: m, security: tls, reply_to: ops@x.example}}
webhook: {{url: "http://127.0.0.1:9000/hook"}}
schedule: {{digest: {{weekday: tuesday, at: 9:30}}, daily_at: 06:15, max_lateness_days: 2}}
web: {{host: "::1", port: 0, public_url: "https://monitor.x.example"}}
wins: {{at_least: 250000}}
"""
SECRETS = {
    "SLACK_BOT_TOKEN": " xoxb-hunter2\n",
    "SLACK_APP_TOKEN": "xapp-hunter2",
    "SLACK_SIGNING_SECRET": "hunter2",
    "SLACK_API_URL": "http://127.0.0.1:8000/api",
    "SMTP_PASSWORD": "hunter 2 ü",
    "WEBHOOK_SECRET": "whsec_aHVudGVyMg==",
    "SMB_MONITOR_WEB_TOKEN": "hunter2-hunter2-hunter2",
    "DEAD_MAN_URL": "https://ping.example/hunter2",
}


def test_without_a_word_about_it_nothing_is_sent_and_times_have_their_defaults(given: Write) -> None:
    config = given(LEAST)
    assert (config.slack(), config.email(), config.webhook(), config.dashboard) == (None, None, None, None)
    assert config.large_win == 2 * 50_000
    assert (config.web(), config.schedule()) == (WebSettings(), Schedule())
    assert config.directory() == Directory()


def test_the_default_routes_are_those_of_the_core_event_by_event(given: Write) -> None:
    assert given(LEAST).directory().routes == DEFAULT_ROUTES


def test_slack_is_told_its_channels_and_its_tokens(given: Write) -> None:
    slack = given(ALL, SECRETS).slack()
    assert slack is not None
    assert (slack.digest_channel, slack.alert_channel, slack.mode, slack.details_group) == ("C01", "G02", "http", "S04")
    assert slack.api_url == "http://127.0.0.1:8000/api/"
    tokens = [token.reveal() for token in (slack.bot_token, slack.app_token, slack.signing_secret) if token]
    assert tokens == ["xoxb-hunter2", "xapp-hunter2", "hunter2"]
    assert given(LEAST + "slack: {digest_channel: C01, alert_channel: C01}").slack() == SlackSettings("C01", "C01")
    assert SlackSettings("C01", "C01").api_url == SLACK_API


@pytest.mark.parametrize(("text", "port"), [("", 587), (", security: tls", 465), (", security: tls, port: 2465", 2465)])
def test_the_mail_port_follows_from_the_security_unless_it_is_given(given: Write, text: str, port: int) -> None:
    email = given(f"{LEAST}email: {{host: mail.x.example, from: m@x.example{text}}}").email()
    assert email is not None
    assert email.port == port


def test_mail_is_told_its_server_and_its_password(given: Write) -> None:
    email = given(ALL, SECRETS).email()
    assert email is not None
    assert email.password is not None
    assert email.password.reveal() == "hunter 2 ü"
    assert email == EmailSettings(
        "smtp.x.example", "Monitor <m@x.example>", 465, "tls", "m", email.password, "ops@x.example"
    )


def test_the_worker_is_told_its_times_and_its_door(given: Write) -> None:
    config = given(ALL, SECRETS)
    schedule, web, webhook = config.schedule(), config.web(), config.webhook()
    assert (schedule.timezone, schedule.weekday) == ("Europe/Berlin", 1)
    assert (schedule.digest_at, schedule.daily_at, schedule.max_lateness) == (
        time(9, 30),
        time(6, 15),
        timedelta(days=2),
    )
    assert schedule.ping is not None
    assert schedule.ping.reveal() == "https://ping.example/hunter2"
    assert (web.host, web.port, web.public_url, config.dashboard) == (
        "::1",
        0,
        "https://monitor.x.example",
        "https://monitor.x.example",
    )
    assert webhook is not None
    assert webhook.secret is not None
    assert config.large_win == 250_000


def test_an_owner_by_name_is_the_approver_with_all_addresses(given: Write) -> None:
    directory = given(LEAST + PEOPLE).directory()
    assert directory.owner == directory.approvers[0] == Person("Ada Marsh", "ada@x.example", "U01")
    assert directory.leaders == (*directory.approvers, Person("Dan", None, "U03"))
    assert directory.board == (Person("Eve", "eve@x.example"),)


def test_an_owner_may_be_somebody_else(given: Write) -> None:
    people = "leadership: {approvers: [{name: Ada}, {name: Bo}], owner: {name: Cy, slack: U05}}"
    config = given(LEAST + people)
    assert (config.owner, config.directory().owner) == ("Cy", Person("Cy", None, "U05"))


def test_a_trip_reaches_channels_owner_leaders_and_board_each_place_once(given: Write) -> None:
    directory = given(ALL).directory()
    reached = [(each.channel, each.to) for each in directory.everybody(directory.audiences("trip"))]
    assert reached == [
        *((SLACK, to) for to in ("C01", "G02", "U01")),
        *((EMAIL, f"{name}@x.example") for name in ("ada", "ben", "eve")),
    ]


def test_a_route_that_is_given_replaces_its_default_and_no_other(given: Write) -> None:
    routes = "routes: {warning: [alert], reminder: {1: [board]}, problem: [alert], win: []}"
    directory = given(LEAST + routes).directory()
    changed = {"warning": {0: ("alert",)}, "reminder": {1: ("board",)}, "problem": {0: ("alert",)}, "win": {0: ()}}
    assert directory.routes == {**DEFAULT_ROUTES, **changed}


def test_no_secret_is_shown_and_each_that_is_set_is_named(given: Write) -> None:
    config = given(ALL, SECRETS)
    shown = show(config)
    assert "hunter" not in shown + repr(config) + repr(config.slack()) + repr(config.email()) + repr(config.schedule())
    assert "# from the environment: " + ", ".join(f"{name} ***" for name in SECRETS) in shown


def test_a_secret_that_is_empty_is_not_set(given: Write) -> None:
    slack = given(ALL, {"SLACK_BOT_TOKEN": " "}).slack()
    assert slack is not None
    assert slack.bot_token is None
