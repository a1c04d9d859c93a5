"""What is said when something cannot be delivered: the message elsewhere, a word about it, or about a channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from monitor.core.messages import Lines, Message, Paragraph, Span, Tone, span
from monitor.core.outbox import Op, Outgoing
from monitor.core.routes import EMAIL, SLACK, WEBHOOK, Address, Directory

KIND = "undelivered"
"""The kind of the words about failures. When they fail too, nothing more is said about that."""
INSTEAD = ":instead:"
LONGEST_HEADLINE = 99
_DOCTOR = (Span("Run "), Span("smb-monitor doctor", code=True), Span(": it says what is wrong and how to mend it."))
_NAMES = {SLACK: "Slack", EMAIL: "The mail server"}


def fallbacks(row: Outgoing, why: str, directory: Directory, *, credentials: bool = False) -> tuple[Outgoing, ...]:
    """The message at the addresses that stand in for one that cannot be reached; it says that it was meant for that.

    `credentials`: the whole channel is out of reach. A change or a picture of a message has no other place.
    """
    if row.op is not Op.POST:
        return ()
    tried = {row.address.to, *row.key.split(INSTEAD)[1:]}
    found = directory.instead_of(row.address, credentials=credentials)
    message = _redirected(row.message, row.address, why)
    return tuple(
        replace(
            row, key=f"{row.key}{INSTEAD}{to.to}", address=to, message=message, fallback_of=row.key, not_before=None
        )
        for to in _places(found)
        if to.to not in tried
    )


def notices(
    row: Outgoing,
    why: str,
    directory: Directory,
    instead: Iterable[Outgoing] = (),
    *,
    credentials: bool = False,
    perhaps: bool = False,
) -> tuple[Outgoing, ...]:
    """A word to the alert audience that `row` was not delivered, or `perhaps` was not.

    Not where that audience gets the message itself `instead`, nor where it is what cannot be reached.
    """
    if row.kind == KIND or row.op is Op.CHART:
        return ()
    instead = tuple(instead)
    reached = {(each.address.channel, each.address.to) for each in instead}
    alert = directory.addresses("alert")
    told = [to for to in alert if not _same(to, row.address, credentials=credentials)]
    if not told and not instead:
        told = [to for each in alert for to in directory.instead_of(each, credentials=credentials)]
    message = _notice(row, why, instead, perhaps=perhaps)
    subject = f"{KIND}:{row.key}"
    return tuple(
        Outgoing(f"{subject}:{to.to}", to, KIND, message, subject, row.run)
        for to in _places(told)
        if (to.channel, to.to) not in reached and not _same(to, row.address, credentials=credentials)
    )


def out_of_reach(channel: str, why: str, since: datetime, directory: Directory, run: str = "") -> tuple[Outgoing, ...]:
    """A word that a whole `channel` refuses our credentials, by another one; the same keys all day long."""
    told = [
        to
        for each in directory.addresses("alert")
        for to in ((each,) if each.channel != channel else directory.instead_of(each, credentials=True))
    ]
    subject = f"out_of_reach:{channel}:{since.date()}"
    message = _trouble(channel, why, since)
    return tuple(
        Outgoing(f"{subject}:{to.to}", to, KIND, message, subject, run) for to in _places(told) if to.channel != channel
    )


def who(address: Address) -> str:
    """An address as people know it; a webhook's URL may hold a secret."""
    if address.channel == WEBHOOK:
        return "the webhook"
    name = f"the {address.name}" if address.name.endswith(" channel") else address.name
    return f"{name} ({address.to})" if name else address.to


def _same(one: Address, failed: Address, *, credentials: bool) -> bool:
    return one.channel == failed.channel and (credentials or one.to == failed.to)


def _places(addresses: Iterable[Address]) -> tuple[Address, ...]:
    """Each place once."""
    return tuple({(each.channel, each.to): each for each in addresses}.values())


def _redirected(message: Message, failed: Address, why: str) -> Message:
    """The message below a line that says where it was meant to go."""
    line = Paragraph(span(f"Meant for {who(failed)}, where it could not be delivered ({why}).", Tone.WARN))
    return replace(message, blocks=(line, *message.blocks))


def _notice(row: Outgoing, why: str, instead: tuple[Outgoing, ...], *, perhaps: bool) -> Message:
    what = {Op.POST: "", Op.UPDATE: "a change of ", Op.CHART: "the picture of "}[row.op] + row.message.headline
    others = ", ".join(who(each.address) for each in instead)
    if perhaps:
        begins, then = "Perhaps not delivered", "Whether it arrived could not be found out: look there, or ask."
    else:
        begins = "Not delivered"
        then = f"It goes to {others} instead." if others else "It goes nowhere else: tell them yourself."
    headline = f"{begins} to {row.address.name or row.address.channel}: {what}"
    return _message(headline, (f"What: {what}", f"To: {who(row.address)}", f"Why: {why}", then))


def _trouble(channel: str, why: str, since: datetime) -> Message:
    lines = (
        f"Since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {why}",
        "What was to go there goes by another way where there is one, and waits up to two days where there is none.",
        "It is tried again every quarter of an hour, and goes on by itself once the token or password is right.",
    )
    return _message(f"{_NAMES.get(channel, channel)} is out of reach: it refuses our token or password", lines)


def _message(headline: str, lines: Iterable[str]) -> Message:
    said = headline if len(headline) <= LONGEST_HEADLINE else headline[: LONGEST_HEADLINE - 1].rstrip() + "…"
    return Message(KIND, said, Tone.BAD, (Lines((*(span(line) for line in lines), _DOCTOR)),))
