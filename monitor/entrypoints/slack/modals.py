"""Forms: the override, the checklist item by item. Opened at once, filled when the log is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.app import actions
from monitor.core.breaker import fold
from monitor.core.notices import incident_of
from monitor.core.scope import bare, scoped
from monitor.core.types import State
from monitor.entrypoints.slack import acts, forms
from monitor.entrypoints.slack.desk import BUSY, Job, Lane, Taken
from monitor.entrypoints.slack.forms import CHECKLIST, OVERRIDE, View
from monitor.entrypoints.slack.logs import log
from monitor.entrypoints.slack.office import Office
from monitor.entrypoints.slack.people import People, told
from monitor.entrypoints.slack.requests import Body, Request, request_of
from monitor.entrypoints.slack.voice import Voice, spoken
from monitor.errors import ActRefused, MonitorError, NotAllowed
from monitor.render.plain import shorten

TOO_LATE = "Slack gave the form too little time to open: click again."
NOT_OPENED = "Slack does not open the form: the log of the monitor says why."
EXPIRED = ("expired_trigger_id", "invalid_trigger_id")
USED = ("exchanged_trigger_id", "trigger_exchanged")

Reply = dict[str, Any]
Fill = Callable[[str], View]
"""Makes the form of an incident (as the button names it) from the log. Raises MonitorError where it makes no sense."""


def open_override(office: Office, request: Request, incident: str = "") -> None:
    """The form for an override, for approvers."""
    _open(office, request, People.approver, OVERRIDE, lambda: _override(office, request, incident))


def open_checklist(office: Office, request: Request, incident: str = "") -> None:
    """The form for the checklist, for leadership."""
    _open(office, request, People.leader, CHECKLIST, lambda: _checklist(office, request, incident))


def _open(
    office: Office, request: Request, may: Callable[[People, str], object], title: str, fill: Callable[[], View]
) -> None:
    def work(voice: Voice) -> None:
        may(office.people, request.user)
        view = _opened(office, request, forms.waiting(title), voice)
        if view is None:
            return
        if not office.desk.follow(Job(request, lambda voice: _filled(office, view, title, fill, voice))):
            _update(office, view, forms.telling(title, BUSY), voice)

    office.take(Job(request, work, Lane.FRONT))


def _opened(office: Office, request: Request, view: View, voice: Voice) -> str | None:
    """The id of the view that stands now; the trigger lives for three seconds and opens one."""
    from slack_sdk.errors import SlackApiError

    try:
        answer = office.client.views_open(trigger_id=request.trigger or "", view=view)
    except SlackApiError as error:
        said = told(error)
        if said not in USED:  # used: the same click was delivered to another process too, which has opened it
            log.warning("a form could not be opened: %s", said)
            voice.say(TOO_LATE if said in EXPIRED else NOT_OPENED)
        return None
    return str(answer["view"]["id"])


def _filled(office: Office, view: str, title: str, fill: Callable[[], View], voice: Voice) -> None:
    """The form in place of the waiting one, or why there is none."""
    try:
        form = fill()
    except (ActRefused, NotAllowed) as error:
        form = forms.telling(title, str(error))
    except MonitorError as error:
        log.error("%s", error)
        form = forms.telling(title, "the log of the breaker cannot be read right now, so nothing can be done here.")
    _update(office, view, form, voice)


def _update(office: Office, view: str, form: View, voice: Voice) -> None:
    from slack_sdk.errors import SlackClientError

    try:
        office.client.views_update(view_id=view, view=form)
    except (SlackClientError, OSError) as error:
        log.warning("a form could not be filled: %s", told(error))
        voice.say("the form could not be filled: close it and click again.")


def _override(office: Office, request: Request, incident: str) -> View:
    breaker = fold(office.store.events())
    acts.must_be_current(breaker, incident)
    if breaker.state is State.ARMED:
        raise ActRefused("the breaker is armed and hiring is open: there is nothing to override.")
    today = acts.today(office)
    if breaker.override is not None and today <= breaker.override.until:
        raise ActRefused(f"{breaker.override.asked_by} has asked for an override already: approve it instead.")
    latest = actions.last_override_day(office.company, today)
    return forms.override(_held(office, request, incident_of(breaker)), today, latest)


def _checklist(office: Office, request: Request, incident: str) -> View:
    breaker = fold(office.store.events())
    acts.must_be_current(breaker, incident)
    if not breaker.checklist:
        raise ActRefused("the breaker is armed: there is no checklist to work on.")
    return forms.checklist(_held(office, request, incident_of(breaker)), breaker.checklist)


def _held(office: Office, request: Request, incident: str) -> str:
    """What a form carries from its opening to its submission: the incident, and where to answer."""
    return json.dumps({"incident": scoped(office.scope, incident), "channel": request.channel})


@dataclass(frozen=True)
class Submitted:
    """A form that was sent in. `incident`: None where it is another company's."""

    request: Request
    incident: str | None
    view: Mapping[str, Any]


def received(office: Office, body: Body) -> Reply:
    """Check what needs no database, and hand the rest in. What is wrong stands beside its field."""
    submitted = _submitted(office, body)
    kind, incident = submitted.view.get("callback_id"), submitted.incident
    if kind not in (OVERRIDE, CHECKLIST):
        log.warning("a form of another version was sent in")
        return {}
    if incident is None:
        field = forms.REASON if kind == OVERRIDE else forms.first_input(submitted.view)
        return _wrong({field: acts.anothers(office)})
    receive = _override_received if kind == OVERRIDE else _checklist_received
    return receive(office, submitted, incident)


def _submitted(office: Office, body: Body) -> Submitted:
    view = body.get("view")
    view = view if isinstance(view, Mapping) else {}
    try:
        held = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        held = {}
    held = held if isinstance(held, dict) else {}
    channel = held.get("channel")
    given = request_of(body, office.clock())
    request = Request(given.id, given.user, given.at, channel if isinstance(channel, str) else None)
    return Submitted(request, bare(office.scope, str(held.get("incident") or "")), view)


def _override_received(office: Office, submitted: Submitted, incident: str) -> Reply:
    reason, until = forms.reason_of(submitted.view), forms.until_of(submitted.view)
    today = acts.today(office)
    try:
        person = office.people.approver(submitted.request.user)
    except NotAllowed as error:
        return _wrong({forms.REASON: str(error)})
    wrong = {}
    if len(reason) < actions.LEAST_REASON:
        wrong[forms.REASON] = f"An override needs a reason of at least {actions.LEAST_REASON} characters."
    latest = actions.last_override_day(office.company, today)
    if until is None or not today < until <= latest:
        wrong[forms.UNTIL] = f"An override ends after {today} and no later than {latest}."
    if wrong or until is None:
        return _wrong(wrong)
    end = until

    def work(voice: Voice) -> None:
        acts.must_be_current(fold(office.store.events()), incident)
        recorded = actions.ask_override(acts.act_of(office, person), reason, end)
        office.wake()
        voice.say(acts.said(office, recorded))

    return _handed_in(office, Job(submitted.request, work, once=True), forms.REASON)


def _checklist_received(office: Office, submitted: Submitted, incident: str) -> Reply:
    first = forms.first_input(submitted.view)
    try:
        person = office.people.leader(submitted.request.user)
    except NotAllowed as error:
        return _wrong({first: str(error)})
    found = forms.changes(submitted.view)
    if found.wrong:
        return _wrong(dict(found.wrong))
    if not found.items:
        return {}

    def work(voice: Voice) -> None:
        acts.must_be_current(fold(office.store.events()), incident)
        act = acts.act_of(office, person)
        recorded = [
            event
            for item in found.items
            for event in actions.set_item(act, item.key, state=item.state, owner=item.owner, due=item.due)
        ]
        office.wake()
        voice.say(acts.said(office, recorded))

    return _handed_in(office, Job(submitted.request, work, once=True), first)


def _handed_in(office: Office, job: Job, field: str) -> Reply:
    return _wrong({field: BUSY}) if office.desk.take(job) is Taken.NOT else {}


def _wrong(errors: Mapping[str, str]) -> Reply:
    return {
        "response_action": "errors",
        "errors": {field: shorten(spoken(said), 150) for field, said in errors.items()},
    }
