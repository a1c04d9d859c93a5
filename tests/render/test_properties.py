"""What holds whatever is said: Slack takes it, a terminal shows it in 100 columns, a page holds it as text."""

from __future__ import annotations

import json
import re
import unicodedata
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from monitor.core.messages import Message
from monitor.core.notices import Notice
from monitor.core.routes import AUDIENCES
from monitor.core.types import Snapshot
from monitor.render import digest, html, neutral, notices, slack, status, text
from monitor.render.plain import visible
from monitor.render.words import Words
from tests.render import messages, slack_rules, slackblocks_oracle

WORDS = Words()
QUICK = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
TAGS = {
    "html", "head", "meta", "title", "style", "body", "table", "thead", "tbody", "tr", "th", "td", "h1", "h2", "h3",
    "p", "span", "div", "br",
}  # fmt: skip


class Tags(HTMLParser):
    """Collects the elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def assert_legible(rendered: str) -> None:
    for row in rendered.splitlines():
        assert cell_len(row) <= 100
        assert not [c for c in row if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\u200c\u200d"]


@given(messages.messages)
@QUICK
def test_slack_takes_any_message(message: Message) -> None:
    assert slack_rules.broken(slack.render(message)) == []


@given(messages.snapshots())
@QUICK
def test_slack_takes_the_digest_of_any_snapshot_and_its_headline_stands_first(snapshot: Snapshot) -> None:
    message = digest.build(snapshot, WORDS)
    sent = slack.render(message)
    assert slack_rules.broken(sent) == []
    assert len(message.headline) < 100
    assert sent["blocks"][0]["text"]["text"] == message.headline
    assert sent["text"] == slack.escaped(message.headline)


@given(messages.messages)
@QUICK
def test_a_terminal_shows_any_message_in_100_columns(message: Message) -> None:
    assert_legible(text.render(message))
    assert text.render(message, unicode=False).isascii()
    assert_legible(text.render(message, unicode=False))


@given(messages.snapshots())
@QUICK
def test_a_terminal_shows_any_snapshot_in_100_columns(snapshot: Snapshot) -> None:
    assert_legible(text.render(digest.build(snapshot, WORDS)))
    assert_legible(text.render(status.build(snapshot, WORDS)))


@given(messages.messages)
@QUICK
def test_colour_changes_nothing_but_colour(message: Message) -> None:
    painted = re.sub(r"\x1b\[\d+m", "", text.render(message, colour=True))
    assert [row.rstrip() for row in painted.split("\n")] == text.render(message).split("\n")


@given(messages.messages)
@QUICK
def test_a_page_holds_any_text_as_text(message: Message) -> None:
    page = Tags()
    page.feed(html.render(message, WORDS))
    assert page.seen <= TAGS
    assert not {name for name in page.attributes if name.startswith("on")} | (page.attributes & {"src", "href"})


@given(messages.messages)
@QUICK
def test_the_neutral_message_is_json_with_every_block(message: Message) -> None:
    held = json.loads(neutral.render(message))
    assert [block["block"] for block in held["blocks"]] == [type(block).__name__.lower() for block in message.blocks]


@given(messages.messages)
@QUICK
def test_the_models_of_others_take_any_message(message: Message) -> None:
    assert slackblocks_oracle.refusals(slack.render(message)) == []


@given(messages.notices, st.one_of(st.none(), messages.snapshots()), st.sampled_from(AUDIENCES), messages.texts)
@QUICK
def test_slack_takes_any_notice_of_any_state_and_its_headline_stands_first(
    notice: Notice, snapshot: Snapshot | None, audience: str, dashboard: str
) -> None:
    message = notices.build(notice, snapshot, WORDS, audience, dashboard)
    sent = slack.render(message)
    assert slack_rules.broken(sent) == []
    assert slackblocks_oracle.refusals(sent) == []
    assert 0 < len(message.headline) < 100
    assert sent["text"] == slack.escaped(visible(message.headline))


@given(messages.notices, messages.snapshots(), st.sampled_from(AUDIENCES))
@QUICK
def test_any_notice_is_text_on_a_terminal_and_on_a_page(notice: Notice, snapshot: Snapshot, audience: str) -> None:
    message = notices.build(notice, snapshot, WORDS, audience)
    assert_legible(text.render(message))
    page = Tags()
    page.feed(html.render(message, WORDS))
    assert page.seen <= TAGS
    assert not {name for name in page.attributes if name.startswith("on")} | (page.attributes & {"src", "href"})
