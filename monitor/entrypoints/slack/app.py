"""The Bolt app: every request of Slack is acknowledged here at once, and handed on."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from monitor.entrypoints.slack import clicks, commands, home, modals
from monitor.entrypoints.slack.desk import FAILED
from monitor.entrypoints.slack.logs import NAME, quiet
from monitor.entrypoints.slack.office import Office
from monitor.entrypoints.slack.requests import Body, request_of

if TYPE_CHECKING:
    from slack_bolt import App, BoltRequest
    from slack_bolt.response import BoltResponse

ANY = re.compile("")
log = logging.getLogger(NAME)

Received = Callable[[Office, Body], dict[str, Any]]
"""Hands a request in and gives what goes back with its acknowledgement; waits for nothing."""


def bolt(office: Office) -> App:
    """The app with its listeners. Calls nobody: Bolt would otherwise ask Slack who it is, before acknowledging."""
    from slack_bolt import App
    from slack_bolt.authorization import AuthorizeResult

    def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token=office.client.token)

    app = App(
        name="smb-monitor",
        logger=quiet("bolt", logging.ERROR),  # below that, Bolt advises programmers on its own use
        client=office.client,
        authorize=authorize,
        request_verification_enabled=False,  # done before: see `requests over HTTP` in surface.py
        process_before_response=True,  # a listener here only hands in, so the acknowledgement needs no other thread
    )
    app.command(ANY)(_listener(office, commands.received))
    app.action(ANY)(_listener(office, clicks.received))
    app.view(ANY)(_listener(office, modals.received))
    app.event("app_home_opened")(_listener(office, home.received))
    app.event(ANY)(_listener(office, _ignored))
    return app


def _ignored(_office: Office, _body: Body) -> dict[str, Any]:
    """An event that Slack sends although nobody asked for it: acknowledged, or it would come again."""
    return {}


def _listener(office: Office, received: Received) -> Callable[..., None]:
    def listener(ack: Callable[..., object], body: Body) -> None:
        try:
            reply = received(office, body)
        except Exception:  # the last door: whatever is wrong with the payload, it is acknowledged and answered
            log.exception("a request could not be handed in")
            office.desk.say(request_of(body, office.clock()), FAILED)
            reply = {}
        ack(**reply)

    return listener


def dispatched(app: App, read: Callable[[], BoltRequest]) -> BoltResponse:
    """What Bolt answers to a request; 400 where it cannot even be read."""
    from slack_bolt.response import BoltResponse

    try:
        return app.dispatch(read())
    except Exception:  # the last door: Bolt takes payloads apart without looking
        log.exception("a request could not be read")
        return BoltResponse(status=HTTPStatus.BAD_REQUEST)
