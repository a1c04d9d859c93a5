"""No text from the data, and no message of another version, holds a message up."""

from __future__ import annotations

import random

import pytest

from monitor.core.messages import Message, Tone
from monitor.core.outbox import Settlement, Status
from monitor.store.repository import open_store
from tests.store.behind import execute
from tests.store.trade import NOON, later, outgoing, sending

WILD = random.Random(7)
HOSTILE = {
    "nul": "win:\0:C1",
    "halves": "win:\udcff\ud800:C1",
    "long": "".join(chr(WILD.randint(0x4E00, 0x9FFF)) for _ in range(4000)),
    "quotes": "win:'; DROP TABLE outbox; --%s %(x)s {{ 7*7 }}\n:C1",
    "empty": "",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_from_the_data_holds_a_message_up(url: str, text: str) -> None:
    message = Message("win", text, Tone.GOOD, ())
    row = outgoing(text, text or "C1", incident=text)
    row = type(row)(**{**vars(row), "message": message, "data": {"name": text}})
    change = outgoing(f"{text}:chart", target=text, op="chart", incident=text, fallback_of=text)
    with open_store(url) as store:
        store.commit(sending(row, change), NOON)
        store.commit(sending(row, change), NOON)
        (claimed,) = store.outbox.claim("w", NOON, keys={text})
        assert (claimed.outgoing.message, claimed.outgoing.data) == (message, {"name": text})
        store.outbox.settle(claimed, Settlement(Status.SENT, text, text, {"ts": text}), NOON)
        assert len(store.outbox.of_incident(text, ("trip",), "slack")) == 2
        (chart,) = store.outbox.claim("w", later(2), keys={f"{text}:chart"})
        assert chart.target == {"ts": text}
        store.outbox.settle(chart, Settlement(Status.FAILED, text), later(2))
        assert len(store.outbox.attempts(text)) == len(store.outbox.attempts(f"{text}:chart")) == 1


def test_long_keys_that_begin_alike_stay_apart(url: str) -> None:
    with open_store(url) as store:
        store.commit(sending(*(outgoing("x" * 4000 + end, end) for end in "ab")), NOON)
        assert len({each.outgoing.key for each in store.outbox.claim("w", NOON)}) == 2
        line = store.outbox.line("x" * 4000 + "a")
        assert line is not None
        assert line == store.outbox.line(line.key)


@pytest.mark.parametrize(
    ("kept", "headline"),
    [
        ('{"kind":"trip","headline":"Hiring is paused","new":1}', "Hiring is paused"),
        ("cut", "trip: the message cannot be read by this version of the program"),
    ],
)
def test_a_message_of_another_version_is_sent_as_its_headline(url: str, kept: str, headline: str) -> None:
    with open_store(url) as store:
        store.commit(sending(outgoing("a"), outgoing("b", "C2")), NOON)
        execute(url, f"UPDATE outbox SET message = '{kept}' WHERE key = 'a'".replace(":", r"\:"))
        first, second = store.outbox.claim("w", NOON)
        assert first.outgoing.message == Message("trip", headline, Tone.PLAIN, ())
        assert second.outgoing == outgoing("b", "C2")
        assert store.outbox.lines()[1].headline == headline
