"""The HTTP side: one aiohttp server in a thread of its own, and what a test asks it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.request import urlopen

from aiohttp import web

from tests.slack_server import surfaces
from tests.slack_server.faults import Fault, Strike
from tests.slack_server.methods import ALL_SCOPES, APP_LEVEL, METHODS, WITHOUT_TOKEN, Answer, needed
from tests.slack_server.workspace import Args, Call, Channel, Message, RefusedCall, Workspace, read

DIGEST, ALERT = "C0DIGEST", "C0ALERT"
BOT_TOKEN, APP_TOKEN = "xoxb-test-token", "xapp-test-token"
T = TypeVar("T")
SocketSide = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SlackServer:
    """A workspace with the channels DIGEST and ALERT and the users U0ADA and U0BEN.

    `with SlackServer() as slack:` then `WebClient(token=slack.bot_token, base_url=slack.url)`. `clock` gives the
    seconds since 1970 that timestamps and lives are reckoned by. `socket_side` answers GET /link/ (Socket Mode).
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.workspace = Workspace(clock, bot_token=BOT_TOKEN, app_token=APP_TOKEN, scopes=set(ALL_SCOPES))
        self.socket_side: SocketSide | None = None
        self._calls: list[Call] = []
        self._script: dict[str, deque[Fault]] = defaultdict(deque)
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="slack-server")
        self._hanging: list[asyncio.Event] = []
        self._runner: web.AppRunner | None = None
        for channel, name in ((DIGEST, "smb-digest"), (ALERT, "smb-alerts")):
            self.add_channel(channel, name)
        for user, real_name in (("U0ADA", "Ada Marsh"), ("U0BEN", "Ben Okafor")):
            self.add_user(user, real_name)

    def __enter__(self) -> Self:
        self._thread.start()
        self.workspace.base = self.run(self._listen())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """For `base_url`."""
        return f"{self.workspace.base}/api/"

    @property
    def bot_token(self) -> str:
        return self.workspace.bot_token

    @property
    def app_token(self) -> str:
        return self.workspace.app_token

    def add_channel(
        self, channel: str, name: str = "", *, member: bool = True, archived: bool = False, private: bool = False
    ) -> Channel:
        made = Channel(channel, name or channel.lower(), member, archived, private)
        self.workspace.channels[channel] = made
        return made

    def add_user(self, user: str, real_name: str = "") -> None:
        self.workspace.users[user] = {"id": user, "name": user.lower(), "real_name": real_name, "tz": "UTC"}

    def messages(self, channel: str | None = None) -> list[Message]:
        """Stored messages with those in threads, oldest first; a user's id gives the direct message."""
        with self._changed:
            dm = f"D{channel[1:]}" if channel and channel.startswith("U") else channel
            return [message for message in self.workspace.messages if dm in (None, message.channel)]

    def calls(self, method: str | None = None) -> list[Call]:
        """The calls that arrived, in order; `upload` and `response_url` count as methods."""
        with self._changed:
            return [call for call in self._calls if method in (None, call.method)]

    def script(self, method: str, *faults: Fault) -> None:
        """What the next calls of `method` (`*`: of any that has no script of its own) end with, one each."""
        with self._changed:
            self._script[method].extend(faults)

    def unscripted(self) -> bool:
        """Whether every scripted fault was used."""
        with self._changed:
            return not any(self._script.values())

    def trigger(self) -> str:
        """A new trigger_id."""
        with self._changed:
            return surfaces.new_trigger(self.workspace)

    def response_url(self, channel: str, user: str) -> str:
        """A new response_url; what is posted to it stands in `responses`."""
        with self._changed:
            return surfaces.new_response_url(self.workspace, channel, user)

    @property
    def responses(self) -> list[Args]:
        with self._changed:
            return list(self.workspace.responses)

    @property
    def ephemerals(self) -> list[Args]:
        with self._changed:
            return list(self.workspace.ephemerals)

    def release(self) -> None:
        """Let what hangs take effect (where it was to be accepted later), and late files appear."""
        self.run(self._release())

    def catch_up(self) -> None:
        """Return once what clients sent and gave up on was read, so that nothing takes effect later on its own."""
        with urlopen(f"{self.url}api.test", timeout=30) as answer:
            answer.read()
        self.run(self._settle())

    def hangs_next(self) -> bool:
        """Whether a scripted fault keeps some call without an answer."""
        with self._changed:
            return any(fault.strike is Strike.HANG for script in self._script.values() for fault in script)

    def wait_for(self, condition: Callable[[], object], seconds: float = 120.0) -> None:
        """Return once `condition` holds, looked at after every call; AssertionError after `seconds`."""
        with self._changed:
            assert self._changed.wait_for(lambda: bool(condition()), seconds), "it did not happen"

    def changed(self) -> None:
        """Wake whoever waits; for a `socket_side`."""
        with self._changed:
            self._changed.notify_all()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the server's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> str:
        application = web.Application(client_max_size=32 * 2**20)
        application.router.add_route("*", "/api/{method}", self._api)
        application.router.add_post("/upload/{file}", self._upload)
        application.router.add_post("/response/{name}", self._response)
        application.router.add_get("/link/", self._link)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        return f"http://127.0.0.1:{port}"

    async def _stop(self) -> None:
        await self._release()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _release(self) -> None:
        hanging, self._hanging = self._hanging, []
        for event in hanging:
            event.set()
        await asyncio.sleep(0)
        with self._changed:
            self.workspace.reveal_shares()
            self._changed.notify_all()

    async def _settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if self.socket_side is None:
            return web.Response(status=501, text="no socket side")
        return await self.socket_side(request)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            args = await _arguments(request)
        except RefusedCall as refused:
            return web.json_response(refused.body)
        return await self._answered(request, method, args, token, lambda: self._effect(method, args, token))

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        data = await _bytes(request)
        file = request.match_info["file"]

        def effect() -> tuple[int, Answer | str]:
            return surfaces.uploaded(self.workspace, file, data)

        return await self._answered(request, "upload", {"file": file, "data": data}, "", effect)

    async def _response(self, request: web.Request) -> web.StreamResponse:
        args = read(await request.json())
        name = request.match_info["name"]
        return await self._answered(
            request, "response_url", args, "", lambda: surfaces.respond(self.workspace, name, args)
        )

    async def _answered(
        self, request: web.Request, method: str, args: Args, token: str, effect: Callable[[], tuple[int, Answer | str]]
    ) -> web.StreamResponse:
        """Record the call, let it take effect unless a fault forbids, and answer as the fault wants."""
        fault = self._arrived(Call(method, args, time.monotonic(), token))
        if fault and fault.later:
            await self._hang()
        with self._changed:
            status, body = effect() if fault is None or fault.accepted else (200, "")
            self._changed.notify_all()
        if fault:
            return await self._strike(request, fault, body)
        headers = {"x-oauth-scopes": ",".join(sorted(self.workspace.scopes))}
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    def _arrived(self, call: Call) -> Fault | None:
        with self._changed:
            self._calls.append(call)
            script = self._script[call.method] or self._script["*"]
            fault = script.popleft() if script else None
            self._changed.notify_all()
        return None if fault is None or fault.passes else fault

    def _effect(self, method: str, args: Args, token: str) -> tuple[int, Answer | str]:
        try:
            self._may(method, args, token)
            return 200, {"ok": True, **METHODS[method](self.workspace, args)}
        except RefusedCall as refused:
            return 200, refused.body

    def _may(self, method: str, args: Args, token: str) -> None:
        if method not in METHODS:
            raise RefusedCall("unknown_method", req_method=method)
        if method in WITHOUT_TOKEN:
            return
        given = token or str(args.get("token", ""))
        if not given:
            raise RefusedCall("not_authed")
        if given != (self.workspace.app_token if method in APP_LEVEL else self.workspace.bot_token):
            raise RefusedCall("invalid_auth")
        scope = needed(self.workspace, method, args)
        if scope and scope not in self.workspace.scopes:
            raise RefusedCall("missing_scope", needed=scope, provided=",".join(sorted(self.workspace.scopes)))

    async def _strike(self, request: web.Request, fault: Fault, body: Answer | str) -> web.StreamResponse:
        match fault.strike:
            case Strike.ANSWER:
                text = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
                kind = "application/json" if text.startswith("{") else "text/html"
                return web.Response(status=fault.status, text=text, headers=fault.headers, content_type=kind)
            case Strike.TRUNCATED:
                return await _half(request, json.dumps(body or {"ok": True}))
            case Strike.HANG if not fault.later:
                await self._hang()
            case Strike.RESET:
                _linger(request)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _hang(self) -> None:
        event = asyncio.Event()
        self._hanging.append(event)
        await event.wait()


async def _arguments(request: web.Request) -> Args:
    """From the query, a form or JSON, whichever the caller used."""
    found: Args = dict(request.query)
    if not request.can_read_body:
        pass  # slack_sdk calls apps.connections.open with the type JSON and no body
    elif request.content_type == "application/json":
        found |= await request.json()
    else:
        found |= dict(await request.post())
    return read(found)


async def _bytes(request: web.Request) -> bytes:
    """The bytes of an upload: the body itself or the first file of a form."""
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for field in (await request.post()).values():
        if isinstance(field, web.FileField):
            return field.file.read()
    return b""


async def _half(request: web.Request, text: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(text)), "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(text[: len(text) // 2].encode())
    if request.transport is not None:
        request.transport.close()
    return response


def _linger(request: web.Request) -> None:
    """Close with a reset instead of a farewell."""
    held = request.transport.get_extra_info("socket") if request.transport else None
    if held is not None:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
