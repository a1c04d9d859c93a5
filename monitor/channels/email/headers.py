"""What stands in a mail's headers: text from data made harmless, addresses, ids that hold a thread together."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email.headerregistry import Address, HeaderRegistry, MessageIDHeader
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, EmailPolicy, compat32
from email.utils import getaddresses

from monitor.errors import DeliveryError
from monitor.render.plain import JOINERS, shorten, visible

SUBJECT, NAME = 200, 80
"""Characters of a subject and of a name."""
_WRITTEN = re.compile(r"(?:(?P<name>[^<>]*) <)?(?P<address>[^<> ]+)(?(name)>)")
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
_SEPARATORS = str.maketrans(dict.fromkeys('"\\()<>[]:;@,', " "))
"""Python 3.11 may lose the quotes around a long name; these would then begin another address."""


def _policy() -> EmailPolicy[EmailMessage]:
    """SMTP's, all ASCII. A long id in the two headers would else become an encoded word, and no thread."""
    registry = HeaderRegistry()
    for name in ("in-reply-to", "references"):
        registry.map_to_type(name, MessageIDHeader)  # type: ignore[arg-type]  # one of its kind
    return SMTP.clone(cte_type="7bit", header_factory=registry)


POLICY = _policy()


@dataclass(frozen=True)
class Mailbox:
    """One mail address, ASCII, its domain in its international form; `name` may be empty."""

    local: str
    domain: str
    name: str = ""

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    def header(self) -> Address:
        return Address(plain_name(self.name), self.local, self.domain)


def mailbox(written: str, name: str = "") -> Mailbox:
    """`ada@acme.example`, or `Ada Marsh <ada@acme.example>`. Raises DeliveryError for anything else."""
    found = _WRITTEN.fullmatch(written)
    local, _, domain = (found["address"] if found else "").rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or "=?" in local or len(domain) > 253:
        raise DeliveryError(f"`{shorten(visible(written), 100)}` is no mail address: correct it in the configuration.")
    return Mailbox(local, domain, name or (found["name"] or "" if found else ""))


def harmless(text: str, limit: int) -> str:
    """Text on one line that no mail program takes for anything else: nothing unprintable, no encoded word, not long."""
    shown = "".join(c if c.isprintable() or c in JOINERS else " " for c in visible(text))
    return shorten(" ".join(shown.split()), limit).replace("=?", "= ?")


def plain_name(text: str) -> str:
    """A display name without the marks that separate addresses."""
    return harmless(text.translate(_SEPARATORS), NAME)


def message_id(kind: str, of: str, sender: Mailbox) -> str:
    """The id that belongs to `of` (a row's key, an incident), the same whenever it is asked for."""
    digest = hashlib.sha256(f"{sender.address}\n{of}".encode("utf-8", "backslashreplace")).hexdigest()
    return f"<{kind}.{digest[:32]}@{sender.domain}>"


def check(raw: bytes, names: list[str], sender: Mailbox, to: Mailbox) -> None:
    """Read the finished bytes as a mail program would: exactly these headers in this order, and these two people.

    Raises DeliveryError for anything more or less: an encoded word with a line break in it becomes a `Bcc` of its own.
    """
    read = BytesParser(policy=compat32).parsebytes(raw, headersonly=True)
    people = [address for field in ("From", "To") for _, address in getaddresses([str(read[field])])]
    if read.keys() != names or people != [sender.address, to.address]:
        raise DeliveryError(
            "the finished mail has other headers than it should, so it was not sent: look at the names."
        )
