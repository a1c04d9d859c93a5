"""The weekly digest as rows of the outbox: once a week and channel, late or corrected where that is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile

from monitor.app.wiring import Company
from monitor.core.calendar import DAY
from monitor.core.messages import Block, Message, Table
from monitor.core.outbox import NEWS, LedgerLine, Op, Outgoing, Status
from monitor.core.plan import Plan, SlotDone
from monitor.core.routes import Address, Directory
from monitor.core.schedule import digest_name, upcoming
from monitor.core.types import Snapshot
from monitor.errors import Conflict, StoreError
from monitor.render import digest as drawing
from monitor.store.repository import Store

KIND = "digest"
_TRIES = 5


@dataclass(frozen=True)
class Edition:
    """Which digest is wanted. `late_since`: when it should have been sent. `done`: the slot that it finishes.

    `again`: a person asks for it, so that one that was sent is corrected where it reads differently now, and one that
    could not be delivered is sent once more.
    """

    now: datetime
    late_since: datetime | None = None
    done: SlotDone | None = None
    again: bool = False


@dataclass(frozen=True)
class Draft:
    """A digest before anybody has it. `name` is its subject, the same for the whole week (`digest:2026-W39`).

    `draw` makes the message, as a correction or not; `figures` are the blocks of it that a correction is about, beside
    its headline: not what happened since or who was told.
    """

    name: str
    kind: str
    run: str
    directory: Directory
    draw: Callable[[bool], Message]
    figures: tuple[type[Block], ...] = (Table,)


def issue(company: Company, store: Store, seen: Snapshot, edition: Edition) -> tuple[Outgoing, ...]:
    """Records the digest of `seen` for everybody who hears it; what was recorded anew. Raises StoreError."""
    return publish(store, drafted(company, store, seen, edition), edition)


def drafted(company: Company, store: Store, seen: Snapshot, edition: Edition) -> Draft:
    """The digest of one company's week."""

    def draw(corrected: bool) -> Message:
        return _drawn(company, store, seen, edition, corrected=corrected)

    return Draft(digest_name(seen.as_of), KIND, seen.run, company.config.directory(), draw)


def publish(store: Store, draft: Draft, edition: Edition) -> tuple[Outgoing, ...]:
    """Records a digest for everybody who hears it; what was recorded anew. Raises StoreError."""
    for _ in range(_TRIES):
        plan = planned(store, draft, edition)
        if plan.empty:
            return ()
        try:
            store.commit(plan, edition.now)
        except Conflict:
            continue
        return plan.outgoing
    raise StoreError("others keep recording at the same time, so the digest was not sent: run the command again")


def planned(store: Store, draft: Draft, edition: Edition) -> Plan:
    """The rows of the digest, and the slot that they finish; nothing is written."""
    head = store.head()
    everybody = draft.directory.everybody(draft.directory.audiences("digest"))
    rows = (row for address in everybody if (row := _row(store, draft, edition, address)))
    return Plan(expected_head=head, outgoing=tuple(rows), done=edition.done)


def _row(store: Store, draft: Draft, edition: Edition, address: Address) -> Outgoing | None:
    key = f"{draft.name}:{address.to}"
    before = store.outbox.line(key)
    row = Outgoing(key, address, draft.kind, draft.draw(False), draft.name, draft.run)
    if before is None:
        return row
    if not edition.again:
        return None
    if before.status is Status.FAILED:
        return _once_more(store, row, before)
    return _corrected(store, draft, row)


def _once_more(store: Store, row: Outgoing, failed: LedgerLine) -> Outgoing | None:
    """Another row for one that was given up; the ledger keeps both."""
    keys = (f"{failed.key}:again:{count}" for count in range(1, 100))
    lines = ((key, store.outbox.line(key)) for key in keys)
    for key, line in lines:
        if line is None:
            return Outgoing(key, row.address, row.kind, row.message, row.incident, row.run, fallback_of=failed.key)
        if line.status is not Status.FAILED:
            return None
    return None


def _corrected(store: Store, draft: Draft, row: Outgoing) -> Outgoing | None:
    """A change of the message that was sent, where its headline or a number reads differently now."""
    shown = [each for each, status in store.outbox.of_incident(row.incident, (draft.kind,), row.address.channel)]
    mine = [each for each in shown if (each.target or each.key) == row.key]
    if not mine or _figures(mine[-1].message, draft) == _figures(row.message, draft):
        return None
    key = f"{row.incident}:corrected:{draft.run}:{row.key}"
    return Outgoing(key, row.address, draft.kind, draft.draw(True), row.incident, draft.run, Op.UPDATE, target=row.key)


def _figures(message: Message, draft: Draft) -> list[object]:
    return [message.headline, *(block for block in message.blocks if isinstance(block, draft.figures))]


def _drawn(company: Company, store: Store, seen: Snapshot, edition: Edition, *, corrected: bool) -> Message:
    extras = drawing.Extras(
        late_since=edition.late_since,
        missed=tuple(_missed(company, store)),
        undelivered=tuple(undelivered(store, edition.now)),
        next_times=upcoming(company.config.schedule(), edition.now),
        corrected=corrected,
        dashboard=company.config.dashboard,
    )
    return drawing.build(seen, company.words(), extras)


def _missed(company: Company, store: Store) -> Iterator[date]:
    """The last days of the weeks that got no digest since the last one that was sent, oldest first."""
    skipped = takewhile(lambda slot: slot.missed, store.slots.last(f"{KIND}:"))
    for slot in reversed(list(skipped)):
        year, week = slot.slot.removeprefix(f"{KIND}:").split("-W")
        yield company.policy.calendar.last_complete_week(date.fromisocalendar(int(year), int(week), 7) + DAY)


def undelivered(store: Store, now: datetime) -> Iterator[str]:
    """What could not be delivered lately, to whom and why, a sentence each."""
    for line in store.outbox.undelivered(now):
        if now - line.created_at > NEWS:
            continue
        yield f"{line.headline} (to {line.address.name or line.address.to}: {line.error or 'not yet delivered'})"
