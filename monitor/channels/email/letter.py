"""One row of the outbox as the bytes of a mail: headers, text, HTML, charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.utils import format_datetime

from monitor.channels.email.headers import POLICY, SUBJECT, Mailbox, check, harmless, mailbox, message_id
from monitor.core.counted import counted
from monitor.core.messages import Message, Room, Trend
from monitor.core.outbox import Outgoing
from monitor.core.scope import LONGEST_NAME, unscoped
from monitor.core.settings import EmailSettings
from monitor.errors import DeliveryError
from monitor.render import chart, html, text
from monitor.render.plain import shorten
from monitor.render.words import Words

SHEET = text.Sheet(columns=76, room=Room.PAGE)
"""The plain text: as wide as every mail program shows it without breaking it anew."""


@dataclass(frozen=True)
class Letter:
    """A finished mail, and the two ends it goes between. `left_out` says what it had to do without."""

    sender: Mailbox
    to: Mailbox
    message_id: str
    raw: bytes
    left_out: str = ""


def write(outgoing: Outgoing, settings: EmailSettings, words: Words, now: datetime) -> Letter:
    """The mail for one row. Raises DeliveryError where an address, or what became of the headers, cannot be used."""
    sender, to = mailbox(settings.sender), mailbox(outgoing.address.to, outgoing.address.name)
    mail = EmailMessage(policy=POLICY)
    own_id = message_id("message", outgoing.key, sender)
    root = message_id("incident", outgoing.incident, sender)
    topic, subject = titles(outgoing, words)
    mail["Thread-Topic"] = topic  # before Subject, or Outlook takes the whole subject for the topic
    mail["Subject"] = subject
    mail["From"] = Mailbox(sender.local, sender.domain, sender.name or words.say("mail", "sender")).header()
    mail["To"] = to.header()
    if settings.reply_to:
        mail["Reply-To"] = mailbox(settings.reply_to).header()
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = own_id
    mail["In-Reply-To"] = root
    mail["References"] = root
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # not `All`: that would suppress bounces too
    drawn, left_out = _charts(outgoing.message)
    _fill(mail, outgoing.message, words, drawn)
    try:
        raw = mail.as_bytes()
    except (MessageError, ValueError):  # newer Pythons refuse by themselves what `check` is here for
        raise DeliveryError(
            "the mail could not be written down, so it was not sent: look at the names in it."
        ) from None
    check(raw, mail.keys(), sender, to)
    return Letter(sender, to, own_id, raw, left_out)


def titles(outgoing: Outgoing, words: Words) -> tuple[str, str]:
    """Topic and subject. All mails of one incident have the same topic, and their subjects end with it.

    A topic of one of many companies begins with its name, as their headlines do.
    """
    kind, _, rest = unscoped(outgoing.incident).partition(":")
    what, _, day = rest.rpartition(":")
    if kind in ("trip", "problem") and _is_day(day):
        company = outgoing.data.get("company")
        topic = words.say("mail", f"topic_{kind}", day=date.fromisoformat(day), what=what)
        topic = f"{shorten(str(company), LONGEST_NAME)}: {topic}" if company else topic
        said = words.say("mail", "subject_thread", about=outgoing.kind, topic=topic, headline=outgoing.message.headline)
        return harmless(topic, SUBJECT), harmless(said, SUBJECT)
    said = harmless(words.say("mail", "subject", headline=outgoing.message.headline), SUBJECT)
    return said, said


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _charts(message: Message) -> tuple[dict[Trend, bytes], str]:
    """Every trend as a picture. One that cannot be drawn is left out: its figures stand in the text."""
    drawn: dict[Trend, bytes] = {}
    failed = 0
    for block in message.blocks:
        if isinstance(block, Trend) and block not in drawn:
            try:
                drawn[block] = chart.png(block)
            except chart.Undrawable:
                failed += 1
    return drawn, f"{failed} of {counted(failed + len(drawn), 'chart')} could not be drawn" if failed else ""


def _fill(mail: EmailMessage, message: Message, words: Words, drawn: Mapping[Trend, bytes]) -> None:
    """Text, and HTML with its pictures inside the same mail."""
    names = {trend: f"chart-{number}" for number, trend in enumerate(drawn, 1)}
    sources = {trend: f"cid:{name}@smb-monitor.invalid" for trend, name in names.items()}
    mail.set_content(text.render(message, sheet=SHEET), cte="quoted-printable")
    mail.add_alternative(html.render(message, words, sources), subtype="html", cte="quoted-printable")
    page = mail.get_payload()[1]  # type: ignore[index]  # the second alternative
    assert isinstance(page, MIMEPart)
    for trend, png in drawn.items():
        cid = f"<{sources[trend].removeprefix('cid:')}>"
        page.add_related(png, "image", "png", cid=cid, filename=f"{names[trend]}.png", disposition="inline")
