"""Socket Mode: connects in the background, comes back by itself, and says whether it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from monitor.app.wiring import open_company
from monitor.core.secret import Secret
from monitor.core.settings import SlackSettings
from monitor.entrypoints.slack.surface import SlackSurface
from monitor.errors import ConfigError
from tests.slack.conftest import SECRET, Room
from tests.slack.sockets import Sockets
from tests.slack_server import ALERT, DIGEST, SlackServer
from tests.slack_server.faults import drop, error, page


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Returns once a condition holds that tells nobody when it changes."""
    never = Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        never.wait(0.02)
    raise AssertionError("it did not happen")


def test_it_is_connected_once_slack_has_answered(room: Room) -> None:
    until(room.surface.connected)
    assert [call.method for call in room.slack.calls()] == ["apps.connections.open"]
    assert room.slack.calls()[0].token == room.slack.app_token


@pytest.mark.parametrize("leave", [Sockets.warn, Sockets.refresh, Sockets.drop, Sockets.farewell, Sockets.hang_up])
def test_a_line_that_ends_is_replaced_and_goes_on(room: Room, leave: Callable[[Sockets], None]) -> None:
    room.otto.types("help")
    room.otto.hears("What /smb-health answers")
    leave(room.sockets)
    room.slack.wait_for(lambda: room.sockets.opened == 2 and 2 in room.sockets.standing)
    room.otto.types("status")
    room.otto.hears("Mid-market hiring is paused")
    until(room.surface.connected)


def test_what_was_not_acknowledged_on_a_line_that_broke_comes_again_and_acts_once(room: Room) -> None:
    body = room.ada.click("ack", room.incident)
    room.sockets.send("interactive", body, envelope="same")
    room.sockets.drop()
    room.slack.wait_for(lambda: room.sockets.opened == 2 and 2 in room.sockets.standing)
    room.sockets.send("interactive", body, envelope="same", retry_attempt=1, retry_reason="timeout")
    room.ada.hears("Recorded as line")
    room.slack.wait_for(lambda: room.sockets.of("same"))
    assert room.kinds() == ["acknowledged"]


def test_while_slack_cannot_be_reached_it_is_not_connected_and_reaching_it_is_tried_again(
    slack: SlackServer, lonely: Callable[[], SlackSurface]
) -> None:
    slack.script("apps.connections.open", drop(accepted=False), error("internal_error"), page(503, accepted=False))
    sockets = Sockets(slack)
    surface = lonely()
    surface.start()
    slack.wait_for(lambda: len(slack.calls("apps.connections.open")) == 3)
    assert not surface.connected()
    slack.wait_for(lambda: sockets.standing)
    until(surface.connected)


def test_a_line_that_is_lost_for_good_shows_as_lost(room: Room) -> None:
    room.slack.script("apps.connections.open", *[error("link_disabled")] * 100)
    room.sockets.drop()
    room.slack.wait_for(lambda: len(room.slack.calls("apps.connections.open")) > 1)
    assert not room.surface.connected()


def test_a_surface_that_was_stopped_is_not_connected_and_may_be_stopped_twice(room: Room) -> None:
    room.surface.stop()
    room.slack.wait_for(lambda: not room.sockets.standing)
    room.surface.stop()
    assert not room.surface.connected()


def test_stopping_finishes_what_was_taken(room: Room) -> None:
    room.sockets.acked(room.ada.clicks("ack", room.incident))
    room.surface.stop()
    assert room.kinds() == ["acknowledged"]
    assert "Recorded as line" in room.slack.responses[0]["text"]


@pytest.mark.parametrize(
    ("mode", "missing", "named"),
    [
        ("socket", "bot_token", "SLACK_BOT_TOKEN"),
        ("socket", "app_token", "SLACK_APP_TOKEN"),
        ("http", "bot_token", "SLACK_BOT_TOKEN"),
        ("http", "signing_secret", "SLACK_SIGNING_SECRET"),
    ],
)
def test_a_missing_token_is_named_at_start(
    lonely: Callable[..., SlackSurface], mode: str, missing: str, named: str
) -> None:
    with pytest.raises(ConfigError, match=f"slack.mode {mode} needs {named} in the environment"):
        lonely(mode, missing).start()


@pytest.fixture
def lonely(slack: SlackServer, kept: Callable[[str], Path]) -> Iterator[Callable[..., SlackSurface]]:
    """A surface that nobody has started; stopped at the end."""
    made: list[SlackSurface] = []

    def surface(mode: str = "socket", missing: str = "") -> SlackSurface:
        tokens = {"bot_token": slack.bot_token, "app_token": slack.app_token, "signing_secret": SECRET}
        bot, app, secret = (None if name == missing else Secret(text) for name, text in tokens.items())
        settings = SlackSettings(DIGEST, ALERT, mode, None, bot, app, secret, slack.url)
        file = kept("trap") / "config.yaml"
        made.append(SlackSurface(lambda: open_company(file, {}), settings, lambda: datetime.now(UTC)))
        return made[-1]

    yield surface
    for each in made:
        each.stop()
