"""What `doctor` finds out about Slack. Posts nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator

from monitor.channels.slack.calls import Answer, Api
from monitor.channels.slack.scopes import PURPOSES, SCOPES
from monitor.channels.slack.trouble import Kind, Trouble
from monitor.core.checks import Check, Outcome
from monitor.core.counted import counted
from monitor.core.messages import (
    Actions,
    Button,
    Column,
    Footer,
    Lines,
    Message,
    Paragraph,
    Row,
    Spark,
    Table,
    Tone,
    Trend,
    cell,
    span,
)
from monitor.core.settings import SlackSettings
from monitor.render.slack_ladder import ladder

PART = "slack"
INVITE = "/invite @SMB Monitor"
MANIFEST = "install the app again from manifest.yaml"


def examine(settings: SlackSettings, api: Api) -> list[Check]:
    """In the order in which a person would set it up."""
    if settings.bot_token is None:
        return [Check(PART, Outcome.FAILED, "no token", "set SLACK_BOT_TOKEN to the bot's token (xoxb-)")]
    try:
        answer = api.call("auth.test")
    except Trouble as trouble:
        return [_failed("the token", trouble)]
    body = answer.body
    return [
        Check(PART, Outcome.OK, f"signed in to {body.get('team')} as {body.get('user')}"),
        *_scopes(answer),
        *_mode(settings, api),
        *_channels(settings, api),
        *_group(settings, api),
        *_blocks(api),
    ]


def _failed(what: str, trouble: Trouble, mend: str = "") -> Check:
    unsure = trouble.kind in (Kind.LOST, Kind.UNREACHED, Kind.WAIT)
    outcome = Outcome.WARNING if unsure else Outcome.FAILED
    return Check(PART, outcome, f"{what}: {trouble.error}", mend or ("try again" if unsure else ""))


def _scopes(answer: Answer) -> Iterator[Check]:
    if answer.scopes is None:
        yield Check(PART, Outcome.NOTE, "Slack did not say which scopes the token has")
        return
    granted = {scope.strip() for scope in answer.scopes.split(",")}
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        details = tuple(f"{scope}: {PURPOSES[scope]}" for scope in missing)
        yield Check(PART, Outcome.FAILED, f"scopes are missing: {', '.join(missing)}", MANIFEST, details)
    else:
        yield Check(PART, Outcome.OK, f"all {len(SCOPES)} scopes are there")


def _mode(settings: SlackSettings, api: Api) -> Iterator[Check]:
    """Whether clicks and commands can reach us."""
    if settings.mode == "http":
        if settings.signing_secret is None:
            mend = "set SLACK_SIGNING_SECRET to the app's signing secret"
            yield Check(PART, Outcome.FAILED, "mode http without a signing secret", mend)
        return
    if settings.app_token is None:
        mend = "set SLACK_APP_TOKEN to an app-level token (xapp-) with connections:write"
        yield Check(PART, Outcome.FAILED, "mode socket without an app token", mend)
        return
    try:
        api.call("apps.connections.open", token=settings.app_token.reveal())
    except Trouble as trouble:
        yield _failed(
            "the app token", trouble, "make a new app-level token with connections:write, set SLACK_APP_TOKEN"
        )
    else:
        yield Check(PART, Outcome.OK, "Socket Mode accepts the app token")


def _channels(settings: SlackSettings, api: Api) -> Iterator[Check]:
    uses = {settings.digest_channel: "slack.digest_channel", settings.alert_channel: "slack.alert_channel"}
    if len(uses) == 1:
        yield Check(PART, Outcome.NOTE, f"the digest and the alerts share the channel {settings.alert_channel}")
    for channel, key in uses.items():
        try:
            held = api.call("conversations.info", form={"channel": channel}).body["channel"]
        except Trouble as trouble:
            yield _failed(f"{key} {channel}", trouble)
            continue
        name = f"{key} #{held.get('name')}"
        if held.get("is_archived"):
            yield Check(PART, Outcome.FAILED, f"{name} is archived", "unarchive it or configure another")
        elif not held.get("is_member"):
            yield Check(PART, Outcome.FAILED, f"the bot is not a member of {name}", f"type {INVITE} there")
        else:
            yield Check(PART, Outcome.OK, f"the bot is a member of {name}")


def _group(settings: SlackSettings, api: Api) -> Iterator[Check]:
    group = settings.details_group
    if group is None:
        return
    try:
        users = api.call("usergroups.users.list", form={"usergroup": group}).body["users"]
    except Trouble as trouble:
        yield _failed(f"slack.details_group {group}", trouble)
    else:
        people = counted(len(users), "person", "people")
        yield Check(PART, Outcome.OK, f"{people} of slack.details_group {group} may see names and amounts")


def _blocks(api: Api) -> Iterator[Check]:
    """Whether Slack takes a message with every kind of block that ours have."""
    richest, plainer, *_ = ladder(_sample())
    for rung, said, outcome in (
        (richest, "Slack takes our blocks, native charts too", Outcome.OK),
        (plainer, "Slack refuses native charts: pictures follow in the thread instead", Outcome.NOTE),
    ):
        try:
            api.call("blocks.validate", form={"blocks": json.dumps(rung.payload["blocks"])})
        except Trouble as trouble:
            if trouble.kind is not Kind.DEGRADE:
                yield Check(PART, Outcome.NOTE, f"our blocks could not be checked: {trouble.error}")
                return
        else:
            yield Check(PART, outcome, said)
            return
    mend = "messages are sent in plainer forms; report it with this version"
    yield Check(PART, Outcome.WARNING, "Slack refuses our blocks", mend)


def _sample() -> Message:
    """A message of every kind of block, about nobody."""
    days = tuple(f"{day} Jan 2026" for day in (4, 11, 18))
    return Message(
        "digest",
        "A sample",
        Tone.PLAIN,
        (
            Paragraph(span("Nothing of this is posted.")),
            Table("", (Column("SMB"), Column("Status")), (Row((cell("Pipeline coverage"), cell("healthy"))),)),
            Lines((span("One"), span("Two"))),
            Trend("Pipeline coverage", days, Spark((4.1, 4.0, 4.2)), (4.0, 3.5), "4.10x to 4.20x", "x"),
            Actions((Button("Explain", "explain", "pipeline_coverage"),)),
            Footer((span("SMB Monitor"),)),
        ),
    )
