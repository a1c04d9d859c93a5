"""Buttons: what a click does, on messages of today and on those that time has passed by."""

from __future__ import annotations

from dataclasses import replace

from monitor.app.answers import INDICATOR_OF
from monitor.core.scope import bare
from monitor.entrypoints.slack import acts, commands, modals
from monitor.entrypoints.slack.acts import Clicked
from monitor.entrypoints.slack.desk import Job, Lane, Taken
from monitor.entrypoints.slack.office import Office
from monitor.entrypoints.slack.requests import Body, Click, Request, click_of, request_of
from monitor.entrypoints.slack.voice import Voice
from monitor.errors import ActRefused

OPENS_A_PAGE = "dashboard"


def received(office: Office, body: Body) -> dict[str, object]:
    """Hand the click in; nothing goes back with the acknowledgement of a click."""
    request, click = request_of(body, office.clock()), click_of(body)
    if click.act == OPENS_A_PAGE:
        return {}
    value = bare(office.scope, click.value)
    if value is None:
        office.take(Job(request, lambda voice: voice.say(acts.anothers(office))))
    else:
        _do(office, request, replace(click, value=value))
    return {}


def _do(office: Office, request: Request, click: Click) -> None:
    if click.act == "override":
        modals.open_override(office, request, click.value)
    elif click.act == "checklist":
        modals.open_checklist(office, request, click.value)
    elif click.act == "explain":
        _explain(office, request, click)
    else:
        office.take(Job(request, lambda voice: _act(office, request, click, voice), once=True))


def _act(office: Office, request: Request, click: Click, voice: Voice) -> None:
    if click.act not in acts.ACTS:
        raise ActRefused("this button is of another version of the monitor and does nothing: nothing was changed.")
    acts.perform(office, click.act, request, voice, Clicked(click.value, click.message))


def _explain(office: Office, request: Request, click: Click) -> None:
    def work(voice: Voice) -> None:
        if click.value not in INDICATOR_OF.values():
            raise ActRefused("this button is of another version of the monitor and does nothing.")
        names = office.people.may_see_names(request.user)
        commands.explain(office, click.value, voice, names=names)

    if office.take(Job(request, work, Lane.SLOW)) is Taken.NOW:
        office.desk.say(request, commands.READING)
