"""What is said of a failure is in the company's own words, and in the packaged ones where those fail too."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app.wiring import open_company
from monitor.core.messages import Lines, Message, plain
from monitor.core.outbox import Failed, Unknown
from monitor.core.settle import searched, settlement_of
from tests.delivery.rows import NOON, TO_CLEO_BY_MAIL, TO_DIGEST, claimed, outgoing

CONFIG = """
company: Acme
timezone: America/New_York
source: {type: demo}
templates: words
leadership: {approvers: [{name: Ada Marsh, email: ada@acme.example}, {name: Ben Okoro}]}
email: {host: mail.acme.example, from: monitor@acme.example}
slack: {digest_channel: C0DIGEST, alert_channel: C0ALERT}
"""
GIVEN_UP = Failed("550 no such user")
OWN = """{% extends "default/undelivered.j2" %}
{% block headline_not %}Nicht zugestellt an {{ name }}: {{ what }}{% endblock %}
{% block then_not %}{{ "Nun an " ~ others|join(" und ") if others else "Bitte selbst sagen" }}.{% endblock %}
"""


def told(folder: Path, words: str) -> Message:
    """The word that a mail to the board was refused, in a company with these words."""
    (folder / "words").mkdir()
    (folder / "words" / "undelivered.j2").write_text(words)
    (folder / "config.yaml").write_text(CONFIG)
    with open_company(folder / "config.yaml", {}) as company:
        row = claimed(outgoing(TO_CLEO_BY_MAIL))
        (notice,) = settlement_of(GIVEN_UP, row, NOON, company.elsewhere()).outgoing
        return notice.message


def lines(message: Message) -> list[str]:
    return [plain(line) for block in message.blocks if isinstance(block, Lines) for line in block.items]


def test_a_company_says_it_in_its_own_words(tmp_path: Path) -> None:
    message = told(tmp_path, OWN)
    assert message.headline.startswith("Nicht zugestellt an Cleo Brandt: Mid-market hiring is paused")
    what, to, why, then, doctor = lines(message)
    assert what.startswith("What: Mid-market hiring") and to == "To: Cleo Brandt (cleo@board.example)"
    assert (why, then) == ("Why: 550 no such user", "Bitte selbst sagen.")
    assert doctor == "Run smb-monitor doctor: it says what is wrong and how to mend it."


BROKEN = {"cut": "{% block", "fails": "{% block headline_not %}{{ 1 / 0 }}{% endblock %}", "empty": ""}


@pytest.mark.parametrize("words", BROKEN.values(), ids=BROKEN)
def test_words_that_fail_never_keep_a_failure_from_being_told(tmp_path: Path, words: str) -> None:
    message = told(tmp_path, words)
    assert message.headline.startswith("Not delivered to Cleo Brandt: Mid-market hiring")
    assert lines(message)[3] == "It goes nowhere else: tell them yourself."


def test_what_comes_from_outside_is_never_template_code(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "config.yaml").write_text(CONFIG)
    with open_company(tmp_path / "config.yaml", {}) as company:
        row = claimed(outgoing(TO_DIGEST), uncertain=True, lookups=4)
        settlement = searched(Unknown("{{ 7 * 7 }} {% block"), row, NOON + timedelta(days=1), company.elsewhere())
    assert settlement is not None
    assert all("Why: {{ 7 * 7 }} {% block" in lines(each.message) for each in settlement.outgoing)
    assert settlement.outgoing
