"""What `doctor` says of mail, with a real server behind it."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.core.checks import Check, Outcome
from tests.channels.conftest import Open, Serve
from tests.mail_server import HANG_UP
from tests.npm import free_port


def failed(checks: list[Check]) -> list[str]:
    return [check.text for check in checks if check.outcome is Outcome.FAILED]


def test_a_server_that_works_is_described_with_its_certificate_and_told_nothing(serve: Serve, mail: Open) -> None:
    with serve() as server:
        sender, answers, certificate = mail(server.port).examine()
    assert sender.text == "email.from is monitor@acme.example"
    assert answers.text == f"localhost:{server.port} answers over verified TLS; the login of monitor works"
    assert certificate.text.startswith("its certificate is by trustme v") and " GMT" in certificate.text
    assert {check.outcome for check in (sender, answers, certificate)} == {Outcome.OK}
    assert [said.split()[0].upper() for _, said in server.heard] == ["EHLO", "STARTTLS", "EHLO", "AUTH", "QUIT"]


def test_a_server_without_a_login_is_said_to_have_none(serve: Serve, mail: Open) -> None:
    with serve() as server:
        checks = mail(server.port, username=None, password=None).examine()
    assert "no login is configured" in checks[1].text


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"AUTH": "535 5.7.8 no"}, "refused the login (535 5.7.8)"),
        ({"STARTTLS": "454 4.7.0 not now"}, "454 4.7.0 not now"),
        ({"EHLO": HANG_UP}, "broke off"),
    ],
)
def test_what_keeps_mail_from_working_is_said_in_a_sentence(
    serve: Serve, mail: Open, script: dict[str, str], said: str
) -> None:
    with serve(script) as server:
        (text,) = failed(list(mail(server.port).examine()))
    assert said in text and f"localhost:{server.port}" in text


def test_a_server_without_starttls_or_out_of_reach_is_said_to_be_so(serve: Serve, mail: Open, trusted: Path) -> None:
    with serve(starttls=False) as server:
        assert "no STARTTLS" in failed(list(mail(server.port).examine()))[0]
    assert "cannot be reached" in failed(list(mail(free_port()).examine()))[0]


def test_addresses_that_are_none_are_named_by_their_key(serve: Serve, mail: Open) -> None:
    with serve() as server:
        checks = mail(server.port, sender="monitor@", reply_to="nobody").examine()
    bad = [check for check in checks if check.outcome is Outcome.FAILED]
    assert ["email.from" in bad[0].mend, "email.reply_to" in bad[1].mend] == [True, True]
    assert len(bad) == 2
