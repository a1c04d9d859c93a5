"""What `init` asks, and that the file it writes is a configuration."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import check, read
from monitor.config.answered import render_config
from monitor.config.questions import questions
from monitor.errors import UsageError

ANSWERS = {
    "company": 'O\'Neil: "A" #1, {x}',
    "timezone": "Europe/Berlin",
    "currency": "eur",
    "fiscal_year_start": "2",
    "source.type": "csv",
    "source.path": "my data/2025",
    "expansion.started": "2025-04-01",
    "gross_margin": "0.80",
    "approvers": "Ada Example <ada@example.com>, Bo: Example",
    "slack": "C0123, C0456",
}


def test_the_answers_are_what_is_read(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(render_config(ANSWERS), encoding="utf-8")
    config = read(file, {})
    policy = config.policy()
    assert (policy.company, policy.facts.timezone, policy.facts.currency) == (
        ANSWERS["company"],
        "Europe/Berlin",
        "EUR",
    )
    assert policy.calendar.fiscal_year_start == 2
    assert str(policy.expansion_started) == "2025-04-01"
    payback: Any = policy.settings["cac_payback"]
    assert payback.gross_margin == {"smb": Decimal("0.80")}
    assert policy.approvers == ("Ada Example", "Bo: Example")
    directory = config.directory()
    assert (directory.digest_channel, directory.alert_channel) == ("C0123", "C0456")
    assert config.source_spec().path == tmp_path / "my data" / "2025"


def test_only_the_company_must_be_answered(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(render_config({"company": "Acme", "approvers": " "}), encoding="utf-8")
    assert check(file, {}) == []
    with pytest.raises(UsageError, match=r"^company: an answer is needed$"):
        render_config({"company": ""})


def test_the_demo_asks_for_no_folder(tmp_path: Path) -> None:
    answers = {"company": "Acme", "source.type": "demo"}
    assert "source.path" not in [question.key for question in questions() if question.wanted(answers)]
    file = tmp_path / "config.yaml"
    file.write_text(render_config(answers), encoding="utf-8")
    assert read(file, {}).source_spec().type == "demo"


@pytest.mark.parametrize(
    ("key", "answer", "clause"),
    [
        ("company", "", "an answer is needed"),
        ("timezone", "Berlin", "no time zone is called 'Berlin'; did you mean Europe/Berlin?"),
        ("timezone", "", None),
        ("currency", "dollars", "must be three letters such as USD, not dollars"),
        ("fiscal_year_start", "April", "must be a whole number from 1 to 12, not April"),
        ("source.type", "excel", "must be csv, sql, salesforce, hubspot or demo, not excel"),
        ("source.path", "data", None),
        ("expansion.started", "April 2025", "must be a date such as 2025-04-01, not 'April 2025'"),
        ("expansion.started", "", None),
        ("gross_margin", "75", "must be a share above 0, at most 1, such as 0.75, not 75"),
        ("gross_margin", "75%", "must be a number, not '75%'"),
        ("approvers", "Ada", "has 1 of the people an override takes; breaker.approvals asks for 2 different ones"),
        ("approvers", "Ada, ada", "is also the name of approver 1; each approver is named once"),
        ("approvers", "Ada <ada>, Bo", "must be an e-mail address, not ada"),
        ("slack", "C0123", None),
        ("slack", "C0123, C0456", None),
        ("slack", "", None),
        (
            "slack",
            "C0123, #alerts",
            "must be a channel id such as C0123456789, which a rename does not change (in Slack: the channel's name, at"
            " the bottom of About), not its name, not '#alerts'",
        ),
    ],
)
def test_an_answer_is_checked_when_it_is_given(key: str, answer: str, clause: str | None) -> None:
    question = next(question for question in questions() if question.key == key)
    assert question.problem(answer) == clause


@given(st.dictionaries(st.sampled_from(sorted(ANSWERS)), st.text(max_size=20)))
def test_whatever_is_answered_the_file_is_valid_or_the_answer_is_refused(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, str]
) -> None:
    try:
        text = render_config({"company": "Acme", **answers})
    except UsageError:
        return
    file = tmp_path_factory.getbasetemp() / "answered.yaml"
    file.write_text(text, encoding="utf-8", newline="")
    assert check(file, {}) == []
    company = answers.get("company", "").strip()
    assert read(file, {}).company == (company or "Acme")
