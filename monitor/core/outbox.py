"""What is to be sent, and what became of it. A row of the outbox is sent once, however often it is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from monitor.core.chain import JSON
from monitor.core.messages import Message
from monitor.core.routes import Address

LEASE = timedelta(seconds=120)
"""How long a row belongs to the worker that claimed it. It begins to send early enough (SEND_LIMIT, SETTLE) that the
message can be found when the lease ends, since whoever claims the row next looks for it at once."""
SEND_LIMIT = timedelta(seconds=60)
SETTLE = timedelta(seconds=30)
"""A message that may have arrived is looked for this long after its last attempt before it counts as absent."""
LOOKUPS = 5
"""Failed look-ups after which a row is reported as perhaps undelivered."""
NEWS = timedelta(days=8)
"""What could not be delivered longer ago was said in a digest since, and is no news."""
DEADLINE = timedelta(days=2)
"""How long a row that is refused for a while (429, 4xx of a mail server) is tried again."""


class Op(StrEnum):
    """What is done: a new message, a change of one that was sent, a picture below one that was sent."""

    POST = "post"
    UPDATE = "update"
    CHART = "chart"


class Status(StrEnum):
    """Where a row stands."""

    QUEUED = "queued"
    """Recorded with its event, not yet tried."""
    SENDING = "sending"
    """A worker holds its lease; when the lease runs out, it is UNKNOWN."""
    RETRY = "retry"
    """Surely not delivered; tried again at `next_at`."""
    UNKNOWN = "unknown"
    """Perhaps delivered; looked for before anything is sent again."""
    SENT = "sent"
    FAILED = "failed"
    """Given up and reported; what took its place is another row."""
    CANCELLED = "cancelled"
    """No longer to be said, such as the update of a message that was never sent."""


@dataclass(frozen=True)
class Outgoing:
    """One message to one address. `key` is unique for ever (`trip:2026-07-07:C0456`).

    `incident` is what mails are threaded by and acknowledgements settle (`trip:2026-07-07`). `target` is the key of the
    message that an update or a chart belongs to. `run` is the id of the snapshot that it was drawn from.
    """

    key: str
    address: Address
    kind: str
    message: Message
    incident: str
    run: str
    op: Op = Op.POST
    target: str | None = None
    fallback_of: str | None = None
    not_before: datetime | None = None
    data: Mapping[str, JSON] = field(default_factory=lambda: MappingProxyType({}))
    """What a webhook tells machines; people's channels leave it alone."""


Receipt = Mapping[str, str]
"""Where a delivered message stands: Slack's `channel` and `ts`, a mail's `message_id`, a webhook's `id`."""


@dataclass(frozen=True)
class Claimed:
    """A row that this worker may send until `lease_until`.

    `uncertain`: an earlier attempt may have arrived, as `perhaps` of them may in all. `attempts` counts this one too,
    `lookups` failed searches so far, `tried_at` is when the last attempt began. `target` is where the message stands
    that it changes, None while unsent.
    """

    outgoing: Outgoing
    by: str
    lease_until: datetime
    created_at: datetime
    attempts: int = 1
    lookups: int = 0
    uncertain: bool = False
    tried_at: datetime | None = None
    target: Receipt | None = None
    perhaps: int = 0


@dataclass(frozen=True)
class Sent:
    """Delivered. `note` says what was left out on the way (`as plain sections: invalid_blocks`)."""

    receipt: Receipt = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
    follow: tuple[Outgoing, ...] = ()
    """What is to be sent after it, such as the chart that the message could not hold."""


@dataclass(frozen=True)
class Retry:
    """Surely not delivered, and worth another try; `after` seconds where the other side asked for them."""

    error: str
    after: float | None = None


@dataclass(frozen=True)
class Unknown:
    """The answer was lost: it may have arrived."""

    error: str


@dataclass(frozen=True)
class Absent:
    """Looked for and not there."""


@dataclass(frozen=True)
class Failed:
    """Refused for good. `credentials`: by the whole channel, until somebody mends its token or password."""

    error: str
    credentials: bool = False


Outcome = Sent | Retry | Unknown | Failed
Found = Sent | Absent | Unknown
"""What a search for an uncertain message ends with; Unknown: the search itself failed."""


@dataclass(frozen=True)
class Settlement:
    """How a claimed row is settled: its new status, when it is tried again, and what takes its place."""

    status: Status
    error: str = ""
    note: str = ""
    receipt: Receipt | None = None
    next_at: datetime | None = None
    lookups: int = 0
    outgoing: tuple[Outgoing, ...] = ()


@dataclass(frozen=True)
class LedgerLine:
    """One row as `doctor`, `/readyz`, the digest and the dashboard show it. Moments are UTC."""

    key: str
    kind: str
    address: Address
    headline: str
    status: Status
    attempts: int
    created_at: datetime
    settled_at: datetime | None = None
    next_at: datetime | None = None
    error: str = ""
    note: str = ""
    receipt: Receipt | None = None
    fallback_of: str | None = None
    op: Op = Op.POST
