"""Every fault of the list at every step of every kind of message. Each scene is judged at its end."""

from __future__ import annotations

import pytest

from monitor.core.outbox import Status
from tests.delivery.conftest import Run
from tests.delivery.rows import TO_ALERT, TO_BEN, TO_DIGEST, change, outgoing
from tests.slack_server import FAULTS, LOST, Fault
from tests.slack_server.faults import AMBIGUOUS, CREDENTIALS, PERMANENT, drop, error

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=str)


def refused(fault: Fault, *codes: str) -> bool:
    """Whether it is one of these refusals."""
    return not fault.accepted and fault.name.split()[0] in codes and fault not in LOST


@every_fault
def test_a_post(run: Run, fault: Fault) -> None:
    with run() as scene:
        scene.slack.script("chat.postMessage", fault)
        scene.deliver(outgoing(TO_DIGEST))
        given_up = refused(fault, *PERMANENT, *CREDENTIALS)
        assert scene.status(outgoing(TO_DIGEST)) is (Status.FAILED if given_up else Status.SENT)


@every_fault
def test_a_direct_message(run: Run, fault: Fault) -> None:
    with run() as scene:
        scene.slack.script("conversations.open", fault)
        scene.slack.script("chat.postMessage", fault)
        scene.deliver(outgoing(TO_BEN))
        if refused(fault, *PERMANENT, *CREDENTIALS):
            assert scene.mail.mails[0].to == "ben@acme.example"


@pytest.mark.parametrize("accepted", [True, False], ids=["arrived", "absent"])
@every_fault
def test_the_search_for_a_post_whose_answer_was_lost(run: Run, fault: Fault, accepted: bool) -> None:
    with run() as scene:
        scene.slack.script("chat.postMessage", drop(accepted=accepted))
        scene.slack.script("conversations.history", fault)
        scene.deliver(outgoing(TO_ALERT))
        assert scene.status(outgoing(TO_ALERT)) is Status.SENT


@every_fault
def test_a_change_in_place(run: Run, fault: Fault) -> None:
    with run() as scene:
        scene.slack.script("chat.update", fault)
        scene.deliver(outgoing(TO_ALERT))
        scene.deliver(change(outgoing(TO_ALERT)))
        sent = scene.status(change(outgoing(TO_ALERT))) is Status.SENT
        assert sent or refused(fault, *CREDENTIALS)


@pytest.mark.parametrize("fault", LOST, ids=str)
def test_the_answer_to_a_message_that_cannot_be_changed(run: Run, fault: Fault) -> None:
    with run() as scene:
        scene.deliver(outgoing(TO_ALERT))
        scene.slack.script("chat.update", *[error("edit_window_closed")] * 9)
        scene.slack.script("chat.postMessage", fault)
        scene.deliver(change(outgoing(TO_ALERT)))


@every_fault
def test_the_way_round_a_channel_that_refuses(run: Run, fault: Fault) -> None:
    with run() as scene:
        scene.slack.workspace.channels[TO_DIGEST.to].archived = True
        scene.slack.script("chat.postMessage", error("is_archived"), fault)
        scene.deliver(outgoing(TO_DIGEST))
        if refused(fault, *PERMANENT, *CREDENTIALS):
            assert {mail.to for mail in scene.mail.mails} == {"ada@acme.example", "ben@acme.example"}


@pytest.mark.parametrize("code", AMBIGUOUS)
def test_a_post_that_cannot_be_looked_for_is_reported_and_never_sent_again(run: Run, code: str) -> None:
    with run() as scene:
        scene.slack.script("chat.postMessage", error(code, accepted=True))
        scene.slack.script("conversations.history", *[error(code)] * 5)
        scene.deliver(outgoing(TO_ALERT))
        assert [message.key for message in scene.slack.messages()] == [outgoing(TO_ALERT).key]
        assert [line.key for line in scene.store.outbox.undelivered(scene.clock())] == [outgoing(TO_ALERT).key]
        assert all("Perhaps not delivered to alert" in str(mail.read["Subject"]) for mail in scene.mail.mails)
        assert len(scene.mail.mails) == len(scene.elsewhere.directory.leaders)
