"""A wire between a client and the server's socket that remembers what the server said."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.postgres import PASSWORD, USER


class Wire:
    """Listens on loopback, by both ends; what comes from the server, or to it, is in `heard`.

    `calls` is whether the client is the one that says what matters, as Spark's workers do, who call the driver.
    """

    def __init__(
        self, reach: Callable[[], socket.socket], at: tuple[str, int] = ("127.0.0.1", 0), *, calls: bool = False
    ) -> None:
        self._reach = reach
        self._calls = calls
        self._listener = socket.create_server(at)
        self.heard = bytearray()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def url(self, database: str) -> str:
        port = self._listener.getsockname()[1]
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/{database}?sslmode=disable"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(timeout=30)

    def _start(self, work: object, *given: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=given)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._reach()
                self._start(self._carry, client, server, False)
                self._start(self._carry, server, client, True)

    def _carry(self, come: socket.socket, go: socket.socket, is_server: bool) -> None:
        with suppress(OSError):
            while data := come.recv(65536):
                if is_server is not self._calls:
                    self.heard += data
                go.sendall(data)
        with suppress(OSError):
            go.shutdown(socket.SHUT_WR)
        if is_server:
            come.close()
            go.close()


@contextmanager
def wire(folder: Path) -> Iterator[Wire]:
    def reach() -> socket.socket:
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(folder / ".s.PGSQL.5432"))
        return server

    made = Wire(reach)
    try:
        yield made
    finally:
        made.close()
