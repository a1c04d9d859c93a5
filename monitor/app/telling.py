"""From what is worth saying to rows of the outbox: who hears it, drawn from one snapshot, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from monitor.app.wiring import Company
from monitor.core.chain import JSON
from monitor.core.escalation import Escalation
from monitor.core.notices import Notice, Revision, Telling
from monitor.core.outbox import Op, Outgoing, Status
from monitor.core.plan import Plan
from monitor.core.routes import EMAIL, SLACK, WEBHOOK, Address
from monitor.core.types import Snapshot
from monitor.errors import Conflict, StoreError
from monitor.render import notices as drawing
from monitor.render.gate import answer
from monitor.store.repository import Store

_TRIES = 5
_GONE = (Status.FAILED, Status.CANCELLED)


def told(plan: Plan, telling: Telling, company: Company, store: Store, seen: Snapshot | None, today: date) -> Plan:
    """`plan` with everything that `telling` asks to be said, drawn from `seen`."""
    return replace(
        plan,
        outgoing=(
            *plan.outgoing,
            *_messages(telling.notices, company, seen),
            *_changes(telling, company, store, today),
        ),
        escalations=(*plan.escalations, *telling.escalations),
        cancels=(*plan.cancels, *telling.cancels),
    )


def take_steps(company: Company, store: Store, seen: Snapshot, today: date, now: datetime) -> tuple[Outgoing, ...]:
    """Takes the escalation steps that are due; what is said with them. An acknowledgement in the meantime wins.

    Of several steps of one incident that are due at once, after downtime, only the last is said.
    """
    for _ in range(_TRIES):
        plan = steps(company, store, seen, today)
        if plan.empty:
            return ()
        try:
            store.commit(plan, now)
        except Conflict:
            continue
        return plan.outgoing
    raise StoreError("others keep recording at the same time, so no reminder was sent: the next daily run tries again")


def steps(company: Company, store: Store, seen: Snapshot, today: date) -> Plan:
    """The plan that takes every step due on `today`."""
    head = store.head()
    due = sorted(store.escalations.due(today), key=lambda step: (step.incident, step.kind, step.due))
    notices, again = [], []
    for _, group in groupby(due, key=lambda step: (step.incident, step.kind)):
        last = list(group)[-1]
        notices.append(_reminder(last, today))
        following = last.next()
        while following is not None and following.due <= today:
            following = following.next()
        again += [following] if following else []
    return Plan(
        expected_head=head,
        outgoing=tuple(_messages(notices, company, seen)),
        escalations=tuple(again),
        taken=tuple(step.key for step in due),
    )


def _reminder(step: Escalation, today: date) -> Notice:
    began = step.incident.rsplit(":", 1)[-1]
    facts: dict[str, JSON] = {"on": today.isoformat(), "since": began, "days": (today - date.fromisoformat(began)).days}
    if step.incident.startswith("problem:"):
        facts["what"] = step.incident.split(":")[1]
    return Notice(step.kind, step.key, step.incident, step.audiences, facts=facts)


def _messages(notices: Sequence[Notice], company: Company, seen: Snapshot | None) -> Iterator[Outgoing]:
    if not notices:
        return
    directory, words, dashboard = company.config.directory(), company.words(), company.config.dashboard
    slack = company.config.slack() is not None
    for notice in notices:
        for address in directory.everybody(notice.audiences):
            # nobody can press a button in a mail, so it is drawn for somebody who reads
            reader = "leadership" if address.channel == EMAIL else address.audience
            message = drawing.build(notice, seen, words, reader, dashboard, slack=slack)
            yield _row(notice, address, Outgoing("", address, notice.kind, message, notice.incident, _run(seen)))
        if notice.to_webhook and directory.webhook:
            address = Address(WEBHOOK, directory.webhook, "webhook", "webhook")
            message = drawing.build(notice, seen, words, "webhook", dashboard)
            row = Outgoing("", address, notice.kind, message, notice.incident, _run(seen), data=_data(notice, seen))
            yield replace(row, key=f"{notice.subject}:webhook")


def _row(notice: Notice, address: Address, drawn: Outgoing) -> Outgoing:
    return replace(drawn, key=f"{notice.subject}:{address.to}")


def _run(seen: Snapshot | None) -> str:
    return seen.run if seen else ""


def _data(notice: Notice, seen: Snapshot | None) -> dict[str, JSON]:
    """What a machine is told of a transition: what the gate answers, and the event."""
    gate: dict[str, JSON] = {}
    if seen is not None:
        gate = {key: _json(value) for key, value in answer(seen).items()}
    return {"event": notice.kind, "indicators": list(notice.about), **dict(notice.facts), "gate": gate}


def _json(value: object) -> JSON:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, dict):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return str(value)


def _changes(telling: Telling, company: Company, store: Store, today: date) -> Iterator[Outgoing]:
    for revision in telling.revisions:
        for first, latest in _standing(store, revision):
            message = drawing.revised(latest.message, revision, today, company.words())
            if message != latest.message:
                yield replace(
                    first, key=f"{revision.subject}:{first.key}", op=Op.UPDATE, target=first.key, message=message
                )


def _standing(store: Store, revision: Revision) -> Iterator[tuple[Outgoing, Outgoing]]:
    """Each message of the incident that was or will be sent, with the latest change of it."""
    rows = [
        row for row, status in store.outbox.of_incident(revision.incident, revision.kinds, SLACK) if status not in _GONE
    ]
    latest = {row.target or row.key: row for row in rows if row.op is not Op.CHART}
    yield from ((row, latest[row.key]) for row in rows if row.op is Op.POST)
