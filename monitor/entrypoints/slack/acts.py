"""Acts on the breaker from Slack: who may, on which incident, and what becomes of the message that was clicked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from monitor.app import actions
from monitor.core.breaker import Breaker, fold
from monitor.core.notices import incident_of
from monitor.core.outbox import LedgerLine
from monitor.core.routes import Person
from monitor.core.types import Event, State
from monitor.entrypoints.slack import in_place
from monitor.entrypoints.slack.office import Office
from monitor.entrypoints.slack.people import People
from monitor.entrypoints.slack.requests import Request
from monitor.entrypoints.slack.voice import Voice
from monitor.errors import ActRefused
from monitor.render.audit import sentence

SURFACE = "slack"


@dataclass(frozen=True)
class Kind:
    """One act: who may, and what it does. `may` raises NotAllowed."""

    may: Callable[[People, str], Person]
    do: Callable[[actions.Act, str], list[Event]]


ACTS: Mapping[str, Kind] = {
    "ack": Kind(People.leader, actions.acknowledge),
    "approve": Kind(People.approver, actions.approve_override),
    "resume": Kind(People.approver, actions.resume),
}


@dataclass(frozen=True)
class Clicked:
    """Where an act was clicked: the incident that the button stands for, and the message."""

    incident: str
    message: Mapping[str, Any]


def perform(
    office: Office, name: str, request: Request, voice: Voice, clicked: Clicked | None = None, reason: str = ""
) -> None:
    """Do it, and tell whoever asked. Raises NotAllowed and ActRefused."""
    kind = ACTS[name]
    person = kind.may(office.people, request.user)
    before = fold(office.store.events())
    if clicked is not None:
        must_be_current(before, clicked.incident)
        must_be_asked(before, in_place.line_of(office, clicked.message, request.channel or ""))
    recorded = kind.do(act_of(office, person), reason)
    office.wake()
    voice.say(said(office, recorded))
    if clicked is not None and request.channel:
        in_place.follow(office, clicked.message, request.channel, before, recorded)


def act_of(office: Office, person: Person) -> actions.Act:
    """Who acts, on the newest complete week, now."""
    now = office.clock()
    asked = office.company.asked(None, office.answers.today(now))
    return actions.Act(office.company, office.store, asked, now, person.name, SURFACE)


def today(office: Office) -> date:
    return office.answers.today(office.clock())


def must_be_current(breaker: Breaker, incident: str) -> None:
    """Raises ActRefused for a button of a pause that is over; one that names no pause (a digest's) is of any."""
    if not incident.startswith("trip:") or incident == incident_of(breaker):
        return
    if breaker.state is State.ARMED:
        raise ActRefused("that pause is over and hiring is open: nothing was changed.")
    raise ActRefused(f"that button is of an earlier pause; hiring was paused anew on {breaker.since}: use its message.")


def must_be_asked(breaker: Breaker, line: LedgerLine | None) -> None:
    """Raises ActRefused for the message of an override that was asked for earlier than the one that is open now."""
    override = breaker.override
    if line is None or override is None or not line.key.startswith("override_asked:"):
        return
    if not line.key.startswith(f"override_asked:{override.asked_on}:{override.asked_by}:"):
        raise ActRefused(
            f"that request is over; {override.asked_by} asked for another override on {override.asked_on}:"
            " use its message. Nothing was changed."
        )


def anothers(office: Office) -> str:
    """Why nothing is done: Slack hands what is pressed to whichever worker of its app it likes."""
    mine = office.company.config.company
    return f"that is another company's; the monitor that heard you is {mine}'s: nothing was changed."


def said(office: Office, recorded: list[Event]) -> str:
    """What was recorded, in a sentence."""
    lines = (f"recorded as line {event.seq}: {sentence(event, office.answers.words)}" for event in recorded)
    return "; ".join(lines) + "."
