"""One of many companies, as people and machines who hear several tell it from the others."""

from __future__ import annotations

import json

import pytest

from monitor.channels.scoped import Scoped
from monitor.core.outbox import Sent
from monitor.core.routes import WEBHOOK, Address
from tests.channels.conftest import Open, Serve
from tests.channels.rows import INCIDENT, NOW, claimed, outgoing
from tests.channels.test_webhook import channel, receiving

ACME, BETA = ("acme-37036cd8f9", "Acme"), ("beta-0123456789", "Beta <b>& Söhne")
TO = Address(WEBHOOK, "the configured URL", "webhook", "webhook")


@pytest.mark.parametrize(("incident", "topic"), [(INCIDENT, "Mid-market hiring pause of"), ("digest:2026-W39", "")])
def test_mails_of_two_companies_make_two_threads_whose_subjects_name_them(
    serve: Serve, mail: Open, incident: str, topic: str
) -> None:
    with serve() as server:
        for scope, company in (ACME, BETA, ACME):
            row = claimed(outgoing(incident=incident))
            assert isinstance(Scoped(mail(server.port), scope, company).send(row, NOW), Sent)
    first, second, third = (mail.read for mail in server.mails)
    assert [each["Subject"].partition("] ")[2].partition(": ")[0] for each in (first, second)] == [ACME[1], BETA[1]]
    assert topic in first["Subject"] and first["Thread-Topic"] == third["Thread-Topic"]
    assert first["References"] == third["References"] != second["References"]


def test_a_machine_is_told_which_company_tripped() -> None:
    with receiving() as receiver:
        for company in (ACME, BETA):
            Scoped(channel(receiver.url), *company).send(claimed(outgoing(to=TO)), NOW)
    bodies = [json.loads(body)["data"] for body in receiver.bodies]
    assert [body["company"] for body in bodies] == [ACME[1], BETA[1]]
    assert {body["event"] for body in bodies} == {"trip"}


def test_a_long_name_leaves_room_for_what_is_said(serve: Serve, mail: Open) -> None:
    with serve() as server:
        Scoped(mail(server.port), ACME[0], "A" * 500).send(claimed(outgoing(incident="digest:2026-W39")), NOW)
    (got,) = server.mails
    assert "A…: Mid-market" in got.read["Subject"]
