"""The HTTP server in a thread of its own."""

from __future__ import annotations

import socket
from threading import Event, Thread

from starlette.types import ASGIApp
from uvicorn import Config, Server

from monitor.core.settings import WebSettings
from monitor.errors import UsageError

_CLOSING = 3
"""Seconds that an answer under way is given."""
_CROWD = 200
"""Connections at once; more are told to come back."""


class WebServer:
    """`start`, then `stop`. Listens on `settings.host` and `settings.port` (0: any free one)."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self._settings = settings
        self._socket: socket.socket | None = None
        self._server = _Server(
            Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="off",
                http="h11",
                ws="none",
                limit_concurrency=_CROWD,
                timeout_graceful_shutdown=_CLOSING,
            )
        )
        self._thread = Thread(target=self._run, name="web", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._socket is not None
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Returns once it answers. Raises UsageError where nobody can listen there."""
        self._socket = _listening(self._settings)
        self._thread.start()
        self._server.answers.wait()

    def stop(self, seconds: float) -> bool:
        """Whether it ended within that many seconds."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(max(seconds, 0))
        return not self._thread.is_alive()

    def _run(self) -> None:
        assert self._socket is not None
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._server.answers.set()
            self._socket.close()


class _Server(Server):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.answers = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


def _listening(settings: WebSettings) -> socket.socket:
    where = f"web.host {settings.host}, web.port {settings.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host.strip("[]"), settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(
            f"{where}: nobody can listen there ({error.strerror}): name an address of this machine."
        ) from error
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen()
    except OSError as error:
        made.close()
        raise UsageError(
            f"{where}: nobody can listen there ({error.strerror}): end what does, or name another."
        ) from error
    return made
