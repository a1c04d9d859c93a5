"""Slack's limits met by shortening that says so; nothing that came from data is parsed."""

from __future__ import annotations

import json

from hypothesis import HealthCheck, given, settings

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
    Spark,
    Style,
    Table,
    Tone,
    Trend,
    cell,
    span,
)
from monitor.render import digest, slack, slack_ladder
from monitor.render.words import Words
from tests.render import messages, slack_rules
from tests.render.snapshots import STATES


def message(*blocks: Heading | Paragraph | Lines | Table | Trend | Actions | Footer) -> Message:
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
    assert sent["blocks"][-1]["elements"][0]["text"] == "32 more parts do not fit here; the command line shows them."


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


def trend(*values: float | None, title: str = "Pipeline coverage, weekly") -> Trend:
    labels = tuple(f"week {at}" for at in range(len(values)))
    return Trend(title, labels, Spark(values), (4.0, 3.5), "5.00x to 3.30x", "x")


def test_a_trend_is_a_native_chart_with_its_figures_in_words_below() -> None:
    chart, words = slack.render(message(trend(5.0, None, 3.3)))["blocks"][1:]
    assert chart["chart"]["axis_config"] == {"categories": ["week 0", "week 2"], "y_label": "x"}
    lines = {one["name"]: [point["value"] for point in one["data"]] for one in chart["chart"]["series"]}
    assert lines == {"reading": [5.0, 3.3], "healthy 4x": [4.0, 4.0], "breakage 3.5x": [3.5, 3.5]}
    assert words["elements"][0]["elements"][0]["text"] == "5.00x to 3.30x"


def test_a_chart_holds_the_newest_twenty_points_and_says_so() -> None:
    axis = slack.render(message(trend(*map(float, range(26)))))["blocks"][1]["chart"]["axis_config"]
    assert axis["categories"] == [f"week {at}" for at in range(6, 26)]
    assert axis["x_label"] == "the last 20 of 26"


def test_days_are_named_without_their_year_unless_one_comes_twice() -> None:
    one, two = (
        Trend("T", labels, Spark((1.0, 2.0)), (4.0, 3.5), "1 to 2")
        for labels in (("5 Jul 2026", "12 Jul 2026"), ("5 Jul 2025", "5 Jul 2026"))
    )
    axes = [block["chart"]["axis_config"] for block in slack.render(message(one, two))["blocks"] if "chart" in block]
    assert [axis["categories"] for axis in axes] == [["5 Jul", "12 Jul"], ["5 Jul 2025", "5 Jul 2026"]]


def test_a_third_chart_and_one_of_a_single_point_are_drawn_in_characters() -> None:
    sent = slack.render(message(trend(1.0), *[trend(1.0, 2.0)] * 3))
    kinds = [block["type"] for block in sent["blocks"]]
    assert kinds == ["header", "rich_text", *["data_visualization", "rich_text"] * 2, "rich_text"]
    assert slack_rules.broken(sent) == []


def test_a_button_with_a_page_leads_there() -> None:
    drawn = slack.render(message(Actions((Button("Open", "dashboard", url="https://monitor.example/"),))))["blocks"][1]
    assert drawn["elements"][0]["url"] == "https://monitor.example/"


def test_blocks_that_replace_others_have_ids_of_their_own() -> None:
    first, second = (slack.render(message(trend(1.0, 2.0)), ids=ids)["blocks"] for ids in ("a", "b"))
    assert len({block["block_id"] for block in (*first, *second)}) == len(first) + len(second)


def test_the_ladder_goes_down_from_charts_to_text_and_says_what_is_left_out() -> None:
    ask = Actions((Button("Acknowledge", "ack"), Button("Explain", "explain")))
    rungs = slack_ladder.ladder(message(trend(1.0, 2.0), table(3), ask))
    assert [rung.left_out for rung in rungs] == [
        "",
        "without native charts",
        "as plain sections",
        "as text, without its buttons",
    ]
    assert [block["type"] for block in rungs[2].blocks] == ["section", "section", "actions"]
    assert rungs[3].blocks == ()
    assert rungs[3].text.splitlines()[:2] == ["Something", "To act: /smb-health ack"]


def test_every_rung_carries_every_line_or_counts_the_rest() -> None:
    rungs = slack_ladder.ladder(message(table(90), Lines(tuple(span(f"point {at} " + "x" * 200) for at in range(60)))))
    for rung, limit in ((rungs[-2], slack_ladder.SECTIONS), (rungs[-1], slack_ladder.TEXT)):
        said = "\n".join(slack_rules.texts(list(rung.blocks))) or rung.text
        assert "D3: 1" in said
        assert said.splitlines()[-1].endswith(" more lines")
        assert len(said) <= limit


def test_every_rung_of_a_hostile_digest_is_valid_and_pings_nobody(words: Words) -> None:
    for rung in slack_ladder.ladder(digest.build(STATES["hostile"](), words), "id"):
        assert "<" not in rung.text
        sent = {**rung.payload, "unfurl_links": False, "unfurl_media": False}
        assert not rung.blocks or slack_rules.broken(sent) == []


@given(messages.messages)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_slack_takes_every_rung_of_any_message(any_message: Message) -> None:
    for rung in slack_ladder.ladder(any_message, "id"):
        assert rung.text.strip() and len(rung.text) < 4000
        sent = {**rung.payload, "unfurl_links": False, "unfurl_media": False}
        assert not rung.blocks or slack_rules.broken(sent) == []
