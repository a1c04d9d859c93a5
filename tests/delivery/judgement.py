"""The judgement after every run: each message arrived once, or is reported; none twice, none lost in silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from monitor.channels.email.headers import mailbox, message_id
from monitor.channels.slack.posting import identity
from monitor.core.outbox import LedgerLine, Op, Outgoing, Status
from monitor.core.routes import EMAIL
from monitor.store.repository import Store
from tests.delivery.rows import SENDER
from tests.mail_server import MailServer
from tests.slack_server import SlackServer

OVER = (Status.SENT, Status.FAILED, Status.CANCELLED)


def judge(
    store: Store,
    slack: SlackServer,
    mail: MailServer,
    recorded: list[Outgoing],
    now: datetime,
    *,
    mail_at_most: int = 1,
) -> None:
    """What stands in Slack and in mailboxes, held against the ledger.

    `mail_at_most`: how often one mail may have arrived; 2 where the server's answer was lost after it took the mail in.
    """
    lines = {line.key: line for line in store.outbox.lines(limit=10_000)}
    reported = {line.key for line in store.outbox.undelivered(now)}
    assert {row.key for row in recorded} <= lines.keys(), "a message is lost"
    stray = {message.key for message in slack.messages() if not message.files} - lines.keys()
    assert not stray, f"something was posted that nobody recorded, or without its key: {stray}"
    for line in lines.values():
        assert line.status in OVER, f"unsettled: {line}"
        times = _times(line, slack, mail)
        assert times <= (mail_at_most if line.address.channel == EMAIL else 1), f"{times} times: {line}"
        if line.status is Status.SENT:
            assert times or _shown(line, store, slack), f"never arrived: {line}"
        elif line.op is Op.POST:
            assert not times or "perhaps" in line.error, f"arrived, and is said not to have: {line}"
        if line.status is Status.FAILED:
            assert line.key in reported or _arrived_elsewhere(line.key, lines), f"lost in silence: {line}"


def _times(line: LedgerLine, slack: SlackServer, mail: MailServer) -> int:
    """How often the row stands somewhere as a message of its own."""
    if line.address.channel == EMAIL:
        wanted = message_id("message", line.key, mailbox(SENDER))
        return sum(str(each.read["Message-ID"]) == wanted for each in mail.mails)
    if line.op is Op.CHART:
        name = identity(line.key)[:13]
        return sum(name in str(file["name"]) for message in slack.messages() for file in message.files)
    return sum(message.key == line.key for message in slack.messages())


def _shown(line: LedgerLine, store: Store, slack: SlackServer) -> bool:
    """Whether the message that the row changes reads as it wants."""
    changed = store.outbox.outgoing(line.key)
    assert changed is not None
    return any(each.key == changed.target and line.headline in each.text for each in slack.messages())


def _arrived_elsewhere(key: str, lines: Mapping[str, LedgerLine]) -> bool:
    instead = [line for line in lines.values() if line.fallback_of == key]
    return any(line.status is Status.SENT or _arrived_elsewhere(line.key, lines) for line in instead)
