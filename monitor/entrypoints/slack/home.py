"""App Home: the panel for whoever opens it; names only for those who may see them."""

from __future__ import annotations

from typing import Any

from monitor.entrypoints.slack.desk import Job, Taken
from monitor.entrypoints.slack.logs import log
from monitor.entrypoints.slack.office import Office
from monitor.entrypoints.slack.people import told
from monitor.entrypoints.slack.requests import Body, request_of
from monitor.entrypoints.slack.voice import REFUSED, Form, Voice, forms, plain
from monitor.errors import UsageError


def received(office: Office, body: Body) -> dict[str, Any]:
    """Hand in the opening of a Home tab."""
    event = body.get("event") or {}
    request = request_of(body, office.clock())
    if event.get("tab", "home") != "home" or not request.user:
        return {}
    shown = (event.get("view") or {}).get("hash")

    def work(voice: Voice) -> None:
        publish(office, request.user, voice, shown if isinstance(shown, str) else None)

    if office.desk.take(Job(request, work)) is Taken.NOT:
        log.warning("App Home of %s is drawn another time: too many wait", request.user)
    return {}


def publish(office: Office, user: str, voice: Voice, over: str | None = None) -> None:
    """Draw the panel anew, simpler where Slack refuses it. `over` is the hash of the view that is drawn over."""
    try:
        names = office.people.may_see_names(user)
        message = office.answers.status(voice.clock(), names=names)
        ladder = [form for form in forms(message) if form["blocks"]] + [plain(message.headline)]
    except UsageError as error:
        ladder = [plain(str(error))]
    said = ""
    for form in ladder:
        said = _published(office, user, form, over)
        if not said.startswith(REFUSED):
            break
    if said != "ok":
        log.warning("App Home of %s could not be drawn: %s", user, said)


def _published(office: Office, user: str, form: Form, over: str | None) -> str:
    """`ok`, or Slack's word for why not. Somebody drew it in the meantime: once more, over whatever stands there."""
    from slack_sdk.errors import SlackClientError

    view = {"type": "home", "blocks": form["blocks"]}
    said = ""
    for against in dict.fromkeys((over, None)):
        try:
            office.client.views_publish(user_id=user, view=view, hash=against)
        except (SlackClientError, OSError) as error:
            said = told(error)
        else:
            return "ok"
        if said != "hash_conflict":
            break
    return said
