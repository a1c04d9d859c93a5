"""What becomes of a mail when the server refuses, hangs up, keeps silent or cannot be trusted."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from monitor.channels.line import verified
from monitor.core.outbox import Absent, Failed, Retry, Sent, Unknown
from monitor.core.secret import Secret
from tests.channels.conftest import PASSWORD, Open, Serve, server_side
from tests.channels.rows import NOW, claimed, outgoing
from tests.mail_server import DRIP, HANG_UP, RESET, SILENT, STEPS, serving

BEFORE = STEPS[:7]
SHORT, ENOUGH = timedelta(seconds=0.3), timedelta(seconds=2)
"""Limits for conversations that do not come to an end; ENOUGH lets a slow machine hand a mail over first."""


@pytest.mark.parametrize("step", [*BEFORE, "end"])
@pytest.mark.parametrize("said", ["421 4.3.2 closing", "450 4.2.0 greylisted", "454 4.7.0 later"])
def test_a_refusal_for_now_is_tried_again(serve: Serve, mail: Open, step: str, said: str) -> None:
    with serve({step: said}) as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Retry)
    assert said[:3] in answer.error


@pytest.mark.parametrize("step", ["banner", "STARTTLS", "MAIL", "RCPT", "DATA", "end"])
def test_a_refusal_for_good_is_final_and_says_what_was_refused(serve: Serve, mail: Open, step: str) -> None:
    with serve({step: "550 5.1.1 no such\x1b[31m user"}) as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Failed)
    assert not answer.credentials
    assert "550 5.1.1 no such\\x1b[31m user" in answer.error


@pytest.mark.parametrize("said", ["535 5.7.8 bad password", "534 5.7.9 application password", "530 5.7.0 no"])
def test_a_refused_login_stops_the_whole_channel(serve: Serve, mail: Open, said: str) -> None:
    with serve({"AUTH": said}) as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Failed)
    assert answer.credentials
    assert said[:9] in answer.error
    assert "SMTP_PASSWORD" in answer.error


def test_a_server_that_wants_a_login_we_have_not_stops_the_whole_channel(serve: Serve, mail: Open) -> None:
    with serve({"MAIL": "530 5.7.0 authentication required"}) as server:
        answer = mail(server.port, username=None, password=None).send(claimed(), NOW)
    assert isinstance(answer, Failed)
    assert answer.credentials


@pytest.mark.parametrize("fault", [HANG_UP, RESET])
@pytest.mark.parametrize("step", BEFORE)
def test_a_connection_lost_before_the_mail_was_handed_over_is_tried_again(
    serve: Serve, mail: Open, step: str, fault: str
) -> None:
    with serve({step: fault}) as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Retry)
    assert not server.mails


@pytest.mark.parametrize("fault", [HANG_UP, RESET])
@pytest.mark.parametrize("step", ["body", "end"])
def test_a_connection_lost_after_that_leaves_it_uncertain(serve: Serve, mail: Open, step: str, fault: str) -> None:
    with serve({step: fault}) as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Unknown)
    assert len(server.mails) == (step == "end")


@pytest.mark.parametrize("fault", [SILENT, DRIP])
@pytest.mark.parametrize("step", BEFORE)
def test_a_server_that_never_comes_to_an_end_is_left_in_time_and_tried_again(
    serve: Serve, mail: Open, step: str, fault: str
) -> None:
    with serve({step: fault}) as server:
        answer = mail(server.port, limit=SHORT).send(claimed(), NOW)
    assert isinstance(answer, Retry)


@pytest.mark.parametrize("fault", [SILENT, DRIP])
@pytest.mark.parametrize("step", ["body", "end"])
def test_one_that_does_so_with_the_mail_in_hand_leaves_it_uncertain(
    serve: Serve, mail: Open, step: str, fault: str
) -> None:
    with serve({step: fault}) as server:
        answer = mail(server.port, limit=ENOUGH).send(claimed(), NOW)
    assert isinstance(answer, Unknown)


@pytest.mark.parametrize("said", ["999 what", "hello", "350 go on", "2" * 9000])
def test_an_answer_to_the_mail_that_makes_no_sense_leaves_it_uncertain(serve: Serve, mail: Open, said: str) -> None:
    with serve({"end": said}) as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Unknown)
    assert len(answer.error) < 400


def test_a_server_that_loses_only_its_goodbye_has_the_mail(serve: Serve, mail: Open) -> None:
    with serve({"QUIT": HANG_UP}) as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Sent)
    assert len(server.mails) == 1


def test_a_mail_whose_answer_was_lost_is_sent_once_more_under_the_same_id_and_never_a_third_time(
    serve: Serve, mail: Open
) -> None:
    with serve({"end": HANG_UP}) as server:
        channel = mail(server.port)
        first = channel.send(claimed(), NOW)
        found = channel.find(claimed(attempts=2, perhaps=1), NOW)
        second = channel.send(claimed(attempts=2, perhaps=1), NOW + timedelta(minutes=5))
        again = channel.find(claimed(attempts=3, perhaps=2), NOW)
    assert isinstance(first, Unknown)
    assert isinstance(second, Unknown)
    assert isinstance(found, Absent)
    assert isinstance(again, Unknown)
    assert "perhaps delivered" in again.error
    assert len({sent.read["Message-ID"] for sent in server.mails}) == 1


def test_one_recipient_who_is_refused_keeps_nobody_else_from_their_mail(serve: Serve, mail: Open) -> None:
    with serve({"RCPT": ["550 5.1.1 unknown", "250 fine"]}) as server:
        channel = mail(server.port)
        answers = [channel.send(claimed(), NOW) for _ in range(2)]
    assert [type(each) for each in answers] == [Failed, Sent]
    assert [sent.to for sent in server.mails] == ["ada@acme.example"]


def test_nothing_is_sent_to_a_server_without_starttls(serve: Serve, mail: Open) -> None:
    with serve(starttls=False) as server:
        answer = mail(server.port).send(claimed(), NOW)
    assert isinstance(answer, Failed)
    assert "no STARTTLS" in answer.error
    assert set(server.in_the_clear()) <= {"EHLO", "QUIT"}


def test_no_password_crosses_a_clear_connection(serve: Serve, mail: Open) -> None:
    with serve() as server:
        assert isinstance(mail(server.port).send(claimed(), NOW), Sent)
    assert server.in_the_clear() == ["EHLO", "STARTTLS"]
    assert server.logins() == [f"\0monitor\0{PASSWORD}"]


def test_what_was_said_before_the_encryption_counts_for_nothing(serve: Serve, mail: Open) -> None:
    with serve({"banner": "220 ready\r\n250-mail.test\r\n250 SIZE 1"}, starttls=False) as server:
        assert not isinstance(mail(server.port).send(claimed(), NOW), Sent)
    assert not server.mails


def expired(authority: trustme.CA) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_after=datetime(2021, 1, 1, tzinfo=UTC)).configure_cert(tls)
    return tls


@pytest.mark.parametrize(
    ("certificate", "outcome"),
    [
        (lambda _: server_side(trustme.CA(), "localhost"), Failed),
        (lambda trusted: server_side(trusted, "mail.other.example"), Failed),
        (expired, Retry),
    ],
    ids=["of an unknown authority", "of another server", "expired"],
)
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_cannot_be_trusted_keeps_everything_here(
    certificate: Callable[[trustme.CA], ssl.SSLContext],
    outcome: type,
    security: str,
    authority: trustme.CA,
    trusted: Path,
    mail: Open,
) -> None:
    with serving(certificate(authority), implicit=security == "tls") as server:
        answer = mail(server.port, security=security).send(claimed(), NOW)
    assert type(answer) is outcome
    assert isinstance(answer, Failed | Retry)
    assert "certificate" in answer.error
    assert not server.logins()


def test_encryption_older_than_tls_1_2_is_refused() -> None:
    assert verified().minimum_version is ssl.TLSVersion.TLSv1_2
    assert verified().verify_mode is ssl.CERT_REQUIRED and verified().check_hostname


@pytest.mark.parametrize(("implicit", "security"), [(False, "tls"), (True, "starttls")])
def test_the_wrong_kind_of_encryption_ends_with_a_sentence(
    serve: Serve, mail: Open, implicit: bool, security: str
) -> None:
    with serve(implicit=implicit) as server:
        answer = mail(server.port, security=security, limit=SHORT).send(claimed(), NOW)
    assert isinstance(answer, Failed | Retry)
    assert not server.logins()


@pytest.mark.parametrize("host", ["localhost", "no-such-host.invalid"])
def test_a_server_that_cannot_be_reached_is_tried_again(mail: Open, host: str, trusted: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    channel = mail(port)
    answer = type(channel)(replace(channel.settings, host=host), channel.words).send(claimed(), NOW)
    assert isinstance(answer, Retry)
    assert f"{host}:{port}" in answer.error


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"password": None}, "SMTP_PASSWORD"),
        ({"password": Secret("naïve-secret")}, "SMTP_PASSWORD"),
        ({"username": "zoë"}, "email.username"),
    ],
)
def test_a_login_that_cannot_be_tried_says_why(
    serve: Serve, mail: Open, changed: dict[str, object], named: str
) -> None:
    with serve() as server:
        answer = mail(server.port, **changed).send(claimed(), NOW)
    assert isinstance(answer, Failed)
    assert answer.credentials
    assert named in answer.error and "naïve" not in answer.error


def test_a_server_without_a_login_that_we_know_says_so(serve: Serve, mail: Open) -> None:
    for extensions in ((), ("AUTH OTHER",)):
        with serve(extensions=extensions) as server:
            answer = mail(server.port).send(claimed(), NOW)
        assert isinstance(answer, Failed)
        assert "login" in answer.error


@pytest.mark.parametrize(
    "to",
    ["", "ada", "ada@", "@acme.example", "a b@acme.example", "ada@acme..example", "ada@acme.example\r\nDATA", "a,b@c.d",
     "ada@acme.example>", "<ada@acme.example", "=?utf-8?q?x?=@acme.example", "zoë@acme.example", "a@" + "x" * 260],
)  # fmt: skip
def test_what_is_no_address_is_refused_before_anything_is_said(serve: Serve, mail: Open, to: str) -> None:
    with serve() as server:
        row = outgoing(to=replace(outgoing().address, to=to))
        answer = mail(server.port).send(claimed(row), NOW)
    assert isinstance(answer, Failed)
    assert "no mail address" in answer.error
    assert not server.heard
