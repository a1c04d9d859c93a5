"""What is said when something cannot be delivered: the message elsewhere, a word about it, or about a channel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from monitor.core.messages import Line, Lines, Message, Paragraph, Span, Tone, span
from monitor.core.outbox import Op, Outgoing
from monitor.core.routes import WEBHOOK, Address, Directory
from monitor.core.scope import command

KIND = "undelivered"
"""The kind of the words about failures. When they fail too, nothing more is said about that."""
INSTEAD = ":instead:"
LONGEST_HEADLINE = 99

Say = Callable[..., str]
"""The words of a block of `templates/undelivered.j2`, with its values by name; says something whatever happens."""


@dataclass(frozen=True)
class Elsewhere:
    """Who is told when something cannot be delivered, and in which words. `company`: whose, where it is one of many."""

    directory: Directory
    say: Say
    company: str = ""


def fallbacks(row: Outgoing, why: str, elsewhere: Elsewhere, *, credentials: bool = False) -> tuple[Outgoing, ...]:
    """The message at the addresses that stand in for one that cannot be reached; it says that it was meant for that.

    `credentials`: the whole channel is out of reach. A change or a picture of a message has no other place.
    """
    if row.op is not Op.POST:
        return ()
    tried = {row.address.to, *row.key.split(INSTEAD)[1:]}
    found = elsewhere.directory.instead_of(row.address, credentials=credentials)
    message = _redirected(row.message, row.address, why, elsewhere.say)
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
    elsewhere: Elsewhere,
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
    instead, directory = tuple(instead), elsewhere.directory
    reached = {(each.address.channel, each.address.to) for each in instead}
    alert = directory.addresses("alert")
    told = [to for to in alert if not _same(to, row.address, credentials=credentials)]
    if not told and not instead:
        told = [to for each in alert for to in directory.instead_of(each, credentials=credentials)]
    message = _notice(row, why, instead, elsewhere, perhaps=perhaps)
    subject = f"{KIND}:{row.key}"
    return tuple(
        Outgoing(f"{subject}:{to.to}", to, KIND, message, subject, row.run)
        for to in _places(told)
        if (to.channel, to.to) not in reached and not _same(to, row.address, credentials=credentials)
    )


def out_of_reach(channel: str, why: str, since: datetime, elsewhere: Elsewhere, run: str = "") -> tuple[Outgoing, ...]:
    """A word that a whole `channel` refuses our credentials, by another one; the same keys as long as it lasts."""
    directory = elsewhere.directory
    told = [
        to
        for each in directory.addresses("alert")
        for to in ((each,) if each.channel != channel else directory.instead_of(each, credentials=True))
    ]
    subject = f"out_of_reach:{channel}:{since.date()}"
    message = _trouble(channel, why, since, elsewhere)
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


def _redirected(message: Message, failed: Address, why: str, say: Say) -> Message:
    """The message below a line that says where it was meant to go."""
    line = Paragraph(span(say("meant_for", to=who(failed), why=why), Tone.WARN))
    return replace(message, blocks=(line, *message.blocks))


def _notice(row: Outgoing, why: str, instead: tuple[Outgoing, ...], elsewhere: Elsewhere, *, perhaps: bool) -> Message:
    say = elsewhere.say
    ended = "perhaps" if perhaps else "not"
    known = {
        "what": say("what", what=row.message.headline, change=str(row.op)),
        "to": who(row.address),
        "name": row.address.name or row.address.channel,
        "why": why,
        "others": [who(each.address) for each in instead],
    }
    lines = [say(block, **known) for block in ("line_what", "line_to", "line_why", f"then_{ended}")]
    return _message(say(f"headline_{ended}", **known), lines, elsewhere)


def _trouble(channel: str, why: str, since: datetime, elsewhere: Elsewhere) -> Message:
    say = elsewhere.say
    known = {"channel": channel, "why": why, "since": since.astimezone(UTC)}
    lines = [say(block, **known) for block in ("refused_since", "refused_waits", "refused_again")]
    return _message(say("headline_refused", **known), lines, elsewhere)


def _message(headline: str, lines: Iterable[str], elsewhere: Elsewhere) -> Message:
    said = headline if len(headline) <= LONGEST_HEADLINE else headline[: LONGEST_HEADLINE - 1].rstrip() + "…"
    typed = command("doctor", elsewhere.company)
    doctor = _with_code(elsewhere.say("doctor", command=typed), typed)
    return Message(KIND, said, Tone.BAD, (Lines((*(span(line) for line in lines), doctor)),))


def _with_code(sentence: str, command: str) -> Line:
    """The sentence with the command, where it has it, as code."""
    before, found, after = sentence.partition(command)
    spans = (Span(before), Span(found, code=True), Span(after))
    return tuple(each for each in spans if each.text)
