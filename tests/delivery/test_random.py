"""Whatever may happen, in any order: seeded sequences of messages, faults, deaths, mended and broken channels.

`DELIVERY_RUNS=5000` tries that many; a run that failed is found again by its number.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from random import Random

import pytest

from monitor.core.outbox import LEASE
from monitor.core.settle import PROBE
from tests.delivery.conftest import Run
from tests.delivery.rows import TO_ADA_BY_MAIL, TO_ALERT, TO_BEN, TO_CLEO_BY_MAIL, TO_DIGEST, change, outgoing
from tests.delivery.scene import Scene
from tests.mail_server import FINE, HANG_UP, RESET, STEPS
from tests.slack_server import FAULTS
from tests.slack_server.faults import PASS, Strike

RUNS = int(os.environ.get("DELIVERY_RUNS", "60"))
GROUP = 20
METHODS = ("chat.postMessage", "chat.update", "conversations.history", "conversations.replies", "conversations.open")
QUICK = [fault for fault in FAULTS if fault.strike is not Strike.HANG or fault.later]
ADDRESSES = (TO_DIGEST, TO_ALERT, TO_BEN, TO_ADA_BY_MAIL, TO_CLEO_BY_MAIL)


class Story:
    """One scene and what happens in it."""

    def __init__(self, scene: Scene, random: Random) -> None:
        self.scene, self.random = scene, random
        self.numbers = count(1)

    def go_on(self) -> None:
        happens: list[Callable[[], object]] = [
            self.say, self.say, self.change, self.deliver, self.deliver, self.deliver_by_another, self.lose_answers,
            self.lose_answers, self.break_mail, self.mend_mail, self.die_before, self.die_after, self.give_back,
            self.archive, self.unarchive, self.revoke, self.mend_token, self.wait,
        ]  # fmt: skip
        self.random.choice(happens)()

    def say(self) -> None:
        to = self.random.choice(ADDRESSES)
        self.scene.record(outgoing(to, subject=f"trip:{next(self.numbers)}"))

    def change(self) -> None:
        posts = [row for row in self.scene.recorded if row.address.channel == "slack" and row.target is None]
        if posts:
            self.scene.record(change(self.random.choice(posts), subject=f"acknowledged:{next(self.numbers)}"))

    def deliver(self) -> None:
        self.scene.drain()

    def deliver_by_another(self) -> None:
        self.scene.drain("another")

    def lose_answers(self) -> None:
        faults = self.random.choices([PASS, *QUICK], k=self.random.randrange(1, 4))
        self.scene.slack.script(self.random.choice(METHODS), *faults)

    def break_mail(self) -> None:
        step = self.random.choice([step for step in STEPS if step not in ("EHLO", "STARTTLS", "DATA")])
        fault = self.random.choice([HANG_UP, RESET])
        self.scene.mail.script = {step: [fault, FINE[step]]}

    def mend_mail(self) -> None:
        self.scene.mail.script = {}

    def die_before(self) -> None:
        self.scene.store.outbox.claim("dead", self.scene.clock(), 2)

    def die_after(self) -> None:
        """After the request, before its answer was noted."""
        for row in self.scene.store.outbox.claim("dead", self.scene.clock(), 1):
            channel = self.scene.channels[row.outgoing.address.channel]
            if not row.uncertain and not self.scene.slack.hangs_next():
                channel.send(row, self.scene.clock())

    def give_back(self) -> None:
        for row in self.scene.store.outbox.claim("leaving", self.scene.clock(), 3):
            self.scene.store.outbox.give_back(row, self.scene.clock())

    def archive(self) -> None:
        self.scene.slack.workspace.channels[self.random.choice([TO_DIGEST.to, TO_ALERT.to])].archived = True

    def unarchive(self) -> None:
        for channel in self.scene.slack.workspace.channels.values():
            channel.archived = False

    def revoke(self) -> None:
        self.scene.slack.workspace.bot_token = "xoxb-another"

    def mend_token(self) -> None:
        self.scene.slack.workspace.bot_token = self.scene.token

    def wait(self) -> None:
        steps = (timedelta(seconds=2), timedelta(seconds=31), LEASE, PROBE, timedelta(hours=5))
        self.scene.clock.now += self.random.choice(steps)

    def end(self) -> None:
        """All is mended, and somebody goes on until nothing is left to do."""
        self.unarchive()
        self.mend_token()
        self.mend_mail()
        self.scene.clock.now += LEASE
        self.scene.deliver()


@pytest.mark.parametrize("first", range(0, RUNS, GROUP))
def test_any_sequence(run: Run, first: int) -> None:
    for number in range(first, min(first + GROUP, RUNS)):
        with run(mail_at_most=2) as scene:
            story = Story(scene, Random(number))
            for _ in range(story.random.randrange(5, 30)):
                story.go_on()
            story.end()
