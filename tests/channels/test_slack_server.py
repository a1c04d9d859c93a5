"""The loopback workspace itself: it stores, refuses and fails as scripted, and slack_sdk notices."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.slack_server import DIGEST, LOST, SlackServer, faults
from tests.slack_server.faults import Fault, Strike


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with SlackServer() as server:
        yield server


def client(slack: SlackServer, timeout: float = 5) -> WebClient:
    return WebClient(slack.bot_token, slack.url, timeout=timeout, retry_handlers=[])  # type: ignore[arg-type]


def post(slack: SlackServer, key: str = "k", timeout: float = 5, **more: Any) -> str:
    metadata = {"event_type": "smb_monitor_message", "event_payload": {"key": key}}
    answer = client(slack, timeout).chat_postMessage(channel=DIGEST, text="Hello", metadata=metadata, **more)
    return str(answer["ts"])


def test_a_post_is_stored_found_by_its_metadata_and_changed(slack: SlackServer) -> None:
    ts = post(slack)
    client(slack).chat_update(channel=DIGEST, ts=ts, text="Changed")
    found = client(slack).conversations_history(channel=DIGEST, include_all_metadata=True)["messages"]
    assert [(m["text"], m["metadata"]["event_payload"]) for m in found] == [("Changed", {"key": "k"})]
    assert [message.key for message in slack.messages(DIGEST)] == ["k"]


def test_replies_stand_in_their_thread_and_history_in_pages(slack: SlackServer) -> None:
    parent = post(slack)
    post(slack, "reply", thread_ts=parent)
    for _ in range(4):
        post(slack)
    pages = [page["messages"] for page in client(slack).conversations_history(channel=DIGEST, limit=2)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len(client(slack).conversations_replies(channel=DIGEST, ts=parent)["messages"]) == 2


def test_files_are_shared_once_their_bytes_are_there(slack: SlackServer) -> None:
    ts = post(slack)
    client(slack).files_upload_v2(channel=DIGEST, thread_ts=ts, content=b"PNG", filename="a.png", alt_txt="up")
    assert [file["alt_txt"] for message in slack.messages(DIGEST) for file in message.files] == ["up"]


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_a_lost_answer_raises_and_the_message_is_there_only_if_it_was_accepted(
    slack: SlackServer, fault: Fault
) -> None:
    slack.script("chat.postMessage", fault)
    with pytest.raises((OSError, HTTPException, SlackApiError)):
        post(slack, timeout=0.3 if fault.strike is Strike.HANG else 5)
    assert len(slack.messages(DIGEST)) == fault.accepted


def test_what_hangs_may_be_accepted_after_the_client_gave_up(slack: SlackServer) -> None:
    slack.script("chat.postMessage", faults.accepted_later())
    with pytest.raises(TimeoutError):
        post(slack, timeout=0.3)
    assert slack.messages(DIGEST) == []
    slack.release()
    assert len(slack.messages(DIGEST)) == 1


def test_it_refuses_what_slack_refuses(slack: SlackServer) -> None:
    slack.add_channel("C0OLD", archived=True)
    slack.add_channel("C0OUT", member=False)
    for channel, error in (("C0NONE", "channel_not_found"), ("C0OLD", "is_archived"), ("C0OUT", "not_in_channel")):
        with pytest.raises(SlackApiError, match=error):
            client(slack).chat_postMessage(channel=channel, text="x")
    with pytest.raises(SlackApiError, match="no_text"):
        client(slack).api_call("chat.postMessage", json={"channel": DIGEST})
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        client(slack).chat_postMessage(channel=DIGEST, text="x", blocks=[{"type": "nonsense"}])


def test_a_response_url_takes_five_answers(slack: SlackServer) -> None:
    from slack_sdk.webhook import WebhookClient

    url = WebhookClient(slack.response_url(DIGEST, "U0ADA"))
    statuses = [url.send(text="x", response_type="ephemeral").status_code for _ in range(6)]
    assert statuses == [200] * 5 + [404]
    assert len(slack.responses) == 5
