"""Our channel against somebody else's Slack: emulate, from npm, with nothing of ours on the other side."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.request import Request, urlopen

import pytest
from slack_sdk import WebClient

from monitor.channels.slack import SlackChannel
from monitor.core.messages import Message
from monitor.core.outbox import Absent, Claimed, Failed, Receipt, Sent, Unknown
from monitor.core.routes import SLACK, Address
from monitor.core.secret import Secret
from monitor.core.settings import SlackSettings
from tests.channels.rows import NOW
from tests.channels.slack_rows import ALARM, LATER, PLAIN, change, chart, row
from tests.npm import free_port, installed

TOKEN = "test_token_admin"
SEED = """
tokens: {test_token_admin: {login: admin}}
slack: {team: {name: Acme}, users: [{name: ben, real_name: Ben Okafor}], channels: [{name: smb-alerts}]}
"""


@dataclass(frozen=True)
class Emulator:
    """A running server, a channel of it and somebody who can be written to."""

    url: str
    channel: str
    user: str
    client: WebClient

    def phone(self, url: str | None = None) -> SlackChannel:
        settings = SlackSettings(self.channel, self.channel, bot_token=Secret(TOKEN), api_url=url or self.url)
        return SlackChannel(settings, lambda _: None)

    def messages(self, channel: str) -> list[dict[str, Any]]:
        return list(self.client.conversations_history(channel=channel, include_all_metadata=True)["messages"])

    def replies(self, at: Receipt) -> list[dict[str, Any]]:
        return list(self.client.conversations_replies(channel=at["channel"], ts=at["ts"])["messages"])[1:]


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    command = installed("emulate", "0.11.2") / "emulate"
    port = str(free_port())
    seed = tmp_path_factory.mktemp("emulate") / "seed.yaml"
    seed.write_text(SEED)
    with subprocess.Popen(
        [command, "start", "--service", "slack", "--port", port, "--seed", seed], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            assert any(port in line for line in process.stdout), "emulate did not start"
            client = WebClient(TOKEN, f"http://localhost:{port}/api/", retry_handlers=[])
            channel = next(each["id"] for each in client.conversations_list()["channels"])
            user = next(each["id"] for each in client.users_list()["members"] if each["name"] == "ben")
            yield Emulator(client.base_url, channel, user, client)
        finally:
            process.terminate()


def told(subject: str, emulator: Emulator, message: Message = PLAIN, to: str | None = None) -> Claimed:
    """A row whose key no other test has."""
    place = to or emulator.channel
    held = replace(row(message).outgoing, key=f"{subject}:{place}", address=Address(SLACK, place, "alert", "alerts"))
    return replace(row(message), outgoing=held)


def posted(emulator: Emulator, one: Claimed) -> Receipt:
    with closing(emulator.phone()) as phone:
        outcome = phone.send(one, NOW)
    assert isinstance(outcome, Sent), outcome
    return outcome.receipt


def test_a_post_stands_there_with_its_blocks_and_its_key_and_is_found(emulator: Emulator) -> None:
    one = told("post", emulator, ALARM)
    at = posted(emulator, one)
    (message,) = [each for each in emulator.messages(emulator.channel) if each["ts"] == at["ts"]]
    assert message["metadata"]["event_payload"] == {"key": one.outgoing.key}
    assert message["text"] == ALARM.headline
    found = emulator.phone().find(one, LATER)
    assert isinstance(found, Sent) and found.receipt == at and found.follow == ()
    assert isinstance(emulator.phone().find(told("never sent", emulator), LATER), Absent)


def test_a_person_is_written_to_directly_and_the_message_is_found_there(emulator: Emulator) -> None:
    one = told("direct", emulator, to=emulator.user)
    at = posted(emulator, one)
    assert at["channel"].startswith("D")
    found = emulator.phone().find(one, LATER)
    assert isinstance(found, Sent) and found.receipt == at


def test_a_change_stands_in_place_and_is_seen(emulator: Emulator) -> None:
    before = told("change", emulator)
    at = posted(emulator, before)
    changed = change(before, at)
    assert isinstance(emulator.phone().find(changed, LATER), Absent)
    assert emulator.phone().send(changed, NOW) == Sent(at)
    (message,) = [each for each in emulator.messages(emulator.channel) if each["ts"] == at["ts"]]
    assert message["text"] == changed.outgoing.message.headline
    assert "actions" not in [block["type"] for block in message["blocks"]]
    assert isinstance(emulator.phone().find(changed, LATER), Sent)


def test_what_was_deleted_is_said_anew(emulator: Emulator) -> None:
    before = told("deleted", emulator)
    at = posted(emulator, before)
    emulator.client.chat_delete(channel=at["channel"], ts=at["ts"])
    outcome = emulator.phone().send(change(before, at), NOW)
    assert isinstance(outcome, Sent) and outcome.note == "as a new message: message_not_found"
    found = emulator.phone().find(change(before, at), LATER)
    assert isinstance(found, Sent) and found.receipt == outcome.receipt


def test_a_picture_stands_in_the_thread_with_its_words_and_is_found(emulator: Emulator) -> None:
    before = told("picture", emulator)
    at = posted(emulator, before)
    outcome = emulator.phone().send(chart(before, at), NOW)
    assert isinstance(outcome, Sent), outcome
    (reply,) = emulator.replies(at)
    assert [file["title"] for file in reply["files"]] == ["Pipeline coverage, last 5 weeks"]
    held = emulator.client.files_info(file=outcome.receipt["file"])["file"]
    assert held["mimetype"] == "image/png" and held["size"] > 10_000
    assert isinstance(emulator.phone().find(chart(before, at), LATER), Sent)


def test_a_channel_that_is_not_there_and_a_token_that_is_none_are_refused(emulator: Emulator) -> None:
    outcome = emulator.phone().send(told("nowhere", emulator, to="C0NOWHERE"), NOW)
    assert isinstance(outcome, Failed) and "channel_not_found" in outcome.error and not outcome.credentials


@pytest.mark.parametrize("op", ["post", "change", "picture"])
def test_what_arrived_although_its_answer_was_lost_is_found_and_there_once(emulator: Emulator, op: str) -> None:
    before = told(f"lost {op}", emulator)
    at = {} if op == "post" else posted(emulator, before)
    one = {"post": before, "change": change(before, at), "picture": chart(before, at)}[op]
    methods = {"post": "chat.postMessage", "change": "chat.update", "picture": "files.completeUploadExternal"}
    with deaf(emulator.url, methods[op]) as url:
        assert isinstance(emulator.phone(url).send(one, NOW), Unknown)
    assert isinstance(emulator.phone().find(one, LATER), Sent)
    keyed = [each for each in emulator.messages(emulator.channel) if key_of(each) == before.outgoing.key]
    assert len(keyed) == 1
    assert op != "picture" or len(emulator.replies(at)) == 1


def key_of(message: dict[str, Any]) -> str | None:
    payload = message.get("metadata", {}).get("event_payload", {})
    return payload.get("key")  # type: ignore[no-any-return]


class deaf:  # noqa: N801  reads as the condition that it is
    """Stands between us and `url`: every request gets through, the answer to `method` is cut off."""

    def __init__(self, url: str, method: str) -> None:
        class Between(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                name = self.path.removeprefix("/api/")
                with urlopen(Request(url + name, body, dict(self.headers))) as answer:
                    said = answer.read()
                if name != method:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.end_headers()
                    self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """Nothing to say."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
        self.thread = Thread(target=self.server.serve_forever)

    def __enter__(self) -> str:
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_port}/api/"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
