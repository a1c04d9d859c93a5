"""What is written down: one JSON object a line for machines, plain on a terminal, and never a secret."""

from __future__ import annotations

import io
import json
import logging
import warnings
from threading import Thread
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.secret import Secret
from monitor.entrypoints.logs import Mask, written

LOG = logging.getLogger("monitor.test")


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_an_object_with_its_moment_its_level_and_what_was_given() -> None:
    stream = io.StringIO()
    with written([], stream=stream):
        LOG.info("slot begins", extra={"slot": "digest:2026-W39"})
    (line,) = lines(stream)
    assert line["at"]
    wanted = {"event": "slot begins", "level": "info", "logger": "monitor.test", "slot": "digest:2026-W39"}
    assert line.items() >= wanted.items()


def test_the_libraries_logs_warnings_and_dying_threads_go_the_same_way() -> None:
    stream = io.StringIO()

    def dies() -> None:
        raise ValueError("xoxb-1-2")

    with written([], stream=stream):
        logging.getLogger("slack_sdk.socket_mode").info("connected")
        logging.getLogger("apscheduler.scheduler").warning("%s was missed", "digest")
        logging.getLogger("sqlalchemy.engine").info("SELECT")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("careful", stacklevel=1)
        thread = Thread(target=dies)
        thread.start()
        thread.join()
    events = [str(line["event"]) for line in lines(stream)]
    assert events[:2] == ["connected", "digest was missed"]
    assert "careful" in events[2]
    assert events[3] == "a thread died"
    assert len(events) == 4
    assert "xoxb-1" not in stream.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_is_plain_and_obeys_nothing_that_data_hold() -> None:
    stream = Terminal()
    with written([Secret("hush-hush")], stream=stream):
        LOG.warning("red \x1b[31m", extra={"name_of": "hush-hush\x9b2J"})
        try:
            raise ValueError("hush-hush")
        except ValueError:
            LOG.exception("broke")
    said = stream.getvalue()
    assert "\x1b" not in said
    assert "\x9b" not in said
    assert "hush" not in said
    assert "Traceback" in said


def test_afterwards_everything_is_as_it_was() -> None:
    before = (logging.getLogger().handlers[:], LOG.getEffectiveLevel())
    with written([], debug=True, stream=io.StringIO()):
        assert LOG.isEnabledFor(logging.DEBUG)
    assert (logging.getLogger().handlers, LOG.getEffectiveLevel()) == before


RARE = "Ω"
"""Stands in every secret below and in nothing else."""


@given(st.text(alphabet="a/%\"'\\\n\t&=<+ é", max_size=20), st.text(alphabet='a"\\ %', max_size=10))
def test_no_secret_is_written_however_it_gets_there(rest: str, around: str) -> None:
    secret, stream = f"{RARE}{rest}{RARE}{RARE}{RARE}", io.StringIO()
    with written([Secret(secret)], stream=stream):
        LOG.warning("%s%s", around, secret, extra={"value": secret, "deep": {"in": [secret, repr(secret)]}})
        try:
            raise ValueError(secret)
        except ValueError:
            LOG.exception("url %s", quote(secret, ""))
    said = stream.getvalue()
    assert not [each for each in (RARE, json.dumps(RARE)[1:-1], quote(RARE)) if each in said]
    assert len(lines(stream)) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("token xoxb-1234-abcDEF end", "token *** end"),
        ("xoxe.xoxb-1-Mi0yLTE", "***"),
        ("xapp-1-A0123-456-abc", "***"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw==", "***"),
        ("open wss://wss-primary.slack.com/link/?ticket=1&app_id=2 now", "open wss://*** now"),
        ('{"response_url": "https://hooks.slack.com/commands/T0/1/x"}', '{"response_url": "***"}'),
        ("{'response_url': 'http://127.0.0.1:9/r/1'}", "{'response_url': '***'}"),
        ("post https://hooks.slack.com/services/T0/B0/xyz failed", "post https://hooks.slack.com/*** failed"),
        ("postgresql://monitor:hunter2@db/monitor", "postgresql://***@db/monitor"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer ***"),
        ("Basic dTpwYXNzd29yZA==", "Basic ***"),
        (
            "the digest of 28 Sep 2026 at https://monitor.acme.example/",
            "the digest of 28 Sep 2026 at https://monitor.acme.example/",
        ),
    ],
)
def test_what_looks_like_a_secret_is_masked_wherever_it_comes_from(text: str, shown: str) -> None:
    assert Mask([])(text) == shown


def test_of_a_url_that_is_a_secret_what_follows_the_host_is_one_too() -> None:
    mask = Mask([Secret("https://hc.example/ping/5f2c-1d3e")])
    assert mask("GET /ping/5f2c-1d3e HTTP/1.1 at hc.example") == "GET *** HTTP/1.1 at hc.example"
