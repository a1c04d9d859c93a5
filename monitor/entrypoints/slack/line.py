"""The WebSocket of Socket Mode: opened in the background, opened again by itself, closed cleanly."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from socket import SHUT_RDWR
from threading import Event, Thread
from typing import TYPE_CHECKING

from monitor.entrypoints.slack.app import dispatched
from monitor.entrypoints.slack.logs import log, quiet
from monitor.entrypoints.slack.people import told

if TYPE_CHECKING:
    from slack_bolt import App
    from slack_sdk import WebClient
    from slack_sdk.socket_mode.client import BaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

WAITS = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds between tries to reach Slack for the first time; the last again and again."""
PING = 1.0
"""Seconds between pings. The library notices the end of a line by five that failed, or none answered for four of them;
its own ten seconds would leave a line that was cut dead for most of a minute."""
CLOSING = 5.0


class Line:
    """One connection to Slack, over which it hands requests to the Bolt app."""

    def __init__(self, app: App, app_token: str, client: WebClient) -> None:
        from slack_bolt.adapter.socket_mode import SocketModeHandler

        logger = quiet("socket")
        self._app = app
        self._handler = SocketModeHandler(app, app_token, logger=logger, web_client=client, ping_interval=PING)
        self._handler.client.socket_mode_request_listeners[:] = [self._handle]
        self._closed = Event()
        self._opening = Thread(target=self._open, name="slack-opening", daemon=True)

    def open(self) -> None:
        """Connect in the background, as often as it takes."""
        self._opening.start()

    def connected(self) -> bool:
        return bool(self._handler.client.is_connected())

    def close(self) -> None:
        """Let go of the line. A library that waits for Slack is not waited for."""
        self._closed.set()
        if self._opening.is_alive():
            self._opening.join(CLOSING)  # a line that opens while it is closed would stand for ever
        self._hang_up()
        closing = Thread(target=self._shut, name="slack-closing", daemon=True)
        closing.start()
        closing.join(CLOSING)

    def _handle(self, client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        """One envelope: handed to Bolt and acknowledged, even where Bolt can make nothing of it."""
        from slack_bolt import BoltRequest
        from slack_bolt.adapter.socket_mode.internals import send_response
        from slack_bolt.response import BoltResponse

        answer = dispatched(self._app, lambda: BoltRequest(mode="socket_mode", body=request.payload))
        if answer.status != HTTPStatus.OK:
            log.error("Slack sent %s that Bolt can make nothing of", request.type)
            answer = BoltResponse(status=HTTPStatus.OK)
        send_response(client, request, answer, 0.0)

    def _shut(self) -> None:
        self._handler.client.close()
        self._handler.client.disconnect()  # again, of what was being opened anew meanwhile

    def _hang_up(self) -> None:
        """Wake the library's reader, which otherwise holds the socket for three seconds."""
        self._handler.client.auto_reconnect_enabled = False
        session = self._handler.client.current_session
        if session is not None and session.sock is not None:
            with suppress(OSError):
                session.sock.shutdown(SHUT_RDWR)

    def _open(self) -> None:
        from slack_sdk.errors import SlackClientError

        tried = 0
        while not self._closed.is_set():
            try:
                self._handler.client.connect()
            except (SlackClientError, OSError, HTTPException) as error:
                log.warning("Slack cannot be reached for Socket Mode: %s", told(error))
            else:
                break  # from here on, the library keeps the line
            self._closed.wait(WAITS[min(tried, len(WAITS) - 1)])
            tried += 1
