"""Messages as Slack gets them: posted, changed, or, where they cannot be changed, answered in their thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from monitor.channels.slack.calls import Body, Errand
from monitor.channels.slack.trouble import Kind, Trouble, harmless
from monitor.core.messages import Message, Paragraph, span
from monitor.core.outbox import Claimed, Op, Outgoing, Receipt, Sent
from monitor.render.slack_ladder import Rung, charts, ladder

EVENT_TYPE = "smb_monitor_message"
_GONE = ("message_not_found", "thread_not_found", "cannot_reply_to_message")


def identity(key: str) -> str:
    """A UUID that is the same for a key wherever and whenever."""
    return str(uuid5(NAMESPACE_URL, f"smb-monitor:{key}"))


def block_ids(key: str) -> str:
    """What the ids of a message's blocks begin with: new ones for every change of it."""
    return identity(key)[:13]


class Posting:
    """Sends messages through an errand. Remembers direct messages, and whether the workspace takes native charts."""

    def __init__(self) -> None:
        self._direct: dict[str, str] = {}
        self._no_charts = False

    def place(self, errand: Errand, to: str) -> str:
        """The conversation behind a channel's or a user's id. Raises Trouble."""
        if not to.startswith(("U", "W")):
            return to
        if to not in self._direct:
            with harmless():
                opened = errand.call("conversations.open", json={"users": to})
            self._direct[to] = str(opened["channel"]["id"])
        return self._direct[to]

    def post(self, errand: Errand, row: Claimed) -> Sent:
        """A new message. Raises Trouble."""
        outgoing = row.outgoing
        channel = self.place(errand, outgoing.address.to)
        rungs = ladder(outgoing.message, block_ids(outgoing.key))
        answer, rung, note = self._climb(errand, rungs, lambda rung: _post(errand, outgoing.key, channel, rung))
        return Sent(_receipt(answer), note, () if rung.charts else chart_rows(outgoing))

    def update(self, errand: Errand, row: Claimed, target: Receipt) -> Sent:
        """A change of the message at `target`, or else a reply to it that says so. Raises Trouble."""
        outgoing = row.outgoing
        rungs = ladder(outgoing.message, block_ids(outgoing.key))
        at = {"channel": target["channel"], "ts": target["ts"]}
        try:
            _, _, note = self._climb(
                errand, rungs, lambda rung: errand.call("chat.update", json={**at, **rung.payload, "parse": "none"})
            )
        except Trouble as trouble:
            if trouble.kind is not Kind.REFUSED:
                raise
            return self._reply(errand, outgoing, target, trouble.code)
        return Sent(at, note)

    def _reply(self, errand: Errand, outgoing: Outgoing, target: Receipt, why: str) -> Sent:
        """In the thread of what cannot be changed; in the channel where the thread is gone with its message."""
        errand.pause()
        rungs = ladder(_standing(outgoing.message, why), block_ids(f"{outgoing.key}:reply"))
        channel, thread = target["channel"], target["ts"]
        try:
            answer, _, note = self._climb(
                errand, rungs, lambda rung: _post(errand, outgoing.key, channel, rung, thread_ts=thread)
            )
        except Trouble as trouble:
            if trouble.code not in _GONE:
                raise
            answer, _, note = self._climb(errand, rungs, lambda rung: _post(errand, outgoing.key, channel, rung))
        return Sent(_receipt(answer), "; ".join(part for part in (f"as a new message: {why}", note) if part))

    def _climb(self, errand: Errand, rungs: Sequence[Rung], send: Callable[[Rung], Body]) -> tuple[Body, Rung, str]:
        """Send the richest form that is taken; with it, what was left out and why."""
        why = ""
        if self._no_charts and rungs[0].charts:
            rungs, why = rungs[1:], "this workspace refused one before"
        for at, rung in enumerate(rungs):
            try:
                answer = send(rung)
            except Trouble as trouble:
                if trouble.kind is not Kind.DEGRADE or rung is rungs[-1]:
                    raise
                why = trouble.code
                errand.pause()
                continue
            if at and rungs[at - 1].charts and why.startswith("invalid_blocks"):
                self._no_charts = True
            return answer, rung, f"{rung.left_out}: {why}" if rung.left_out and why else ""
        raise AssertionError("the last rung is sent or raises")


def chart_rows(outgoing: Outgoing) -> tuple[Outgoing, ...]:
    """What brings the pictures of a message that went without its charts."""
    trends = charts(outgoing.message)
    if not trends or outgoing.op is not Op.POST:
        return ()
    message = replace(outgoing.message, blocks=trends)
    row = replace(
        outgoing,
        key=f"{outgoing.key}:chart",
        message=message,
        op=Op.CHART,
        target=outgoing.key,
        fallback_of=None,
        not_before=None,
        data={},
    )
    return (row,)


def _post(errand: Errand, key: str, channel: str, rung: Rung, **where: str) -> Body:
    payload: dict[str, Any] = {
        "channel": channel,
        "text": rung.text,
        "mrkdwn": False,
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key}},
        "client_msg_id": identity(key),
        **where,
    }
    if rung.blocks:
        payload["blocks"] = list(rung.blocks)
    answer = errand.call("chat.postMessage", json=payload)
    if not answer.get("ts") or not answer.get("channel"):
        raise Trouble(Kind.LOST, "chat.postMessage: the answer does not say where the message stands")
    return answer


def _receipt(answer: Body) -> Receipt:
    return {"channel": str(answer["channel"]), "ts": str(answer["ts"])}


def _standing(message: Message, why: str) -> Message:
    """The message as it stands now, saying that the one above does not show it."""
    said = Paragraph(span(f"The message above could not be changed ({why}). This is how it stands now."))
    return replace(message, blocks=(said, *message.blocks))
