"""Between rows of the outbox and what is to be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from monitor.core.chain import exact
from monitor.core.messages import Message, Tone
from monitor.core.outbox import LedgerLine, Op, Outgoing, Receipt, Status
from monitor.core.routes import Address
from monitor.store.rows import json_object, moment, moment_or_none, moment_text, named, storable
from monitor.store.wire import decode, encode


def outgoing_row(outgoing: Outgoing, at: datetime) -> dict[str, Any]:
    """A row that nobody has tried yet."""
    return {
        "key": named(outgoing.key),
        "channel": outgoing.address.channel,
        "address": storable(outgoing.address.to),
        "audience": outgoing.address.audience,
        "name": storable(outgoing.address.name),
        "kind": outgoing.kind,
        "incident": named(outgoing.incident),
        "run": outgoing.run,
        "op": str(outgoing.op),
        "target": _named(outgoing.target),
        "fallback_of": _named(outgoing.fallback_of),
        "message": encode(outgoing.message),
        "data": exact(outgoing.data),
        "not_before": moment_text(outgoing.not_before) if outgoing.not_before else None,
        "created_at": moment_text(at),
        "status": str(Status.QUEUED),
        "attempts": 0,
        "lookups": 0,
        "error": "",
        "note": "",
    }


def outgoing(row: Row[Any]) -> Outgoing:
    return Outgoing(
        row.key,
        _address(row),
        row.kind,
        _message(row),
        row.incident,
        row.run,
        Op(row.op),
        row.target,
        row.fallback_of,
        moment_or_none(row.not_before),
        json_object(row.data),
    )


def line(row: Row[Any]) -> LedgerLine:
    return LedgerLine(
        row.key,
        row.kind,
        _address(row),
        _headline(row),
        Status(row.status),
        row.attempts,
        moment(row.created_at),
        moment_or_none(row.settled_at),
        _next_at(row),
        row.error,
        row.note,
        receipt(row.receipt),
        row.fallback_of,
        Op(row.op),
    )


def receipt(text: str | None) -> Receipt | None:
    return None if text is None else json_object(text)


def receipt_text(found: Mapping[str, str] | None) -> str | None:
    return None if found is None else exact(found)


def _named(key: str | None) -> str | None:
    return None if key is None else named(key)


def _address(row: Row[Any]) -> Address:
    return Address(row.channel, row.address, row.audience, row.name)


def _next_at(row: Row[Any]) -> datetime | None:
    """When the row is next taken in hand; None: at once, or never again."""
    if row.status == Status.SENDING:
        return moment(row.lease_until)
    return moment_or_none(max(row.next_at or "", row.not_before or "")) if row.settled_at is None else None


def _message(row: Row[Any]) -> Message:
    """What another version of the program queued is sent as its headline rather than not at all."""
    try:
        return decode(Message, row.message)
    except ValueError:
        return Message(row.kind, _headline(row), Tone.PLAIN, ())


def _headline(row: Row[Any]) -> str:
    try:
        return str(json.loads(row.message)["headline"])
    except (KeyError, TypeError, ValueError):
        return f"{row.kind}: the message cannot be read by this version of the program"
