"""The WebSocket side of Socket Mode: hands envelopes over as Slack does, and notes when each was acknowledged."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from tests.slack_server import SlackServer


@dataclass(frozen=True)
class Ack:
    """One acknowledgement as it arrived: the connection's number, monotonic seconds, what came with it."""

    envelope: str
    connection: int
    at: float
    payload: dict[str, Any]


@dataclass
class Sockets:
    """Answers GET /link/ of a SlackServer. Envelopes go to the newest connection unless another is named."""

    slack: SlackServer
    acks: list[Ack] = field(default_factory=list)
    opened: int = 0
    standing: dict[int, web.WebSocketResponse] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.slack.socket_side = self._link

    # What a test does.

    def send(self, kind: str, payload: dict[str, Any], *, envelope: str = "", connection: int = 0, **more: Any) -> str:
        """Hand over one envelope (`slash_commands`, `interactive`, `events_api`); its id."""
        name = envelope or f"envelope-{next(self._numbers)}"
        document = {"type": kind, "envelope_id": name, "payload": payload, "accepts_response_payload": True, **more}
        self._write(document, connection)
        return name

    def acked(self, envelope: str, times: int = 1) -> Ack:
        """Wait for the acknowledgement; the last of `times`."""
        self.slack.wait_for(lambda: len(self.of(envelope)) >= times)
        return self.of(envelope)[times - 1]

    def of(self, envelope: str) -> list[Ack]:
        return [ack for ack in self.acks if ack.envelope == envelope]

    def connected(self, number: int = 1) -> None:
        """Wait until the `number`-th connection stands."""
        self.slack.wait_for(lambda: self.opened >= number and self.standing)

    def warn(self) -> None:
        """Ten seconds before the end of a connection."""
        self._write({"type": "disconnect", "reason": "warning", "debug_info": {"host": "loopback"}})

    def refresh(self) -> None:
        """The connection is about to be replaced."""
        self._write({"type": "disconnect", "reason": "refresh_requested", "debug_info": {"host": "loopback"}})

    def drop(self) -> None:
        """Every connection ends without a word."""
        self.slack.run(self._drop())

    def farewell(self) -> None:
        """Every connection is closed as the protocol wants it."""
        self.slack.run(self._farewell())

    def hang_up(self) -> None:
        """Every connection is ended by the operating system, without a closing word of the protocol."""
        self.slack.run(self._hang_up())

    # Inside the server's loop.

    def _write(self, document: dict[str, Any], connection: int = 0) -> None:
        self.slack.run(self._sent(document, connection))

    async def _sent(self, document: dict[str, Any], connection: int) -> None:
        await self.standing[connection or max(self.standing)].send_str(json.dumps(document))

    async def _drop(self) -> None:
        for link in list(self.standing.values()):
            if link._req is not None and link._req.transport is not None:
                link._req.transport.abort()
        await asyncio.sleep(0)

    async def _farewell(self) -> None:
        for link in list(self.standing.values()):
            await link.close()

    async def _hang_up(self) -> None:
        for link in list(self.standing.values()):
            if link._req is not None and link._req.transport is not None:
                link._req.transport.close()
        await asyncio.sleep(0)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        link = web.WebSocketResponse()
        await link.prepare(request)
        self.opened += 1
        number = self.opened
        await link.send_str(json.dumps({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0SMB"}}))
        self.standing[number] = link
        self.slack.changed()
        try:
            async for message in link:
                if message.type is WSMsgType.TEXT:
                    self._heard(number, json.loads(message.data))
        finally:
            self.standing.pop(number, None)
            self.slack.changed()
        return link

    def _heard(self, connection: int, document: dict[str, Any]) -> None:
        ack = Ack(document["envelope_id"], connection, time.monotonic(), document.get("payload") or {})
        self.acks.append(ack)
        self.slack.changed()
