"""HTTP mode: signed by Slack and fresh, or refused; acknowledged, answered and done once like anything else."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from tests.slack.conftest import SECRET, Opened, Room
from tests.slack.people import form

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def web(opened: Opened) -> Room:
    return opened(mode="http")


def headers(body: bytes, more: Mapping[str, str] = {}, *, off: int = 0, secret: str = SECRET) -> dict[str, str]:
    """What Slack sends along with `body`, signed `off` seconds from now."""
    at = str(int(datetime.now(UTC).timestamp()) + off)
    signature = "v0=" + hmac.new(secret.encode(), b"v0:%s:%s" % (at.encode(), body), sha256).hexdigest()
    kind = "application/json" if body.startswith(b"{") else FORM
    return {"Content-Type": kind, "X-Slack-Request-Timestamp": at, "X-Slack-Signature": signature, **more}


def test_a_signed_command_is_acknowledged_and_answered(web: Room) -> None:
    body = form(web.otto.command("status"))
    status, _, said = web.surface.handle(headers(body), body)
    assert (status, said) == (200, b"")
    web.otto.hears("Mid-market hiring is paused")
    assert web.surface.connected()


def test_a_slow_word_says_with_the_acknowledgement_that_it_reads(web: Room) -> None:
    body = form(web.otto.command("why coverage"))
    status, kind, said = web.surface.handle(headers(body), body)
    assert status == 200 and kind["content-type"].startswith("application/json")
    assert json.loads(said)["text"] == "Reading the data, the answer follows."


@pytest.mark.parametrize("off", [-299, 299, 0])
def test_a_request_within_five_minutes_is_taken(web: Room, off: int) -> None:
    body = form(web.ada.click("ack", web.incident))
    assert web.surface.handle(headers(body, off=off), body)[0] == 200
    web.ada.hears("Recorded as line")


@pytest.mark.parametrize("off", [-301, 301, -86400])
def test_an_old_or_early_request_is_refused_and_does_nothing(web: Room, off: int) -> None:
    body = form(web.ada.click("ack", web.incident))
    assert web.surface.handle(headers(body, off=off), body)[0] == 401
    web.surface.stop()
    assert web.kinds() == [] and web.slack.responses == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "ü"},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "1e9"},
        {"X-Slack-Request-Timestamp": "nan"},
    ],
)
def test_a_request_that_is_signed_wrongly_is_refused(web: Room, wrong: dict[str, str]) -> None:
    body = form(web.ada.click("ack", web.incident))
    assert web.surface.handle({**headers(body), **wrong}, body)[0] == 401
    web.surface.stop()
    assert web.kinds() == []


def test_a_request_without_a_signature_of_another_secret_or_changed_on_its_way_is_refused(web: Room) -> None:
    body = form(web.ada.click("ack", web.incident))
    assert web.surface.handle({"Content-Type": FORM}, body)[0] == 401
    assert web.surface.handle(headers(body, secret="another"), body)[0] == 401
    assert web.surface.handle(headers(body), body.replace(b"ack", b"approve"))[0] == 401
    assert web.surface.handle(headers(b"\xff\xfe"), b"\xff\xfe")[0] == 401
    web.surface.stop()
    assert web.kinds() == []


def test_a_header_is_a_header_in_any_case(web: Room) -> None:
    body = form(web.otto.command("help"))
    lower = {name.lower(): value for name, value in headers(body).items()}
    assert web.surface.handle(lower, body)[0] == 200


def test_the_address_is_verified_by_answering_the_challenge(web: Room) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c0ffee", "token": "old"}).encode()
    status, _, said = web.surface.handle(headers(body), body)
    assert status == 200 and b"c0ffee" in said
    assert web.surface.handle({"Content-Type": "application/json"}, body)[0] == 401


def test_what_slack_sends_again_acts_once(web: Room) -> None:
    body = form(web.ada.click("ack", web.incident))
    for again in ({}, {"X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}, {"X-Slack-Retry-Num": "2"}):
        assert web.surface.handle(headers(body, again), body)[0] == 200
    web.ada.hears("Recorded as line")
    web.surface.stop()
    assert web.kinds() == ["acknowledged"] and len(web.ada.told()) == 1


def test_an_event_that_is_sent_again_draws_home_once(web: Room) -> None:
    body = form(web.otto.home())
    for number in range(3):
        assert web.surface.handle(headers(body, {"X-Slack-Retry-Num": str(number)}), body)[0] == 200
    web.surface.stop()
    assert len(web.slack.calls("views.publish")) == 1


def test_a_recorded_request_that_somebody_sends_later_does_nothing(web: Room) -> None:
    body = form(web.ada.click("ack", web.incident))
    recorded = headers(body)
    assert web.surface.handle(recorded, body)[0] == 200
    web.ada.hears("Recorded as line")
    assert web.surface.handle(recorded, body)[0] == 200
    web.clock.later = web.clock.later.__class__(minutes=6)
    assert web.surface.handle(recorded, body)[0] == 401
    web.surface.stop()
    assert web.kinds() == ["acknowledged"]


def test_a_wrong_field_is_answered_with_the_acknowledgement(web: Room) -> None:
    view: dict[str, Any] = {"type": "modal", "callback_id": "override", "blocks": [], "id": "V1"}
    body = form(web.ada.submission(view, {}))
    status, _, said = web.surface.handle(headers(body), body)
    assert status == 200 and set(json.loads(said)["errors"]) == {"reason", "until"}


def test_a_request_that_makes_no_sense_is_refused_without_harm(web: Room) -> None:
    for body in (b"{}", b"[]", b"payload=%7B", b"payload=5", b'{"type": 5}', b""):
        assert web.surface.handle(headers(body), body)[0] in (200, 400, 404)
    web.surface.stop()
    assert web.kinds() == []


def test_over_a_socket_no_request_is_taken(room: Room) -> None:
    body = form(room.ada.click("ack", room.incident))
    assert room.surface.handle(headers(body), body)[0] == 503
    assert room.kinds() == []


def test_after_it_was_stopped_no_request_is_taken(web: Room) -> None:
    web.surface.stop()
    body = form(web.ada.click("ack", web.incident))
    assert web.surface.handle(headers(body), body)[0] == 503
    assert not web.surface.connected()
