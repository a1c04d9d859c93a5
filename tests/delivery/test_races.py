"""Two workers on one store at once: threads, and processes of which one may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest

from monitor.app.delivery import drain
from monitor.core.outbox import LEASE
from monitor.store.repository import open_store
from tests.delivery.conftest import Database, Run
from tests.delivery.processes import Workers, job
from tests.delivery.rows import PEOPLE, ROWS, TO_ALERT, TO_CLEO_BY_MAIL, TO_DIGEST, outgoing
from tests.delivery.scene import Scene
from tests.slack_server import LOST
from tests.slack_server.faults import PASS, Strike, limited

BY_THE_DOZEN = tuple(
    outgoing(to, subject=f"trip:{number}") for number in range(4) for to in (TO_DIGEST, TO_ALERT, TO_CLEO_BY_MAIL)
)
QUICK = [fault for fault in LOST if fault.strike is not Strike.HANG]


@pytest.fixture(scope="module")
def rivals(tls: object) -> Iterator[Workers]:
    with Workers() as started:
        yield started


def trouble(scene: Scene, seed: int) -> None:
    """Some lost answers, some calls that pass, in an order that `seed` decides."""
    random = Random(seed)
    for method in ("chat.postMessage", "conversations.history", "conversations.open"):
        scene.slack.script(method, *random.choices([PASS, PASS, PASS, limited(1), *QUICK], k=8))


@pytest.mark.parametrize("seed", range(6))
def test_threads(run: Run, database: Database, seed: int) -> None:
    with run(url=database()) as scene, ThreadPoolExecutor(2) as threads:
        trouble(scene, seed)
        scene.record(*BY_THE_DOZEN)
        together = Barrier(2)

        def work(by: str) -> list[str]:
            with open_store(scene.url) as store:
                together.wait(10)
                return list(drain(store, scene.channels, PEOPLE, scene.clock, by).sent)

        sent = list(threads.map(work, ("first", "second")))
        assert not set(sent[0]) & set(sent[1])
        scene.deliver()


@pytest.mark.parametrize("seed", range(8))
def test_processes_of_which_one_is_killed(
    run: Run, database: Database, workers: Workers, rivals: Workers, seed: int
) -> None:
    with run(url=database(), mail_at_most=2) as scene:
        trouble(scene, seed)
        scene.record(*ROWS["trip"])
        workers.begin(job(scene, by="first", rounds=20, at=Random(seed).randrange(2, 60)))
        rivals.begin(job(scene, by="second", rounds=20))
        workers.killed()
        assert not rivals.killed()
        scene.clock.now += 2 * LEASE
        scene.deliver()
