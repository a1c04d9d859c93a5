"""Slack's limits met by shortening that says so; nothing that came from data is parsed."""

from __future__ import annotations

import json

from monitor.core.messages import (
    Actions,
    Button,
    Cell,
    Column,
    Confirm,
    Footer,
    Heading,
    Lines,
    Message,
    Paragraph,
    Row,
    Style,
    Table,
    Tone,
    cell,
    span,
)
from monitor.render import digest, slack
from monitor.render.words import Words
from tests.render import slack_rules
from tests.render.snapshots import STATES


def message(*blocks: Heading | Paragraph | Lines | Table | Actions | Footer) -> Message:
    return Message("digest", "Something", Tone.PLAIN, blocks)


def table(rows: int) -> Table:
    return Table("", (Column("Deal"), Column("Amount")), tuple(Row((cell(f"D{at}"), cell("1"))) for at in range(rows)))


def test_rows_beyond_a_hundred_are_counted() -> None:
    drawn = slack.render(message(table(250)))["blocks"][1]
    assert len(drawn["rows"]) == 100
    assert drawn["rows"][-1][0]["text"] == "152 more"


def test_points_beyond_the_budget_are_counted() -> None:
    sent = slack.render(message(Lines(tuple(span("x" * 500) for _ in range(40)))))
    points = sent["blocks"][1]["elements"][0]["elements"]
    assert points[-1]["elements"][0]["text"] == f"{40 - len(points) + 1} more"
    assert slack_rules.broken(sent) == []


def test_parts_beyond_fifty_blocks_are_counted() -> None:
    sent = slack.render(message(*(Heading(f"Part {at}") for at in range(80))))
    assert len(sent["blocks"]) == 50
    assert sent["blocks"][-1]["elements"][0]["text"] == "32 more parts do not fit here; smb-monitor digest shows them."


def test_a_second_table_is_shown_in_fixed_width() -> None:
    kinds = [block["type"] for block in slack.render(message(table(2), table(2)))["blocks"]]
    assert kinds == ["header", "table", "rich_text"]


def test_buttons_carry_distinct_ids_and_their_question() -> None:
    ask = Confirm("Override?", "Hiring opens.", "Override", "Keep paused")
    buttons = (
        Button("Acknowledge", "ack", "7", Style.PRIMARY),
        Button("Override pause", "override", "7", Style.DANGER, ask),
        Button("Acknowledge again", "ack", "8"),
    )
    drawn = slack.render(message(Actions(buttons)))["blocks"][1]["elements"]
    assert [button["action_id"] for button in drawn] == ["ack", "override", "ack.2"]
    assert drawn[1]["confirm"]["deny"]["text"] == "Keep paused"
    assert [button.get("style") for button in drawn] == ["primary", "danger", None]


def test_a_long_message_keeps_its_buttons() -> None:
    long = tuple(Paragraph(span("x" * 2900)) for _ in range(9))
    sent = slack.render(message(*long, Actions((Button("Acknowledge", "ack"),))))
    assert "actions" in [block["type"] for block in sent["blocks"]]
    assert slack_rules.broken(sent) == []


def test_the_segment_beside_stands_below_the_table_as_a_sentence(words: Words) -> None:
    blocks = slack.render(digest.build(STATES["healthy"](), words))["blocks"]
    assert len(blocks[2]["rows"]) == 5
    beside = "".join(piece["text"] for piece in blocks[3]["elements"][0]["elements"])
    assert beside.startswith("Mid-market, beside it: Pipeline coverage\u00a04.05x ↓\u00a0healthy ●; ")


def test_names_from_data_ping_nobody_and_link_nowhere(words: Words) -> None:
    """What is literal by kind (rich text, raw cells, plain text) may hold `<`; what Slack parses may not."""
    sent = slack.render(digest.build(STATES["hostile"](), words))
    assert "<!channel>" in "".join(slack_rules.texts(sent["blocks"]))
    assert '"user_id"' not in json.dumps(sent)
    assert '"broadcast"' not in json.dumps(sent)
    for block in sent["blocks"]:
        for element in block.get("elements", ()):
            if element["type"] == "mrkdwn":
                assert element["verbatim"] is True
                assert "<" not in element["text"]
    assert slack_rules.broken(sent) == []


def test_an_empty_cell_is_not_an_empty_text() -> None:
    drawn = slack.render(message(Table("", (Column("A"), Column("B")), (Row((Cell(), cell("1"))),))))["blocks"][1]
    assert drawn["rows"][1][0]["text"] == "\u00a0"
