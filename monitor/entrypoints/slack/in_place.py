"""The message that was clicked, changed where it stands, when the outbox does not know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any

from monitor.core.breaker import Breaker
from monitor.core.notices import tell
from monitor.core.outbox import LedgerLine
from monitor.core.plan import NewEvent
from monitor.core.scope import bare
from monitor.core.types import Event
from monitor.entrypoints.slack.logs import log
from monitor.entrypoints.slack.office import Office
from monitor.entrypoints.slack.people import told
from monitor.entrypoints.slack.voice import spoken
from monitor.render.slack import escaped

Blocks = list[dict[str, Any]]


def follow(
    office: Office, message: Mapping[str, Any], channel: str, before: Breaker, recorded: Sequence[Event]
) -> None:
    """Take the buttons off the clicked message and say who did what, unless the outbox does that.

    Where Slack refuses the change, a reply in the message's thread says it. Never raises for what Slack does.
    """
    from slack_sdk.errors import SlackClientError

    ts = message.get("ts")
    revisions = tell(map(_as_new, recorded), before, office.people.directory).revisions
    line = line_of(office, message, channel)
    if not isinstance(ts, str) or not revisions or (line and line.receipt):
        return
    last, day = revisions[-1], recorded[-1].on
    note = spoken(office.answers.words.say("alert", f"act_{last.act}", actor=last.actor, on=day))
    blocks = changed(message.get("blocks") or [], {act for each in revisions for act in each.drop}, note)
    text = str(message.get("text") or note)
    try:
        try:
            office.client.chat_update(channel=channel, ts=ts, text=text, blocks=blocks)
        except SlackClientError as error:
            log.warning("a clicked message could not be changed (%s), so its thread says it", told(error))
            office.client.chat_postMessage(channel=channel, thread_ts=ts, text=escaped(note))
    except (SlackClientError, OSError, HTTPException) as error:
        log.error("a clicked message could not be changed: %s", told(error))


def _as_new(event: Event) -> NewEvent:
    payload: Any = event.payload
    return NewEvent(event.kind, event.on, event.actor, event.surface, event.reason, payload)


def line_of(office: Office, message: Mapping[str, Any], channel: str) -> LedgerLine | None:
    """The row of the outbox behind a message: by the key that it carries, else by where it stands."""
    metadata = message.get("metadata")
    payload = metadata.get("event_payload") if isinstance(metadata, Mapping) else None
    key = payload.get("key") if isinstance(payload, Mapping) else None
    if isinstance(key, str):
        own = bare(office.scope, key)
        return None if own is None else office.store.outbox.line(own)
    here = {"channel": channel, "ts": message.get("ts")}
    lines = office.store.outbox.lines()
    return next((line for line in lines if line.receipt and here.items() <= dict(line.receipt).items()), None)


def changed(blocks: Sequence[Mapping[str, Any]], drop: set[str], note: str) -> Blocks:
    """The blocks without the buttons that are settled, the note below the first of them. Slack names them anew."""
    kept: Blocks = []
    for block in blocks:
        new = {name: value for name, value in block.items() if name != "block_id"}
        if new.get("type") == "actions":
            elements = new.get("elements", [])
            new["elements"] = [e for e in elements if str(e.get("action_id", "")).partition(".")[0] not in drop]
            if not new["elements"]:
                continue
        kept.append(new)
    line = {"type": "context", "elements": [{"type": "mrkdwn", "text": escaped(note), "verbatim": True}]}
    return [*kept[:1], line, *kept[1:]]
