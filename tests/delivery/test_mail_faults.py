"""A mail server that fails at each of its steps: a mail arrives once, at most twice where its answer was lost."""

from __future__ import annotations

import pytest

from monitor.core.outbox import Status
from tests.delivery.conftest import Run
from tests.delivery.rows import TO_ADA_BY_MAIL, TO_ALERT, TO_CLEO_BY_MAIL, outgoing
from tests.mail_server import HANG_UP, RESET, SILENT, STEPS

LATER, NEVER = "451 4.3.0 later", "550 5.7.1 never"
MAIL = outgoing(TO_CLEO_BY_MAIL)


@pytest.mark.parametrize("fault", [HANG_UP, RESET, SILENT, LATER, NEVER])
@pytest.mark.parametrize("step", STEPS)
def test_a_mail(run: Run, step: str, fault: str) -> None:
    lost = step in ("body", "end") and fault in (HANG_UP, RESET, SILENT)
    with run(mail_at_most=2 if lost else 1) as scene:
        scene.mail.script = {step: [fault]}
        scene.record(MAIL)
        scene.drain()
        scene.mail.script = {}
        if fault in (LATER, NEVER):
            scene.mail.mails.clear()  # what it refuses, even at the end, it has not taken in
        scene.deliver()
        refused = fault == NEVER and step != "AUTH"
        assert scene.status(MAIL) is (Status.FAILED if refused else Status.SENT)
        told = [message.text for message in scene.slack.messages(TO_ALERT.to)]
        assert bool(told) == (fault == NEVER)


@pytest.mark.parametrize("fault", [HANG_UP, RESET, SILENT])
def test_a_mail_whose_answer_is_lost_twice_is_reported_and_never_sent_a_third_time(run: Run, fault: str) -> None:
    with run(mail_at_most=2) as scene:
        scene.mail.script = {"end": [fault]}
        scene.deliver(MAIL)
        assert len(scene.mail.mails) == 2
        [told] = scene.slack.messages(TO_ALERT.to)
        assert told.text.startswith("Perhaps not delivered to Cleo Brandt")


def test_a_mail_that_was_refused_for_a_while_is_still_sent_once_more_when_its_answer_is_lost(run: Run) -> None:
    with run(mail_at_most=2) as scene:
        scene.mail.script = {"RCPT": [LATER, LATER, "250 fine"], "end": [HANG_UP, "250 taken"]}
        scene.deliver(MAIL)
        assert scene.status(MAIL) is Status.SENT
        assert len(scene.mail.mails) == 2
        assert not scene.slack.messages(TO_ALERT.to)


def test_a_refused_recipient_is_told_and_the_others_get_theirs_once(run: Run) -> None:
    with run() as scene:
        scene.mail.script = {"RCPT": ["550 5.1.1 no such user", "250 fine"]}
        scene.deliver(MAIL, outgoing(TO_ADA_BY_MAIL))
        assert [mail.to for mail in scene.mail.mails] == [TO_ADA_BY_MAIL.to]
        assert "no such user" in str(scene.slack.messages(TO_ALERT.to)[0].blocks)
