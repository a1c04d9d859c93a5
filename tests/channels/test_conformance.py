"""What every channel in the list must hold to, against a real server of its kind."""

from __future__ import annotations

import base64
import logging
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from monitor.channels import CHANNELS, Channel, Wanted, open_channels
from monitor.core.checks import Outcome
from monitor.core.outbox import Absent, Claimed, Retry, Sent, Unknown
from monitor.core.routes import EMAIL, SLACK, WEBHOOK, Address
from monitor.core.secret import Secret
from monitor.core.settings import EmailSettings, SlackSettings, WebhookSettings
from monitor.render.words import Words
from tests.channels.rows import NOW, claimed, outgoing
from tests.channels.test_webhook import receiving
from tests.mail_server import serving
from tests.npm import free_port
from tests.slack_server import ALERT, DIGEST, SlackServer

BOT, APP, SIGNING = "xoxb-test-token", "xapp-test-token", "5ecret-of-signing"
PASSWORD, HOOK = "correct-horse-battery", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRETS = (
    BOT,
    APP,
    SIGNING,
    PASSWORD,
    base64.b64encode(f"\0monitor\0{PASSWORD}".encode()).decode(),
    HOOK,
    HOOK.removeprefix("whsec_"),
)
WORDS = Words()


@dataclass(frozen=True)
class Alive:
    """A channel in front of a server that works; `delivered` is what the server has by now."""

    channel: Channel
    delivered: Callable[[], int]


def opened(*, slack: str = "", email: int = 0, webhook: str = "") -> dict[str, Channel]:
    """The channels whose servers are given."""
    at = Secret(BOT), Secret(APP), Secret(SIGNING)
    workspace = SlackSettings(DIGEST, ALERT, "socket", None, *at, slack) if slack else None
    mail = EmailSettings("localhost", "monitor@acme.example", email, "starttls", "monitor", Secret(PASSWORD))
    hook = WebhookSettings(webhook, Secret(HOOK)) if webhook else None
    return open_channels(Wanted(workspace, mail if email else None, hook, WORDS, lambda _: None))


def row(name: str, number: int = 1) -> Claimed:
    """A row for one channel."""
    to = {
        "slack": Address(SLACK, ALERT, "alert", "alert channel"),
        "email": Address(EMAIL, "ada@acme.example", "leadership", "Ada Marsh"),
        "webhook": Address(WEBHOOK, "the configured URL", "webhook"),
    }[name]
    return claimed(outgoing(to=to, key=f"trip:2026-07-07:{number}:{to.to}"))


def nowhere(name: str) -> Channel:
    """The channel in front of a port that nobody listens on."""
    port = free_port()
    channels = {
        "slack": lambda: opened(slack=f"http://127.0.0.1:{port}/api/"),
        "email": lambda: opened(email=port),
        "webhook": lambda: opened(webhook=f"http://127.0.0.1:{port}/"),
    }
    return channels[name]()[name]


@contextmanager
def alive(name: str, tls: ssl.SSLContext) -> Iterator[Alive]:
    if name == "slack":
        with SlackServer() as workspace:
            channel = opened(slack=workspace.url)[name]
            yield Alive(channel, lambda: len(workspace.messages()))
    elif name == "email":
        with serving(tls) as server:
            yield Alive(opened(email=server.port)[name], lambda: len(server.mails))
    else:
        with receiving() as receiver:
            yield Alive(opened(webhook=receiver.url)[name], lambda: len(receiver.bodies))


@contextmanager
def talkative(name: str, tls: ssl.SSLContext) -> Iterator[Channel]:
    """The channel in front of a server that refuses, and repeats what it was sent while it does."""
    if name == "slack":
        with SlackServer() as workspace:
            workspace.workspace.bot_token = "xoxb-another-token"
            yield opened(slack=workspace.url)[name]
    elif name == "email":
        with serving(tls, {"AUTH": f"535 5.7.8 no {SECRETS[4]} {PASSWORD}"}) as server:
            yield opened(email=server.port)[name]
    else:
        with receiving(answer=401, headers={"X-Said": HOOK}) as receiver:
            yield opened(webhook=receiver.url)[name]


def wrote(channel: Channel, name: str) -> str:
    """Everything that a person could see of a channel that is used."""
    try:
        seen: list[object] = [channel, channel.send(row(name), NOW), *channel.examine()]
        seen += [channel.find(replace(row(name), uncertain=True, perhaps=2), NOW)]
    finally:
        channel.close()
    return "".join(f"{each}{each!r}{vars(each) if hasattr(each, '__dict__') else ''}" for each in seen)


def test_the_list_holds_the_channels_that_are_tested_here() -> None:
    everything = opened(slack="http://127.0.0.1:1/api/", email=1, webhook="http://127.0.0.1:1/")
    assert list(everything) == list(CHANNELS) == ["slack", "email", "webhook"]
    assert [channel.name for channel in everything.values()] == list(CHANNELS)
    assert opened() == {}


@pytest.mark.parametrize("name", CHANNELS)
def test_a_row_is_delivered_once_and_a_receipt_says_where(name: str, tls: ssl.SSLContext, trusted: Path) -> None:
    with alive(name, tls) as found:
        answer = found.channel.send(row(name), NOW)
        found.channel.close()
    assert isinstance(answer, Sent)
    assert found.delivered() == 1
    assert answer.receipt and all(answer.receipt.values())


@pytest.mark.parametrize("name", CHANNELS)
def test_a_server_that_is_not_there_is_tried_again(name: str) -> None:
    channel = nowhere(name)
    answer = channel.send(row(name), NOW)
    channel.close()
    assert isinstance(answer, Retry)
    assert answer.error and "\n" not in answer.error


@pytest.mark.parametrize("name", CHANNELS)
def test_no_secret_is_written_anywhere(
    name: str, tls: ssl.SSLContext, trusted: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with alive(name, tls) as found, talkative(name, tls) as refusing:
        seen = "".join(wrote(channel, name) for channel in (found.channel, refusing, nowhere(name)))
    assert not [secret for secret in SECRETS if secret in seen]
    assert not [secret for secret in SECRETS if secret in caplog.text]


@pytest.mark.parametrize("name", CHANNELS)
def test_an_examination_sends_nothing_and_says_that_all_is_well(name: str, tls: ssl.SSLContext, trusted: Path) -> None:
    with alive(name, tls) as found:
        checks = found.channel.examine()
        found.channel.close()
    assert found.delivered() == 0
    assert checks and all(check.part == name for check in checks)
    assert not [check for check in checks if check.outcome is Outcome.FAILED]


@pytest.mark.parametrize("name", [name for name in CHANNELS if name != "webhook"])
def test_an_examination_of_a_server_that_is_not_there_says_how_to_mend_it(name: str) -> None:
    channel = nowhere(name)
    checks = [check for check in channel.examine() if check.outcome in (Outcome.FAILED, Outcome.WARNING)]
    channel.close()
    assert checks and all(check.text and check.mend for check in checks)


@pytest.mark.parametrize("name", CHANNELS)
def test_a_search_answers_even_where_nothing_can_be_found(name: str) -> None:
    channel = nowhere(name)
    found = channel.find(replace(row(name), uncertain=True, perhaps=1), NOW)
    channel.close()
    assert isinstance(found, Unknown if name == "slack" else Absent)


@pytest.mark.parametrize("name", CHANNELS)
def test_several_threads_may_use_it_at_once(name: str, tls: ssl.SSLContext, trusted: Path) -> None:
    with alive(name, tls) as found, ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda number: found.channel.send(row(name, number), NOW), range(4)))
        found.channel.close()
    assert [type(answer) for answer in answers] == [Sent] * 4
    assert found.delivered() == 4


@pytest.mark.parametrize("name", CHANNELS)
def test_it_lets_go_of_its_connections(name: str, tls: ssl.SSLContext, trusted: Path) -> None:
    wrote(nowhere(name), name)  # whatever is opened once for good is open now
    before = sockets()
    with alive(name, tls) as found, talkative(name, tls) as refusing:
        for channel in (found.channel, refusing, nowhere(name)):
            wrote(channel, name)
    assert sockets() == before


def sockets() -> int:
    """How many this process holds open."""
    fds = Path("/proc/self/fd") if Path("/proc/self/fd").is_dir() else Path("/dev/fd")
    count = 0
    for fd in fds.iterdir():
        try:
            count += "socket" in str(fd.readlink())
        except OSError:
            continue
    return count
